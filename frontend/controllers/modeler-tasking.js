// What a user task declares in lists: for whom it is, how it may end, what happens while it is not done.
import { pickSchedule } from "./schedule.js";

/** Put the picker around a time of a task, which is reckoned in its calendar and from its due moment. */
export function reckon(input, kind, { object }) {
  input.dataset.reckoned = "";
  pickSchedule(input, kind, () => ({ calendar: object.get("entente:calendar") ?? "", due: object.get("entente:due") ?? "" }));
}
const holders = ["user", "team", "role", "field", "expression"];
const lists = { user: "users", team: "teams", role: "roles" };

// The short form in one attribute, as `user:helene; =expression`, is read as well and written as elements.
function inShort(text) {
  return text.split(";").map((part) => part.trim()).filter(Boolean).map((part) => {
    if (part.startsWith("=")) return { kind: "expression", value: part.slice(1).trim() };
    const [, kind, value] = part.match(/^(\w+):(.*)$/) ?? [];
    return holders.includes(kind) ? { kind, value: value.trim() } : { kind: "user", value: part };
  });
}

const whom = (name, type, more = []) => ({
  name,
  kind: "cards",
  fresh: { kind: "user" },
  columns: [
    { name: "kind", label: "whom", kind: "choice", options: holders },
    { name: "value", list: (row) => lists[row.kind] },
    ...more,
  ],
  read({ values, object }) {
    const found = values.children(object, `entente:${type}`).flatMap((each) =>
      holders.filter((kind) => each[kind]).map((kind) => ({ kind, value: each[kind], when: each.when, members: each.members })),
    );
    return [...inShort(object.get(`entente:${name}`) ?? ""), ...found];
  },
  write({ values, element, object }, rows) {
    if (object.get(`entente:${name}`)) values.set(element, object, { [`entente:${name}`]: undefined });
    const kept = rows.filter((row) => row.value);
    values.setChildren(element, object, `entente:${type}`, kept.map(({ kind, value, when, members }) => ({ [kind]: value, when: when || undefined, members: members || undefined })));
  },
});

export const destinations = whom("destinations", "Destination", [
  { name: "members", kind: "check", when: ({ kind }) => kind === "team" || kind === "role" },
  { name: "when", label: "only_when", kind: "code" },
]);
export const fallback = whom("fallback", "Fallback");

export const outcomes = {
  name: "outcomes",
  kind: "cards",
  fresh: {},
  columns: [{ name: "key" }, { name: "fr" }, { name: "en" }, { name: "rule", kind: "code" }],
  read({ values, object }) {
    const said = (object.get("entente:outcomes") ?? "").split(",").map((key) => key.trim()).filter(Boolean);
    const rows = values.children(object, "entente:Outcome");
    return [...said.map((key) => ({ key })), ...rows.map(({ key, fr, en, label, rule }) => ({ key, fr, en, label, rule }))];
  },
  write({ values, element, object }, rows) {
    if (object.get("entente:outcomes")) values.set(element, object, { "entente:outcomes": undefined });
    values.setChildren(element, object, "entente:Outcome", rows.filter((row) => row.key));
  },
};

const only = (...actions) => (row) => actions.includes(row.action);
const details = ["at", "action", "to", "outcome", "code", "when", "every", "most", "template"];

export const escalations = {
  name: "escalations",
  kind: "cards",
  help: true,
  fresh: { at: "PT4H", action: "remind" },
  columns: [
    { name: "at", label: "moment", dress: (input, at) => reckon(input, "escalation", at) },
    { name: "action", label: "then", kind: "choice", options: ["remind", "notify", "redirect", "priority", "complete", "escalate"] },
    { name: "to", when: only("notify", "redirect", "priority") },
    { name: "template", list: () => "templates", when: only("remind", "notify") },
    { name: "outcome", when: only("complete") },
    { name: "code", label: "escalation", when: only("escalate") },
    { name: "when", label: "only_when", kind: "code" },
    { name: "every", dress: (input, at) => reckon(input, "every", at) },
    { name: "most", label: "times" },
  ],
  read: ({ values, object }) =>
    values.children(object, "entente:Escalation").map((each) => Object.fromEntries(details.map((name) => [name, each[name]]))),
  write({ values, element, object }, rows) {
    const said = (row) => Object.fromEntries(details.filter((name) => row[name]).map((name) => [name, row[name]]));
    values.setChildren(element, object, "entente:Escalation", rows.filter((row) => row.at).map(said));
  },
};
