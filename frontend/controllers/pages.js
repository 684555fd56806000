// What every controller needs to know about the page: when parts arrive, what is on top, how to ask the server.
import htmx from "htmx.org/dist/htmx.esm.js";

export { htmx };

// Drawn anew, a box is ticked as the server says where that changed: a person's tick must not pass to what takes its place.
htmx.registerExtension("ticks", {
  htmx_before_morph_attr(box, { attrName, newValue }) {
    if (attrName === "checked") box.checked = newValue !== null;
  },
});

/** Run a function on the document now and on every part that htmx brings in later. */
export function onArrival(run) {
  run(document);
  document.addEventListener("htmx:after:process", ({ target }) => run(target.parentNode ?? target));
}

/** The topmost open dialog, or the document when there is none. */
export function topLayer() {
  const open = [...document.querySelectorAll("dialog[open]")];
  return open.at(-1) ?? document;
}

/** Whether the person types text in this element, so that letters are not commands. */
export function isTyping(element) {
  if (!element?.matches) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])");
}

/** Whether an element, or the closed menu that holds it, is on the screen and may be used. */
export function isUsable(element) {
  const shown = element.closest(".menu[popover]")?.parentElement ?? element;
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && shown.checkVisibility();
}

/** Headers that a request needs to be taken as ours. */
export function ownHeaders() {
  const inherited = document.body.getAttribute("hx-headers:inherited");
  return { "HX-Request": "true", ...JSON.parse(inherited || "{}") };
}

/** A fragment from the server as text; an Error with the status when it refused. */
export async function fetchFragment(url, options = {}) {
  const response = await fetch(url, { ...options, headers: { ...ownHeaders(), ...options.headers } });
  if (!response.ok) throw Object.assign(new Error(`Status ${response.status}`), { status: response.status });
  return response.text();
}

/** The function, called once after the last call was `wait` milliseconds ago. */
export function debounce(run, wait) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), wait);
  };
}
