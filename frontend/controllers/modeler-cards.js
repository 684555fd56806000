// Lists whose lines have several properties each: one card per line, in the order in which they count.
import { said } from "./diagram-words.js";

export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(Boolean));
  return made;
}

const choices = (column) => column.options.map((value) => make("option", { value, textContent: value && said(`modeler.choice.${value}`) }));

function control(column, row) {
  const value = row[column.name] ?? "";
  if (column.kind === "check") return make("input", { type: "checkbox", checked: value === "true" });
  if (column.kind === "choice") {
    const select = make("select", { className: "select" }, ...choices(column));
    select.value = value;
    return select;
  }
  const input = make("input", { className: column.kind === "code" ? "input code" : "input", value, spellcheck: false });
  const list = column.list?.(row);
  if (list) input.setAttribute("list", `modeler-${list}`);
  return input;
}

const valueOf = (column, input) => (column.kind === "check" ? (input.checked ? "true" : "") : input.value.trim());

/** The cards of a field; `changed(rows)` writes them, a choice on which other inputs depend draws the card anew. */
export function cards(field, rows, id, changed, at) {
  const list = make("div", { className: "stack tight modeler-cards", id });
  const draw = (focus) => {
    list.replaceChildren(...rows.map(card), adding());
    if (focus) list.querySelector(`#${focus}`)?.focus();
  };
  const line = (row, place) => (column) => {
    const input = control(column, row);
    input.id = `${id}-${place}-${column.name}`;
    input.addEventListener("change", () => {
      row[column.name] = valueOf(column, input);
      changed(rows);
      if (column.kind === "choice") draw(input.id);
    });
    const text = said(`modeler.field.${column.label ?? column.name}`);
    if (column.kind === "check") return make("label", { className: "choice-line" }, input, text);
    const made = make("div", { className: "field" }, make("label", { htmlFor: input.id, textContent: text }), input);
    column.dress?.(input, at);
    return made;
  };
  const card = (row, place) => {
    const title = `${said(`modeler.field.${field.name}`)} ${place + 1}`;
    const remove = make("button", { type: "button", className: "button ghost compact", textContent: "×" });
    remove.setAttribute("aria-label", `${said("modeler.remove")} ${title}`);
    remove.addEventListener("click", () => {
      rows.splice(place, 1);
      changed(rows);
      draw(`${id}-add`);
    });
    const shown = field.columns.filter((column) => !column.when || column.when(row));
    return make("fieldset", { className: "modeler-card" }, make("legend", { className: "visually-hidden", textContent: title }), remove, ...shown.map(line(row, place)));
  };
  const adding = () => {
    const add = make("button", { type: "button", className: "button compact", id: `${id}-add`, textContent: said("modeler.add") });
    add.addEventListener("click", () => {
      rows.push({ ...field.fresh });
      changed(rows);
      draw(`${id}-${rows.length - 1}-${field.columns[0].name}`);
    });
    return add;
  };
  draw();
  return list;
}
