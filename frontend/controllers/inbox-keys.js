// The inbox by keys: the same letters as in lists, and `e` to answer the task at hand.
import { choose, clear, currentLine, goTo, lines, opened, paint, step, tell, tick, ticked } from "./inbox-lines.js";
import { bindKey, htmx, isUsable, onArrival, openFragment, topLayer } from "./shared.js";
import { announce } from "./words.js";

const INBOX = "x-inbox";
const FIELDS = ".form-section :is(input, select, textarea):not([type=hidden])";
const ANSWERS = `${FIELDS}, .task-outcomes button, .task-answers :is(button, a), button.primary`;
const VERBS = { r: "redirect", p: "share", h: "sleep" };
let isOpening = false;
let isAnswering = false; // whether what is being opened is to be answered at once

/** Put the focus where the opened task is answered: its form, else its first button. */
function answer() {
  const first = [...document.querySelectorAll("#inbox-detail *")].find((part) => part.matches(ANSWERS) && isUsable(part));
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
  const link = event.target.closest?.(".inbox:not(.alone) #inbox-list > li > a");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  choose(link.closest("li"));
  isOpening = true;
  htmx.ajax("GET", link.href, { source: link, target: "#main", swap: "innerMorph", push: "true" });
}

function arrived() {
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

/** A letter that is meant for a line which is not the opened one asks for its dialog. */
function onLine(event) {
  const line = event.target.closest?.("#inbox-list > li");
  const key = line?.querySelector("input[name=ids]")?.value;
  const isOther = key && line !== opened() && !ticked().length;
  if (!isOther || !VERBS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  openFragment(`${line.closest(INBOX).dataset.do}/${VERBS[event.key]}?ids=${key}`);
}

function bind(keys, word, run, isMeant = () => true) {
  const inInbox = (event) => {
    if (topLayer() !== document || event.target.closest?.(".menu") || !isMeant(event)) return;
    event.preventDefault();
    run();
  };
  bindKey(keys, word, inInbox, INBOX);
}

function isInList(event) {
  return Boolean(event.target.closest?.("#inbox-list"));
}

function escape() {
  if (ticked().length) clear();
  else if (document.activeElement?.closest("#inbox-detail")) goTo(currentLine() ?? lines()[0]);
}

bind("j", "row_down", () => step(1));
bind("k", "row_up", () => step(-1));
bind("ArrowDown", "", () => step(1), isInList);
bind("ArrowUp", "", () => step(-1), isInList);
bindKey("Enter", "task_open", () => {}, INBOX); // the line's link has the focus: the browser follows it
bind("e", "task_answer", answerCurrent);
bind("x", "row_select", () => tick());
bind("Shift+J", "row_extend", () => tick(1));
bind("Shift+K", "", () => tick(-1));
bind("Escape", "", escape);

document.addEventListener("click", open);
document.addEventListener("keydown", onLine, true);
document.addEventListener("focusin", ({ target }) => {
  const line = target.closest?.("#inbox-list > li");
  if (line && line !== currentLine()) choose(line);
});
document.addEventListener("change", ({ target }) => target.matches("#inbox-list input[name=ids]") && tell());
document.addEventListener("htmx:after:swap", () => {
  if (!document.querySelector(INBOX)) return;
  paint();
  if (isOpening) arrived();
});
onArrival(() => document.querySelector(INBOX) && paint());
