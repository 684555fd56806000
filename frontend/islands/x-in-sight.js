// <x-in-sight>: what is fetched into it comes into sight, with the box that it stands in.
class InSight extends HTMLElement {
  connectedCallback() {
    this.changes ??= new MutationObserver(() => this.parentElement.scrollIntoView({ block: "nearest" }));
    this.changes.observe(this, { childList: true });
  }

  disconnectedCallback() {
    this.changes.disconnect();
  }
}

customElements.define("x-in-sight", InSight);
