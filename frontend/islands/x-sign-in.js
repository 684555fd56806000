// <x-sign-in>: the session is over while somebody works; he signs in where he is and nothing on the page is lost.
import { ownHeaders } from "../controllers/shared.js";

const HEADERS = "hx-headers:inherited";

/** Forms and requests of the page show the new session's token from now on. */
function renew(token) {
  document.body.setAttribute(HEADERS, JSON.stringify({ "x-csrftoken": token }));
  for (const hidden of document.querySelectorAll("input[name=_csrf_token]")) hidden.value = token;
}

class SignIn extends HTMLElement {
  connectedCallback() {
    if (document.querySelector("x-sign-in") !== this) return this.remove();
    this.dialog = this.querySelector("dialog");
    this.querySelector("[name=login]").value = document.body.dataset.login ?? "";
    this.addEventListener("submit", (event) => this.send(event));
    this.querySelector("[data-later]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.remove());
    this.dialog.showModal();
    this.querySelector("[name=password]").focus();
  }

  async send(event) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    const answer = await fetch("/sign-in", { method: "POST", body, headers: ownHeaders() }).catch(() => null);
    const text = (await answer?.text()) ?? "";
    if (!answer?.ok) return this.refuse(text);
    renew(text);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: this.querySelector("[data-welcome]").textContent } }));
    this.dialog.close();
  }

  refuse(text) {
    const place = this.querySelector("[data-refused]");
    place.textContent = text;
    place.hidden = false;
    this.querySelector("[name=password]").select();
  }
}

customElements.define("x-sign-in", SignIn);
