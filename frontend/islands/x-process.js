// <x-process data-model data-state data-details>: a BPMN diagram with the course of an instance, kept true live.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "../styles/process.css";
import { look } from "../controllers/diagram-look.js";
import { fetchFragment, htmx } from "../controllers/shared.js";
import { translation } from "../controllers/diagram-words.js";
import { fetchXml } from "../controllers/xml.js";

const readable = 0.62; // below this zoom names cannot be read, and the view goes to what is active
const states = ["done", "active", "failed", "skipped", "stopped"];

class Process extends HTMLElement {
  async connectedCallback() {
    if (this.viewer) return;
    this.marked = [];
    this.viewer = new NavigatedViewer({
      container: this.querySelector(".process-canvas"),
      zoomScroll: { enabled: false },
      additionalModules: [translation],
      ...look(),
    });
    this.addEventListener("live", (event) => event.target === this && this.update());
    this.show = (event) => this.reveal(event.target.closest?.("[data-show-element]")?.dataset.showElement);
    document.addEventListener("click", this.show);
    this.addEventListener("click", (event) => this.zoom(event.target.closest("[data-zoom]")?.dataset.zoom));
    await this.open();
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.show);
    this.viewer?.destroy();
    this.viewer = null;
  }

  part(name) {
    return this.viewer.get(name);
  }

  async open() {
    const [model, course] = await Promise.all([fetchXml(this.dataset.model), this.course()]);
    if (!this.viewer) return;
    try {
      await this.viewer.importXML(model);
    } catch {
      (this.closest("[data-diagram]") ?? this).hidden = true; // a model without a diagram: the list beside it tells the same
      return;
    }
    this.part("eventBus").on("element.click", ({ element }) => this.tell(element));
    this.part("eventBus").on("root.set", () => this.paint(this.painted));
    this.rename();
    this.paint(course);
    this.place(course);
    this.dataset.ready = "";
  }

  course() {
    return this.dataset.state ? fetchFragment(this.dataset.state).then(JSON.parse) : { elements: {}, flows: {} };
  }

  async update() {
    const course = await this.course().catch(() => null);
    if (course && this.viewer) this.paint(course);
  }

  // Names in the reader's language, where the model gives them.
  rename() {
    const wanted = `entente:name_${document.documentElement.lang}`;
    this.part("elementRegistry").forEach((element) => {
      const object = element.businessObject;
      const pool = object?.processRef?.name === object?.name && object?.processRef;
      const name = (pool || object)?.$attrs?.[wanted];
      if (!name || element.type === "label") return;
      object[object.$type === "bpmn:TextAnnotation" ? "text" : "name"] = name;
      for (const part of [element, element.label]) if (part) this.part("eventBus").fire("element.changed", { element: part });
    });
  }

  paint(course) {
    this.painted = course;
    const canvas = this.part("canvas");
    for (const [id, marker] of this.marked) if (this.part("elementRegistry").get(id)) canvas.removeMarker(id, marker);
    this.part("overlays").remove({ type: "course" });
    this.marked = [];
    for (const [id, flow] of Object.entries(course.flows)) this.mark(id, `flow-${flow}`);
    for (const [id, step] of Object.entries(course.elements)) {
      if (!states.includes(step.state) || !this.mark(id, `step-${step.state}`)) continue;
      this.badge(id, step);
    }
  }

  mark(id, marker) {
    const element = this.part("elementRegistry").get(id);
    if (!element) return false;
    this.part("canvas").addMarker(element, marker);
    this.marked.push([id, marker]);
    return true;
  }

  badge(id, step) {
    const html = this.querySelector(`template[data-badge="${step.state}"]`).content.firstElementChild.cloneNode(true);
    const count = Math.max(step.open, step.done);
    if (count > 1) html.append(String(count));
    html.title = step.title;
    this.part("overlays").add(id, "course", { position: { top: -10, right: 12 }, html });
    if (!step.people.length) return;
    const people = document.createElement("span");
    people.className = "step-people";
    people.title = step.people.map(({ name }) => name).join(", ");
    for (const { initials, hue } of step.people.slice(0, 3)) {
      people.append(Object.assign(document.createElement("span"), { className: `avatar hue-${hue}`, textContent: initials }));
    }
    this.part("overlays").add(id, "course", { position: { bottom: 12, left: -8 }, html: people });
  }

  place(course) {
    const canvas = this.part("canvas");
    canvas.zoom("fit-viewport", "auto");
    if (canvas.zoom() >= readable) return;
    const wanted = Object.entries(course.elements).find(([id, step]) => step.open && this.part("elementRegistry").get(id));
    canvas.zoom(0.8);
    if (wanted) canvas.scrollToElement(wanted[0], { top: 90, bottom: 90, left: 260, right: 260 });
  }

  zoom(how) {
    if (!how) return;
    if (how === "fit") this.part("canvas").zoom("fit-viewport", "auto");
    else this.part("zoomScroll").stepZoom(Number(how));
  }

  reveal(id) {
    const element = id && this.part("elementRegistry").get(id);
    if (!element) return;
    this.choose(element);
    this.part("canvas").scrollToElement(element);
    this.scrollIntoView({ block: "nearest" });
  }

  choose(element) {
    if (this.chosen) this.part("canvas").removeMarker(this.chosen, "step-chosen");
    this.chosen = element;
    if (element) this.part("canvas").addMarker(element, "step-chosen");
  }

  tell(element) {
    const id = element.labelTarget?.id ?? element.id;
    this.choose(null);
    if (!this.dataset.details || element === this.part("canvas").getRootElement()) return;
    this.choose(element);
    htmx.ajax("GET", `${this.dataset.details}/${encodeURIComponent(id)}`, { target: "#step-details", swap: "innerHTML" });
  }
}

customElements.define("x-process", Process);
