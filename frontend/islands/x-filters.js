// <x-filters> holds the chips of a list: what edits them loads with the first list on the screen.
import "../controllers/columns.js";
import "../controllers/filters.js";
import "./x-lookup.js";

customElements.define("x-filters", class extends HTMLElement {});
