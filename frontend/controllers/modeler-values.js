// What our panel reads from an element of a model and writes back, each write one step that can be undone.

/** Reading and writing for one modeler. */
export class Values {
  constructor(modeler) {
    this.modeling = modeler.get("modeling");
    this.factory = modeler.get("bpmnFactory");
    this.moddle = modeler.get("moddle");
    this.modeler = modeler;
  }

  get definitions() {
    return this.modeler.getDefinitions();
  }

  set(element, owner, values) {
    this.modeling.updateModdleProperties(element, owner, values);
  }

  expression(body) {
    return body ? this.factory.create("bpmn:FormalExpression", { body }) : undefined;
  }

  // Messages, signals, errors and escalations stand beside the process and are shared by name.
  refer(element, owner, type, property, value) {
    const reference = `${type}Ref`;
    if (!value) return this.set(element, owner, { [reference]: undefined });
    const kind = `bpmn:${type[0].toUpperCase()}${type.slice(1)}`;
    let found = this.definitions.rootElements.find((each) => each.$type === kind && each[property] === value);
    if (!found) {
      found = this.factory.create(kind, { [property]: value, ...(property === "name" ? {} : { name: value }) });
      found.$parent = this.definitions;
      this.set(element, this.definitions, { rootElements: [...this.definitions.rootElements, found] });
    }
    this.set(element, owner, { [reference]: found });
  }

  children(object, type) {
    return (object.extensionElements?.values ?? []).filter((each) => each.$type === type);
  }

  setChildren(element, object, type, rows) {
    const others = (object.extensionElements?.values ?? []).filter((each) => each.$type !== type);
    const made = rows.map((row) => this.moddle.create(type, row));
    const values = [...others, ...made];
    const extensionElements = values.length ? this.factory.create("bpmn:ExtensionElements", { values }) : undefined;
    for (const each of values) each.$parent = extensionElements;
    if (extensionElements) extensionElements.$parent = object;
    this.set(element, object, { extensionElements });
  }
}

/** One of our own attributes. */
export const own = (name, kind = "text", more = {}) => ({
  name,
  kind,
  read: ({ object }) => object.get(`entente:${name}`) ?? "",
  write: ({ values, element, object }, value) => values.set(element, object, { [`entente:${name}`]: value || undefined }),
  ...more,
});

/** An attribute of BPMN itself. */
export const plain = (name, property, kind = "text") => ({
  name,
  kind,
  read: ({ object }) => object.get(property) ?? "",
  write({ values, element, object }, value) {
    if (element.businessObject === object) values.modeling.updateProperties(element, { [property]: value || undefined });
    else values.set(element, object, { [property]: value || undefined });
  },
});

/** An expression within the part of an element that `of` names. */
export const formal = (name, property, of = ({ object }) => object) => ({
  name,
  kind: "code",
  read: (at) => of(at)[property]?.body ?? "",
  write: (at, value) => at.values.set(at.element, of(at), { [property]: at.values.expression(value) }),
});

/** A reference by name to a message, signal, error or escalation. */
export const reference = (type, property, of = ({ object }) => object) => ({
  name: type,
  kind: "text",
  read: (at) => of(at)[`${type}Ref`]?.[property] ?? "",
  write: (at, value) => at.values.refer(at.element, of(at), type, property, value),
});
