// Dialogs: a fragment swapped into <dialog> opens it, an empty one or a `close-dialog` event closes it.
import { htmx, topLayer } from "./pages.js";

const opener = new WeakMap();

function settle(dialog) {
  const isEmpty = dialog.childElementCount === 0;
  if (isEmpty && dialog.open) return dialog.close();
  if (isEmpty || dialog.open) return undefined;
  opener.set(dialog, document.activeElement);
  dialog.showModal();
  const control = ".dialog-body :is(input, select, textarea):not([type=hidden], [type=radio]:not(:checked))";
  return (dialog.querySelector("[autofocus]") ?? dialog.querySelector(control))?.focus();
}

function giveFocusBack(dialog) {
  const element = opener.get(dialog);
  opener.delete(dialog);
  if (element?.isConnected) element.focus();
}

document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("#dialog, #drawer")) settle(dialog);
});

document.addEventListener("close-dialog", () => topLayer().close?.());

document.addEventListener(
  "close",
  (event) => {
    if (!event.target.matches?.("#dialog, #drawer")) return;
    event.target.replaceChildren();
    giveFocusBack(event.target);
  },
  true,
);

// A click on the veil closes what holds nothing typed; a form stays open until it is closed on purpose.
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog[open]") && !event.target.querySelector("form[data-draft]")) event.target.close();
});

/** Open a page's fragment in the dialog, or in the drawer at the side. */
export function openFragment(url, place = "#dialog") {
  return htmx.ajax("GET", url, { target: place, swap: "innerHTML" });
}
