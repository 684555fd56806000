// Company names offered while one types, from the form's own public list: never from the records inside.
import { active, prepare, walk } from "./listbox.js";

const WAIT = 220; // milliseconds after the last letter
const LEAST = 3; // letters

function option({ name, detail }) {
  const line = Object.assign(document.createElement("div"), { className: "lookup-option" });
  line.setAttribute("role", "option");
  line.dataset.value = name;
  const title = Object.assign(document.createElement("span"), { className: "grow strong", textContent: name });
  const note = Object.assign(document.createElement("span"), { className: "muted small", textContent: detail ?? "" });
  line.append(title, note);
  return line;
}

function connect(form) {
  const input = form.elements[form.dataset.companyField];
  if (!input) return;
  const list = Object.assign(document.createElement("div"), { className: "lookup-list", id: "companies", hidden: true });
  list.setAttribute("role", "listbox");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }
  input.autocomplete = "off";
  input.removeAttribute("list"); // the plain list is for pages without scripts
  input.closest(".field").classList.add("with-list");
  input.closest(".field").append(list);
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const choose = (chosen) => {
    if (chosen) input.value = chosen.dataset.value;
    close();
  };
  const find = async () => {
    const query = input.value.trim();
    if (query.length < LEAST) return close();
    const response = await fetch(`${form.dataset.companies}?q=${encodeURIComponent(query)}`);
    if (!response.ok || query !== input.value.trim()) return close();
    const found = await response.json();
    list.replaceChildren(...found.map(option));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    return prepare(list, input, false);
  };
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden || walk(event, list, input)) return;
    if (event.key === "Enter" && active(list)) {
      event.preventDefault();
      choose(active(list));
    } else if (event.key === "Escape") close();
  });
  input.addEventListener("blur", () => setTimeout(close, 120));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[role=option]"));
  });
}

document.querySelectorAll("[data-companies]").forEach(connect);
