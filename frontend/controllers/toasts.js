// Short messages at the foot of the page, with undo; they wait while pointed at or focused.
import { onArrival } from "./pages.js";
import { word } from "./words.js";

const LIFE = 10_000; // milliseconds: long enough to read and to reach Undo

/** Show a message; `kind` may be "error". A later message on the same `matter` takes the place of the one before. */
export function toast(text, kind = "", matter = "") {
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  if (matter) {
    document.querySelector(`.toast[data-matter="${CSS.escape(matter)}"]`)?.remove();
    box.dataset.matter = matter;
  }
  const message = document.createElement("span");
  message.textContent = text;
  box.append(message);
  document.getElementById("toasts")?.append(box);
  watch(box);
}

function watch(box) {
  if (box.dataset.watched) return;
  box.dataset.watched = "1";
  raise();
  if ("stays" in box.dataset) return; // it follows a job and is replaced when that ends
  let timer = setTimeout(() => box.remove(), LIFE);
  const hold = () => clearTimeout(timer);
  const resume = () => (timer = setTimeout(() => box.remove(), LIFE / 2));
  box.addEventListener("pointerenter", hold);
  box.addEventListener("focusin", hold);
  box.addEventListener("pointerleave", resume);
  box.addEventListener("focusout", resume);
}

// A modal dialog makes the rest inert: messages go along into the top layer.
function raise() {
  const place = document.getElementById("toasts");
  if (!place?.showPopover) return;
  place.popover = "manual";
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}

onArrival((root) => root.querySelectorAll?.("#toasts > .toast, .toast").forEach(watch));
document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.kind));
document.addEventListener("htmx:error", () => toast(word("network_error"), "error"));
document.addEventListener("htmx:response:error", (event) => {
  const { response, text } = event.detail.ctx;
  if (response.status >= 500 && !text.includes("hx-partial")) toast(word("server_error"), "error");
});
document.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".toast").remove());

// One press undoes: while it runs it cannot be pressed again, and afterwards no message offers it any more.
function offersOf({ detail: { ctx } }) {
  const url = ctx.sourceElement?.matches?.("[data-undo]") && ctx.sourceElement.getAttribute("hx-post");
  return url ? document.querySelectorAll(`[data-undo][hx-post="${url}"]`) : [];
}
document.addEventListener("htmx:before:request", (event) => offersOf(event).forEach((offer) => (offer.disabled = true)));
document.addEventListener("htmx:finally:request", (event) => {
  for (const offer of offersOf(event)) {
    offer.disabled = false;
    if (event.detail.ctx.response?.status < 400) offer.closest(".toast")?.remove();
  }
});
document.addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey;
  const undo = isUndo && !event.target.matches("input, textarea") && [...document.querySelectorAll(".toast [data-undo]")].at(-1);
  if (!undo) return;
  event.preventDefault();
  undo.click();
});
