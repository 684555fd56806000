// What was typed is never lost: kept per person and form in this tab, brought back when the form returns, dropped when saved.
import { openFragment } from "./dialogs.js";
import { onArrival } from "./pages.js";

const dirty = new Set();
let refused = ""; // the form that comes back with what is wrong with it

/** Whether something was typed into the form and not sent yet. */
export function isTyped(form) {
  return dirty.has(form);
}

// Nobody meets in this tab what another person typed before him.
function key({ dataset }) {
  return `draft:${document.body.dataset.person}:${dataset.draft ?? dataset.endsDraft}`;
}

function keep(form) {
  dirty.add(form);
  const values = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !/^_|password/.test(name));
  const titles = [...form.querySelectorAll(".lookup-chosen")].map((chip) => [chip.firstChild.value, chip.textContent.trim()]);
  sessionStorage.setItem(key(form), JSON.stringify({ values, titles }));
}

async function restore(form) {
  const stored = sessionStorage.getItem(key(form));
  if (!stored || dirty.has(form)) return;
  dirty.add(form);
  const offered = refused !== key(form) && forget;
  const { bringBack } = await import("./draft-return.js");
  bringBack(form, JSON.parse(stored), offered);
}

/** Drop what was typed into a form. */
export function forget(form) {
  dirty.delete(form);
  sessionStorage.removeItem(key(form));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form) keep(form);
});

document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response, request } = event.detail.ctx;
  // Only the form itself sends what was typed: a part of it that asks, as for duplicates, leaves the draft.
  const form = sourceElement?.matches?.("form[data-draft], form[data-ends-draft]") && sourceElement;
  // Whoever must sign in again finds everything when he is back, the dialog that he was in open again.
  if (response.status === 401) {
    dirty.clear();
    if (form && form.closest("#dialog")) sessionStorage.setItem(left, form.getAttribute("hx-post"));
  }
  refused = form && response.status >= 400 && key(form);
  if (form && request.method !== "GET" && response.status < 400) forget(form);
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-draft]:not([hx-post])")) forget(event.target);
});

addEventListener("beforeunload", (event) => {
  for (const form of dirty) if (!form.isConnected) dirty.delete(form);
  if ([...dirty].some((form) => form.dataset.guard !== undefined)) event.preventDefault();
});

const left = `left:${document.body.dataset.person}`;
const again = sessionStorage.getItem(left);
sessionStorage.removeItem(left);
if (again) openFragment(again);

onArrival((root) => root.querySelectorAll?.("form[data-draft]").forEach(restore));
