// Parts of the page that the server renders: buttons and forms that fetch one, parts that renew themselves, files that are sent.
// data-get, data-post, data-delete: the address; data-into: what its answer fills; data-confirm: what is asked before.

const SECOND = 1000;
const latest = new WeakMap(); // what was asked for last, for each place: an answer that comes too late is dropped

// An answer of the server; one like an error's where it cannot be reached.
export async function request(address, options = {}) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const html = document.querySelector("#rag-offline").innerHTML;
    return { ok: false, text: async () => html };
  }
}

// Fills a place with what an address answers. An error stands over the place, which stays as it was; quietly: it is not told.
export async function fill(target, address, options = {}, { quietly = false } = {}) {
  const asked = {};
  latest.set(target, asked);
  target.setAttribute("aria-busy", "true");
  const answer = await request(address, options);
  const html = await answer.text();
  if (latest.get(target) !== asked) return false;
  target.removeAttribute("aria-busy");
  if (target.previousElementSibling?.matches(".rag-problem")) target.previousElementSibling.remove();
  if (answer.ok) replace(target, () => (target.innerHTML = html));
  else if (!quietly) tell(target, html);
  return answer.ok;
}

export function tell(target, html) {
  const problem = document.createElement(target.matches("ul") ? "ul" : "div");
  problem.className = "rag-problem";
  problem.innerHTML = target.matches("ul") ? `<li>${html}</li>` : html;
  target.before(problem);
}

// Keeps the focus where it was, as far as the new part has the same button; else at the part.
function replace(target, change) {
  const held = target.contains(document.activeElement) ? document.activeElement : null;
  change();
  if (!held) return;
  const { id, dataset } = held;
  const keys = Object.entries(dataset).map(([key, value]) => `[data-${key}="${CSS.escape(value)}"]`);
  const again = (id && document.getElementById(id)) || (keys.length && target.querySelector(keys.join("")));
  if (!again) target.tabIndex = -1;
  (again || target).focus({ preventScroll: true });
}

async function follow(element, body) {
  const { get, post, delete: removed, into, confirm: question } = element.dataset;
  if (question && !confirm(question)) return;
  const target = document.querySelector(into);
  const ok =
    get === undefined
      ? await fill(target, post ?? removed, { method: post === undefined ? "DELETE" : "POST", body })
      : await fill(target, body ? get + (get.includes("?") ? "&" : "?") + body : get);
  if (ok) target.dispatchEvent(new CustomEvent("rag-filled", { bubbles: true, detail: { read: get !== undefined } }));
}

// A part that renews itself as long as the answer asks for it; the page is told when it ends.
async function renew(element) {
  const answer = await request(element.dataset.poll);
  const html = answer.ok && (await answer.text());
  if (!html || !element.isConnected) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const part = fresh.content.firstElementChild;
  const [old, bar] = [element, part].map((one) => one.querySelector("progress"));
  if (part.dataset.poll && old && bar) {
    for (const name of ["max", "value"]) if (bar.hasAttribute(name)) old.setAttribute(name, bar.getAttribute(name));
    const [before, after] = [element, part].map((one) => one.querySelector("p"));
    if (before.innerHTML !== after.innerHTML) before.innerHTML = after.innerHTML;
    return;
  }
  replace(element.parentElement, () => element.replaceWith(part));
  if (!part.dataset.poll) document.dispatchEvent(new CustomEvent("rag-polled"));
}

// The list of what became of each file stays the same node while the library around it is fetched anew.
let uploads = null;

export function keepUploads() {
  const fresh = document.querySelector("#rag-uploads");
  if (uploads && fresh && fresh !== uploads) fresh.replaceWith(uploads);
  uploads = document.querySelector("#rag-uploads");
}

// Files are sent one after another; of those with the same name in one drop, the folders stand before it.
async function send(drop, files) {
  keepUploads();
  const list = uploads;
  const { upload, most, many } = drop.dataset;
  if (files.length > most) list.append(Object.assign(document.createElement("li"), { className: "rag-error", textContent: many }));
  const names = Map.groupBy(files, ({ file }) => file.name);
  for (const { file, path } of files.slice(0, most)) {
    const called = names.get(file.name).length > 1 ? path.replaceAll("/", " - ") : file.name;
    const row = document.createElement("li");
    const name = document.createElement("bdi");
    const bar = document.createElement("progress");
    name.textContent = called;
    bar.setAttribute("aria-label", called);
    row.append(name, " ", bar);
    list.append(row);
    row.outerHTML = await sent(upload + "?name=" + encodeURIComponent(called), file, bar);
  }
  document.dispatchEvent(new CustomEvent("rag-uploaded"));
}

function sent(address, file, bar) {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.upload.onprogress = ({ loaded, total }) => {
      if (loaded < total) bar.value = loaded / total;
      else bar.removeAttribute("value"); // all is there, and is being read
    };
    const line = (html) => (html.trimStart().startsWith("<li") ? html : `<li>${html}</li>`);
    asked.onload = () => resolve(line(asked.responseText));
    asked.onerror = () => resolve(line(document.querySelector("#rag-offline").innerHTML));
    asked.open("POST", address);
    asked.send(file);
  });
}

// Files of a drop with their paths; folders are walked through.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosen(transfer.files);
  const files = [];
  while (entries.length) {
    const entry = entries.shift();
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      files.push({ file, path: entry.fullPath.replace(/^\//, "") });
    } else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        entries.push(...some);
      }
    }
  }
  return files;
}

const chosen = (files) => [...files].map((file) => ({ file, path: file.name }));

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
  let typing = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-live]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => submitted(form), 250);
  });
  setInterval(() => document.querySelectorAll("[data-poll]").forEach(renew), SECOND);
  document.addEventListener("change", async (event) => {
    const drop = event.target.closest?.("[data-upload]");
    if (!drop || event.target.type !== "file") return;
    const files = chosen(event.target.files);
    event.target.value = "";
    await send(drop, files);
  });
  const over = (event) => event.target.closest?.("[data-upload]");
  for (const kind of ["dragenter", "dragover"])
    document.addEventListener(kind, (event) => {
      event.preventDefault(); // a file that misses the place must not take the page's
      over(event)?.classList.add("rag-over");
    });
  document.addEventListener("dragleave", (event) => over(event)?.classList.remove("rag-over"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    const drop = over(event);
    drop?.classList.remove("rag-over");
    if (drop) send(drop, await dropped(event.dataTransfer));
  });
}
