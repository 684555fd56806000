// <x-form-rules> holds the rules of the form around it: they are kept while one types.
import { connect } from "../controllers/form-sections.js";

customElements.define(
  "x-form-rules",
  class extends HTMLElement {
    connectedCallback() {
      const form = this.closest("form");
      if (form) connect(form);
    }
  },
);
