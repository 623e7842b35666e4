// Parts of the page that the server renders: buttons and forms that fetch one or change something, parts that renew themselves.
// data-get, data-post, data-delete: the address; data-into: what its answer fills; data-confirm: what is asked before.
// data-poll: where a part's next state is read, as long as it has one; data-then: what fills data-into when it has none any more.
// data-read: on a part that is read with other questions from time to time, where it was read last.

import { letGo, replace } from "./replacing.js";
import { keepUploads } from "./uploads.js";

const SECOND = 1000;
const reads = new WeakMap(); // for each place, what was read there last: an answer to an earlier one is dropped
const changes = new Map(); // by view: how many changes of what it shows were begun, and those whose answers are on their way
const working = new WeakMap(); // for each place, how much is on its way there
const renewing = new WeakSet(); // the parts whose next state is on its way

// An answer of the server; one like an error's where it cannot be reached.
export async function request(address, options = {}) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { ok: false, text: async () => offline() };
  }
}

const offline = () => document.querySelector("#rag-offline")?.innerHTML ?? "";

// Whether the server answers with a success, and the HTML that it answers with.
export async function read(address, options = {}) {
  const answer = await request(address, options);
  return answer.text().then((html) => ({ ok: answer.ok, html }), () => ({ ok: false, html: offline() }));
}

// Fills a place with what an address gives to read, unless something else was read there since. An error stands over the place,
// which stays as it was. quietly: the page asks by itself; no error is told, and one that stands there stays. What was read while
// a change was on its way may be from before it, and is read again behind it; `address` may be a function, for by then the question
// may be another.
export async function fill(place, address, { quietly = false } = {}) {
  const mine = {};
  reads.set(place, mine);
  const all = changesOf(place);
  const where = () => (typeof address === "function" ? address() : address);
  let problem = problemOf(place);
  work(place, 1);
  while (reads.get(place) === mine) {
    const [asked, number, early] = [where(), all.begun, all.open.size];
    if (place.dataset.read !== undefined) place.dataset.read = asked;
    const { ok, html } = await read(asked);
    await letGo(place);
    if (reads.get(place) !== mine) break;
    if (asked !== where()) continue;
    const unchanged = !early && all.begun === number;
    if (unchanged || all.open.size) {
      if (ok) put(place, html);
      if (ok && !quietly) problem?.remove();
      if (!ok && !quietly) problem = tell(place, html);
    }
    if (unchanged) {
      work(place, -1);
      return ok;
    }
    await Promise.all(all.open);
  }
  work(place, -1);
  return false;
}

// Changes something and fills a place with the answer, unless something else was read there since, which `fill` then reads again.
export async function change(place, address, options) {
  const since = reads.get(place);
  const all = changesOf(place);
  const problem = problemOf(place);
  work(place, 1);
  const answer = read(address, options);
  all.begun += 1;
  all.open.add(answer);
  const { ok, html } = await answer;
  all.open.delete(answer);
  await letGo(place);
  work(place, -1);
  if (ok) {
    problem?.remove();
    if (reads.get(place) === since) put(place, html);
    return true;
  }
  const here = place.isConnected ? place : document.getElementById(place.id);
  if (here) tell(here, html);
  return false;
}

// Marks a place as long as something is on its way there.
function work(place, more) {
  working.set(place, (working.get(place) ?? 0) + more);
  if (working.get(place)) place.setAttribute("aria-busy", "true");
  else place.removeAttribute("aria-busy");
}

function changesOf(place) {
  const view = place.closest(".rag-view, .rag-conversations")?.id;
  if (!changes.has(view)) changes.set(view, { begun: 0, open: new Set() });
  return changes.get(view);
}

function put(place, html) {
  replace(place, html);
  keepUploads();
}

const problemOf = (place) => (place.previousElementSibling?.matches(".rag-problem") ? place.previousElementSibling : null);

// Says over a place what went wrong there.
export function tell(place, html) {
  problemOf(place)?.remove();
  const list = place.matches("ul");
  const problem = document.createElement(list ? "ul" : "div");
  problem.className = "rag-problem";
  problem.innerHTML = list ? `<li>${html}</li>` : html;
  place.before(problem);
  return problem;
}

async function follow(element, body) {
  const { get, post, delete: removed, into, confirm: question } = element.dataset;
  if (question && !confirm(question)) return;
  const place = document.querySelector(into);
  const address = get ?? post ?? removed;
  const reads = get !== undefined;
  const ok = reads
    ? await fill(place, body ? get + (get.includes("?") ? "&" : "?") + body : get)
    : await change(place, address, { method: post === undefined ? "DELETE" : "POST", body });
  if (!ok) return;
  if (post && body) document.querySelector(`form[data-post="${CSS.escape(post)}"]`)?.reset(); // what was sent is not kept
  document.dispatchEvent(new CustomEvent("rag-filled", { detail: { reads, into, address } }));
}

// A part that renews itself as long as it has a next state, one answer after another.
async function renew(part) {
  if (renewing.has(part)) return;
  renewing.add(part);
  const { ok, html } = await read(part.dataset.poll);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const now = fresh.content.querySelector("[data-poll]");
  if (ok && now && part.isConnected) {
    const [bar, at] = [part, now].map((one) => one.querySelector("progress"));
    for (const name of ["max", "value"]) if (at.hasAttribute(name)) bar.setAttribute(name, at.getAttribute(name));
    const [before, after] = [part, now].map((one) => one.querySelector("p"));
    if (before.innerHTML !== after.innerHTML) before.innerHTML = after.innerHTML;
  } else if (ok && part.isConnected) await fill(document.querySelector(part.dataset.into), part.dataset.then, { quietly: true });
  renewing.delete(part);
}

export function begin() {
  document.addEventListener("click", (event) => {
    const element = event.target.closest?.("[data-get], [data-post], [data-delete]");
    if (!element || element.matches("form")) return;
    event.preventDefault();
    follow(element);
  });
  const submitted = (form) => follow(form, new URLSearchParams(new FormData(form)));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-get], form[data-post]")) return;
    event.preventDefault();
    submitted(event.target);
  });
  const typing = new WeakMap();
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-live]");
    if (!form) return;
    clearTimeout(typing.get(form));
    typing.set(form, setTimeout(() => submitted(form), 250));
  });
  setInterval(() => document.querySelectorAll("[data-poll]").forEach(renew), SECOND);
}
