// A public form: checked as one types, asked once more before it leaves, sent once.
import { word } from "./words.js";

const WAIT = 450; // milliseconds after the last letter
let waiting;

function messageOf(control) {
  const { validity } = control;
  if (validity.valid) return "";
  if (validity.customError) return control.validationMessage;
  if (validity.valueMissing) return word("required");
  if (validity.typeMismatch && control.type === "email") return word("bad_email");
  return word("bad_value");
}

function paint(control) {
  const text = messageOf(control);
  const field = control.closest(".field, .consent") ?? control.parentElement;
  const id = `${control.id || control.name}-error`;
  let note = field.querySelector(".field-error");
  control.setAttribute("aria-invalid", String(Boolean(text)));
  if (!text) {
    note?.remove();
    control.removeAttribute("aria-describedby");
    return;
  }
  if (!note) {
    note = Object.assign(document.createElement("div"), { className: "field-error", id });
    field.append(note);
  }
  note.textContent = text;
  control.setAttribute("aria-describedby", note.id || id);
}

function controlsOf(form) {
  return [...form.elements].filter((control) => control.willValidate && control.name);
}

function isFilledIn(form) {
  const wrong = controlsOf(form).filter((control) => !control.validity.valid);
  for (const control of wrong) paint(control);
  wrong[0]?.focus();
  return wrong.length === 0;
}

// What only the server can tell, in its words; an answer that was changed meanwhile is asked about again.
async function ask(form, control) {
  const { value } = control;
  const response = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!response.ok || value !== control.value) return;
  const { errors } = await response.json();
  control.setCustomValidity(errors[control.name.split(".")[0]] ?? "");
  paint(control);
}

function askSoon(form, control) {
  clearTimeout(waiting);
  waiting = setTimeout(() => control.value && control.validity.valid && ask(form, control).catch(() => {}), WAIT);
}

function onInput(event) {
  const { currentTarget: form, target: control } = event;
  if (!control.willValidate) return;
  control.setCustomValidity("");
  if (control.getAttribute("aria-invalid") === "true") paint(control);
  if (form.dataset.check) askSoon(form, control);
}

function send(form) {
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  const button = form.querySelector("[type=submit]");
  button.setAttribute("aria-disabled", "true");
  button.textContent = word("sending");
  form.submit();
}

function onSubmit(event) {
  const form = event.currentTarget;
  event.preventDefault();
  if (form.dataset.sent || !isFilledIn(form)) return;
  const dialog = form.querySelector("#confirm");
  if (form.dataset.confirm && dialog) dialog.showModal();
  else send(form);
}

function connect(form) {
  form.noValidate = true;
  form.addEventListener("submit", onSubmit);
  form.addEventListener("focusout", ({ target }) => target.willValidate && target.value && paint(target));
  form.addEventListener("input", onInput);
  form.querySelector("[data-confirm-yes]")?.addEventListener("click", () => send(form));
  form.querySelector("[data-confirm-no]")?.addEventListener("click", () => form.querySelector("#confirm").close());
}

document.querySelectorAll("[data-public-form]").forEach(connect);
document.querySelector("[data-focus]")?.focus();
// Back from the next page: the form may be sent again.
addEventListener("pageshow", (event) => event.persisted && location.reload());
