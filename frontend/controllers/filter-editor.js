// The popover in which one condition is made: field, comparison, value.

const fields = () => JSON.parse(document.getElementById("filter-fields").textContent);
const NO_VALUE = new Set(["empty", "not_empty", "me", "my_team", "overdue", "yes", "no"]);
const inputTypes = { number: "number", date: "date", days: "number", text: "text" };

const find = (name) => fields().find((item) => item.name === name);

/** The comparisons of a field: its own, or those of the first field of its kind. */
function opsOf(field) {
  return field.ops.length ? field.ops : fields().find((item) => item.kind === field.kind && item.ops.length).ops;
}

function options(select, items, chosen) {
  select.replaceChildren(...items.map((item) => new Option(item.label, item.key, false, item.key === chosen)));
}

// Fields behind a link, and parts of an address, stand under its name.
function fieldOptions(select, chosen) {
  select.replaceChildren();
  let group = select;
  for (const { name, label } of fields()) {
    const [head, ...rest] = label.split(" › ");
    if (rest.length && group.label !== head) {
      group = Object.assign(document.createElement("optgroup"), { label: head });
      select.append(group);
    }
    (rest.length ? group : select).append(new Option(rest.join(" › ") || label, name, false, name === chosen));
  }
}

function checkboxes(field, chosen) {
  const list = document.createElement("div");
  list.className = "filter-options";
  for (const choice of field.choices) {
    const line = document.createElement("label");
    line.className = "choice-line";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "checkbox", name: "value" });
    box.value = choice.key;
    box.checked = chosen.includes(choice.key);
    const badge = document.createElement("span");
    badge.className = `badge dot hue-${choice.hue || "gray"}`;
    badge.textContent = choice.label;
    line.append(box, badge);
    list.append(line);
  }
  return list;
}

function lookup(field, chosen) {
  const template = document.getElementById("filter-lookup").content.cloneNode(true);
  const element = template.querySelector("x-lookup");
  element.setAttribute("src", field.src);
  for (const item of chosen) {
    const chip = element.querySelector("template").content.firstElementChild.cloneNode(true);
    chip.querySelector("input").value = item.id;
    chip.querySelector("[data-title]").textContent = item.title;
    element.querySelector(".lookup-box").prepend(chip);
  }
  return template;
}

function input(field, op, value) {
  const kind = op.endsWith("_days") ? "days" : field.kind;
  const made = Object.assign(document.createElement("input"), { className: "input", name: "value" });
  made.type = inputTypes[kind] ?? "text";
  made.required = op !== "between";
  made.setAttribute("aria-label", field.label);
  if (made.type === "number") made.step = kind === "days" ? "1" : "any";
  if (kind === "days") made.min = "1";
  if (value != null) made.value = value;
  return made;
}

function pair(field, op, value) {
  const box = document.createElement("div");
  box.className = "row";
  box.append(...[0, 1].map((at) => input(field, op, value?.[at])));
  return box;
}

function select(items, chosen) {
  const made = Object.assign(document.createElement("select"), { className: "select", name: "value" });
  options(made, items, chosen);
  return made;
}

function control(field, op, value) {
  const items = opsOf(field).find((item) => item.key === op)?.choices ?? [];
  if (NO_VALUE.has(op)) return document.createTextNode("");
  if (items.length) return select(items, value);
  if (field.choices?.length && ["in", "not_in"].includes(op)) return checkboxes(field, [].concat(value ?? []));
  if (field.src && ["in", "not_in"].includes(op)) return lookup(field, [].concat(value ?? []));
  return op === "between" ? pair(field, op, value) : input(field, op, value);
}

function paintValue(editor, value) {
  const field = find(editor.querySelector("[name=field]").value);
  editor.querySelector("[data-value]").replaceChildren(control(field, editor.querySelector("[name=op]").value, value));
}

function paintOps(editor, op) {
  options(editor.querySelector("[name=op]"), opsOf(find(editor.querySelector("[name=field]").value)), op);
}

/** Show a condition in the editor, or an empty one. */
export function fillEditor(editor, condition) {
  fieldOptions(editor.querySelector("[name=field]"), condition?.field);
  paintOps(editor, condition?.op);
  paintValue(editor, condition?.value);
}

function valueOf(inputs, op) {
  if (op === "between") return inputs.map((input) => input.value);
  const isList = inputs.some((input) => input.type === "checkbox");
  return isList ? inputs.filter((input) => input.checked).map((input) => input.value) : inputs[0]?.value;
}

/** The condition that the editor shows; nothing when it has no value. */
export function readEditor(editor) {
  const [field, op] = ["field", "op"].map((name) => editor.querySelector(`[name=${name}]`).value);
  if (NO_VALUE.has(op)) return { field, op };
  const chips = [...editor.querySelectorAll(".lookup-chosen")];
  if (chips.length) return { field, op, value: chips.map((chip) => ({ id: chip.querySelector("input").value, title: chip.querySelector("[data-title]").textContent })) };
  const inputs = [...editor.querySelectorAll("[data-value] [name=value]")];
  const value = valueOf(inputs, op);
  const isEmpty = Array.isArray(value) ? value.every((item) => !item) : !value;
  return isEmpty ? null : { field, op, value };
}

document.addEventListener("change", (event) => {
  const editor = event.target.closest("#filter-editor");
  if (!editor) return;
  if (event.target.name === "field") paintOps(editor);
  if (["field", "op"].includes(event.target.name)) paintValue(editor);
});
