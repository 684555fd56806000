// <x-lookup src name [multiple]>: finds records as one types; the chosen ids are hidden inputs of the form.
import "../styles/lookup.css";
import { active, fill, prepare, walk } from "../controllers/listbox.js";
import { debounce, fetchFragment } from "../controllers/shared.js";
import { announce, word } from "../controllers/words.js";

const WAIT = 180; // milliseconds after the last letter

class Lookup extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.box = this.querySelector(".lookup-box");
    this.input = this.querySelector("[role=combobox]");
    this.list = document.createElement("div");
    Object.assign(this.list, { className: "lookup-list", id: `${this.input.id}-list`, popover: "manual", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.getAttribute("aria-label") || word("results"));
    this.input.setAttribute("aria-controls", this.list.id);
    this.append(this.list);
    this.search = debounce(() => this.find(), WAIT);
    this.addEventListener("input", (event) => event.target === this.input && this.search());
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("focusout", () => setTimeout(() => this.contains(document.activeElement) || this.close(), 120));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    // What was typed before this was loaded is searched now.
    if (this.input === document.activeElement && this.input.value.trim()) this.search();
  }

  disconnectedCallback() {
    removeEventListener("scroll", this.place, true);
  }

  get multiple() {
    return this.hasAttribute("multiple");
  }

  async find() {
    const url = new URL(this.getAttribute("src"), location.href);
    url.searchParams.set("q", this.input.value.trim());
    const asked = (this.asked = url.href);
    try {
      const html = await fetchFragment(url);
      if (asked !== this.asked) return;
      fill(this.list, html);
    } catch {
      fill(this.list, "");
    }
    this.open();
  }

  open() {
    this.offer();
    const options = prepare(this.list, this.input);
    if (!options.length) this.note(word("nothing_found"));
    announce(word("results_count", { count: options.length }));
    this.list.hidden = false;
    this.list.showPopover();
    this.place();
    addEventListener("scroll", this.place, true);
    this.input.setAttribute("aria-expanded", "true");
  }

  // Words that name nothing known become a record, where its entity needs no more than a name.
  offer() {
    const words = this.input.value.trim();
    const named = [...this.list.querySelectorAll("[role=option]")].map((option) => (option.dataset.title ?? "").toLowerCase());
    if (!this.hasAttribute("creates") || words.length < 2 || named.includes(words.toLowerCase())) return;
    const option = document.createElement("div");
    Object.assign(option, { className: "lookup-option", textContent: word("create_named", { name: words }) });
    option.setAttribute("role", "option");
    option.dataset.create = words;
    this.list.append(option);
  }

  async create(words) {
    const body = new URLSearchParams({ q: words });
    try {
      fill(this.list, await fetchFragment(this.getAttribute("creates"), { method: "POST", body }));
      this.choose(this.list.querySelector("[role=option]"));
    } catch {
      this.note(word("not_created", { name: words }));
    }
  }

  note(text) {
    const note = document.createElement("div");
    Object.assign(note, { className: "lookup-note", textContent: text });
    this.list.replaceChildren(note);
    announce(text);
  }

  // In the top layer nothing cuts the list off: it stands below its box, or above where there is more room.
  place = () => {
    const { top, bottom, left, width } = this.box.getBoundingClientRect();
    const below = innerHeight - bottom;
    const up = below < 200 && top > below;
    Object.assign(this.list.style, {
      left: `${left}px`,
      width: `${width}px`,
      top: up ? "auto" : `${bottom + 4}px`,
      bottom: up ? `${innerHeight - top + 4}px` : "auto",
      maxHeight: `${Math.min(260, (up ? top : below) - 12)}px`,
    });
  };

  close() {
    removeEventListener("scroll", this.place, true);
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.target !== this.input) return;
    if (event.key === "ArrowDown" && this.list.hidden) return void (event.preventDefault(), this.find());
    if (!this.list.hidden && walk(event, this.list, this.input)) return;
    if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      this.choose(active(this.list));
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && !this.input.value) this.removeChosen(this.lastChosen());
  }

  onClick(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.choose(option);
    else if (event.target.closest("[data-remove]")) this.removeChosen(event.target.closest(".lookup-chosen"));
    else if (event.target === this.input && this.list.hidden) this.find();
    else if (event.target === this.box) this.input.focus();
  }

  lastChosen() {
    return [...this.querySelectorAll(".lookup-chosen")].at(-1);
  }

  choose(option) {
    if (!option) return;
    if (option.dataset.create) return void this.create(option.dataset.create);
    if (!this.multiple) this.querySelectorAll(".lookup-chosen").forEach((chip) => chip.remove());
    const value = option.dataset.value;
    if (!this.querySelector(`.lookup-chosen input[value="${CSS.escape(value)}"]`)) this.box.insertBefore(this.chip(value, option), this.input);
    this.input.value = "";
    this.input.required = false;
    this.close();
    this.tell();
  }

  chip(value, option) {
    const chip = this.querySelector("template").content.firstElementChild.cloneNode(true);
    const title = option.dataset.title || option.textContent.trim();
    chip.querySelector("input").value = value;
    chip.querySelector("[data-title]").textContent = title;
    chip.querySelector("[data-remove]").setAttribute("aria-label", word("remove", { name: title }));
    return chip;
  }

  removeChosen(chip) {
    if (!chip) return;
    chip.remove();
    this.input.required = this.hasAttribute("required") && !this.lastChosen();
    this.input.focus();
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("x-lookup", Lookup);
