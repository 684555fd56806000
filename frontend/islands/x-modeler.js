// <x-modeler data-model data-save data-check>: draws and sets up a process; the server's checks show while one edits.
import Modeler from "bpmn-js/lib/Modeler";
import "../styles/modeler.css";
import { look } from "../controllers/diagram-look.js";
import { said, translation } from "../controllers/diagram-words.js";
import { menu } from "../controllers/modeler-menu.js";
import { Panel } from "../controllers/modeler-panel.js";
import { forget, keep, recall } from "../controllers/modeler-drafts.js";
import { Steps } from "../controllers/modeler-steps.js";
import { Values } from "../controllers/modeler-values.js";
import { debounce, htmx, ownHeaders } from "../controllers/shared.js";
import { fetchXml } from "../controllers/xml.js";

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
const legible = 0.5; // below this scale names cannot be read
const paletteWidth = 72; // pixels of the canvas that the palette covers
const keeping = 200; // milliseconds without a change before the tab keeps the model
const pause = 700; // milliseconds without a change before the server checks

class ModelerElement extends HTMLElement {
  async connectedCallback() {
    if (this.modeler) return;
    this.problems = [];
    this.modeler = new Modeler({ container: this.querySelector(".modeler-canvas"), moddleExtensions: { entente: ours }, additionalModules: [translation, menu], ...look() });
    this.values = new Values(this.modeler);
    this.panel = new Panel(this.querySelector(".modeler-panel"), this.values, new Steps(this.modeler, (id) => this.reveal(id)));
    this.sized = new ResizeObserver(() => this.modeler && this.part("canvas").resized()); // the palette folds to what room there is
    this.sized.observe(this.querySelector(".modeler-canvas"));
    this.checkSoon = debounce(() => this.check(), pause);
    this.keepSoon = debounce(() => this.keep(), keeping);
    this.leave = (event) => this.dirty && event.preventDefault();
    addEventListener("beforeunload", this.leave);
    this.addEventListener("click", (event) => this.act(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("htmx:response:error", (event) => (this.refused = event.detail.ctx.response.status === 422));
    await this.open();
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.leave);
    this.sized?.disconnect();
    this.modeler?.destroy();
    this.modeler = null;
  }

  part(name) {
    return this.modeler.get(name);
  }

  async open() {
    const draft = recall(this.dataset.model);
    try {
      await this.modeler.importXML(draft ?? (await fetchXml(this.dataset.model)));
    } catch (fault) {
      const empty = /no diagram/i.test(fault.message);
      this.panel.place.replaceChildren(Object.assign(document.createElement("p"), { textContent: said(empty ? "modeler.no_diagram" : "modeler.unreadable", { text: fault.message }) }));
      return;
    }
    this.fit();
    this.part("eventBus").on("selection.changed", () => this.showChosen());
    this.part("eventBus").on("root.set", () => this.showChosen());
    this.part("eventBus").on("commandStack.changed", () => this.changed());
    if (draft) this.found();
    this.showChosen();
    this.check();
    this.dataset.ready = "";
  }

  found() {
    this.mark(true);
    this.say(said("modeler.found"));
    this.querySelector("[data-do=discard]").hidden = false;
  }

  discard() {
    this.dirty = false;
    forget(this.dataset.model);
    location.reload();
  }

  fit() {
    const canvas = this.part("canvas");
    canvas.zoom("fit-viewport", "auto");
    const { x, y, width, height, scale } = canvas.viewbox();
    const margin = paletteWidth / scale;
    canvas.viewbox({ x: x - margin, y, width: width + margin, height });
  }

  get chosen() {
    return this.part("selection").get()[0] ?? this.part("canvas").getRootElement();
  }

  showChosen() {
    const element = this.chosen.labelTarget ?? this.chosen;
    this.panel.show(element, this.problems.filter(({ id }) => id === (element.businessObject.processRef ?? element.businessObject).id));
  }

  changed() {
    this.mark(true);
    this.say("");
    if (!this.panel.writing) this.showChosen();
    this.keepSoon();
    this.checkSoon();
  }

  mark(dirty) {
    this.dirty = dirty;
    const stack = this.part("commandStack");
    for (const [name, possible] of [["undo", stack.canUndo()], ["redo", stack.canRedo()], ["save", dirty]]) {
      for (const button of this.querySelectorAll(`[data-do="${name}"]`)) button.disabled = !possible;
    }
    this.querySelector("[data-unsaved]").hidden = !dirty;
    const root = this.part("canvas").getRootElement().businessObject;
    if (root?.$type === "bpmn:Process" && root.name) this.querySelector("h1").textContent = root.name;
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
    if (zoom) return zoom === "fit" ? this.fit() : this.part("zoomScroll").stepZoom(Number(zoom));
    const id = event.target.closest("[data-show-element]")?.dataset.showElement;
    if (id) return this.reveal(id);
    const deed = event.target.closest("[data-do]")?.dataset.do;
    if (deed === "undo" || deed === "redo") this.part("commandStack")[deed]();
    if (deed === "save") this.save();
    if (deed === "discard") this.discard();
    if (deed === "deploy") this.deploy();
  }

  // A process in a pool is drawn as that pool.
  known(id) {
    const registry = this.part("elementRegistry");
    return registry.get(id) ?? registry.find(({ businessObject: object }) => object?.processRef?.id === id);
  }

  reveal(id) {
    const element = this.known(id);
    if (!element) return;
    const canvas = this.part("canvas");
    const root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    if (element === root) return this.part("selection").select([]);
    if (canvas.zoom() < legible) canvas.zoom(1, "auto");
    canvas.scrollToElement(element);
    this.part("selection").select(element);
  }

  async keep() {
    if (!this.modeler) return "";
    const { xml } = await this.modeler.saveXML({ format: true });
    if (this.dirty) keep(this.dataset.model, xml);
    return xml;
  }

  async send(url, over = "") {
    const body = new FormData();
    const xml = await this.keep();
    body.append("over", over);
    body.append("file", new Blob([xml]), "model.bpmn");
    body.append("base", this.dataset.identity ?? "");
    return fetch(url, { method: "POST", body, headers: ownHeaders() });
  }

  async check() {
    const answer = await this.send(this.dataset.check).catch(() => null);
    if (!answer?.ok || !this.modeler) return;
    const list = this.querySelector(".modeler-problems");
    const here = list.contains(document.activeElement);
    list.innerHTML = await answer.text();
    if (here) this.toProblems();
    this.problems = [...this.querySelectorAll("[data-problem]")].map((line) => ({ id: line.dataset.problem, severity: line.dataset.severity, text: line.querySelector("[data-message]").textContent }));
    this.part("overlays").remove({ type: "problem" });
    for (const { id, severity, text } of this.problems) {
      const element = this.known(id);
      if (!element?.parent) continue; // the whole process has no place in its diagram
      const html = Object.assign(document.createElement("span"), { className: `step-badge ${severity === "error" ? "failed" : "warned"}`, textContent: "!", title: text });
      this.part("overlays").add(element, "problem", { position: { top: -10, left: -6 }, html });
    }
    if (!this.panel.place.contains(document.activeElement)) this.showChosen();
  }

  save() {
    if (!this.dirty) return true;
    this.saving ??= this.write().finally(() => (this.saving = null));
    return this.saving;
  }

  async write(over) {
    const answer = await this.send(this.dataset.save, over).catch(() => null);
    if (answer?.status === 401) return this.comeBack(await answer.text());
    const found = await answer?.json().catch(() => null);
    if (found?.over && confirm(found.text)) return this.write(found.over);
    if (found?.over) return this.say(said("modeler.not_saved"), true) ?? false;
    if (!answer?.ok) {
      this.say(said("modeler.refused", { text: found?.text ?? said("modeler.unreached") }), true);
      return false;
    }
    this.saved(found);
    return true;
  }

  saved(found) {
    this.mark(false);
    forget(this.dataset.model);
    Object.assign(this.dataset, { identity: found.id, deploy: found.deploy, model: found.model });
    this.querySelector("[data-do=discard]").hidden = true;
    history.replaceState(history.state, "", found.url);
    this.say(said("modeler.saved", { number: found.version }));
  }

  // The session is over: the model stays, and whoever draws signs in beside it.
  comeBack(html) {
    const form = new DOMParser().parseFromString(html, "text/html").querySelector("x-sign-in");
    document.body.append(form);
    htmx.process(form);
    this.say(said("modeler.kept"), true);
    return false;
  }

  say(text, refused = false) {
    const place = this.querySelector("[data-status]");
    place.textContent = text;
    place.classList.toggle("late", refused);
  }

  async deploy() {
    if (this.dirty && !(await this.save())) return;
    if (!this.dataset.deploy) return;
    await htmx.ajax("POST", this.dataset.deploy, { source: this, swap: "none" });
    if (!this.refused) return;
    this.refused = false;
    this.say(said("modeler.not_deployed"), true);
    this.toProblems();
  }

  toProblems() {
    this.querySelector("[data-show-element]")?.focus();
  }
}

customElements.define("x-modeler", ModelerElement);
