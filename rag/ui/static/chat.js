// The conversation: asks, shows each turn as it grows, and does what a turn's buttons say.
// The server's HTML is escaped there (rag/ui/reading.py); here only whole pieces of it are moved.

import { fill } from "./fragments.js";
import { empty, open } from "./panel.js";

const $ = (selector) => document.querySelector(selector);
const narrow = () => matchMedia("(max-width: 60rem)").matches;
const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
let talk = ""; // the conversation's id, "" for a new one
let editing = ""; // the turn whose question is being changed
let running = null; // the turn that is being written: { turn, abort }

const log = () => $(".rag-log");
const box = () => $("#rag-ask textarea");

function show({ turn, html, done }, { quietly = false } = {}) {
  let node = document.getElementById("turn-" + turn);
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
  node.innerHTML = html;
  if (quietly) return;
  const top = node.getBoundingClientRect().top - place.getBoundingClientRect().top - 16;
  if (narrow() && (fresh || done)) node.scrollIntoView({ block: "start", behavior: calm() });
  else if (fresh || (followed && done)) place.scrollTop += top;
  else if (followed) place.scrollTop = place.scrollHeight;
  if (!done) return;
  const first = node.querySelector("[data-open]");
  if (first) open(first, { quietly: true });
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
  const abort = new AbortController();
  busy({ turn: "", abort });
  const body = JSON.stringify({ question, talk, replacing, ...scope() });
  try {
    const answer = await fetch("ui/ask", { method: "POST", body, signal: abort.signal });
    if (!answer.ok) throw new Error(await answer.text());
    let rest = "";
    for await (const piece of pieces(answer.body)) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop();
      for (const line of lines) took(JSON.parse(line), question, replacing);
    }
    if (running.turn && $(`#turn-${running.turn}[aria-busy=true]`)) throw new Error("");
  } catch (error) {
    failed(error, question);
  } finally {
    busy(null);
    fill($("#rag-talks-list"), "ui/talks?words=" + encodeURIComponent($("#rag-talks [name=words]").value)).then(current);
  }
}

async function* pieces(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function took(snapshot, question, replacing) {
  running.turn = snapshot.turn;
  if (snapshot.failed) box().value ||= question;
  else if (snapshot.done) {
    remember(snapshot.talk);
    const old = replacing && document.getElementById("turn-" + replacing);
    for (let node = old; node && node.id !== "turn-" + snapshot.turn; ) {
      const next = node.nextElementSibling;
      node.remove();
      node = next;
    }
  }
  show(snapshot);
  if (snapshot.done && !snapshot.failed) follow(snapshot.turn);
}

function failed(error, question) {
  const node = running.turn && document.getElementById("turn-" + running.turn);
  box().value ||= question;
  if (error.name === "AbortError") return void node?.remove();
  const html = error.message.startsWith("<p") ? error.message : $("#rag-offline").innerHTML;
  show({ turn: running.turn || "failed" + Date.now(), html, done: true });
}

// Questions to go on with; they come behind the answer, for nobody waits for them.
function follow(turn) {
  for (const old of document.querySelectorAll(".rag-following")) old.replaceChildren();
  const place = document.querySelector(`#turn-${turn} .rag-following`);
  if (place) fill(place, `ui/talks/${talk}/following/${turn}`).then((ok) => ok || place.replaceChildren());
}

export function stop() {
  if (!running) return;
  const waits = !running.turn || $(`#turn-${running.turn} .rag-place`);
  if (waits) running.abort.abort();
  else fetch(`ui/turns/${running.turn}/stop`, { method: "POST" });
}

function remember(id) {
  talk = id;
  history.replaceState(null, "", id ? "#" + id : location.pathname + location.search);
  current();
}

function current() {
  for (const node of document.querySelectorAll("[data-talk]"))
    if (node.dataset.talk === talk) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
}

export async function resume(id) {
  if (running) return;
  const answer = id && (await fetch("ui/talks/" + encodeURIComponent(id)).catch(() => null));
  clear();
  if (!answer?.ok) return remember("");
  const turns = await answer.json();
  for (const turn of turns) show(turn, { quietly: true });
  remember(id);
  const last = log().lastElementChild;
  if (turns.length) show(turns.at(-1));
  last?.scrollIntoView({ block: "start" });
}

function clear() {
  for (const turn of log().querySelectorAll(".rag-turn")) turn.remove();
  $(".rag-app").classList.remove("rag-asked");
  empty();
  edited("");
}

export function startAnew() {
  if (running) return;
  clear();
  remember("");
  box().focus();
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
    edited(id);
    box().focus();
    grow();
  } else rate(turn, id, button);
}

async function copy(turn, button) {
  const answer = turn.querySelector(".rag-answer").innerText.trim();
  const quotes = [...turn.querySelectorAll(".rag-answer [data-quote]")].map((chip) => `[${chip.textContent}] ${chip.dataset.quote}`);
  await navigator.clipboard.writeText([answer, ...new Set(quotes)].join("\n\n"));
  button.classList.add("rag-done");
  setTimeout(() => button.classList.remove("rag-done"), 1500);
}

async function rate(turn, id, button) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  for (const other of turn.querySelectorAll("[data-rating]")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(!pressed));
  const note = turn.querySelector(".rag-note");
  note.hidden = pressed;
  await judge(turn, id);
  if (!pressed) note.note.focus();
}

async function judge(turn, id) {
  const rating = turn.querySelector("[data-rating][aria-pressed=true]")?.dataset.rating || "0";
  const note = turn.querySelector(".rag-note").note.value;
  const answer = await fetch(`ui/turns/${id}/rating`, { method: "POST", body: new URLSearchParams({ rating, note }) });
  turn.querySelector(".rag-note [role=status]").innerHTML = answer.ok ? "✓" : await answer.text();
}

function grow() {
  const area = box();
  area.style.height = "auto";
  area.style.height = Math.min(area.scrollHeight + 2, 160) + "px";
}

function filtered() {
  const { since, until, sources } = scope();
  $("#rag-filtered").textContent = since || until || sources.length ? "●" : "";
}

export function begin() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action], [data-ask], [data-talk], #rag-new, #rag-stop, #rag-edit-end, #rag-unfilter");
    if (!button) return;
    if (button.dataset.action) act(button);
    else if (button.dataset.ask) ask(button.dataset.ask);
    else if (button.dataset.talk) resume(button.dataset.talk);
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
    if (event.target === box() && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("#rag-ask").requestSubmit();
    }
    if (event.key === "Escape" && running) stop();
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.matches?.("input, textarea, select")) {
      event.preventDefault();
      box().focus();
    }
  });
  document.addEventListener("rag-filled", (event) => {
    if (event.target.id !== "rag-talks-list" || event.detail.read) return;
    current();
    if (talk && !$("[data-talk][aria-current]")) startAnew(); // the open conversation was deleted
  });
  document.addEventListener("toggle", (event) => {
    const { id, open: unfolded } = event.target;
    if (id === "rag-filters" && unfolded && !$("#rag-sources").childElementCount) fill($("#rag-sources"), "ui/sources");
  }, true);
}
