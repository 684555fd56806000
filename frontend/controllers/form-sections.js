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
  if (first.type === "date") return engine.evaluate(`date("${text}")`).value;
  return first.inputMode === "numeric" || first.inputMode === "decimal" ? numberOf(text) : text;
}

function numberOf(text) {
  const number = Number(text.replace(/\s/g, "").replace(",", "."));
  return Number.isNaN(number) ? null : number;
}

/** The answers of one field; an address counts by its city, as on the server. */
function answersOf(field) {
  const byName = Map.groupBy(field.querySelectorAll("[name]"), ({ name }) => name.replace(/\.city$/, ""));
  return [...byName].map(([name, controls]) => [name, valueOf(controls)]);
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

// From top to bottom: a condition sees the answers above it, and what is hidden is no answer.
function paint(form) {
  const answers = {};
  for (const part of form.querySelectorAll("[data-show-if], .field")) {
    const isInHidden = part.parentElement.closest("[hidden]") !== null;
    if (part.dataset.showIf) show(part, !isInHidden && isTrue(part.dataset.showIf, answers));
    if (!part.matches(".field")) continue;
    for (const [name, value] of answersOf(part)) answers[name] = isInHidden || part.hidden ? null : value;
  }
  form.dataset.settled = "";
}

async function connect(form) {
  try {
    engine = await import("feelin");
  } catch {
    form.dataset.settled = "";
    return;
  }
  paint(form);
  form.addEventListener("input", () => paint(form));
}

forms.forEach(connect);
