// The lines of the inbox: which one keys act on, which are ticked; one of them is the tab stop of the list.
import { announce, word } from "./words.js";

let place = null; // id of the line that keys act on

/** The lines that lead somewhere. */
export function lines() {
  return [...document.querySelectorAll("#inbox-list > li")].filter((line) => line.querySelector("a"));
}

/** The line of what is opened beside the list. */
export function opened() {
  return lines().find((line) => line.getAttribute("aria-current"));
}

/** The line that keys act on, or nothing before one was chosen. */
export function currentLine() {
  return lines().find((line) => line.id === place) ?? opened();
}

/** Let keys act on a line from now on. */
export function choose(line) {
  place = line.id;
  paint();
}

/** Give the focus to a line. */
export function goTo(line) {
  if (!line) return;
  choose(line);
  line.querySelector("a").focus({ preventScroll: true });
  line.scrollIntoView({ block: "nearest" });
}

/** Go so many lines down, or up. */
export function step(by) {
  const all = lines();
  const at = all.indexOf(currentLine());
  goTo(all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))]);
}

/** The boxes that are ticked. */
export function ticked() {
  return [...document.querySelectorAll("#inbox-list input[name=ids]:checked")];
}

/** Tick the current line, or also the one that is so many further. */
export function tick(by = 0) {
  const before = currentLine();
  if (by) step(by);
  for (const line of by ? [before, currentLine()] : [before]) {
    const box = line?.querySelector("input[name=ids]");
    if (box && !(by && box.checked)) box.checked = !box.checked;
  }
  tell();
}

/** Tick nothing. */
export function clear() {
  for (const box of ticked()) box.checked = false;
  tell();
}

/** Say how many are ticked. */
export function tell() {
  const told = document.querySelector(".inbox-together .selected-count");
  if (!told) return;
  const count = ticked().length;
  const text = count ? word(count === 1 ? "selected_one" : "selected_many", { count }) : "";
  if (text && text !== told.textContent) announce(text);
  told.textContent = text;
}

/** Make the current line the tab stop of the list. */
export function paint() {
  const stop = currentLine() ?? lines()[0];
  for (const line of lines()) {
    for (const part of line.querySelectorAll("a, input")) part.tabIndex = line === stop ? 0 : -1;
  }
  tell();
}
