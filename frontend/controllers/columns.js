// The picker of columns: tick, and move up or down by drag or by the arrow buttons.

function move(line, by) {
  const other = by < 0 ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (by < 0) other.before(line);
  else other.after(line);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const line = button?.closest(".column-list li");
  if (!line) return;
  move(line, Number(button.dataset.move));
  button.focus();
});

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".column-list li") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.(".column-list li");
  if (!dragged || !over || over === dragged || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("dragend", () => (dragged = null));
