// Ctrl K: the server answers with options (records, places, actions); keys choose, Enter opens.
import { active, fill, prepare, walk } from "./listbox.js";
import { debounce, fetchFragment, htmx } from "./shared.js";
import { announce, word } from "./words.js";

const palette = document.getElementById("palette");
const input = document.getElementById("palette-query");
const list = document.getElementById("palette-results");
let asked = 0;

async function find() {
  const mine = (asked += 1);
  const query = input.value.trim();
  const url = `/search/palette?q=${encodeURIComponent(query)}&at=${encodeURIComponent(location.pathname)}`;
  const html = await fetchFragment(url).catch(() => "");
  if (mine !== asked) return;
  fill(list, html);
  list.dataset.of = query;
  htmx.process(list);
  announce(word("results_count", { count: prepare(list, input).length }));
}

/** Open the palette with everything that suits this page. */
export function open() {
  if (!palette || palette.open) return;
  input.value = "";
  palette.showModal();
  input.focus();
  find();
}

async function onKey(event) {
  if (walk(event, list, input) || event.key !== "Enter") return;
  event.preventDefault();
  // Whoever types faster than the answer comes means what he typed, not what is still shown.
  while (list.dataset.of !== input.value.trim()) await find();
  active(list)?.click();
}

input.addEventListener("input", debounce(find, 120));
input.addEventListener("keydown", onKey);
list.addEventListener("click", (event) => {
  if (event.target.closest("[role=option]")) setTimeout(() => palette.close());
});
palette.addEventListener("click", (event) => event.target === palette && palette.close());
