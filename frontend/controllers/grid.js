// The list as a grid: one tab stop, rows and cells by keys, focus kept when the server swaps rows.
import { bindKey, htmx, onArrival, openFragment, topLayer } from "./shared.js";

let place = { row: null, column: 1 };

function grid() {
  return topLayer() === document ? document.querySelector(".grid") : null;
}

function rows() {
  return [...(grid()?.tBodies[0]?.rows ?? [])].filter((row) => row.dataset.id);
}

/** The row that keys act on, or nothing before one was chosen. */
export function currentRow() {
  return rows().find((row) => row.dataset.id === place.row);
}

function focusable(cell) {
  return cell.querySelector("a, input[type=checkbox]") ?? cell;
}

function paint() {
  for (const row of rows()) {
    const isCurrent = row.dataset.id === place.row;
    row.classList.toggle("current", isCurrent);
    for (const cell of row.cells) cell.tabIndex = -1;
    for (const part of row.querySelectorAll("a, input[type=checkbox]")) part.tabIndex = -1;
  }
  const row = currentRow() ?? rows()[0];
  if (row) focusable(row.cells[Math.min(place.column, row.cells.length - 1)]).tabIndex = 0;
}

function goTo(row, column = place.column) {
  if (!row) return;
  place = { row: row.dataset.id, column: Math.max(0, Math.min(column, row.cells.length - 1)) };
  paint();
  const cell = row.cells[place.column];
  focusable(cell).focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function step(by) {
  const all = rows();
  const at = all.indexOf(currentRow());
  goTo(all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))]);
}

function tick(extendBy = 0) {
  const before = currentRow();
  if (extendBy) step(extendBy);
  for (const row of extendBy ? [before, currentRow()] : [before]) {
    const box = row?.querySelector("input[name=ids]");
    if (!box || (extendBy && box.checked)) continue;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function inGrid(run) {
  return (event) => {
    if (!grid() || event.target.closest?.(".cell-editor, .menu, dialog")) return;
    event.preventDefault();
    run(event);
  };
}

function onlyWithRow(run) {
  return (event) => currentRow() && inGrid(run)(event);
}

function onList(keys, wordKey, run) {
  bindKey(keys, wordKey, run, ".grid");
}

function enter() {
  const cell = currentRow().cells[place.column];
  if (cell.dataset.edit) cell.dispatchEvent(new CustomEvent("edit-cell", { bubbles: true }));
  else (cell.querySelector("a") ?? currentRow().querySelector("a"))?.click();
}

onList("j", "row_down", inGrid(() => step(1)));
onList("k", "row_up", inGrid(() => step(-1)));
onList("ArrowDown", "", onlyWithRow(() => step(1)));
onList("ArrowUp", "", onlyWithRow(() => step(-1)));
onList("ArrowRight", "", onlyWithRow(() => goTo(currentRow(), place.column + 1)));
onList("ArrowLeft", "", onlyWithRow(() => goTo(currentRow(), place.column - 1)));
onList("x", "row_select", onlyWithRow(() => tick()));
onList("Shift+J", "row_extend", onlyWithRow(() => tick(1)));
onList("Shift+K", "", onlyWithRow(() => tick(-1)));
onList("Enter", "row_open", (event) => {
  if (!event.target.closest?.("a, button")) onlyWithRow(enter)(event);
});
onList("F2", "cell_edit", onlyWithRow(enter));
onList("o", "row_open", onlyWithRow(() => currentRow().querySelector("a")?.click()));
onList("Space", "row_preview", onlyWithRow(() => openFragment(currentRow().dataset.preview, "#drawer")));
onList("e", "cell_edit", onlyWithRow(() => {
  const cell = currentRow().cells[place.column];
  (cell.dataset.edit ? cell : currentRow().querySelector("[data-edit]"))?.dispatchEvent(
    new CustomEvent("edit-cell", { bubbles: true }),
  );
}));

document.addEventListener("focusin", (event) => {
  const cell = event.target.closest?.(".grid tbody td");
  if (!cell?.parentElement.dataset.id) return;
  place = { row: cell.parentElement.dataset.id, column: cell.cellIndex };
  paint();
});

// Shift and a click on a heading sorts by it after the columns that sort already.
document.addEventListener(
  "click",
  (event) => {
    const heading = event.shiftKey && event.target.closest?.(".grid thead a[data-then]");
    if (!heading) return;
    event.preventDefault();
    event.stopPropagation();
    htmx.ajax("GET", heading.dataset.then, { source: heading, target: "#main", swap: "innerMorph", push: "true" });
  },
  true,
);

let hadFocus = false;
document.addEventListener("htmx:before:swap", () => (hadFocus = Boolean(document.activeElement?.closest(".grid"))));
document.addEventListener("htmx:after:swap", () => {
  paint();
  if (hadFocus && !document.activeElement?.closest(".grid, dialog")) goTo(currentRow());
});
onArrival(() => paint());
