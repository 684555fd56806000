// Dialogs: a fragment swapped into <dialog> opens it, an empty one or a `close-dialog` event closes it.
import { htmx, topLayer } from "./pages.js";

const opener = new WeakMap();

function settle(dialog) {
  const isEmpty = dialog.childElementCount === 0;
  if (isEmpty) return dialog.close();
  if (!dialog.open) {
    opener.set(dialog, document.activeElement);
    dialog.showModal();
  } else if (dialog.contains(document.activeElement)) return undefined;
  const control = ".dialog-body :is(input, select, textarea):not([type=hidden], [type=radio]:not(:checked))";
  const found = ["[aria-invalid=true]", "[autofocus]", control].map((part) => dialog.querySelector(part)).find(Boolean);
  return found?.focus();
}

function giveFocusBack(dialog) {
  const element = opener.get(dialog);
  opener.delete(dialog);
  if (element?.isConnected) element.focus();
}

// Where what had the focus is gone, as a button that was pressed, keys go on from the page, not from its beginning.
let hadFocus = false;
document.addEventListener("htmx:before:swap", () => (hadFocus ||= document.activeElement !== document.body));
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("#dialog, #drawer")) settle(dialog);
  if (hadFocus && document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
  hadFocus = false;
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
