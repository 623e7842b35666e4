// The conversation: asks, shows each turn as it grows, and does what a turn's buttons say.
// The server's HTML is escaped there (rag/ui/reading.py); here only whole pieces of it are moved.

import { fill, read, request, tell } from "./fragments.js";
import { empty, open } from "./panel.js";
import { letGo, replace } from "./replacing.js";

const $ = (selector) => document.querySelector(selector);
const narrow = () => matchMedia("(max-width: 60rem)").matches;
const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
let conversation = ""; // the conversation's id, "" for a new one
let editing = ""; // the turn whose question is being changed
let running = null; // the question that is being answered here: { turn, conversation, abort }
let lastOpened = {}; // the conversation that was opened last
let judged = Promise.resolve(); // judgements are sent one after another, so that the last one stands

const log = () => $(".rag-log");
const box = () => $("#rag-ask textarea");
const turnOf = (id) => document.getElementById("turn-" + id);

function show({ turn, html, done, failed }, { quietly = false } = {}) {
  let node = turnOf(turn);
  const fresh = !node;
  if (fresh) {
    node = document.createElement("section");
    node.id = "turn-" + turn;
    node.className = "rag-turn";
    log().append(node);
    $(".rag-app").classList.add("rag-asked");
  }
  const place = log();
  const followed = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  node.setAttribute("aria-busy", String(!done));
  node.classList.toggle("rag-failed", Boolean(failed));
  replace(node, html);
  if (quietly) return;
  say(node.querySelector(".rag-wait")?.textContent || "");
  const top = node.getBoundingClientRect().top - place.getBoundingClientRect().top - 16;
  if (narrow() && (fresh || done)) node.scrollIntoView({ block: "start", behavior: calm() });
  else if (fresh || (followed && done)) place.scrollTop += top;
  else if (followed) place.scrollTop = place.scrollHeight;
  if (!done) return;
  const first = node.querySelector("[data-open]");
  if (first) letGo($(".rag-panel")).then(() => first.isConnected && open(first, { quietly: true }));
}

// For those who do not see the page, once for each new state.
function say(text) {
  const live = $("#rag-live");
  if (live.textContent !== text) live.textContent = text;
}

function busy(now) {
  running = now;
  $(".rag-app").classList.toggle("rag-busy", Boolean(now));
}

function scope() {
  const form = $("#rag-ask");
  const sources = [...form.querySelectorAll("[name=source]:checked")].map((tick) => tick.value);
  return { since: form.since.value.trim(), until: form.until.value.trim(), sources };
}

