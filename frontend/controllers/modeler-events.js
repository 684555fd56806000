// Which fields the panel shows for what an event waits for or throws.
import { said } from "./diagram-words.js";
import { formal, own, reference } from "./modeler-values.js";

const event = ({ object }) => object.eventDefinitions?.[0];
/** Whether an element of the model is of one of the types. */
export const is = (object, ...types) => types.some((type) => object.$instanceOf(`bpmn:${type}`));
const defines = (object, kind) => object.eventDefinitions?.[0]?.$type === `bpmn:${kind}EventDefinition`;

const timers = ["timeDuration", "timeDate", "timeCycle"];
const timerOf = (at) => timers.find((name) => event(at)[name]) ?? "timeDuration";

const timerKind = {
  name: "timer_kind",
  kind: "choice",
  options: timers,
  read: timerOf,
  write(at, value) {
    const body = event(at)[timerOf(at)]?.body;
    const empty = Object.fromEntries(timers.map((name) => [name, undefined]));
    at.values.set(at.element, event(at), { ...empty, [value]: at.values.expression(body ?? " ") });
  },
};

const timer = {
  name: "timer",
  kind: "text",
  schedule: timerOf,
  read: (at) => event(at)[timerOf(at)]?.body?.trim() ?? "",
  // What stands half said keeps its kind: without a body the model would forget which one was chosen.
  write: (at, value) => at.values.set(at.element, event(at), { [timerOf(at)]: at.values.expression(value || " ") }),
};

const interrupts = (name, property) => ({
  name,
  kind: "check",
  usual: true,
  read: ({ object }) => (object[property] === false ? "false" : ""),
  write: ({ values, element }, value) => values.modeling.updateProperties(element, { [property]: value !== "false" }),
});

const mayRunBeside = (object) => ["Message", "Timer", "Signal", "Escalation", "Conditional"].some((kind) => defines(object, kind));

// What a thrown compensation has undone: one activity beside it, else everything that was done around it.
const undone = (object) => {
  const around = object.$parent.triggeredByEvent ? [object.$parent, object.$parent.$parent] : [object.$parent];
  const beside = around.flatMap((each) => each.flowElements ?? []).filter((each) => is(each, "Activity") && !each.isForCompensation && !each.triggeredByEvent);
  return {
    name: "undone",
    kind: "choice",
    options: ["", ...beside.map(({ id }) => id)],
    names: { "": said("modeler.choice.all_done"), ...Object.fromEntries(beside.map(({ id, name }) => [id, name || id])) },
    read: (at) => event(at).activityRef?.id ?? "",
    write: (at, value) => at.values.set(at.element, event(at), { activityRef: beside.find(({ id }) => id === value) }),
  };
};

/** The fields of an event. */
export const eventFields = (object) => [
  ...(is(object, "BoundaryEvent") && mayRunBeside(object) ? [interrupts("interrupting", "cancelActivity")] : []),
  ...(is(object, "StartEvent") && object.$parent?.triggeredByEvent && mayRunBeside(object) ? [interrupts("interrupting_start", "isInterrupting")] : []),
  ...(defines(object, "Message") ? [reference("message", "name", event), own("correlation", "code")] : []),
  ...(defines(object, "Signal") ? [reference("signal", "name", event)] : []),
  ...(defines(object, "Error") ? [reference("error", "errorCode", event)] : []),
  ...(defines(object, "Escalation") ? [reference("escalation", "escalationCode", event)] : []),
  ...(defines(object, "Timer") ? [timerKind, timer] : []),
  ...(defines(object, "Conditional") ? [{ ...formal("condition", "condition", event), help: true }, own("entity")] : []),
  ...(defines(object, "Compensate") && !is(object, "BoundaryEvent", "StartEvent") ? [undone(object)] : []),
  ...(defines(object, "Link") ? [{ name: "link", kind: "text", read: (at) => event(at).name ?? "", write: (at, value) => at.values.set(at.element, event(at), { name: value }) }] : []),
];
