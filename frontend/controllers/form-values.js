// The values of a form's fields as expressions know them: numbers, dates, lists of keys, links by their id.
function numberOf(text) {
  const number = Number(text.replace(/\s/g, "").replace(",", "."));
  return Number.isNaN(number) ? null : number;
}

function linked(lookup) {
  const ids = [...lookup.querySelectorAll(".lookup-chosen input")].map(({ value }) => value.split(":").at(-1)).filter(Boolean);
  return lookup.hasAttribute("multiple") ? ids : ids[0] ?? null;
}

function moment(text, evaluate) {
  const made = new Date(text);
  return Number.isNaN(made.getTime()) ? null : evaluate(`date and time("${made.toISOString()}")`).value;
}

function single(control, evaluate) {
  const text = control.value.trim();
  if (text === "") return null;
  if (control.type === "date") return evaluate(`date("${text}")`).value;
  if (control.type === "datetime-local") return moment(text, evaluate);
  return control.inputMode === "numeric" || control.inputMode === "decimal" ? numberOf(text) : text;
}

/** The controls in which a field is typed, without those that only send an empty value along. */
export function controlsOf(field) {
  return [...field.querySelectorAll("input, select, textarea")].filter(({ type }) => type !== "hidden");
}

/** The value that a field shows. */
export function valueOf(field, evaluate) {
  const lookup = field.querySelector("x-lookup");
  if (lookup) return linked(lookup);
  const controls = controlsOf(field).filter(({ name }) => name);
  const [first] = controls;
  if (!first) return null;
  if (first.type === "radio") return controls.find((item) => item.checked)?.value || null;
  if (first.type === "checkbox") {
    const isOne = controls.length === 1 && (first.value === "1" || !field.querySelector(".choice-list"));
    return isOne ? first.checked : controls.filter((item) => item.checked).map((item) => item.value);
  }
  // An address counts by its city, money by its amount, a set by its first entry, as on the server.
  const main = controls.find(({ name }) => /\.(city|amount)$/.test(name)) ?? first;
  if (main.multiple && main.selectedOptions) return [...main.selectedOptions].map((item) => item.value);
  return single(main, evaluate);
}

function textOf(value, evaluate) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  return String(evaluate("string(value)", { value }).value ?? "").slice(0, 10);
}

/** Show a value in a field; lists and links are left to the server. */
export function fill(field, value, evaluate) {
  if (field.querySelector("x-lookup")) return;
  const controls = controlsOf(field).filter(({ name }) => name);
  const [first] = controls;
  if (!first) return;
  if (first.type === "checkbox") first.checked = value === true;
  else if (first.type === "radio") for (const control of controls) control.checked = control.value === value;
  else (controls.find(({ name }) => name.endsWith(".amount")) ?? first).value = textOf(value, evaluate);
}

/** A value as the server wrote it into the page: dates and moments are marked as such. */
export function known(value, evaluate) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return value.date ? evaluate(`date("${value.date}")`).value : evaluate(`date and time("${value.moment}")`).value;
}
