// The panel beside the canvas: a form for the chosen element, drawn from its fields.
import { said } from "./diagram-words.js";
import { cards, make } from "./modeler-cards.js";
import { groupsOf } from "./modeler-fields.js";
import { pickSchedule } from "./schedule.js";
import { reckon } from "./modeler-tasking.js";

export class Panel {
  constructor(place, values, steps) {
    Object.assign(this, { place, values, steps });
  }

  /** Show the fields of an element; `object` is what they belong to, the process of a participant for instance. */
  show(element, problems = []) {
    const object = element.businessObject.processRef ?? element.businessObject;
    const at = { values: this.values, element, object };
    const noted = problems.map(({ text, severity }) => make("p", { className: `small ${severity === "error" ? "late" : "text-2"}`, textContent: text }));
    const groups = groupsOf(object, element.businessObject).map(([name, fields], place) => this.group(at, name, fields, place));
    const tools = this.steps.tools(element).filter(Boolean);
    const doing = tools.length && make("details", { className: "form-section", open: true }, make("summary", { textContent: said("modeler.group.diagram") }), make("div", { className: "form" }, ...tools));
    this.place.replaceChildren(this.steps.picker(element), ...noted, ...groups, ...(doing ? [doing] : []));
  }

  // A write must not draw the form anew under the hands of who types; a choice may change which fields there are.
  write(at, field, value) {
    this.writing = true;
    field.write(at, value);
    this.writing = false;
    // What is reckoned from this moment or in this calendar is due at other times now.
    if (field.name === "due" || field.name === "calendar") this.place.querySelectorAll("[data-reckoned]").forEach((input) => input.dispatchEvent(new Event("again")));
    if (field.kind !== "choice") return;
    this.show(at.element);
    this.place.querySelector(`#panel-${field.name}`)?.focus();
  }

  group(at, name, fields, place) {
    const summary = make("summary", { textContent: said(`modeler.group.${name}`) });
    const used = place < 2 || fields.some((field) => field.read(at) && field.read(at).length !== 0 && field.read(at) !== "loop_none");
    const body = make("div", { className: "form" }, ...fields.map((field) => this.field(at, field)));
    return make("details", { className: "form-section", open: used }, summary, body);
  }

  field(at, field) {
    const id = `panel-${field.name}`;
    if (field.kind === "check") return this.check(at, field, id);
    const label = make("label", { htmlFor: id, textContent: said(`modeler.field.${field.name}`) });
    const help = field.help && make("div", { className: "field-help", id: `${id}-help`, textContent: said(`modeler.help.${field.name}`) });
    const control = field.kind === "cards" ? cards(field, field.read(at), id, (rows) => this.write(at, field, rows), at) : this.control(at, field, id);
    if (help) control.setAttribute("aria-describedby", help.id);
    const made = make("div", { className: "field" }, label, control, field.opens && this.link(field, control), help);
    if (field.schedule) pickSchedule(control, field.schedule(at));
    if (field.reckoned) reckon(control, field.reckoned, at);
    return made;
  }

  // Where what a field names is looked at, in a tab of its own: the model here may not be saved yet.
  link(field, control) {
    const made = make("a", { className: "link small", target: "_blank", rel: "noopener", textContent: said(`modeler.open_${field.name}`) });
    const follow = () => {
      made.hidden = !control.value.trim();
      made.href = field.opens + encodeURIComponent(control.value.trim());
    };
    control.addEventListener("input", follow);
    follow();
    return made;
  }

  check(at, field, id) {
    const found = field.read(at);
    const checked = field.usual ? found !== "false" : found === true || found === "true";
    const box = make("input", { type: "checkbox", id, checked });
    box.addEventListener("change", () => this.write(at, field, field.usual ? (box.checked ? "" : "false") : box.checked));
    return make("label", { className: "choice-line" }, box, said(`modeler.field.${field.name}`));
  }

  control(at, field, id) {
    const control = { choice: this.choice, code: this.area, area: this.area }[field.kind]?.call(this, at, field) ?? this.text(at, field);
    control.id = id;
    control.addEventListener("change", () => this.write(at, field, control.value.trim()));
    return control;
  }

  text(at, field) {
    const made = make("input", { className: "input", value: String(field.read(at)), spellcheck: false });
    if (field.list) made.setAttribute("list", `modeler-${field.list}`);
    return made;
  }

  area(at, field) {
    const value = String(field.read(at));
    const className = field.kind === "code" ? "textarea code" : "textarea";
    return make("textarea", { className, value, rows: Math.min(6, value.split("\n").length + 1), spellcheck: field.kind === "area" });
  }

  choice(at, field) {
    const found = field.read(at);
    const options = field.options.map((value) => make("option", { value, textContent: field.names?.[value] ?? (value && said(`modeler.choice.${value}`)), selected: value === found }));
    return make("select", { className: "select" }, ...options);
  }
}
