// Theme and density: painted at once, remembered by the server for the person.
import { ownHeaders } from "./pages.js";

const root = document.documentElement;

function mark() {
  for (const name of ["theme", "density"]) {
    for (const button of document.querySelectorAll(`[data-${name}-choice]`)) {
      const value = button.dataset[`${name}Choice`];
      button.setAttribute("aria-pressed", String(value === (root.dataset[name] ?? "")));
    }
  }
}

function choose(name, value) {
  root.dataset[name] = value;
  mark();
  const body = new URLSearchParams({ [name]: value });
  fetch("/settings/appearance", { method: "POST", body, headers: ownHeaders() });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice], [data-density-choice]");
  if (!button) return;
  if ("themeChoice" in button.dataset) choose("theme", button.dataset.themeChoice);
  else choose("density", button.dataset.densityChoice);
});
mark();
