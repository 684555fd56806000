// <x-composer> holds the box in which notes and answers are written.
import "../controllers/mentions.js";

customElements.define("x-composer", class extends HTMLElement {});
