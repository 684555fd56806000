// What the mouse does in the diagram, for the keyboard and the phone: choose an element, add, connect, change, delete.
import { said } from "./diagram-words.js";
import { make } from "./modeler-cards.js";
import { runnable } from "./modeler-menu.js";

const plain = ["UserTask", "ServiceTask", "BusinessRuleTask", "SendTask", "ReceiveTask", "ManualTask", "CallActivity", "SubProcess", "ExclusiveGateway", "ParallelGateway", "InclusiveGateway", "EventBasedGateway", "IntermediateThrowEvent", "EndEvent"];
const placed = ["EventSubProcess", "StartEvent", "UserTask", "ServiceTask", "SubProcess", "ManualTask"];
const awaited = ["Message", "Timer", "Signal", "Conditional"];
const onEdge = ["Timer", "Message", "Error", "Escalation", "Signal", "Conditional", "Compensate"];

const is = (object, ...types) => types.some((type) => object.$instanceOf(`bpmn:${type}`));
const kindOf = ({ $type }) => said(`processes.kind.${$type[5].toLowerCase()}${$type.slice(6)}`, {}, $type.slice(5));
const eventKind = (kind, place) => said(`diagram.${kind === "Compensate" ? "compensation" : kind.toLowerCase()}_${place}`);
const defined = (type, kind) => ({ type: `bpmn:${type}`, eventDefinitionType: `bpmn:${kind}EventDefinition` });

function titleOf({ businessObject: object }) {
  if (!is(object, "SequenceFlow")) return object.name || `${kindOf(object)} (${object.id})`;
  return `${object.name || said("diagram.sequence_flow")} (${[object.sourceRef, object.targetRef].map((end) => end.name || end.id).join(" → ")})`;
}

const options = (pairs) => pairs.map(([value, textContent]) => make("option", { value, textContent }));

/** The tools of one modeler; `reveal(id)` shows and chooses an element. */
export class Steps {
  constructor(modeler, reveal) {
    Object.assign(this, { modeler, reveal });
  }

  part(name) {
    return this.modeler.get(name);
  }

  all(...types) {
    return this.part("elementRegistry").filter((each) => !each.labelTarget && each.businessObject?.$instanceOf && is(each.businessObject, ...types));
  }

  /** Every element by name: choosing one leads to it in the diagram. */
  picker(element) {
    const known = this.all("FlowNode", "SequenceFlow", "Participant").map((each) => [each.id, titleOf(each)]);
    const root = this.part("canvas").getRootElement();
    const whole = [root.id, `${said("modeler.whole")}`];
    const chosen = known.some(([id]) => id === element.id) ? element.id : root.id;
    const select = make("select", { className: "select", id: "panel-element" }, ...options([whole, ...known]));
    select.value = chosen;
    select.addEventListener("change", () => {
      this.reveal(select.value);
      document.getElementById("panel-element")?.focus();
    });
    return make("div", { className: "field" }, make("label", { htmlFor: select.id, textContent: said("modeler.element") }), select);
  }

  /** What can be done with the chosen element. */
  tools(element) {
    const object = element.businessObject;
    const within = this.holds(element) && this.choice("within", placed.map((kind) => [kind, kindOf({ $type: `bpmn:${kind}` })]), "add", (kind) => this.place(element, kind));
    if (!is(object, "FlowElement")) return [within];
    const node = is(object, "FlowNode");
    const flows = node && !object.triggeredByEvent; // no flow leads to or from what begins by an event
    const leads = flows && !is(object, "EndEvent");
    return [
      leads && this.choice("append", [...plain.map((kind) => [kind, kindOf({ $type: `bpmn:${kind}` })]), ...awaited.map((kind) => [`=${kind}`, eventKind(kind, "intermediate_catch_event")])], "add", (kind) => this.append(element, kind)),
      leads && this.choice("connect", this.targets(element), "link", (id) => this.part("modeling").connect(element, this.part("elementRegistry").get(id))),
      flows && is(object, "Activity") && this.choice("attach", onEdge.map((kind) => [kind, eventKind(kind, "boundary_event")]), "add", (kind) => this.attach(element, kind)),
      is(object, "SubProcess") && !object.flowElements?.length && this.button("inside", () => this.begin(element)),
      node && this.choice("change", this.changes(element).map(([id, { label }]) => [id, label]), "apply", (id) => this.change(element, id)),
      within,
      this.button("delete", () => this.remove(element)),
    ];
  }

