// A form that lives: its sections show by conditions, its rules are kept while one types; the server decides in the end.
import { ask, close, paint } from "./form-effects.js";
import { effects } from "./form-rules.js";
import { known, valueOf } from "./form-values.js";

const NOTHING = { rules: [], base: {}, user: {} };
let engine; // loaded with the first form that has a condition

const evaluate = (text, context = {}) => engine.evaluate(text, context);

function show(part, isShown) {
  part.hidden = !isShown;
  close(part, !isShown); // what is hidden is neither required nor sent
}

function isTrue(expression, context) {
  try {
    return evaluate(expression, context).value === true;
  } catch {
    return true; // an expression that this page cannot read hides nothing: the server decides
  }
}

function read(form) {
  const text = form.querySelector("x-form-rules script")?.textContent;
  const made = text ? JSON.parse(text) : NOTHING;
  const base = Object.fromEntries(Object.entries(made.base).map(([name, value]) => [name, known(value, evaluate)]));
  // What held before is not asked again.
  const held = new Set(effects(made.rules, base, base, { evaluate, user: made.user }).said);
  return { ...made, base, held };
}

// From top to bottom: a condition sees the answers above it; what is hidden counts as it is stored.
function answer(form, { base, user }) {
  const values = { ...base };
  const hidden = new Set();
  for (const part of form.querySelectorAll("[data-show-if], [data-field]")) {
    const isInHidden = part.parentElement.closest("[data-show-if][hidden]") !== null;
    const isOff = isInHidden || (part.dataset.showIf && !isTrue(part.dataset.showIf, { ...values, record: values, user }));
    if (part.dataset.showIf) show(part, !isOff);
    if (!part.dataset.field) continue;
    if (isOff) hidden.add(part.dataset.field);
    values[part.dataset.field] = isOff ? base[part.dataset.field] ?? null : valueOf(part, evaluate);
  }
  return { values, hidden };
}

function look(form, made) {
  const { values, hidden } = answer(form, made);
  const found = effects(made.rules, values, made.base, { evaluate, user: made.user });
  paint(form, { rules: made.rules, found, hidden, evaluate });
  form.dataset.settled = "";
  return found;
}

function confirmed(form) {
  let input = form.elements.confirmed;
  if (!input) {
    input = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed" });
    form.append(input);
  }
  return input;
}

function hold(event, form, made) {
  const due = look(form, made).said.filter((at) => made.rules[at].then === "confirm" && !made.held.has(at));
  const input = confirmed(form);
  if (!due.length || input.value === due.join(",")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(due.map((at) => made.rules[at].text), () => {
    input.value = due.join(",");
    form.requestSubmit(event.submitter?.isConnected ? event.submitter : undefined);
  });
}

/** Let a form's conditions and rules be kept while it is filled in. */
export async function connect(form) {
  try {
    engine ??= await import("feelin");
  } catch {
    form.dataset.settled = "";
    return;
  }
  const made = read(form);
  look(form, made);
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => look(form, made));
  form.addEventListener("submit", (event) => hold(event, form, made), { capture: true });
}
