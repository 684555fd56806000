// <x-grid> holds the rows of a list: keys, selection and the bar of actions load with it.
import "../styles/bulk-bar.css";
import "../controllers/assign-keys.js";
import "../controllers/grid.js";
import "../controllers/selection.js";

customElements.define("x-grid", class extends HTMLElement {});
