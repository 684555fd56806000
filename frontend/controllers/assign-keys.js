// The manager's screen by keys: down and up its rows, each opened beside the list, and ticked without the mouse.
import { bindKey, topLayer } from "./shared.js";

const PLACE = ".assign-row";

function rows() {
  return topLayer() === document ? [...document.querySelectorAll(PLACE)] : [];
}

function current() {
  return document.activeElement?.closest(PLACE) ?? document.querySelector(`${PLACE}[aria-current]`);
}

function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement?.closest(PLACE));
  const row = at < 0 ? current() : all[Math.max(0, Math.min(all.length - 1, at + by))];
  const link = (row ?? all[0])?.querySelector("a[hx-get]");
  link?.focus();
  link?.click();
}

function tick(checked) {
  const box = current()?.querySelector("input[name=ids]");
  if (!box) return;
  box.checked = checked ?? !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function onRows(keys, wordKey, run) {
  bindKey(keys, wordKey, (event) => {
    if (!rows().length) return;
    event.preventDefault();
    run();
  }, PLACE);
}

onRows("j", "row_down", () => step(1));
onRows("k", "row_up", () => step(-1));
onRows("x", "row_select", () => tick());
onRows("Shift+J", "row_extend", () => {
  tick(true);
  step(1);
  tick(true);
});
