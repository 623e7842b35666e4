// Files that are sent to the library, chosen or dropped: one after another, with a list of what became of each.

// The list of what became of each file stays the same node while the library around it is fetched anew.
let uploads = null;

export function keepUploads() {
  const fresh = document.querySelector("#rag-uploads");
  if (uploads && fresh && fresh !== uploads) fresh.replaceWith(uploads);
  uploads ??= fresh;
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
