// What was typed is never lost: kept per form in this tab, brought back when the form returns, dropped when saved.
import { onArrival } from "./pages.js";

const PREFIX = "draft:";
const dirty = new Set();

/** Whether something was typed into the form and not sent yet. */
export function isTyped(form) {
  return dirty.has(form);
}

function key(form) {
  return PREFIX + form.dataset.draft;
}

function values(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !/^(_|version$)|password/.test(name));
}

function keep(form) {
  dirty.add(form);
  sessionStorage.setItem(key(form), JSON.stringify(values(form)));
}

function setControl(control, texts) {
  if (control.matches("[type=checkbox], [type=radio]")) control.checked = texts.includes(control.value);
  else if (control.matches("select[multiple]")) {
    for (const option of control.options) option.selected = texts.includes(option.value);
  } else if (!control.matches("[type=hidden], [type=file]")) control.value = texts.shift() ?? control.value;
}

function restore(form) {
  const stored = sessionStorage.getItem(key(form));
  if (!stored || form.dataset.restored) return;
  form.dataset.restored = "1";
  const byName = Map.groupBy ? Map.groupBy(JSON.parse(stored), ([name]) => name) : new Map();
  for (const control of form.elements) {
    const found = byName.get(control.name);
    if (found) setControl(control, found.map(([, text]) => text));
  }
  dirty.add(form);
  const note = form.querySelector("[data-draft-note]");
  if (note) note.hidden = false;
}

function forget(form) {
  dirty.delete(form);
  sessionStorage.removeItem(key(form));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form) keep(form);
});

document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  // Only the form itself sends what was typed: a part of it that asks, as for duplicates, leaves the draft.
  const form = sourceElement?.matches?.("form[data-draft]") && sourceElement;
  if (form && event.detail.ctx.request.method !== "GET" && response.status < 400 && !response.headers.get("HX-Keep-Draft")) forget(form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-discard-draft]");
  const form = button?.closest("form");
  if (!form) return;
  forget(form);
  form.reset();
  form.querySelector("[data-draft-note]").hidden = true;
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-draft]:not([hx-post])")) forget(event.target);
});

addEventListener("beforeunload", (event) => {
  for (const form of dirty) if (!form.isConnected) dirty.delete(form);
  if ([...dirty].some((form) => form.dataset.guard !== undefined)) event.preventDefault();
});

onArrival((root) => root.querySelectorAll?.("form[data-draft]").forEach(restore));
