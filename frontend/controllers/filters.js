// Filter chips: each names one condition; the editor changes it, the hidden JSON is what the server reads.
import { fillEditor, readEditor } from "./filter-editor.js";
import { openMenu } from "./menus.js";

const form = () => document.getElementById("filters");
let editing = -1;

function conditions() {
  return JSON.parse(form().elements.filter.value || "[]");
}

function apply(all) {
  form().elements.filter.value = all.length ? JSON.stringify(all) : "[]";
  form().requestSubmit();
}

function edit(index, beside) {
  const editor = document.getElementById("filter-editor");
  editing = index;
  fillEditor(editor, conditions()[index]);
  openMenu(editor, beside);
  editor.querySelector("select, input")?.focus();
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-condition]");
  if (event.target.closest("[data-add-condition]")) edit(-1, event.target.closest("[data-add-condition]"));
  else if (chip && event.target.closest("[data-remove-condition]")) {
    apply(conditions().filter((_, index) => index !== Number(chip.dataset.condition)));
  } else if (chip && event.target.closest("[data-edit-condition]")) edit(Number(chip.dataset.condition), chip);
});

document.addEventListener("submit", (event) => {
  const editor = event.target.closest("#filter-editor");
  if (!editor) return;
  event.preventDefault();
  const made = readEditor(editor);
  editor.hidePopover();
  if (!made) return;
  const all = conditions();
  if (editing < 0) all.push(made);
  else all[editing] = made;
  apply(all);
});
