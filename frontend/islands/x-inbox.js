// <x-inbox> holds the inbox: its lines are walked, ticked and opened by the keys of lists, and answered by their own.
import "../controllers/inbox-keys.js";

// What is open is drawn anew along with the list when something was saved here; news from others leave it as it is.
document.body.addEventListener("record-saved", () => {
  document.getElementById("inbox-list")?.setAttribute("hx-select-oob", "#inbox-tabs:outerMorph, #inbox-detail:outerMorph");
});

customElements.define("x-inbox", class extends HTMLElement {});
