// Parts of the page that the server renders: buttons and forms that fetch one, parts that renew themselves, files that are sent.
// data-get, data-post, data-delete: the address; data-into: what its answer fills; data-confirm: what is asked before.

const SECOND = 1000;

const latest = new WeakMap(); // what was asked for last, for each place: an answer that comes too late is dropped

export async function fill(target, address, options = {}) {
  const asked = {};
  latest.set(target, asked);
  target.setAttribute("aria-busy", "true");
  const offline = { ok: false, text: () => document.querySelector("#rag-offline").innerHTML };
  const answer = await fetch(address, options).catch(() => offline);
  const html = await answer.text();
  if (latest.get(target) !== asked) return false;
  target.innerHTML = html;
  target.removeAttribute("aria-busy");
  return answer.ok;
}

async function follow(element, body) {
  const { get, post, delete: removed, into, confirm: question } = element.dataset;
  if (question && !confirm(question)) return;
  const target = document.querySelector(into);
  if (get === undefined) await fill(target, post ?? removed, { method: post === undefined ? "DELETE" : "POST", body });
  else await fill(target, body ? get + (get.includes("?") ? "&" : "?") + body : get);
  target.dispatchEvent(new CustomEvent("rag-filled", { bubbles: true, detail: { read: get !== undefined } }));
}

// A part that renews itself as long as the answer asks for it; the page is told when it ends.
async function renew(element) {
  const html = await fetch(element.dataset.poll).then((answer) => answer.text(), () => "");
  if (!html || !element.isConnected) return;
  element.outerHTML = html;
  if (!html.includes("data-poll")) document.dispatchEvent(new CustomEvent("rag-polled"));
}

async function send(drop, files) {
  const list = document.querySelector("#rag-uploads");
  const { upload, most, many } = drop.dataset;
  if (files.length > most) list.append(Object.assign(document.createElement("li"), { className: "rag-error", textContent: many }));
  for (const file of files.slice(0, most)) {
    const row = document.createElement("li");
    const name = document.createElement("bdi");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    row.append(name, " ", bar);
    list.append(row);
    row.outerHTML = await sent(upload + "?name=" + encodeURIComponent(file.name), file, bar);
  }
  drop.dispatchEvent(new CustomEvent("rag-uploaded", { bubbles: true }));
}

function sent(address, file, bar) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => {
      if (loaded < total) bar.value = loaded / total;
      else bar.removeAttribute("value"); // all is there, and is being read
    };
    const line = (html) => (html.trimStart().startsWith("<li") ? html : `<li>${html}</li>`);
    request.onload = () => resolve(line(request.responseText));
    request.onerror = () => resolve(line(document.querySelector("#rag-offline").innerHTML));
    request.open("POST", address);
    request.send(file);
  });
}

// Folders that are dropped are walked through.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const files = [];
  while (entries.length) {
    const entry = entries.shift();
    if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    else {
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
  document.addEventListener("change", (event) => {
    const drop = event.target.closest?.("[data-upload]");
    if (drop && event.target.type === "file") send(drop, [...event.target.files]).then(() => (event.target.value = ""));
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