  /** Whether elements lie in an element of the diagram that is open. */
  holds({ businessObject: object, children, collapsed }) {
    return is(object, "Process") || (is(object, "Participant") && object.processRef && children.length) || (is(object, "SubProcess") && !collapsed);
  }

  choice(name, pairs, verb, act) {
    if (!pairs.length) return null;
    const select = make("select", { className: "select", id: `panel-${name}` }, ...options(pairs));
    const button = make("button", { type: "button", className: "button compact", textContent: said(`modeler.${verb}`) });
    button.addEventListener("click", () => act(select.value));
    return make("div", { className: "field" }, make("label", { htmlFor: select.id, textContent: said(`modeler.${name}`) }), make("div", { className: "row" }, select, button));
  }

  button(name, act) {
    const made = make("button", { type: "button", className: "button compact", id: `panel-${name}`, textContent: said(`modeler.${name}`) });
    made.addEventListener("click", act);
    return made;
  }

  choose(element, focus = "panel-name") {
    this.reveal(element.id);
    document.getElementById(focus)?.focus();
  }

  append(element, kind) {
    const what = kind.startsWith("=") ? defined("IntermediateCatchEvent", kind.slice(1)) : { type: `bpmn:${kind}`, isExpanded: kind === "SubProcess" ? false : undefined };
    this.choose(this.part("autoPlace").append(element, this.part("elementFactory").createShape(what)));
  }

  // Below all that is there; what waits for an event beside the rest begins with one.
  place(container, kind) {
    const shapes = (container.children ?? []).filter((each) => !each.waypoints && !each.labelTarget);
    const left = Math.min(...shapes.map(({ x }) => x), container.x + 60 || 180);
    const bottom = Math.max(...shapes.map(({ y, height }) => y + height), container.y + 40 || 80);
    const event = kind === "EventSubProcess";
    const made = this.part("elementFactory").createShape(event ? { type: "bpmn:SubProcess", triggeredByEvent: true, isExpanded: true } : { type: `bpmn:${kind}`, isExpanded: kind === "SubProcess" ? false : undefined });
    const [x, y] = [left + made.width / 2, bottom + 40 + made.height / 2];
    const put = this.part("modeling").createShape(made, { x, y }, container);
    if (event) this.part("modeling").createShape(defined("StartEvent", "Message"), { x: put.x + 60, y }, put);
    this.choose(put);
  }

  targets(element) {
    const rules = this.part("rules");
    const free = (each) => each !== element && each.parent === element.parent && rules.allowed("connection.create", { source: element, target: each });
    return this.all("FlowNode").filter(free).map((each) => [each.id, titleOf(each)]);
  }

  attach(host, kind) {
    const shape = this.part("elementFactory").createShape(defined("BoundaryEvent", kind));
    const beside = host.attachers?.length ?? 0; // one next to the other, from the right
    const place = { x: host.x + host.width - 20 - 40 * beside, y: host.y + host.height };
    this.choose(this.part("modeling").createShape(shape, place, host, { attach: true }));
  }

  // A sub-process that is closed has a plane of its own.
  begin(element) {
    const plane = this.part("elementRegistry").get(`${element.id}_plane`);
    const place = plane ? { x: 200, y: 180 } : { x: element.x + 60, y: element.y + element.height / 2 };
    this.choose(this.part("modeling").createShape({ type: "bpmn:StartEvent" }, place, plane ?? element));
  }

  changes(element) {
    return Object.entries(runnable(this.part("replaceMenuProvider").getPopupMenuEntries(element)));
  }

  change(element, id) {
    const made = Object.fromEntries(this.changes(element))[id].action();
    this.choose(made?.id ? made : this.part("selection").get()[0] ?? element, "panel-change");
  }

  remove(element) {
    this.part("modeling").removeElements([element]);
    document.getElementById("panel-element")?.focus();
  }
}
