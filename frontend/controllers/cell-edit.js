// Editing in place: Enter, F2 or a double click opens the field's editor, Esc puts back, leaving saves what is valid.
import { forget } from "./drafts.js";
import { htmx } from "./pages.js";

const before = new WeakMap(); // cell -> its content before the editor came
let walked = false; // an arrow changed the closed list: the person is still choosing

async function open(cell) {
  if (cell.querySelector(".cell-editor") || !cell.dataset.edit) return;
  before.set(cell, cell.innerHTML);
  await htmx.ajax("GET", cell.dataset.edit, { target: cell, source: cell, swap: "innerHTML" });
  const editor = cell.querySelector(".cell-editor");
  if (!editor) return;
  cell.classList.add("editing");
  const control = editor.querySelector(":is(input, select, textarea):not([type=hidden])");
  control?.focus();
  control?.select?.();
  control?.showPicker && control.matches("select") && tryPicker(control);
}

function tryPicker(control) {
  try {
    control.showPicker();
  } catch {
    // Browsers refuse without a recent key or click; the closed list is fine then.
  }
}

function close(cell, focus = true) {
  if (!before.has(cell)) return;
  forget(cell.querySelector(".cell-editor"));
  cell.innerHTML = before.get(cell);
  before.delete(cell);
  cell.classList.remove("editing");
  htmx.process(cell);
  if (focus) (cell.querySelector("a") ?? cell).focus();
}

function changed(form) {
  return [...form.elements].some((control) => {
    if (control.type === "hidden" || !control.name) return false;
    if (control.matches("select")) return [...control.options].some((item) => item.selected !== item.defaultSelected);
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    return control.value !== control.defaultValue;
  });
}

function leave(cell) {
  const form = cell.querySelector(".cell-editor");
  if (!form) return;
  if (!changed(form)) close(cell, false);
  else if (form.checkValidity()) form.requestSubmit();
}

function neighbour(cell, by) {
  const cells = [...document.querySelectorAll("[data-edit]")];
  return cells[cells.indexOf(cell) + by];
}

function onKey(event) {
  const form = event.target.closest?.(".cell-editor");
  if (!form) return;
  const cell = form.closest("[data-edit]");
  walked = event.key.startsWith("Arrow") && event.target.matches("select");
  if (event.key === "Escape") close(cell);
  else if (event.key === "Enter" && !event.target.matches("textarea, [role=combobox]")) form.requestSubmit();
  else if (event.key === "Tab") {
    const next = neighbour(cell, event.shiftKey ? -1 : 1);
    leave(cell);
    if (next) open(next);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("keydown", onKey, true);
document.addEventListener("edit-cell", (event) => open(event.target.closest("[data-edit]")));
document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("[data-edit]");
  if (cell && !event.target.closest("a, button, input")) open(cell);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-edit-here]");
  if (button) open(button.closest("[data-edit]"));
});
document.addEventListener("change", (event) => {
  const form = event.target.closest(".cell-editor");
  if (form && event.target.matches("select:not([multiple])") && !walked) form.requestSubmit();
});
document.addEventListener("focusout", (event) => {
  const cell = event.target.closest?.(".cell-editor")?.closest("[data-edit]");
  if (!cell) return;
  setTimeout(() => {
    if (cell.isConnected && !cell.contains(document.activeElement) && document.hasFocus()) leave(cell);
  }, 60);
});
document.addEventListener("htmx:after:swap", () => {
  for (const cell of document.querySelectorAll(".editing")) {
    if (!cell.querySelector(".cell-editor")) cell.classList.remove("editing");
  }
});