export async function ask(question, replacing = "") {
  if (running) return;
  lastOpened = {};
  const mine = { turn: "", conversation: "", question, abort: new AbortController() };
  busy(mine);
  const body = JSON.stringify({ question, conversation, replacing, ...scope() });
  try {
    const answer = await request("ui/ask", { method: "POST", body, signal: mine.abort.signal });
    if (!answer.ok) throw new Error(await answer.text());
    for await (const line of newest(lines(answer.body))) {
      await letGo(log());
      receive(JSON.parse(line), mine, question, replacing);
    }
    if (!mine.done) throw new Error("");
  } catch (error) {
    if (running === mine) failed(error, mine, question, replacing);
  }
  if (running === mine) {
    busy(null);
    say("");
    if (document.activeElement === document.body) box().focus({ preventScroll: true });
  } else if (mine.conversation && conversation === mine.conversation && !running) {
    resume(conversation); // it was left, and come back to before the answer was done
  }
  list();
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

// The last line of those that came while the one before was shown. Each snapshot holds the whole answer so far: a page that is slower
// than the writer would fall behind more and more if it showed them all.
async function* newest(lines) {
  let line = "";
  let end = null;
  let more = Promise.withResolvers();
  const reading = async () => {
    for await (line of lines) more.resolve();
    return {};
  };
  reading()
    .catch((error) => ({ error }))
    .then((how) => {
      end = how;
      more.resolve();
    });
  while (!end || line) {
    await more.promise;
    more = Promise.withResolvers();
    const shown = line;
    line = "";
    if (!shown) continue;
    yield shown;
    await new Promise((resolve) => setTimeout(resolve)); // what else the page has to do
  }
  if (end.error) throw end.error;
}

function receive(snapshot, mine, question, replacing) {
  mine.turn = snapshot.turn;
  mine.done = snapshot.done;
  if (snapshot.conversation) mine.conversation = snapshot.conversation;
  if (running !== mine) return;
  if (snapshot.conversation && snapshot.conversation !== conversation) {
    remember(snapshot.conversation);
    list(); // so that it can be renamed and deleted while it is answered
  }
  if (snapshot.failed) restoreQuestion(question, replacing);
  else if (snapshot.done && replacing) turnOf(replacing)?.remove();
  show(snapshot);
  if (snapshot.done && snapshot.conversation) follow(snapshot.turn);
}

function failed(error, mine, question, replacing) {
  restoreQuestion(question, replacing);
  if (error.name === "AbortError") {
    if (mine.turn) turnOf(mine.turn)?.remove();
    return;
  }
  const html = error.message.startsWith("<p") ? error.message : $("#rag-offline").innerHTML;
  show({ turn: mine.turn || "failed" + Date.now(), html, done: true, failed: true });
}

function restoreQuestion(question, replacing) {
  if (box().value) return;
  box().value = question;
  edited(replacing);
  grow();
}

// Questions to go on with; they come behind the answer, for nobody waits for them.
function follow(turn) {
  for (const old of document.querySelectorAll(".rag-following")) old.replaceChildren();
  const place = turnOf(turn).querySelector(".rag-following");
  fill(place, `ui/conversations/${conversation}/following/${turn}`, { quietly: true });
}

export function stop() {
  if (!running) return;
  if (!running.turn || turnOf(running.turn)?.querySelector(".rag-place")) running.abort.abort();
  else request(`ui/turns/${running.turn}/stop`, { method: "POST" });
}

// What is being written goes on for the conversation that holds it, and is not shown any more; what only waits comes back.
function leave() {
  const left = running;
  busy(null);
  if (!left || left.conversation) return;
  left.abort.abort();
  box().value ||= left.question;
}

function remember(id) {
  conversation = id;
  history.replaceState(null, "", id ? "#" + id : location.pathname + location.search);
  current();
}

export function current() {
  for (const node of document.querySelectorAll("[data-conversation]"))
    if (node.dataset.conversation === conversation) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
}

function list() {
  const words = encodeURIComponent($("#rag-conversations [name=words]").value);
  fill($("#rag-conversations-list"), "ui/conversations?words=" + words, { quietly: true }).then(current);
}

export async function resume(id) {
  const mine = (lastOpened = {});
  const answer = id && (await request("ui/conversations/" + encodeURIComponent(id)));
  const turns = answer?.ok && (await answer.json());
  const problem = answer && !answer.ok && (await answer.text());
  await letGo(log());
  if (lastOpened !== mine) return;
  leave();
  clear();
  if (problem) tell(log(), problem);
  remember(turns ? id : "");
  if (!turns) return;
  log().setAttribute("aria-live", "off"); // a whole conversation is not read out
  for (const turn of turns) show(turn, { quietly: true });
  if (turns.length) show(turns.at(-1));
  log().lastElementChild?.scrollIntoView({ block: "start" });
  requestAnimationFrame(() => log().setAttribute("aria-live", "polite"));
}

function clear() {
  for (const turn of log().querySelectorAll(".rag-turn")) turn.remove();
  if (log().previousElementSibling.matches(".rag-problem")) log().previousElementSibling.remove();
  $(".rag-app").classList.remove("rag-asked");
  empty();
  edited("");
}

export function startAnew() {
  lastOpened = {};
  leave();
  clear();
  remember("");
  box().focus();
}

// Changes the page's frame for one in another language: what is chosen and being answered stays.
export async function changeFrame(change) {
  const boxes = [...$("#rag-sources").childNodes];
  const turns = [...log().querySelectorAll(".rag-turn")];
  const replaced = editing;
  change();
  $("#rag-sources").append(...boxes);
  sources();
  grow();
  list();
  if (running) {
    log().append(...turns);
    $(".rag-app").classList.add("rag-asked", "rag-busy");
    current();
  } else await resume(conversation);
  edited(replaced);
}

function edited(turn) {
  editing = turn;
  $("#rag-editing").hidden = !turn;
}

function act(button) {
  const turn = button.closest(".rag-turn");
  const question = turn.querySelector(".rag-question").dataset.question;
  const id = turn.id.slice("turn-".length);
  const kind = button.dataset.action;
  if (kind === "copy") copy(turn, button);
  else if (kind === "again") ask(question, id);
  else if (kind === "edit") {
    box().value = question;
    const last = [...log().querySelectorAll(".rag-turn:not(.rag-failed)")].at(-1);
    edited(turn === last ? id : ""); // an earlier question is asked anew at the end
    box().focus();
    grow();
  } else rate(turn, id, button);
}

async function copy(turn, button) {
  const answer = turn.querySelector(".rag-answer").innerText.trim();
  const quotes = [...turn.querySelectorAll(".rag-answer [data-quote]")].map((chip) => `[${chip.textContent}] ${chip.dataset.quote}`);
  const done = await copied([answer, ...new Set(quotes)].join("\n\n"));
  say(done ? button.dataset.copied : button.dataset.uncopied);
  button.classList.add(done ? "rag-done" : "rag-undone");
  button.title = done ? button.dataset.copied : button.dataset.uncopied;
}

// Over plain http from another machine, browsers have no clipboard but the old one.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

async function rate(turn, id, button) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  for (const other of turn.querySelectorAll("[data-rating]")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(!pressed));
  const note = turn.querySelector(".rag-note");
  note.hidden = pressed;
  if (!(await judge(turn, id))) return button.setAttribute("aria-pressed", String(pressed));
  if (!pressed) note.note.focus();
}

