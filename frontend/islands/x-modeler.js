// <x-modeler data-model data-save data-check>: draws and sets up a process; the server's checks show while one edits.
import Modeler from "bpmn-js/lib/Modeler";
import "../styles/modeler.css";
import { look } from "../controllers/diagram-look.js";
import { said, translation } from "../controllers/diagram-words.js";
import { Panel } from "../controllers/modeler-panel.js";
import { Values } from "../controllers/modeler-values.js";
import { debounce, fetchFragment, htmx, ownHeaders } from "../controllers/pages.js";

const children = { Outcome: ["key", "en", "fr", "label", "rule"], Destination: ["user", "team", "role", "field", "expression", "when", "members"], Fallback: ["user", "team", "role", "field", "expression", "when", "members"], Escalation: ["at", "action", "to", "outcome", "code", "when", "every", "most", "template"] };
const ours = {
  name: "Entente",
  prefix: "entente",
  uri: "urn:entente:bpmn:1.0",
  xml: { tagAlias: "lowerCase" },
  types: Object.entries(children).map(([name, attributes]) => ({
    name,
    superClass: ["Element"],
    properties: attributes.map((each) => ({ name: each, isAttr: true, type: "String" })),
  })),
};
const pause = 700; // milliseconds without a change before the server checks

class ModelerElement extends HTMLElement {
  async connectedCallback() {
    if (this.modeler) return;
    this.problems = [];
    this.modeler = new Modeler({ container: this.querySelector(".modeler-canvas"), moddleExtensions: { entente: ours }, additionalModules: [translation], ...look() });
    this.values = new Values(this.modeler);
    this.panel = new Panel(this.querySelector(".modeler-panel"), this.values, this.modeler);
    this.checkSoon = debounce(() => this.check(), pause);
    this.leave = (event) => this.dirty && event.preventDefault();
    addEventListener("beforeunload", this.leave);
    this.addEventListener("click", (event) => this.act(event));
    this.addEventListener("keydown", (event) => this.key(event));
    await this.open();
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.leave);
    this.modeler?.destroy();
    this.modeler = null;
  }

  part(name) {
    return this.modeler.get(name);
  }

  async open() {
    try {
      await this.modeler.importXML(await fetchFragment(this.dataset.model));
    } catch (fault) {
      const empty = /no diagram/i.test(fault.message);
      this.panel.place.replaceChildren(Object.assign(document.createElement("p"), { textContent: said(empty ? "modeler.no_diagram" : "modeler.unreadable", { text: fault.message }) }));
      return;
    }
    this.part("canvas").zoom("fit-viewport", "auto");
    this.part("eventBus").on("selection.changed", () => this.showChosen());
    this.part("eventBus").on("root.set", () => this.showChosen());
    this.part("eventBus").on("commandStack.changed", () => this.changed());
    this.showChosen();
    this.check();
    this.dataset.ready = "";
  }

  get chosen() {
    return this.part("selection").get()[0] ?? this.part("canvas").getRootElement();
  }

  showChosen() {
    const element = this.chosen.labelTarget ?? this.chosen;
    this.panel.show(element, this.problems.filter(({ id }) => id === element.businessObject.id));
  }

  changed() {
    this.mark(true);
    this.say("");
    if (!this.panel.writing) this.showChosen();
    this.checkSoon();
  }

  mark(dirty) {
    this.dirty = dirty;
    const stack = this.part("commandStack");
    for (const [name, possible] of [["undo", stack.canUndo()], ["redo", stack.canRedo()], ["save", dirty]]) {
      for (const button of this.querySelectorAll(`[data-do="${name}"]`)) button.disabled = !possible;
    }
    this.querySelector("[data-unsaved]").hidden = !dirty;
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      document.activeElement?.blur();
      this.save();
    }
  }

  act(event) {
    const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (zoom) return zoom === "fit" ? this.part("canvas").zoom("fit-viewport", "auto") : this.part("zoomScroll").stepZoom(Number(zoom));
    const id = event.target.closest("[data-show-element]")?.dataset.showElement;
    if (id) return this.reveal(id);
    const deed = event.target.closest("[data-do]")?.dataset.do;
    if (deed === "undo" || deed === "redo") this.part("commandStack")[deed]();
    if (deed === "save") this.save();
    if (deed === "deploy") this.deploy();
  }

  reveal(id) {
    const element = this.part("elementRegistry").get(id);
    if (!element) return;
    this.part("canvas").scrollToElement(element);
    this.part("selection").select(element);
  }

  async send(url) {
    const body = new FormData();
    body.append("file", new Blob([(await this.modeler.saveXML({ format: true })).xml]), "model.bpmn");
    body.append("base", this.dataset.identity ?? "");
    return fetch(url, { method: "POST", body, headers: ownHeaders() });
  }

  async check() {
    const answer = await this.send(this.dataset.check).catch(() => null);
    if (!answer || !this.modeler) return;
    this.querySelector(".modeler-problems").innerHTML = await answer.text();
    this.problems = [...this.querySelectorAll("[data-problem]")].map((line) => ({ id: line.dataset.problem, severity: line.dataset.severity, text: line.querySelector("[data-message]").textContent }));
    this.part("overlays").remove({ type: "problem" });
    for (const { id, severity, text } of this.problems) {
      if (!this.part("elementRegistry").get(id)) continue;
      const html = Object.assign(document.createElement("span"), { className: `step-badge ${severity === "error" ? "failed" : "warned"}`, textContent: "!", title: text });
      this.part("overlays").add(id, "problem", { position: { top: -10, left: -6 }, html });
    }
    if (!this.panel.place.contains(document.activeElement)) this.showChosen();
  }

  async save() {
    if (!this.dirty) return true;
    const answer = await this.send(this.dataset.save).catch(() => null);
    const found = await answer?.json().catch(() => null);
    if (!answer?.ok) {
      this.say(said("modeler.refused", { text: found?.text ?? answer?.status ?? "" }), true);
      return false;
    }
    this.mark(false);
    Object.assign(this.dataset, { identity: found.id, deploy: found.deploy });
    history.replaceState(history.state, "", found.url);
    this.say(said("modeler.saved", { number: found.version }));
    return true;
  }

  say(text, refused = false) {
    const place = this.querySelector("[data-status]");
    place.textContent = text;
    place.classList.toggle("late", refused);
  }

  async deploy() {
    if (this.dirty && !(await this.save())) return;
    if (!this.dataset.deploy) return;
    htmx.ajax("POST", this.dataset.deploy, { source: this, swap: "none" });
  }
}

customElements.define("x-modeler", ModelerElement);
