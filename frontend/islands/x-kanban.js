// <x-kanban data-move="/…/{id}/move">: cards move by drag, by [ and ], or by the menu; a refusal puts them back.
import "../styles/kanban.css";
import Sortable from "sortablejs/modular/sortable.core.esm.js";
import { htmx } from "../controllers/shared.js";

const touchDelay = 120; // milliseconds a finger rests before a card lifts, so that scrolling stays possible

class Kanban extends HTMLElement {
  connectedCallback() {
    this.lists = [...this.querySelectorAll(".kanban-cards")];
    this.sorters = this.lists.map((list) => this.sorter(list));
    this.addEventListener("click", this);
    this.addEventListener("keydown", this);
  }

  disconnectedCallback() {
    for (const sorter of this.sorters) sorter.destroy();
    this.removeEventListener("click", this);
    this.removeEventListener("keydown", this);
  }

  sorter(list) {
    return new Sortable(list, {
      group: "kanban",
      draggable: ".kanban-card",
      filter: ".locked",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      ghostClass: "ghost",
      dragClass: "dragging",
      delay: touchDelay,
      delayOnTouchOnly: true,
      onStart: ({ item }) => this.remember(item),
      onEnd: ({ item, from, to }) => from !== to && this.send(item),
    });
  }

  remember(card) {
    this.origin = { list: card.parentElement, next: card.nextElementSibling };
  }

  handleEvent(event) {
    const card = event.target.closest(".kanban-card");
    if (!card) return;
    if (event.type === "click") {
      const choice = event.target.closest("[data-move-to]");
      if (choice) this.move(card, this.list(choice.dataset.moveTo));
      return;
    }
    const by = { "[": -1, "]": 1 }[event.key] ?? (event.altKey ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined);
    if (!by) return;
    event.preventDefault();
    this.move(card, this.lists[this.lists.indexOf(card.parentElement) + by]);
  }

  list(key) {
    return this.lists.find((list) => list.dataset.key === key);
  }

  move(card, list) {
    if (!list || list === card.parentElement || card.classList.contains("locked")) return;
    this.remember(card);
    list.prepend(card);
    card.querySelector("a")?.focus();
    this.send(card);
  }

  async send(card) {
    const { list, next } = this.origin;
    const back = () => list.insertBefore(card, next?.isConnected ? next : null);
    const values = { to: card.parentElement.dataset.key, version: card.dataset.version, after: card.previousElementSibling?.dataset.id ?? "" };
    let answer;
    const hear = (event) => (answer = event.detail.ctx);
    card.addEventListener("htmx:after:request", hear, { once: true });
    card.classList.add("busy");
    const url = this.dataset.move.replace("{id}", card.dataset.id);
    await htmx.ajax("POST", url, { source: card, target: card, values, swap: "none" });
    card.removeEventListener("htmx:after:request", hear);
    card.classList.remove("busy");
    // A refusal, or a dialog that asks for more first: the card waits where it came from.
    const asksMore = answer?.hx?.retarget === "#dialog";
    if (!answer || answer.response.status >= 400 || asksMore) back();
  }
}

customElements.define("x-kanban", Kanban);