function judge(turn, id) {
  const told = turn.querySelector(".rag-note [role=status]");
  told.replaceChildren();
  const mine = judged.then(async () => {
    const rating = turn.querySelector("[data-rating][aria-pressed=true]")?.dataset.rating || "0";
    const note = turn.querySelector(".rag-note").note.value;
    const { ok, html } = await read(`ui/turns/${id}/rating`, { method: "POST", body: new URLSearchParams({ rating, note }) });
    if (judged === mine) told.innerHTML = ok ? "✓" : html;
    return ok;
  });
  return (judged = mine);
}

function grow() {
  const area = box();
  area.style.height = "auto";
  area.style.height = Math.min(area.scrollHeight + 2, 160) + "px";
}

function filtered() {
  const { since, until, sources: among } = scope();
  $("#rag-filtered").hidden = !(since || until || among.length);
}

// The sources to choose from; nothing before the fold was opened.
export async function sources() {
  const place = $("#rag-sources");
  if ($("#rag-filters").open || scope().sources.length) await fill(place, "ui/sources");
  else place.replaceChildren();
  filtered();
}

export function begin() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action], [data-ask], [data-conversation], #rag-new, #rag-stop, #rag-edit-end, #rag-unfilter");
    if (!button) return;
    if (button.dataset.action) act(button);
    else if (button.dataset.ask) ask(button.dataset.ask);
    else if (button.dataset.conversation) resume(button.dataset.conversation);
    else if (button.id === "rag-new") startAnew();
    else if (button.id === "rag-stop") stop();
    else if (button.id === "rag-edit-end") edited("");
    else {
      for (const field of $("#rag-filters").querySelectorAll("input")) field.type === "checkbox" ? (field.checked = false) : (field.value = "");
      filtered();
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".rag-note")) {
      event.preventDefault();
      const turn = event.target.closest(".rag-turn");
      judge(turn, turn.id.slice("turn-".length));
    }
    if (event.target.id !== "rag-ask") return;
    event.preventDefault();
    if (running) return;
    const question = box().value;
    const replacing = editing;
    box().value = "";
    grow();
    edited("");
    ask(question, replacing);
  });
  document.addEventListener("input", (event) => {
    if (event.target === box()) grow();
    else if (event.target.closest?.("#rag-filters")) filtered();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== box() || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("#rag-ask").requestSubmit();
  });
  document.addEventListener("rag-filled", ({ detail: { reads, into, address } }) => {
    if (into !== "#rag-conversations-list") return;
    current();
    if (!reads && conversation && address === "ui/conversations/" + conversation) {
      running?.abort.abort();
      startAnew(); // the open conversation was deleted
    }
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.id === "rag-filters" && target.open && !$("#rag-sources").childElementCount) sources();
  }, true);
}
