// Small parts of forms: lines that can be added and removed, texts to copy, one submit at a time.
import { toast } from "./toasts.js";
import { word } from "./words.js";

function addItem(button) {
  const set = button.closest("[data-set]");
  const at = Number(set.dataset.next);
  set.dataset.next = String(at + 1);
  const line = set.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const part of line.querySelectorAll("[name]")) part.name = part.name.replace("{n}", String(at));
  set.querySelector("[data-items]").append(line);
  line.querySelector("input:not([type=checkbox])").focus();
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy || location.href);
  toast(word("copied"));
}

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-item]");
  const remove = event.target.closest("[data-remove-item]");
  const link = event.target.closest("[data-copy]");
  if (add) addItem(add);
  if (remove) {
    const form = remove.form;
    remove.closest("[data-item]").remove();
    form?.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (link) copy(link);
});

// A plain form is sent once: the button rests until the page is gone.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("hx-post") || form.method === "dialog") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
