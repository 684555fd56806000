// <x-rows>: rows of choices in a form, drawn anew by the server when one changes; the focus stays where the person was.
import "../styles/rows.css";
import "./x-lookup.js";
import { htmx } from "../controllers/shared.js";

let back = ""; // the id of what gets the focus once the rows have been drawn anew
let asked = false; // whether they are being drawn anew because somebody changed something

class Rows extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.form?.addEventListener("change", this);
    this.addEventListener("click", this);
    if (asked) setTimeout(() => this.resume()); // after the swap has put the focus elsewhere
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this);
  }

  handleEvent({ type, target }) {
    if (type === "click") {
      const button = target.closest("button[data-then]");
      if (button) [asked, back] = [true, button.dataset.then];
      return;
    }
    const inside = this.contains(target);
    if (inside ? !target.matches("[data-redraw]") : !this.dataset.of.split(" ").includes(target.name)) return;
    [asked, back] = [true, inside ? target.id : ""];
    htmx.trigger(this, "redraw");
  }

  /** The control that was used goes on having the focus; after adding a row its first choice has it. */
  resume() {
    asked = false;
    this.dispatchEvent(new Event("input", { bubbles: true })); // what is kept of the form holds the rows of now
    if (!back) return;
    const added = this.querySelector(".rows-row:last-child :is(select, input)");
    const found = back.endsWith("-first") ? added : document.getElementById(back);
    (found?.disabled ? null : found ?? this.querySelector("button"))?.focus();
    back = "";
  }
}

customElements.define("x-rows", Rows);
