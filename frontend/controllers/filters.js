// Filter chips: each names one condition; the editor changes it, the hidden JSON is what the server reads.
import { fillEditor, readEditor } from "./filter-editor.js";
import { openMenu } from "./shared.js";

const form = () => document.getElementById("filters");
let editing = null; // the place of the condition in the editor ("2" or "2.1"), none for a new one
let beside = null; // the place of the condition that a new one stands beside by "or"

function conditions() {
  return JSON.parse(form().elements.filter.value || "[]");
}

function apply(all) {
  form().elements.filter.value = all.length ? JSON.stringify(all) : "[]";
  form().requestSubmit();
}

function split(place) {
  const [at, part] = place.split(".").map(Number);
  return { at, part: part ?? -1 };
}

function at(place) {
  const { at, part } = split(place);
  const item = conditions()[at];
  return part < 0 ? item : item.any[part];
}

/** The conditions with the one at a place replaced by others; a group of one is no group, one of none is gone. */
function withChange(place, change) {
  const all = conditions();
  const { at, part } = split(place);
  const group = all[at].any ?? [all[at]];
  group.splice(Math.max(part, 0), 1, ...change(group[Math.max(part, 0)]));
  all.splice(at, 1, ...(group.length > 1 ? [{ any: group }] : group));
  return all;
}

// What can be asked of is fetched when somebody first asks.
async function ready() {
  const data = document.getElementById("filter-fields");
  if (!data.textContent) data.textContent = await (await fetch(data.dataset.src)).text();
}

async function edit(place, other, near) {
  await ready();
  const editor = document.getElementById("filter-editor");
  editing = place;
  beside = other;
  fillEditor(editor, place === null ? undefined : at(place));
  openMenu(editor, near);
  editor.querySelector("select, input")?.focus();
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-condition]");
  const place = chip?.dataset.condition;
  if (event.target.closest("[data-add-condition]")) edit(null, null, event.target.closest("[data-add-condition]"));
  else if (chip && event.target.closest("[data-remove-condition]")) apply(withChange(place, () => []));
  else if (chip && event.target.closest("[data-or-condition]")) edit(null, place, chip);
  else if (chip && event.target.closest("[data-edit-condition]")) edit(place, null, chip);
});

document.addEventListener("submit", (event) => {
  const editor = event.target.closest("#filter-editor");
  if (!editor) return;
  event.preventDefault();
  const made = readEditor(editor);
  editor.hidePopover();
  if (!made) return;
  if (editing !== null) apply(withChange(editing, () => [made]));
  else if (beside !== null) apply(withChange(beside, (known) => [known, made]));
  else apply([...conditions(), made]);
});
