// The reading panel: opens an article at the words that a button names, and shows a quote where one points at its number.

import * as fragments from "./fragments.js";
import { letGo } from "./replacing.js";

const narrow = () => matchMedia("(max-width: 60rem)").matches;
let opener = null; // the button that opened the panel
let lastOpened = null; // what was opened last
let tip = null;

const panel = () => document.querySelector(".rag-panel");

// Opens the article that `button` names, at its span; a turn carries its articles in a template, or says there where they are
// asked for. Quietly: the focus and the page stay where they are.
export async function open(button, { quietly = false } = {}) {
  if (!quietly) lastOpened = button;
  const before = lastOpened;
  const aside = panel();
  const place = aside.querySelector("section");
  const turn = button.closest(".rag-turn");
  if (turn) {
    const template = turn.querySelector("template");
    if (!template) return;
    if (template.dataset.from) {
      const { ok, html } = await fragments.read(template.dataset.from);
      if (ok) {
        template.innerHTML = html;
        delete template.dataset.from;
      }
      await letGo(aside);
      if (lastOpened !== before || !button.isConnected) return;
      if (!ok) {
        place.innerHTML = html;
        delete place.dataset.turn;
        aside.classList.add("rag-filled");
        return;
      }
    }
    if (place.dataset.turn !== turn.id || !place.childElementCount) {
      place.replaceChildren(template.content.cloneNode(true));
      place.dataset.turn = turn.id;
      aside.classList.add("rag-filled");
    }
    opened(button, quietly);
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
  for (const node of document.querySelectorAll(".rag-log [aria-current]")) node.removeAttribute("aria-current");
  if (turn && !quietly) button.setAttribute("aria-current", "true");
  if (!quietly) look(target);
}

// Shows an article of the library, whole.
export async function read(button) {
  lastOpened = button;
  const { html } = await fragments.read("ui/library/articles?id=" + encodeURIComponent(button.dataset.article));
  await letGo(panel());
  if (lastOpened !== button) return;
  const place = panel().querySelector("section");
  place.innerHTML = html;
  delete place.dataset.turn;
  panel().classList.add("rag-filled");
  opened(button, false);
  place.scrollTop = 0;
  const head = place.querySelector("h3");
  if (head) look(head);
}

// Puts a part of a long article in the place of the buttons that ask for it; an error stands over them.
async function more(button) {
  const place = button.closest(".rag-gap");
  button.disabled = true;
  const { ok, html } = await fragments.read(button.dataset.part);
  await letGo(panel());
  button.disabled = false;
  if (!place.isConnected) return;
  place.querySelector(".rag-error")?.remove();
  if (!ok) {
    place.insertAdjacentHTML("afterbegin", html);
    return;
  }
  const fresh = document.createElement("div");
  fresh.tabIndex = -1;
  fresh.innerHTML = html;
  place.replaceWith(fresh);
  fresh.focus({ preventScroll: true });
}

function opened(button, quietly) {
  opener = button;
  document.getElementById("rag-back").hidden = quietly;
}

function look(target) {
  target.focus({ preventScroll: true });
  if (narrow()) target.scrollIntoView({ block: "center", behavior: "auto" });
}

export function back() {
  document.getElementById("rag-back").hidden = true;
  if (!opener?.isConnected) return;
  opener.scrollIntoView({ block: "nearest" });
  opener.focus({ preventScroll: true });
}

export function empty() {
  lastOpened = null;
  const aside = panel();
  aside.querySelector("section").replaceChildren();
  delete aside.querySelector("section").dataset.turn;
  aside.classList.remove("rag-filled");
  document.getElementById("rag-back").hidden = true;
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

export function begin() {
  tip = document.createElement("div");
  tip.id = "rag-tip";
  tip.setAttribute("role", "tooltip");
  tip.dir = "auto";
  tip.hidden = true;
  document.body.append(tip);
  const unpoint = () => (tip.hidden = true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-open], [data-article]:is(button), [data-part], #rag-back");
    if (!button) return;
    unpoint();
    if (button.id === "rag-back") back();
    else if (button.dataset.part) more(button);
    else if (button.dataset.open) open(button);
    else read(button);
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
    if (tip.hidden && !event.target.closest?.(".rag-panel")) return;
    event.preventDefault();
    if (tip.hidden) back();
    else unpoint();
  });
}
