// How a part of the page takes the place of another. Not while a button in it is held down: its click is lost where it goes between
// press and release. What a person typed, chose, unfolded and stood at in the old part stays in the new one.

const PRESSED = "a, button, input, label, summary";
let pressed = null; // what a pointer or the space bar holds down: { element, promise, resolve }

// Waits until nothing in a place is held down any more, and the click has come.
export async function letGo(place) {
  while (pressed && place?.contains(pressed.element)) await pressed.promise;
}

// Puts HTML in a place.
export function replace(place, html) {
  const focused = document.activeElement;
  const held = focused !== place && place.contains(focused);
  const caret = [focused?.selectionStart, focused?.selectionEnd];
  const before = place.cloneNode(false);
  before.append(...place.childNodes);
  place.innerHTML = html;
  carry(before, place);
  if (!held) return;
  const again = twin(focused, place) ?? place;
  if (again.tabIndex < 0) again.tabIndex = -1; // what is no button can be focused too
  again.focus({ preventScroll: true });
  if (again !== place && caret[0] != null) again.setSelectionRange(...caret);
}

function carry(before, after) {
  for (const problem of before.querySelectorAll(".rag-problem")) twin(problem.nextElementSibling, after)?.before(problem);
  for (const node of before.querySelectorAll("input:not([type=file]), select, textarea, details[open]")) {
    const now = twin(node, after);
    if (!now) continue;
    if (node.localName === "details") now.open = true;
    else if (node.type === "checkbox") now.checked = node.checked;
    else if (node.localName !== "select" || [...now.options].some(({ value }) => value === node.value)) now.value = node.value;
  }
}

// What stands in a part for a node of the part before: it has the id, or the name, what a button does, and the classes of a fold.
function twin(node, part) {
  if (node.id) return part.querySelector("#" + CSS.escape(node.id));
  if (node.localName === "summary") return twin(node.parentElement, part)?.querySelector("summary") ?? null;
  const marks = Object.entries(node.dataset).map(([key, value]) => `[data-${key}="${CSS.escape(value)}"]`);
  if (node.name) marks.push(`[name="${CSS.escape(node.name)}"]`);
  if (node.type === "checkbox") marks.push(`[value="${CSS.escape(node.value)}"]`);
  if (node.localName === "details") marks.push(...[...node.classList].map((one) => "." + CSS.escape(one)));
  return marks.length ? part.querySelector(node.localName + marks.join("")) : null;
}

function press({ type, key, button, target }) {
  if (type === "keydown" ? key !== " " : button) return;
  pressed?.resolve();
  const element = target.closest?.(PRESSED);
  pressed = element ? { element, ...Promise.withResolvers() } : null;
}

// The click comes right behind the release.
function release() {
  const one = pressed;
  setTimeout(() => {
    if (pressed === one) pressed = null;
    one?.resolve();
  });
}

export function begin() {
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, press, true);
  for (const kind of ["pointerup", "pointercancel", "keyup", "contextmenu"]) document.addEventListener(kind, release, true);
  addEventListener("blur", release);
}
