// The inbox by keys: one tab stop for its lines, the same letters as in lists, `e` to answer the task at hand.
import { bindKey, htmx, isUsable, onArrival, openFragment, topLayer } from "./shared.js";
import { announce, word } from "./words.js";

const INBOX = "x-inbox";
const ANSWERS =
  ".form-section :is(input, select, textarea):not([type=hidden]), .task-outcomes button, .task-answers :is(button, a), button.primary";
const VERBS = { r: "redirect", p: "share", h: "sleep" };
let place = null; // id of the line that keys act on
let isOpening = false;
let isAnswering = false; // whether the task that is being opened is to be answered

function lines() {
  return [...document.querySelectorAll("#inbox-list > li")].filter((line) => line.querySelector("a"));
}

function opened() {
  return lines().find((line) => line.getAttribute("aria-current"));
}

function currentLine() {
  return lines().find((line) => line.id === place) ?? opened();
}

function boxes() {
  return [...document.querySelectorAll("#inbox-list input[name=ids]")];
}

function paint() {
  const stop = currentLine() ?? lines()[0];
  for (const line of lines()) {
    for (const part of line.querySelectorAll("a, input")) part.tabIndex = line === stop ? 0 : -1;
  }
  count();
}

function count() {
  const told = document.querySelector(".inbox-together .selected-count");
  if (!told) return;
  const chosen = boxes().filter((box) => box.checked).length;
  const text = chosen ? word(chosen === 1 ? "selected_one" : "selected_many", { count: chosen }) : "";
  if (text && text !== told.textContent) announce(text);
  told.textContent = text;
}

function goTo(line) {
  if (!line) return;
  place = line.id;
  paint();
  line.querySelector("a").focus({ preventScroll: true });
  line.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = lines();
  const at = all.indexOf(currentLine());
  goTo(all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))]);
}

function tick(by = 0) {
  const before = currentLine();
  if (by) step(by);
  for (const line of by ? [before, currentLine()] : [before]) {
    const box = line?.querySelector("input[name=ids]");
    if (!box || (by && box.checked)) continue;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function clear() {
  for (const box of boxes()) box.checked = false;
  paint();
}

/** Put the focus where the opened task is answered: its form, else its first button. */
function answer() {
  const detail = document.getElementById("inbox-detail");
  const first = [...(detail?.querySelectorAll(ANSWERS) ?? [])].find(isUsable);
  first?.focus();
  first?.scrollIntoView({ block: "nearest" });
}

function answerCurrent() {
  const line = currentLine();
  if (!line || line === opened()) return answer();
  isAnswering = true;
  line.querySelector("a").click();
}

/** What a line opens comes into this page: place and focus stay in the list, or go to the task where it covers it. */
function open(event) {
  const link = event.target.closest?.(".inbox:not(.alone) #inbox-list a");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  place = link.closest("li").id || place;
  isOpening = true;
  htmx.ajax("GET", link.href, { source: link, target: "#main", swap: "innerMorph", push: "true" });
}

function arrived() {
  if (!isOpening) return;
  isOpening = false;
  const detail = document.getElementById("inbox-detail");
  const heading = detail?.querySelector("h2");
  if (heading) announce(heading.textContent);
  detail?.scrollTo(0, 0);
  const line = currentLine();
  if (isAnswering) answer();
  else if (line?.checkVisibility()) line.querySelector("a").focus({ preventScroll: true });
  else if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
  isAnswering = false;
}

/** Whether the letter is meant for a line that is not the opened one: its dialog is asked for. */
function onLine(event) {
  const line = event.target.closest?.("#inbox-list > li");
  const key = line?.querySelector("input[name=ids]")?.value;
  const isOther = key && line !== opened() && !boxes().some((box) => box.checked);
  if (!isOther || !VERBS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  openFragment(`${line.closest(INBOX).dataset.do}/${VERBS[event.key]}?ids=${key}`);
}

function inInbox(run) {
  return (event) => {
    if (topLayer() !== document || event.target.closest?.(".menu")) return;
    event.preventDefault();
    run(event);
  };
}

function inList(run) {
  return (event) => event.target.closest?.("#inbox-list") && inInbox(run)(event);
}

function escape() {
  if (boxes().some((box) => box.checked)) clear();
  else if (document.activeElement?.closest("#inbox-detail")) goTo(currentLine() ?? lines()[0]);
}

bindKey("j", "row_down", inInbox(() => step(1)), INBOX);
bindKey("k", "row_up", inInbox(() => step(-1)), INBOX);
bindKey("ArrowDown", "", inList(() => step(1)), INBOX);
bindKey("ArrowUp", "", inList(() => step(-1)), INBOX);
bindKey("Enter", "task_open", () => {}, INBOX); // a line has the focus of its link: the browser opens it
bindKey("e", "task_answer", inInbox(answerCurrent), INBOX);
bindKey("x", "row_select", inInbox(() => tick()), INBOX);
bindKey("Shift+J", "row_extend", inInbox(() => tick(1)), INBOX);
bindKey("Shift+K", "", inInbox(() => tick(-1)), INBOX);
bindKey("Escape", "", inInbox(escape), INBOX);

document.addEventListener("click", open);
document.addEventListener("keydown", onLine, true);
document.addEventListener("focusin", ({ target }) => {
  const line = target.closest?.("#inbox-list > li");
  if (!line || line.id === place) return;
  place = line.id;
  paint();
});
document.addEventListener("change", ({ target }) => target.matches("#inbox-list input[name=ids]") && count());
document.addEventListener("htmx:after:swap", () => {
  if (!document.querySelector(INBOX)) return;
  paint();
  arrived();
});
onArrival(() => document.querySelector(INBOX) && paint());
