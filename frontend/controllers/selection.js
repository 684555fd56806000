// Which rows are selected, and the bar of what can be done with them.
import { announce, word } from "./words.js";
import { onArrival } from "./shared.js";

let last = null;

function boxes() {
  return [...document.querySelectorAll("input[name=ids]")];
}

function bar() {
  return document.getElementById("bulk-bar");
}

function paint() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
  const head = document.querySelector("[data-select-all]");
  if (head) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && !head.checked;
  }
  paintBar(chosen.length, head?.checked);
}

function paintBar(count, isWholePage) {
  const box = bar();
  if (!box) return;
  const matching = box.querySelector("[name=matching]");
  if (!isWholePage && matching) matching.disabled = true;
  const isMatching = matching && !matching.disabled;
  const shown = isMatching ? box.dataset.total : count;
  const text = word(shown === 1 ? "selected_one" : "selected_many", { count: shown });
  if (count && box.querySelector(".selected-count").textContent !== text) announce(text);
  box.hidden = count === 0;
  box.querySelector(".selected-count").textContent = text;
  const extend = box.querySelector("[data-select-matching]");
  if (extend) extend.hidden = !isWholePage || isMatching || Number(box.dataset.count) <= count;
}

function selectRange(from, to, checked) {
  const all = boxes();
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  if (start >= 0) for (const box of all.slice(start, end + 1)) box.checked = checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("input[name=ids]");
  if (box && event.shiftKey && last) selectRange(last, box, box.checked);
  if (box) last = box;
  if (event.target.closest("[data-select-none]")) clear();
  if (event.target.closest("[data-select-matching]")) {
    bar().querySelector("[name=matching]").disabled = false;
    paint();
  }
});

// The row whose details stand beside the list is marked, and stays so when the list comes anew, even where that was
// asked for before the row was opened.
let opened;

function markOpened() {
  const link = opened && document.querySelector(`.assign-row a[hx-get="${CSS.escape(opened)}"]`);
  if (!link) return;
  link.closest("ul").querySelector("[aria-current]")?.removeAttribute("aria-current");
  link.closest(".assign-row").setAttribute("aria-current", "true");
  link.closest("[data-live-on]").setAttribute("hx-get", opened);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".assign-row a[hx-get]");
  if (!link) return;
  opened = link.getAttribute("hx-get");
  markOpened();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[data-select-all], input[name=ids]")) paint();
});

/** Select nothing. */
export function clear() {
  for (const box of boxes()) box.checked = false;
  paint();
}

document.addEventListener("clear-selection", clear);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && bar() && !bar().hidden && !event.target.closest("dialog, .cell-editor")) clear();
});
document.addEventListener("htmx:after:swap", () => {
  markOpened();
  paint();
});
onArrival(paint);
