// What a form's rules do, made visible: fields shown, required, locked, limited, filled in; messages said.
import { controlsOf, fill, valueOf } from "./form-values.js";
import { word } from "./words.js";

const fixed = new WeakMap(); // control -> whether the page came with it disabled

/** Keep the controls of a part from being used and sent, or let them be as the page came with them. */
export function close(part, isClosed) {
  for (const control of part.querySelectorAll("input, select, textarea, button")) {
    if (!fixed.has(control)) fixed.set(control, control.disabled);
    control.disabled = isClosed || fixed.get(control);
  }
}

function mark(field, isRequired) {
  const label = field.querySelector("label, .field-label");
  let star = field.querySelector(".required");
  if (isRequired && !star && label) {
    star = Object.assign(document.createElement("span"), { className: "required", textContent: " *" });
    star.setAttribute("aria-hidden", "true");
    star.dataset.rule = "";
    label.append(star);
  }
  if (!isRequired && star?.hasAttribute("data-rule")) star.remove();
  const [first] = controlsOf(field);
  if (!first || first.type === "checkbox") return;
  if (isRequired && !first.required) {
    first.required = true;
    first.dataset.requiredByRule = "";
  } else if (!isRequired && "requiredByRule" in first.dataset) {
    first.required = false;
    delete first.dataset.requiredByRule;
  }
}

function limit(field, options) {
  const isOut = (key) => Boolean(options && key && !options.includes(key));
  for (const option of field.querySelectorAll("option")) option.hidden = option.disabled = isOut(option.value);
  for (const box of field.querySelectorAll(".choice-list input[name]:not([type=hidden])")) {
    box.closest("label").hidden = isOut(box.value);
    if (isOut(box.value) && !box.defaultChecked) box.checked = false;
  }
  const select = field.querySelector("select");
  const chosen = select?.selectedOptions[0];
  if (chosen && isOut(chosen.value) && !chosen.defaultSelected) select.value = "";
}

function say(form, rules, said) {
  const wanted = new Map(said.filter((at) => rules[at].then === "message").map((at) => [String(at), rules[at]]));
  for (const note of form.querySelectorAll("[data-rule-note]")) if (!wanted.has(note.dataset.ruleNote)) note.remove();
  for (const [at, rule] of wanted) {
    if (form.querySelector(`[data-rule-note="${at}"]`)) continue;
    const note = Object.assign(document.createElement("div"), { className: "banner hue-blue", textContent: rule.text });
    note.setAttribute("role", "status");
    note.dataset.ruleNote = at;
    const field = form.querySelector(`[data-field="${rule.fields?.[0] ?? ""}"]`);
    if (field) field.append(note);
    else (form.querySelector(".dialog-body") ?? form).prepend(note);
  }
}

/** Show what rules do to the fields of a form; `hidden` names those that are hidden for another reason. */
export function paint(form, { rules, found, hidden, evaluate }) {
  for (const field of form.querySelectorAll("[data-field]")) {
    const name = field.dataset.field;
    const isAway = hidden.has(name) || found.hidden.includes(name);
    field.hidden = isAway;
    close(field, isAway || found.locked.includes(name));
    field.classList.toggle("locked", !isAway && found.locked.includes(name));
    mark(field, found.required.includes(name));
    if (field.querySelector("select, .choice-list")) limit(field, found.limits[name]);
    if (name in found.values && valueOf(field, evaluate) !== found.values[name]) fill(field, found.values[name], evaluate);
  }
  for (const section of form.querySelectorAll(".form-section:has([data-field])")) {
    if (!section.dataset.showIf) section.hidden = !section.querySelector("[data-field]:not([hidden])");
  }
  say(form, rules, found.said);
}

/** Ask whether to go on; calls `go` with a yes. */
export function ask(texts, go) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog" });
  const body = Object.assign(document.createElement("div"), { className: "dialog-body" });
  body.append(...texts.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  const footer = document.createElement("footer");
  const [no, yes] = ["cancel", "go_on"].map((key) => Object.assign(document.createElement("button"), { type: "button", textContent: word(key), className: "button" }));
  yes.classList.add("primary");
  footer.append(no, yes);
  dialog.setAttribute("aria-label", word("please_confirm"));
  dialog.append(body, footer);
  document.body.append(dialog);
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    go();
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  yes.focus();
}
