// The frame: menu on a phone, folded groups that stay folded, a thin line while the server works.
import { bindKey } from "./keys.js";
import { openFragment } from "./dialogs.js";
import { onArrival } from "./pages.js";

const SLOW = 150; // milliseconds under which nothing is shown
let running = 0;
let timer;

function toggleMenu(button) {
  const open = document.getElementById("sidebar").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
}

function create() {
  openFragment("/create");
}

function rememberFolds(root) {
  for (const details of root.querySelectorAll?.("details[data-remember]") ?? []) {
    const stored = localStorage.getItem(`fold:${details.dataset.remember}`);
    if (stored) details.open = stored === "open";
  }
}

document.addEventListener(
  "toggle",
  (event) => {
    const name = event.target.dataset?.remember;
    if (name) localStorage.setItem(`fold:${name}`, event.target.open ? "open" : "closed");
  },
  true,
);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  if (button?.dataset.command === "menu") toggleMenu(button);
  if (button?.dataset.command === "create") create();
});

document.addEventListener("htmx:before:request", () => {
  running += 1;
  timer ??= setTimeout(() => document.documentElement.classList.add("loading"), SLOW);
});
document.addEventListener("htmx:finally:request", () => {
  running = Math.max(0, running - 1);
  if (running) return;
  clearTimeout(timer);
  timer = undefined;
  document.documentElement.classList.remove("loading");
});

bindKey("c", "create", create);
bindKey("Ctrl+Enter", "save", (event) => event.target.closest?.("form")?.requestSubmit());
onArrival(rememberFolds);
