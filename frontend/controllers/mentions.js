// "@" in a text offers people; the chosen one is named in the text and its id travels with the form.
import { active, fill, prepare, walk } from "./listbox.js";
import { debounce, fetchFragment } from "./shared.js";

const PATTERN = /(^|\s)@([\p{L}\p{N}’' -]{0,40})$/u;
const settled = new WeakMap(); // text area -> what stood before the caret when someone was chosen
let list;
let area;

function close() {
  list?.remove();
  list = undefined;
}

function asked(text) {
  const before = text.value.slice(0, text.selectionStart);
  const done = settled.get(text);
  return PATTERN.exec(done && before.startsWith(done) ? before.slice(done.length) : before)?.[2];
}

const find = debounce(async (text) => {
  const query = asked(text);
  if (query === undefined) return close();
  const html = await fetchFragment(`${text.dataset.mentions}?q=${encodeURIComponent(query)}`).catch(() => "");
  if (asked(text) !== query || !html.includes("option")) return close();
  close();
  area = text;
  list = document.createElement("div");
  list.className = "lookup-list";
  list.setAttribute("role", "listbox");
  fill(list, html);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[role=option]"));
  });
  text.parentElement.classList.add("with-list");
  text.parentElement.append(list);
  return prepare(list, text);
}, 150);

function choose(option) {
  if (!option) return;
  const title = option.dataset.title || option.textContent.trim();
  const end = area.selectionStart;
  const start = end - asked(area).length;
  area.setRangeText(`${title} `, start, end, "end");
  settled.set(area, area.value.slice(0, area.selectionStart));
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "mentions", value: option.dataset.value });
  area.form.append(hidden);
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-mentions]")) find(event.target);
});
document.addEventListener(
  "keydown",
  (event) => {
    if (!list || event.target !== area) return;
    if (walk(event, list, area)) return;
    if (event.key === "Escape") close();
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(active(list));
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("focusout", (event) => event.target === area && close());
