// The page's frame: brings it in, in the language chosen, and switches views, language and theme.

import * as chat from "./chat.js";
import * as fragments from "./fragments.js";
import * as panel from "./panel.js";

const $ = (selector) => document.querySelector(selector);
const THEME = "rag-theme";
let place = null;

export async function begin(element) {
  place = element;
  panel.begin();
  fragments.begin();
  chat.begin();
  document.addEventListener("click", clicked);
  document.addEventListener("rag-uploaded", uploaded);
  document.addEventListener("rag-filled", (event) => {
    if (event.detail.read || event.target.id === "rag-talks-list") return;
    renew();
    if (event.target.id === "rag-articles") recount();
  });
  document.addEventListener("rag-polled", () => fragments.fill($("#rag-models"), "ui/models")); // the pulled model is in the list
  addEventListener("hashchange", () => chat.resume(location.hash.slice(1)));
  const dark = localStorage.getItem(THEME);
  if (dark !== null) document.body.classList.toggle("dark", dark === "dark");
  await load();
}

async function load() {
  const answer = await fetch("ui/app");
  place.innerHTML = await answer.text();
  const { lang, dir } = $(".rag-app");
  Object.assign(document.documentElement, { lang, dir });
  document.title = $(".rag-header h1").textContent;
  await chat.resume(location.hash.slice(1));
  const box = $("#rag-ask textarea");
  if (!matchMedia("(pointer: coarse)").matches) box.focus();
  place.dataset.ready = "true";
  suggest();
}

// What depends on what the archive holds, or on the model in use.
function renew() {
  fragments.fill($("#rag-status"), "ui/status");
  $("#rag-sources").replaceChildren();
  suggest();
}

// The library has more articles; what became of each file stays to be read.
async function uploaded() {
  const files = $("#rag-uploads");
  await fragments.fill($("#rag-library"), "ui/library");
  $("#rag-uploads")?.replaceWith(files);
  renew();
}

// It has fewer; the list stays where it was, only what stands over it changes.
async function recount() {
  const fresh = new DOMParser().parseFromString(await (await fetch("ui/library")).text(), "text/html");
  for (const part of [".rag-counts", ".rag-pictures"]) {
    const now = fresh.querySelector(part);
    if (now) $("#rag-library " + part)?.replaceWith(now);
  }
}

const suggest = () => fragments.fill($("#rag-examples"), "ui/suggestions").then((ok) => ok || $("#rag-examples").replaceChildren());

function clicked(event) {
  const button = event.target.closest?.("button[data-view], [data-rename], #rag-language, #rag-theme, #rag-talks-open, .rag-talk");
  if (!button) return;
  if (button.dataset.view) view(button.dataset.view);
  else if (button.dataset.rename) rename(button);
  else if (button.id === "rag-language") {
    document.cookie = `rag-language=${button.dataset.language}; path=/; max-age=31536000; SameSite=Strict`;
    load();
  } else if (button.id === "rag-theme") {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem(THEME, dark ? "dark" : "light");
  } else if (button.id === "rag-talks-open") drawer(!$(".rag-app").classList.contains("rag-talks-shown"));
  else {
    drawer(false);
    view("chat");
  }
}

function drawer(shown) {
  $(".rag-app").classList.toggle("rag-talks-shown", shown);
  $("#rag-talks-open").setAttribute("aria-expanded", String(shown));
}

function view(name) {
  for (const node of document.querySelectorAll(".rag-view")) node.hidden = node.id !== "rag-" + name;
  for (const button of document.querySelectorAll("nav [data-view]"))
    if (button.dataset.view === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  $(".rag-app").dataset.view = name;
  if (name !== "chat") fragments.fill($("#rag-" + name), "ui/" + name);
}

async function rename(button) {
  const title = prompt(button.textContent, button.dataset.title);
  if (!title?.trim()) return;
  await fragments.fill($("#rag-talks-list"), "ui/talks/" + button.dataset.rename, { method: "POST", body: new URLSearchParams({ title }) });
}
