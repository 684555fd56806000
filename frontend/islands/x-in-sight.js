// <x-in-sight>: what is fetched into it comes into sight, with the box that it stands in.
class InSight extends HTMLElement {
  connectedCallback() {
    this.changes ??= new MutationObserver(() => this.show());
    this.changes.observe(this, { childList: true });
    if (!this.querySelector(":scope > [data-nothing-yet]")) this.show(); // it was fetched before this woke
  }

  disconnectedCallback() {
    this.changes.disconnect();
  }

  show() {
    this.parentElement.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("x-in-sight", InSight);
