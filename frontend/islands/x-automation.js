// <x-automation>: rules and their actions move by drag, the editor is redrawn as it is filled in, and warns when left.
import Sortable from "sortablejs/modular/sortable.core.esm.js";
import "../controllers/filters.js";
import "../styles/automation.css";
import "./x-lookup.js";
import { debounce, htmx, onArrival, ownHeaders } from "../controllers/shared.js";
import { pickSchedule } from "../controllers/schedule.js";
import { bringRule, forgetRule, keepRule } from "../controllers/rule-drafts.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
let dirty = false;
let pressed = ""; // the button that moved an action: it keeps the focus when the editor is drawn anew

const editor = () => document.getElementById("automation");

function redraw() {
  const button = editor()?.querySelector("[data-redraw-button]");
  if (button) htmx.trigger(button, "redraw");
}

/** The rule in one sentence says what the form means now, without drawing the form anew under who types. */
const retell = debounce(async () => {
  const form = document.getElementById("automation-form");
  const place = document.querySelector(".rule-sentence");
  if (!form || !place) return;
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  const answer = await fetch(`${form.getAttribute("hx-post")}?op=redraw`, { method: "POST", body, headers: ownHeaders() }).catch(() => null);
  if (!answer?.ok) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".rule-sentence");
  if (told && place.isConnected) place.textContent = told.textContent;
}, 400);

/** Tell the server before which rule another one acts from now on. */
async function moveRule({ item, oldIndex, newIndex }) {
  if (oldIndex === newIndex) return;
  const body = new URLSearchParams({ before: item.nextElementSibling?.dataset.id ?? "" });
  await fetch(`/automations/${item.dataset.id}/move`, { method: "POST", body, headers: ownHeaders() });
  document.body.dispatchEvent(new Event("list-changed"));
}

function sortable(list) {
  if (list.dataset.sorted) return;
  list.dataset.sorted = "1";
  const isStep = list.classList.contains("rule-steps");
  new Sortable(list, {
    handle: "[data-grip]",
    animation: still.matches ? 0 : 140,
    onEnd: isStep ? () => ((dirty = true), redraw()) : moveRule,
  });
}

/** What edits conditions asks a form to be sent; here the editor is drawn anew instead. */
function conditions(root) {
  const set = root.querySelector?.("fieldset#filters") ?? (root.matches?.("fieldset#filters") ? root : null);
  if (set) set.requestSubmit = () => ((dirty = true), redraw());
}

function refocus() {
  const button = pressed && document.getElementById(pressed);
  if (!button || document.activeElement === button) return;
  const other = button.disabled ? button.parentElement.querySelector("button:not(:disabled)") : button;
  other?.focus();
  pressed = "";
}

onArrival((root) => {
  refocus();
  for (const list of document.querySelectorAll("x-automation [data-sortable]")) sortable(list);
  conditions(root);
  conditions(document);
  for (const input of document.querySelectorAll("x-automation [data-schedule]")) pickSchedule(input, "cron", () => ({ rule: input.dataset.schedule }));
  if (dirty) keepRule();
  else dirty = bringRule();
});

document.addEventListener("input", (event) => {
  if (!event.target.closest("#automation-form")) return;
  dirty = true;
  keepRule();
  retell();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#automation-form [data-redraw]")) redraw();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("#automation-form button[hx-post]:not([id^=try-])");
  if (button) dirty = true;
  pressed = button?.id ?? "";
});

document.body.addEventListener("automation-saved", () => {
  dirty = false;
  forgetRule();
});
document.body.addEventListener("automation-dropped", () => (dirty = false));

// One after the other (hx-sync): each says what the form holds when it goes, not when its button was pressed.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement.closest("#automation-form")) return;
  ctx.fetch = (action, request) => {
    const form = document.getElementById("automation-form");
    const typed = form && [...new FormData(form)].filter(([, value]) => typeof value === "string");
    return fetch(action, typed ? { ...request, body: new URLSearchParams(typed) } : request);
  };
});

addEventListener("beforeunload", (event) => {
  if (dirty && editor()) event.preventDefault();
});

customElements.define("x-automation", class extends HTMLElement {});
