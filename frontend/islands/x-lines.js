// <x-lines>: a click or Enter opens a cell; after a line was added the next one is begun at its first input.
import "../styles/lines.css";

const opens = ["Enter", "F2"];

class Lines extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("keydown", this);
    this.addEventListener("submit", this);
    this.changes ??= new MutationObserver(() => this.begin());
    this.changes.observe(this, { childList: true, subtree: true });
    this.known = this.form?.id;
  }

  disconnectedCallback() {
    this.changes.disconnect();
  }

  get form() {
    return this.querySelector(".new-line");
  }

  handleEvent(event) {
    if (event.type === "submit") {
      this.added = event.target.matches(".new-line");
      return;
    }
    const cell = event.target.closest("td[data-edit]");
    if (!cell || event.target.closest("a, button, .cell-editor")) return;
    if (event.type === "keydown") {
      if (!opens.includes(event.key)) return;
      event.preventDefault();
    }
    cell.dispatchEvent(new CustomEvent("edit-cell", { bubbles: true }));
  }

  begin() {
    if (!this.added || !this.form || this.form.id === this.known) return;
    this.known = this.form.id;
    this.added = false;
    this.form.querySelector(":is(input, select):not([type=hidden])")?.focus();
  }
}

customElements.define("x-lines", Lines);
