// The page's frame: brings it in, in the language chosen; switches views, language and theme; and the keys.

import * as chat from "./chat.js";
import * as fragments from "./fragments.js";
import * as panel from "./panel.js";

const $ = (selector) => document.querySelector(selector);
const THEME = "rag-theme";
const MENU = ".rag-talks details[open]";
let place = null;

export async function begin(element) {
  place = element;
  panel.begin();
  fragments.begin();
  chat.begin();
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  document.addEventListener("rag-uploaded", async () => {
    if ($("#rag-library").childElementCount) await library();
    renew();
  });
  document.addEventListener("rag-filled", (event) => {
    if (event.detail.read || event.target.id === "rag-talks-list") return;
    renew();
    if (event.target.id === "rag-articles") recount();
  });
  document.addEventListener("rag-polled", () => fragments.fill($("#rag-models"), "ui/models")); // the pulled model is in the list
  addEventListener("hashchange", () => chat.resume(location.hash.slice(1)));
  const dark = localStorage.getItem(THEME);
  if (dark !== null) document.body.classList.toggle("dark", dark === "dark");
  if (!(await bringIn())) return;
  await chat.resume(location.hash.slice(1));
  if (!matchMedia("(pointer: coarse)").matches) $("#rag-ask textarea").focus();
  place.dataset.ready = "true";
}

// The frame in the language chosen; false where the server does not answer, and what is there stays.
async function bringIn() {
  const answer = await fetch("ui/app").catch(() => null);
  if (!answer?.ok) {
    const line = answer ? await answer.text() : $("#rag-offline")?.innerHTML;
    if (place.childElementCount) fragments.tell($("#rag-chat .rag-log"), line);
    else place.innerHTML = line;
    return false;
  }
  place.innerHTML = await answer.text();
  const { lang, dir } = $(".rag-app");
  Object.assign(document.documentElement, { lang, dir });
  document.title = $(".rag-header h1").textContent;
  suggest();
  return true;
}

// What depends on what the archive holds, or on the model in use.
function renew() {
  fragments.fill($("#rag-status"), "ui/status");
  chat.sources();
  suggest();
}

const suggest = () => fragments.fill($("#rag-examples"), "ui/suggestions", {}, { quietly: true });

async function library() {
  await fragments.fill($("#rag-library"), "ui/library");
  fragments.keepUploads();
}

// There are fewer articles; the list stays where it was, only what stands over it changes.
async function recount() {
  const answer = await fragments.request("ui/library");
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of [".rag-counts", ".rag-pictures", ".rag-find select"]) {
    const [old, now] = [$("#rag-library " + part), fresh.querySelector(part)];
    if (old && now) old.replaceWith(now);
    else old?.remove();
  }
}

function clicked(event) {
  const menu = $(MENU);
  if (menu && !menu.contains(event.target)) menu.open = false;
  const button = event.target.closest?.("button[data-view], [data-rename], #rag-language, #rag-theme, #rag-talks-open, .rag-talk");
  if (!button) return;
  if (button.dataset.view) view(button.dataset.view);
  else if (button.dataset.rename) rename(button);
  else if (button.id === "rag-language") speak(button.dataset.language);
  else if (button.id === "rag-theme") {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem(THEME, dark ? "dark" : "light");
  } else if (button.id === "rag-talks-open") drawer(!$(".rag-app").classList.contains("rag-talks-shown"));
  else {
    drawer(false);
    view("chat");
  }
}

// Escape ends the innermost: a menu, the drawer, the panel, then what is being written. A slash goes to the question box.
function pressed(event) {
  const { key, code, target } = event;
  const typing = target.matches?.("input, textarea, select");
  if (key === "Escape" && !event.defaultPrevented) {
    const menu = $(MENU);
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if ($(".rag-app").classList.contains("rag-talks-shown")) {
      drawer(false);
      $("#rag-talks-open").focus();
    } else if (!typing || target.closest("#rag-ask")) chat.stop();
  } else if ((key === "/" || code === "Slash") && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    view("chat");
    $("#rag-ask textarea").focus();
  }
}

async function speak(language) {
  document.cookie = `rag-language=${language}; path=/; max-age=31536000; SameSite=Strict`;
  const shown = $(".rag-app").dataset.view || "chat";
  await chat.carriedOver(bringIn);
  view(shown);
  $("#rag-language").focus();
}

function drawer(shown) {
  $(".rag-app").classList.toggle("rag-talks-shown", shown);
  $("#rag-talks-open").setAttribute("aria-expanded", String(shown));
  if (shown) $("#rag-new").focus();
}

function view(name) {
  for (const node of document.querySelectorAll(".rag-view")) node.hidden = node.id !== "rag-" + name;
  for (const button of document.querySelectorAll("nav [data-view]"))
    if (button.dataset.view === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  $(".rag-app").dataset.view = name;
  if (name === "library") library();
  else if (name === "models") fragments.fill($("#rag-models"), "ui/models");
}

async function rename(button) {
  const title = prompt(button.textContent, button.dataset.title);
  if (!title?.trim()) return;
  const body = new URLSearchParams({ title });
  await fragments.fill($("#rag-talks-list"), "ui/talks/" + button.dataset.rename, { method: "POST", body });
  chat.current();
}
