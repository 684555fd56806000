// <x-form-designer>: fields are dragged from the palette and between sections, or moved by Alt and the arrows.
import "../styles/form-designer.css";
import Sortable from "sortablejs/modular/sortable.core.esm.js";
import { htmx } from "../controllers/shared.js";

const WAYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
const CARDS = ".design-canvas :is(.design-section, .design-field, .design-rule)";
const LOST = "body, #main"; // what has the focus once that has gone which had it: the page
const SHIFTS = /^(move|remove)-rule$/; // after these a rule stands at another place than the page says
const touchDelay = 120; // milliseconds a finger rests before a field lifts, so that scrolling stays possible

class FormDesigner extends HTMLElement {
  connectedCallback() {
    this.sorters = [];
    this.arrange = this.arrange.bind(this);
    this.waiting = new Map();
    this.addEventListener("keydown", this);
    this.addEventListener("htmx:config:request", (event) => this.queue(event.detail.ctx));
    document.addEventListener("htmx:after:swap", this.arrange);
    this.arrange();
  }

  disconnectedCallback() {
    this.removeEventListener("keydown", this);
    document.removeEventListener("htmx:after:swap", this.arrange);
    this.forget();
  }

  // Moves go one after the other (hx-sync); each says which board it was made on when it goes, not when it was pressed.
  queue(ctx) {
    const deed = new URL(ctx.request.action, location.href).pathname.split("/").pop();
    const shifted = deed.endsWith("-rule") && [...this.waiting.values()].some((each) => SHIFTS.test(each));
    this.waiting.set(ctx, deed);
    ctx.fetch = (action, request) => {
      const now = shifted ? action : action.replace(/([?&]stamp=)-?\d+/, `$1${this.dataset.stamp}`);
      return fetch(now, request).finally(() => this.waiting.delete(ctx));
    };
  }

  forget() {
    for (const sorter of this.sorters) sorter.destroy();
    this.sorters = [];
  }

  arrange(event) {
    this.forget();
    this.follow(event?.detail.ctx?.sourceElement);
    const palette = this.querySelector("[data-palette]");
    if (palette) this.sorters.push(this.sorter(palette, { name: "fields", pull: "clone", put: false }, false));
    for (const list of this.querySelectorAll("[data-section]")) this.sorters.push(this.sorter(list, "fields", true));
  }

  // What was added has the focus; where something went, what took its place. A focus that is elsewhere by now stays.
  follow(pressed) {
    const before = this.cards;
    this.cards = [...this.querySelectorAll(CARDS)].map(({ id }) => id);
    const focused = document.activeElement;
    if (!before || !(focused === pressed || focused?.matches(LOST))) return;
    const added = this.cards.find((id) => !before.includes(id));
    const gone = before.findIndex((id) => !this.cards.includes(id));
    const next = added ?? (gone < 0 ? undefined : this.cards[Math.min(gone, this.cards.length - 1)]);
    document.getElementById(next)?.querySelector(".design-name")?.focus();
  }

  sorter(list, group, sort) {
    return new Sortable(list, {
      group,
      sort,
      draggable: ".design-field",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      ghostClass: "ghost",
      delay: touchDelay,
      delayOnTouchOnly: true,
      onEnd: (event) => this.drop(event),
    });
  }

  drop({ item, from, to, oldIndex, newIndex }) {
    const section = to.dataset.section;
    if (!section || (from === to && oldIndex === newIndex)) return;
    const field = item.dataset.name;
    const isNew = from.hasAttribute("data-palette");
    if (isNew) item.remove();
    this.send(isNew ? "add-field" : "place-field", { field, section, at: newIndex });
  }

  send(deed, values) {
    const query = new URLSearchParams({ ...values, stamp: this.dataset.stamp });
    return htmx.ajax("POST", `${this.dataset.url}/${deed}?${query}`, { source: this, target: "#designer", swap: "outerMorph" });
  }

  handleEvent(event) {
    const way = event.altKey && WAYS[event.key];
    const field = event.target.closest(".design-field");
    if (!way || !field) return;
    event.preventDefault();
    event.stopPropagation();
    field.querySelector(`[data-move=${way}]`)?.click();
  }
}

customElements.define("x-form-designer", FormDesigner);
