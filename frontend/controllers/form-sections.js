// Sections that show by a condition: the same expression that the server checks, evaluated by feelin.
const forms = document.querySelectorAll("form:has([data-show-if])");
let engine; // loaded with the first form that has a condition

function valueOf(controls) {
  const [first] = controls;
  if (first.type === "radio") return controls.find((item) => item.checked)?.value ?? null;
  if (first.type === "checkbox" && controls.length === 1) return first.checked;
  const boxes = controls.filter((item) => item.type === "checkbox");
  if (boxes.length && controls.some((item) => item.value === "0")) return boxes[0].checked;
  if (boxes.length) return boxes.filter((item) => item.checked).map((item) => item.value);
  if (first.multiple && first.selectedOptions) return [...first.selectedOptions].map((item) => item.value);
  const text = first.value.trim();
  if (text === "") return null;
  return first.inputMode === "numeric" || first.inputMode === "decimal" ? Number(text.replace(",", ".")) : text;
}

function contextOf(form) {
  const byName = new Map();
  for (const control of form.elements) {
    if (!control.name || control.type === "submit") continue;
    byName.set(control.name, [...(byName.get(control.name) ?? []), control]);
  }
  return Object.fromEntries([...byName].map(([name, controls]) => [name, valueOf(controls)]));
}

function show(part, isShown) {
  part.hidden = !isShown;
  // What is hidden is neither required nor sent.
  for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = !isShown;
}

function isTrue(expression, context) {
  try {
    return engine.evaluate(expression, { ...context, record: context }).value === true;
  } catch {
    return true; // an expression that this page cannot read hides nothing: the server decides
  }
}

function paint(form) {
  const context = contextOf(form);
  for (const part of form.querySelectorAll("[data-show-if]")) show(part, isTrue(part.dataset.showIf, context));
}

for (const form of forms) {
  import("feelin").then((loaded) => {
    engine = loaded;
    paint(form);
    form.addEventListener("input", () => paint(form));
  });
}
