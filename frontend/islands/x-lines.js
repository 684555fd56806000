// <x-lines>: a click or Enter opens a cell; when a line was added the next one is begun, a refused one gone on with.
import "../styles/lines.css";

const opens = ["Enter", "F2"];
let sent = ""; // the table to which a line was sent

class Lines extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("keydown", this);
    this.addEventListener("submit", this);
    if (sent && sent === this.parentElement.id) setTimeout(() => this.begin()); // after the swap has put the focus back
  }

  handleEvent(event) {
    if (event.type === "submit") {
      if (event.target.matches(".new-line")) sent = this.parentElement.id;
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
    sent = "";
    const wrong = this.querySelector(".new-line [aria-invalid=true]");
    (wrong ?? this.querySelector(".new-line :is(input, select):not([type=hidden])"))?.focus();
  }
}

customElements.define("x-lines", Lines);
