// <x-decision>: the grid of a decision table is walked by keys, checked while one types, and warns when it is left.
import "../styles/decision.css";
import { make } from "../controllers/modeler-cards.js";
import { debounce, fetchFragment, htmx, onArrival } from "../controllers/shared.js";

const pause = 600; // milliseconds without a change before the server checks
const part = (selector) => document.querySelector(`x-decision ${selector}`);
let dirty = false;

function mark(changed) {
  dirty = changed;
  const badge = part("[data-unsaved]");
  if (badge) badge.hidden = !changed;
}

let asked = 0;

/** Ask the server what is wrong; values that somebody types for a trial meanwhile stay. */
const check = debounce(async () => {
  const form = part("#decision-form");
  const turn = (asked += 1);
  const body = form && new URLSearchParams(new FormData(form));
  const html = form && (await fetchFragment(form.dataset.check, { method: "POST", body }).catch(() => ""));
  const old = part("#decision-checks");
  if (!html || !old || turn !== asked) return;
  const made = new DOMParser().parseFromString(html, "text/html").getElementById("decision-checks");
  if (old.contains(document.activeElement)) old.firstElementChild.replaceWith(made.firstElementChild);
  else old.replaceWith(made);
  htmx.process(part("#decision-checks"));
  showProblems();
  showHits();
}, pause);

/** Bring a control into sight, with the settings of its column when it lies there. */
function reveal(name) {
  const control = document.getElementById(name);
  const menu = control?.closest(".menu[popover]");
  if (menu && !menu.matches(":popover-open")) menu.showPopover();
  control?.focus();
}

function showProblems() {
  for (const control of document.querySelectorAll("#decision-grid [aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("title");
  }
  for (const column of document.querySelectorAll("#decision-grid [data-column]")) column.classList.remove("late");
  for (const { dataset } of document.querySelectorAll("#decision-checks [data-cell]")) {
    const control = document.getElementById(dataset.cell);
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("title", dataset.message);
    const column = dataset.cell.split(".").slice(0, 2).join(".");
    if (control?.closest(".menu")) part(`[data-column="${column}"]`)?.classList.add("late");
  }
}

function showHits() {
  const hits = new Set((part("#decision-result")?.dataset.hits ?? "").split(" "));
  for (const row of document.querySelectorAll("#decision-grid [data-rule]")) {
    row.classList.toggle("hit", hits.has(row.dataset.rule));
  }
}

const literals = /^(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false)$/;
const parts = (text) => (text.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/g) ?? []).map((each) => each.trim()).filter((each) => literals.test(each));
const cellsOf = (column) => [...document.querySelectorAll(`#decision-grid tbody textarea[name$=".${column}"]`)];

/** The values of a column that people may give names: those allowed, else those in its cells. */
function drawValues(place) {
  const column = place.dataset.values;
  const allowed = parts(document.getElementById(`${column}.allowed`).value);
  const kept = [...place.querySelectorAll("[data-value]")];
  const named = kept.filter((row) => [...row.querySelectorAll("input:not([type=hidden])")].some(({ value }) => value.trim()));
  const wanted = new Set([...(allowed.length ? allowed : cellsOf(column).flatMap(({ value }) => parts(value))), ...named.map(({ dataset }) => dataset.value)]);
  const languages = document.documentElement.lang === "fr" ? ["fr", "en"] : ["en", "fr"];
  const rows = [...wanted].map((text, at) => {
    const old = kept.find(({ dataset }) => dataset.value === text);
    const inputs = languages.map((each) => {
      const name = `${column}.value.${at}.label_${each}`;
      const label = place.dataset[each];
      const value = old?.querySelector(`input[name$="label_${each}"]`)?.value ?? "";
      return make("input", { className: "input", name, value, placeholder: label, ariaLabel: `${text} · ${label}` });
    });
    const row = make("div", {}, make("code", { textContent: text }), make("input", { type: "hidden", name: `${column}.value.${at}.text`, value: text }), ...inputs);
    row.dataset.value = text;
    return row;
  });
  place.querySelectorAll("[data-value]").forEach((row) => row.remove());
  place.append(...rows);
  place.hidden = !rows.length;
}

/** Under each cell what people call the values in it. */
function sayCells() {
  for (const place of document.querySelectorAll("#decision-grid [data-values]")) {
    const names = [...place.querySelectorAll("[data-value]")].map((row) => [row.dataset.value, row.querySelector("input:not([type=hidden])").value.trim()]);
    const named = names.filter(([, name]) => name);
    for (const cell of cellsOf(place.dataset.values)) {
      const said = named.reduce((text, [value, name]) => text.replaceAll(value, name), cell.value);
      const line = cell.nextElementSibling ?? (said !== cell.value && make("span", { className: "decision-said small text-2" }));
      if (!line) continue;
      line.textContent = said === cell.value ? "" : said;
      cell.after(line);
    }
  }
}

function showPolicy() {
  const gathers = part(".decision-gathers");
  if (gathers) gathers.hidden = part("[data-policy]").value !== "COLLECT";
}

onArrival(() => {
  const grid = part("#decision-grid");
  if (!grid) return;
  showPolicy();
  showProblems();
  showHits();
  grid.querySelectorAll("[data-values]").forEach(drawValues);
  sayCells();
  if (!("focus" in grid.dataset)) return;
  const name = grid.dataset.focus;
  delete grid.dataset.focus;
  mark(true);
  check();
  reveal(name);
});

/** The cell above or below in the same column. */
function beside(cell, step) {
  const at = [...cell.closest("tr").cells].indexOf(cell.closest("td"));
  const row = step > 0 ? cell.closest("tr").nextElementSibling : cell.closest("tr").previousElementSibling;
  return row?.cells[at]?.querySelector("textarea");
}

function press(cell, verb) {
  cell.closest("tr").querySelector(`[data-do="${verb}"]`)?.click();
}

function keyInCell(event, cell) {
  const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
  if (!step || event.shiftKey) return;
  const verb = event.ctrlKey && event.key === "Enter" ? "rule-add" : event.altKey && (step > 0 ? "rule-down" : "rule-up");
  if (!verb && event.key !== "Enter" && cell.value.includes("\n")) return;
  event.preventDefault();
  event.stopPropagation(); // elsewhere Ctrl Enter sends the form
  if (verb) press(cell, verb);
  else beside(cell, step)?.focus();
}

function key(event) {
  const form = event.target.closest?.("#decision-form") ?? part("#decision-form");
  if (!form) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[value=save]"));
  } else if (event.target.matches("#decision-grid tbody textarea")) keyInCell(event, event.target);
  else if (event.key === "Enter" && event.target.matches("#decision-form input")) {
    event.preventDefault();
    if (event.target.closest("#decision-checks")) part("#try-decision").click();
    else event.target.closest(".menu[popover]")?.hidePopover();
  }
}

document.addEventListener("keydown", key, true);

document.addEventListener("input", ({ target }) => {
  if (!target.closest("#decision-grid, #decision-name, #decision-key, #decision-words")) return;
  showPolicy();
  if (target.closest("#decision-grid")) sayCells();
  mark(true);
  check();
});

document.addEventListener("click", ({ target }) => {
  const cell = target.closest("#decision-checks [data-cell]")?.dataset.cell;
  if (cell) reveal(cell);
});

document.body.addEventListener("decision-saved", () => mark(false));
addEventListener("beforeunload", (event) => dirty && part("#decision-grid") && event.preventDefault());

document.addEventListener("toggle", ({ target }) => target.querySelectorAll?.("[data-values]").forEach(drawValues), true);

customElements.define("x-decision", class extends HTMLElement {});
