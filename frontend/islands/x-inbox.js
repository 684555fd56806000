// <x-inbox> holds the inbox: its lines are walked, ticked and opened by the keys of lists, and answered by their own.
import "../controllers/inbox-keys.js";

customElements.define("x-inbox", class extends HTMLElement {});
