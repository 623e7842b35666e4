// The page's frame: brings it in, in the language chosen; switches views, language and theme; and the keys.

import * as chat from "./chat.js";
import * as fragments from "./fragments.js";
import * as panel from "./panel.js";
import * as replacing from "./replacing.js";
import * as uploads from "./uploads.js";

const $ = (selector) => document.querySelector(selector);
const THEME = "rag-theme";
const MENU = ".rag-conversations details[open]";
let place = null;

export async function begin(element) {
  place = element;
  for (const part of [replacing, panel, fragments, uploads, chat]) part.begin();
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  document.addEventListener("rag-uploaded", async () => {
    if ($("#rag-library").childElementCount) await library({ quietly: true });
    renew();
  });
  document.addEventListener("rag-filled", ({ detail: { reads, into } }) => {
    if (reads || into === "#rag-conversations-list") return;
    renew();
    if (into === "#rag-articles") library({ quietly: true }); // there are fewer articles: what stands over the list changes too
  });
  addEventListener("hashchange", () => chat.resume(location.hash.slice(1)));
  const dark = localStorage.getItem(THEME);
  if (dark !== null) document.body.classList.toggle("dark", dark === "dark");
  if (!(await bringIn())) return;
  await chat.resume(location.hash.slice(1));
  if (!matchMedia("(pointer: coarse)").matches) $("#rag-ask textarea").focus();
  place.dataset.ready = "true";
}

// The frame in the language chosen; false where the server does not answer, and what is there stays. around: does the change, with
// what is to be done before and behind it.
async function bringIn(around = (change) => change()) {
  const { ok, html } = await fragments.read("ui/app");
  if (!ok) {
    if (place.childElementCount) fragments.tell($("#rag-chat .rag-log"), html);
    else place.innerHTML = html;
    return false;
  }
  await replacing.letGo(place);
  around(() => replacing.replace(place, html));
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

const suggest = () => fragments.fill($("#rag-examples"), "ui/suggestions", { quietly: true });

// The whole library, its list as it was read last.
function library(options) {
  const address = () => ($("#rag-articles")?.dataset.read ?? "ui/library/list").replace("/list", "");
  return fragments.fill($("#rag-library"), address, options);
}

// The library without a search, as it is when one comes to it.
function wholeLibrary() {
  for (const field of document.querySelectorAll(".rag-find :is(input, select)")) field.value = "";
  if ($("#rag-articles")) $("#rag-articles").dataset.read = "ui/library/list";
  $("#rag-library .rag-problem")?.remove();
  library();
}

function clicked(event) {
  const menu = $(MENU);
  if (menu && !menu.contains(event.target)) menu.open = false;
  const button = event.target.closest?.("button[data-view], [data-rename], #rag-language, #rag-theme, #rag-conversations-open, .rag-conversation");
  if (!button) return;
  if (button.dataset.view) view(button.dataset.view);
  else if (button.dataset.rename) rename(button);
  else if (button.id === "rag-language") speak(button.dataset.language);
  else if (button.id === "rag-theme") {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem(THEME, dark ? "dark" : "light");
  } else if (button.id === "rag-conversations-open") drawer(!$(".rag-app").classList.contains("rag-conversations-shown"));
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
    } else if ($(".rag-app").classList.contains("rag-conversations-shown")) {
      drawer(false);
      $("#rag-conversations-open").focus();
    } else if (!typing || target.closest("#rag-ask")) chat.stop();
  } else if ((key === "/" || code === "Slash") && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    view("chat");
    $("#rag-ask textarea").focus();
  }
}

async function speak(language) {
  document.cookie = `rag-language=${language}; path=/; max-age=31536000; SameSite=Strict`;
  await bringIn((change) => {
    const shown = $(".rag-app").dataset.view || "chat";
    chat.changeFrame(change);
    view(shown);
  });
}

function drawer(shown) {
  $(".rag-app").classList.toggle("rag-conversations-shown", shown);
  $("#rag-conversations-open").setAttribute("aria-expanded", String(shown));
  if (shown) $("#rag-new").focus();
}

function view(name) {
  for (const node of document.querySelectorAll(".rag-view")) node.hidden = node.id !== "rag-" + name;
  for (const button of document.querySelectorAll("nav [data-view]"))
    if (button.dataset.view === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  $(".rag-app").dataset.view = name;
  if (name === "library") wholeLibrary();
  else if (name === "models") fragments.fill($("#rag-models"), "ui/models");
}

async function rename(button) {
  const title = prompt(button.textContent, button.dataset.title);
  if (!title?.trim()) return;
  button.closest("details").open = false;
  const body = new URLSearchParams({ title });
  await fragments.change($("#rag-conversations-list"), "ui/conversations/" + button.dataset.rename, { method: "POST", body });
  chat.current();
}
