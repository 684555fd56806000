// A draft put back into its form: its lines, the records chosen, and the version of the record over which it was typed.

function bringLines(set, names) {
  const name = set.querySelector("input[type=hidden]").name;
  const wanted = new Set(names.map((each) => each.match(/^(.+)\.(\d+)\./)).flatMap((found) => (found?.[1] === name ? [found[2]] : [])));
  const has = (at) => set.querySelector(`[data-items] [name^="${CSS.escape(`${name}.${at}.`)}"]`);
  for (const line of set.querySelectorAll("[data-item]")) {
    if (![...wanted].some((at) => line.contains(has(at)))) line.remove();
  }
  for (const at of [...wanted].filter((each) => !has(each))) {
    set.dataset.next = at;
    set.querySelector("[data-add-item]").click();
  }
}

// Rows are drawn by the server from what they held, once the fields that they speak of are back.
function bringRows(rows, byName) {
  const name = rows.querySelector("input[type=hidden]").name;
  const held = [...byName].filter(([each]) => each === name || each.startsWith(`${name}.`));
  rows.replaceChildren(...held.flatMap(([each, texts]) => texts.map((value) => Object.assign(document.createElement("input"), { type: "hidden", name: each, value }))));
}

function choose(lookup, ids, titles) {
  const [box, input] = [lookup.querySelector(".lookup-box"), lookup.querySelector("[role=combobox]")];
  lookup.querySelectorAll(".lookup-chosen").forEach((chip) => chip.remove());
  for (const id of ids) {
    const chip = lookup.querySelector("template").content.firstElementChild.cloneNode(true);
    chip.querySelector("input").value = id;
    chip.querySelector("[data-title]").textContent = titles.get(id) ?? "";
    box.insertBefore(chip, input);
  }
  input.required = lookup.hasAttribute("required") && !ids.length;
}

// What was typed while this file was fetched is newer than the draft.
function isTouched(control) {
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  if (!control.matches("select")) return control.value !== control.defaultValue;
  const usual = [...control.options].filter((option) => option.defaultSelected);
  if (!control.multiple && !usual.length) return control.selectedIndex > 0;
  return [...control.options].some((option) => option.selected !== option.defaultSelected);
}

function setControl(control, texts) {
  if (control.matches("[type=checkbox], [type=radio]")) control.checked = texts.includes(control.value);
  else if (control.matches("select[multiple]")) {
    for (const option of control.options) option.selected = texts.includes(option.value);
  } else if (control.name === "version" || !control.matches("[type=hidden], [type=file]")) control.value = texts.shift() ?? control.value;
  control.closest("x-rich-text")?.editor?.commands.setContent(control.value);
}

// Whoever does not want it begins anew.
function offerToDiscard(form, note, forget) {
  note.hidden = false;
  note.querySelector("[data-discard-draft]").onclick = () => {
    forget(form);
    form.reset();
    note.hidden = true;
  };
}

/** Put values back by name, `titles` name the records that links point to; `forget` begins anew, if that is offered. */
export function bringBack(form, { values, titles }, forget) {
  const focused = document.activeElement;
  const byName = new Map();
  for (const [name, text] of values) byName.set(name, [...(byName.get(name) ?? []), text]);
  for (const set of form.querySelectorAll("[data-set]")) bringLines(set, [...byName.keys()]);
  // What was refused comes back with its rows, and with what is wrong in them.
  const rows = forget ? form.querySelectorAll("x-rows") : [];
  for (const each of rows) bringRows(each, byName);
  for (const lookup of form.querySelectorAll("x-lookup")) {
    choose(lookup, (byName.get(lookup.getAttribute("name")) ?? []).filter(Boolean), new Map(titles));
  }
  for (const control of form.elements) {
    const texts = byName.get(control.name);
    if (texts && !isTouched(control) && !control.closest("x-rows")) setControl(control, texts);
  }
  const note = form.querySelector("[data-draft-note]");
  if (note && forget) offerToDiscard(form, note, forget);
  focused?.focus();
  form.dispatchEvent(new Event("input", { bubbles: true })); // rules and hints follow
  for (const each of rows) each.dispatchEvent(new Event("redraw"));
}
