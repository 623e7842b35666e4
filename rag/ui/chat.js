// Keeps the turns that the server sends, and opens articles in the panel without a round trip.
// Gradio runs this once as a function of `element`, `props` and `watch`, with the place of the turns as `element`.
// The server's HTML is escaped there (rag/ui/reading.py); here only whole pieces of it are moved.

const log = element.querySelector(".rag-log");
const KEY = "rag-turns";
const KEPT = 4_000_000; // letters; browsers keep about five million for a page
const state = log.closest(".rag-columns").classList; // rag-asked: there is a turn; rag-busy: one is being written
let opener = null; // the button that opened the panel

const tip = document.createElement("div");
tip.id = "rag-tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);
document.documentElement.lang = "ar";
document.documentElement.dir = "rtl";

const panel = () => document.querySelector(".rag-panel");
const narrow = () => matchMedia("(max-width: 60rem)").matches;
const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

function show({ turn, html, done }) {
  let node = document.getElementById("turn-" + turn);
  const fresh = !node;
  if (fresh) {
    node = document.createElement("section");
    node.id = "turn-" + turn;
    node.className = "rag-turn";
    log.append(node);
    state.add("rag-asked");
  }
  const followed = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  node.setAttribute("aria-busy", String(!done));
  node.innerHTML = html;
  state.toggle("rag-busy", !done);
  if (narrow() && (fresh || done)) node.scrollIntoView({ block: "start", behavior: calm() });
  else if (fresh || (followed && done)) log.scrollTop += node.getBoundingClientRect().top - log.getBoundingClientRect().top - 16;
  else if (followed) log.scrollTop = log.scrollHeight;
  if (!done) return;
  keep();
  const first = node.querySelector("[data-open]");
  if (first) open(first, { quietly: true });
}

// A reload must not lose answers and their citations; a new tab begins anew.
function keep() {
  const turns = [...log.querySelectorAll(".rag-turn")].map((node) => ({ id: node.id, html: node.innerHTML }));
  let size = turns.reduce((sum, turn) => sum + turn.html.length, 0);
  while (turns.length && size > KEPT) size -= turns.shift().html.length;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(turns));
  } catch {
    sessionStorage.removeItem(KEY);
  }
}

function begin() {
  if (!panel()) return void requestAnimationFrame(begin); // Gradio may still be making it
  restore();
  const renew = (html) => html && (document.querySelector(".rag-header").outerHTML = html);
  fetch("head").then((answer) => answer.ok && answer.text()).then(renew, () => {}); // articles may have been added since
}

function restore() {
  let turns = [];
  try {
    turns = JSON.parse(sessionStorage.getItem(KEY)) || [];
  } catch {
    return;
  }
  for (const turn of turns) show({ turn: turn.id.slice("turn-".length), html: turn.html, done: true });
}

function startAnew() {
  if (state.contains("rag-busy")) return;
  sessionStorage.removeItem(KEY);
  window.ragConversation = String(Date.now()); // the server then leaves the answers before it out of account
  for (const turn of log.querySelectorAll(".rag-turn")) turn.remove();
  const aside = panel();
  aside.querySelector("section").replaceChildren();
  aside.classList.remove("rag-filled");
  document.getElementById("rag-back").hidden = true;
  state.remove("rag-asked");
  document.querySelector(".rag-ask textarea")?.focus();
}

// Opens the article that `button` names, at its span. Quietly: the focus and the page stay where they are.
function open(button, { quietly = false } = {}) {
  const aside = panel();
  const place = aside.querySelector("section");
  const turn = button.closest(".rag-turn");
  if (turn) {
    const template = turn.querySelector("template");
    if (!template) return;
    if (place.dataset.turn !== turn.id || !place.childElementCount) {
      place.replaceChildren(template.content.cloneNode(true));
      place.dataset.turn = turn.id;
      aside.classList.add("rag-filled");
    }
    opener = button;
    document.getElementById("rag-back").hidden = quietly;
  }
  const { open: article, span } = button.dataset;
  let shown = null;
  for (const node of place.querySelectorAll(".rag-article")) {
    node.hidden = node.dataset.article !== article;
    if (!node.hidden) shown = node;
  }
  for (const tab of place.querySelectorAll("nav [data-open]")) {
    if (tab.dataset.open === article) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  for (const node of place.querySelectorAll(".rag-here")) node.classList.remove("rag-here");
  if (!shown) return;
  const marks = span
    ? [...shown.querySelectorAll("[data-spans]")].filter((node) => node.dataset.spans.split(" ").includes(span))
    : [];
  for (const node of marks) node.classList.add("rag-here");
  const target = marks[0] || shown.querySelector("mark") || shown.querySelector("h3");
  const middle = target.getBoundingClientRect().top - place.getBoundingClientRect().top - place.clientHeight / 3;
  place.scrollTo({ top: target.matches("h3") ? 0 : place.scrollTop + middle, behavior: "auto" });
  for (const node of log.querySelectorAll("[aria-current]")) node.removeAttribute("aria-current");
  if (turn && !quietly) button.setAttribute("aria-current", "true");
  if (quietly) return;
  target.focus({ preventScroll: true });
  if (narrow()) target.scrollIntoView({ block: "center", behavior: "auto" });
}

function back() {
  document.getElementById("rag-back").hidden = true;
  if (!opener?.isConnected) return;
  opener.scrollIntoView({ block: "nearest" });
  opener.focus({ preventScroll: true });
}

function point(chip) {
  const { quote, verdict } = chip.dataset;
  if (!quote) return;
  tip.replaceChildren();
  if (verdict) {
    const label = document.createElement("strong");
    label.textContent = verdict;
    tip.append(label);
  }
  tip.append(document.createTextNode(quote));
  tip.hidden = false;
  chip.setAttribute("aria-describedby", tip.id);
  const at = chip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
  const above = at.top - tip.offsetHeight - 8;
  tip.style.left = left + "px";
  tip.style.top = (above > 8 ? above : at.bottom + 8) + "px";
}

function unpoint() {
  tip.hidden = true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-open], #rag-back, #rag-new");
  if (!button) return;
  unpoint();
  if (button.id === "rag-back") back();
  else if (button.id === "rag-new") startAnew();
  else open(button);
});
document.addEventListener("mouseover", (event) => {
  const chip = event.target.closest?.("[data-quote]");
  if (chip) point(chip);
  else unpoint();
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-quote]:focus-visible")) point(event.target);
  else unpoint();
});
document.addEventListener("scroll", unpoint, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!tip.hidden) unpoint();
  else if (event.target.closest?.(".rag-panel")) back();
});

watch("value", () => props.value && show(props.value));
begin();
