// Which fields the panel shows for which element: everything that the engine reads, in groups.
import { eventFields, is } from "./modeler-events.js";
import { destinations, escalations, fallback, outcomes } from "./modeler-tasking.js";
import { formal, own, plain, reference } from "./modeler-values.js";

const loop = ({ object }) => object.loopCharacteristics;
const isDefault = {
  name: "is_default",
  kind: "check",
  read: ({ object }) => object.sourceRef?.default === object,
  write: ({ values, element, object }, value) =>
    values.modeling.updateProperties(element.source, { default: value ? object : undefined }),
};

const kinds = { "bpmn:StandardLoopCharacteristics": "loop_loop" };
const loopKind = {
  name: "loop",
  kind: "choice",
  options: ["loop_none", "loop_parallel", "loop_sequential", "loop_loop"],
  read(at) {
    const found = loop(at);
    if (!found) return "loop_none";
    return kinds[found.$type] ?? (found.isSequential ? "loop_sequential" : "loop_parallel");
  },
  write({ values, element, object }, value) {
    const made = {
      loop_none: () => undefined,
      loop_parallel: () => values.factory.create("bpmn:MultiInstanceLoopCharacteristics"),
      loop_sequential: () => values.factory.create("bpmn:MultiInstanceLoopCharacteristics", { isSequential: true }),
      loop_loop: () => values.factory.create("bpmn:StandardLoopCharacteristics"),
    }[value]();
    if (made) made.$parent = object;
    values.modeling.updateProperties(element, { loopCharacteristics: made });
  },
};
const ofLoop = (field) => ({
  ...field,
  read: (at) => field.read({ ...at, object: loop(at) }),
  write: (at, value) => field.write({ ...at, object: loop(at) }, value),
});

// What has no name of its own, such as an association, is offered none; an annotation has a text in its place.
const naming = (object) => {
  if (is(object, "TextAnnotation")) return [plain("text", "text", "area"), own("name_fr", "area"), own("name_en", "area")];
  if (!object.$descriptor.propertiesByName.name) return [];
  return [plain("name", "name"), ...(is(object, "Collaboration") ? [] : [own("name_fr"), own("name_en")])];
};

const general = (object) => [
  ...naming(object),
  plain("id", "id"),
  ...(is(object, "Process") ? [plain("executable", "isExecutable", "check")] : []),
];

const people = [destinations, fallback, own("plan", "choice", { options: ["", "once", "parallel", "sequential"] }), own("slots", "text", { help: true })];
const answers = [outcomes, own("rule", "code", { help: true }), own("default"), own("result")];
const time = [own("priority", "choice", { options: ["", "low", "normal", "high", "urgent"] }), own("due", "text", { reckoned: "due" }), own("followUp", "text", { reckoned: "due" }), own("expected"), own("idle", "text", { reckoned: "idle" }), own("calendar", "text", { list: "calendars" })];
const reminders = [escalations];
const task = [own("subject"), own("subject_fr"), own("subject_en"), own("instructions", "area"), own("form", "text", { list: "forms" }), own("redirect", "check", { usual: true })];

const loopFields = (object) => {
  const found = object.loopCharacteristics;
  if (!found) return [loopKind];
  if (found.$type === "bpmn:StandardLoopCharacteristics") {
    return [loopKind, formal("loop_condition", "loopCondition", loop), ofLoop(plain("most", "loopMaximum")), ofLoop(plain("before", "testBefore", "check"))];
  }
  return [loopKind, ofLoop(own("collection", "code")), ofLoop(own("item")), formal("cardinality", "loopCardinality", loop), formal("completion", "completionCondition", loop), own("collect", "code"), own("into")];
};

const workFields = (object) => [
  ...(is(object, "BusinessRuleTask") ? [own("decision", "text", { list: "decisions", opens: "/processes/decisions/of/" })] : []),
  ...(is(object, "ReceiveTask", "SendTask") ? [reference("message", "name"), own("correlation", "code")] : []),
  ...(is(object, "ReceiveTask") ? [] : [own("action", "text", { list: "actions" }), own("url", "text", { help: true }), own("input", "code", { help: true }), own("result", "text", { help: true }), own("retries", "text", { help: true })]),
];

/** The groups of fields of an element of the model, each `[name, fields]`. */
export function groupsOf(object, drawn = object) {
  const pool = { name: "pool", kind: "text", read: () => drawn.name ?? "", write: ({ values, element }, value) => values.modeling.updateProperties(element, { name: value }) };
  const groups = [["general", drawn === object ? general(object) : [pool, ...general(object)]]];
  if (is(object, "UserTask")) groups.push(["task", task], ["people", people], ["answers", answers], ["time", time], ["reminders", reminders]);
  if (is(object, "ServiceTask", "SendTask", "ReceiveTask", "BusinessRuleTask")) groups.push(["work", workFields(object)]);
  if (is(object, "CallActivity")) groups.push(["call", [{ ...plain("called", "calledElement"), list: "processes" }, own("version"), own("input", "code", { help: true }), own("output", "code")]]);
  if (is(object, "SubProcess")) groups.push(["data", [own("input", "code", { help: true })]]);
  if (is(object, "SequenceFlow")) groups.push(["flow", [{ ...formal("condition", "conditionExpression"), help: true }, isDefault]]);
  if (object.eventDefinitions?.length) groups.push(["event", eventFields(object)]);
  if (is(object, "Activity") && !object.triggeredByEvent) groups.push(["repeat", loopFields(object)]);
  return groups.filter(([, fields]) => fields.length);
}
