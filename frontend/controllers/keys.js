// One map of keys for the whole application; it works whatever has the focus, except where text is typed.
import { isTyping, isUsable, topLayer } from "./pages.js";

const bindings = []; // keys such as "j", "Shift+J", "Ctrl+k", with their word and the place where they hold
const LETTERS_OFF = "letters-off";
let prefix = "";
let prefixTimer;

/** Bind a combination to a function where the page has a `place`; `wordKey` names its text on the help sheet. */
export function bindKey(keys, wordKey, run, place = "body") {
  bindings.push({ keys, wordKey, run, place });
}

function bound() {
  return bindings.filter(({ place }) => document.querySelector(place));
}

/** The bindings of this page that have a text, for the help sheet. */
export function boundKeys() {
  return bound().filter(({ wordKey }) => wordKey);
}

/** The elements of the top layer that a key presses, each with its key. */
export function pressableElements() {
  return [...topLayer().querySelectorAll("[data-key]")].filter(isUsable);
}

/** Whether the person switched single letters off (WCAG 2.1.4). */
export function lettersOff() {
  return localStorage.getItem(LETTERS_OFF) === "1";
}

/** Switch single letters off or on. */
export function setLettersOff(off) {
  localStorage.setItem(LETTERS_OFF, off ? "1" : "");
}

function combinationOf(event) {
  const command = event.ctrlKey || event.metaKey;
  // Characters are read by what they write, not by where they stand: AZERTY needs Shift for "/" and "?".
  const shift = event.shiftKey && (event.key.length > 1 || /\p{L}/u.test(event.key));
  const name = event.key === " " ? "Space" : event.key;
  const key = command && name.length === 1 ? name.toLowerCase() : name;
  return `${command ? "Ctrl+" : ""}${event.altKey && name.length > 1 ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

function press(event, combination) {
  const element = pressableElements().find((item) => item.dataset.key.split(" ").includes(combination));
  if (!element) return false;
  event.preventDefault();
  element.click();
  return true;
}

function runSequence(event, combination) {
  const started = prefix;
  prefix = "";
  clearTimeout(prefixTimer);
  if (started !== "g") return false;
  const target = document.querySelector(`[data-goto="${CSS.escape(combination)}"]`);
  if (target) {
    event.preventDefault();
    target.click();
  }
  return Boolean(target);
}

function startSequence() {
  prefix = "g";
  prefixTimer = setTimeout(() => (prefix = ""), 1500);
}

function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const combination = combinationOf(event);
  const isCommand = event.ctrlKey || event.metaKey || combination === "Escape" || combination === "F2";
  if (!isCommand && isTyping(event.target)) return;
  if (!isCommand && lettersOff() && combination.replace("Shift+", "").length === 1) return;
  if (runSequence(event, combination)) return;
  if (press(event, combination)) return;
  if (combination === "g" && topLayer() === document) return startSequence();
  bound()
    .findLast(({ keys }) => keys === combination)
    ?.run(event);
}

document.addEventListener("keydown", onKeyDown);
