"""Reads DMN models and their test cases, and evaluates decisions through `entente.kernel.expressions`.

Only what the public FEEL cases use: literal expressions, contexts, lists, relations, functions, invocations,
conditionals, loops, filters and decision tables, business knowledge models and decision services.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ParserCreate

import msgspec

from entente.kernel.expressions.evaluate import build
from entente.kernel.expressions.frame import Context, Frame, Run
from entente.kernel.expressions.instances import typed
from entente.kernel.expressions.nodes import Node, Parameter
from entente.kernel.expressions.parser import parse, parse_tests
from entente.kernel.expressions.values import Function, Moment, Value
from entente.kernel.kit.refusal import Refused


class NotInSubsetError(Exception):
    """The model uses what we do not evaluate."""


def read_xml(text: bytes) -> Element:
    """The root of a document without DTD or entities (ValueError otherwise)."""
    builder = TreeBuilder()
    parser = ParserCreate(namespace_separator="}")

    def refuse(*_: Any) -> None:
        raise ValueError("a document type or an entity is not accepted")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: builder.start(
        _named(name), {_named(key): value for key, value in attributes.items()}
    )
    parser.EndElementHandler = lambda name: builder.end(_named(name))
    parser.CharacterDataHandler = builder.data
    parser.Parse(text, True)
    return builder.close()


def _named(name: str) -> str:
    return "{" + name if "}" in name else name


def tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def child(element: Element, *names: str) -> Element | None:
    return next((one for one in element if tag(one) in names), None)


def children(element: Element, *names: str) -> list[Element]:
    return [one for one in element if tag(one) in names]


NODES = ("decision", "businessKnowledgeModel", "decisionService", "inputData")
EXPRESSIONS = (
    "literalExpression", "context", "list", "relation", "functionDefinition", "invocation", "conditional",
    "for", "some", "every", "filter", "decisionTable",
)  # fmt: skip


class Model:
    """The decisions, knowledge models and services of one file, evaluated on demand."""

    def __init__(self, root: Element, moment: Moment) -> None:
        self.moment = moment
        self.nodes = {one.get("name", ""): one for one in root if tag(one) in NODES}
        self.by_id = {one.get("id", ""): one for one in self.nodes.values()}
        self.items = {one.get("name", ""): one for one in root if tag(one) == "itemDefinition"}
        members = {part.get("name", "") for item in self.items.values() for part in item.iter() if part.get("name")}
        self.names = [name for name in (*self.nodes, *members) if not name.isalnum()]

    def decide(self, name: str, inputs: Mapping[str, Value]) -> Value:
        """The value of a decision for inputs."""
        values: dict[str, Value] = {}
        for node in self.nodes.values():
            if tag(node) == "inputData":
                given = inputs.get(node.get("name", ""))
                values[node.get("name", "")] = self.typed(given, self.type_of(node))
        return self.value_of(self.nodes[name], values)

    def value_of(self, node: Element, values: dict[str, Value]) -> Value:
        """The value of a decision, a knowledge model (a function) or a service (a function); evaluated once."""
        name = node.get("name", "")
        if name in values:
            return values[name]
        reach = dict(values)
        for required in node.iter():
            if tag(required) in ("requiredDecision", "requiredKnowledge", "requiredInput"):
                other = self.by_id.get((required.get("href") or "").rpartition("#")[2])
                if other is not None and tag(other) != "inputData":
                    reach[other.get("name", "")] = self.value_of(other, values)
        if tag(node) == "businessKnowledgeModel":
            logic = child(node, "encapsulatedLogic")
            found = None if logic is None else function(self, logic, self.frame(reach), self.type_of(node))
        elif tag(node) == "decisionService":
            found = self.service(node, values)
        else:
            expression = child(node, *EXPRESSIONS)
            found = None if expression is None else self.evaluate(expression, self.frame(reach))
            found = self.typed(found, self.type_of(node))
        values[name] = found
        return found

    def service(self, node: Element, values: dict[str, Value]) -> Function:
        """A decision service as a function of its input data, then its input decisions."""

        def named(kind_of: str) -> list[Element]:
            return [self.by_id[(one.get("href") or "").rpartition("#")[2]] for one in children(node, kind_of)]

        outputs = named("outputDecision")
        parameters = [*named("inputData"), *named("inputDecision")]
        names = tuple(one.get("name", "") for one in parameters)

        def call(*given: Value) -> Value:
            reach: dict[str, Value] = {}
            for parameter, value in zip(parameters, given, strict=True):
                fitting = self.typed(value, self.type_of(parameter))
                reach[parameter.get("name", "")] = fitting
            results = [self.value_of(one, reach) for one in outputs]
            found = (
                results[0]
                if len(results) == 1
                else dict(zip([o.get("name", "") for o in outputs], results, strict=True))
            )
            return self.typed(found, self.type_of(node))

        return Function(call, names, node.get("name", ""))

    def frame(self, values: Mapping[str, Value]) -> Frame:
        run = Run(Context(values, self.moment))
        run.zone = None  # the kit's date-times keep their own zones
        return Frame(run, dict(values), None)

    def type_of(self, node: Element) -> str | None:
        variable = child(node, "variable")
        named = node.get("typeRef") if variable is None else variable.get("typeRef")
        reference = child(node, "typeRef") if named is None else None
        return (reference.text or "").strip() if reference is not None else named

    def type_text(self, name: str) -> str:
        """A declared type as our own spelling, with the parts of item definitions."""
        name = name.rpartition(":")[2]
        item = self.items.get(name)
        return name if item is None else self.item_text(item)

    def item_text(self, item: Element) -> str:
        parts = children(item, "itemComponent")
        if child(item, "functionItem") is not None:
            text = "function<Any> -> Any"
        elif parts:
            text = "context<" + ", ".join(f"{p.get('name')}: {self.item_text(p)}" for p in parts) + ">"
        else:
            reference = child(item, "typeRef")
            text = self.type_text((reference.text or "").strip()) if reference is not None else "Any"
        return f"list<{text}>" if item.get("isCollection") == "true" else text

    def typed(self, value: Value, name: str | None) -> Value:
        """The value as a declared type, or null when it is none."""
        return value if name is None or value is None else typed(value, self.type_text(name))

    def parse(self, text: str, frame: Frame) -> Node:
        extra: list[Any] = []
        scope: Frame | None = frame
        while scope is not None:
            extra.extend(name for name in scope.names if not name.isidentifier())
            scope = scope.parent
        try:
            return self.spelled(parse(text, [*self.names, *extra]))
        except Refused as refusal:
            raise NotInSubsetError(refusal.code) from None

    def spelled(self, node: Node) -> Node:
        """The tree with the names of item definitions in types replaced by what they mean."""

        def walk(part: Any) -> Any:
            if isinstance(part, tuple):
                return tuple(walk(one) for one in part)
            if isinstance(part, msgspec.Struct):
                changed = {field: walk(getattr(part, field)) for field in part.__struct_fields__}
                if "type" in changed:
                    changed["type"] = self.spelled_type(changed["type"])
                return type(part)(**changed)
            return part

        return walk(node)  # type: ignore[no-any-return]

    def spelled_type(self, text: str) -> str:
        for name in sorted(self.items, key=len, reverse=True):
            if text == name or f"<{name}>" in text:
                text = text.replace(name, self.item_text(self.items[name]))
        return text

    def evaluate(self, element: Element, frame: Frame) -> Value:
        return _EVALUATORS[tag(element)](self, element, frame)


def literal(model: Model, element: Element, frame: Frame) -> Value:
    text = child(element, "text")
    if not (element.get("expressionLanguage") or "FEEL").rstrip("/").endswith("FEEL") or text is None:
        raise NotInSubsetError("expression language")
    return model.typed(build(model.parse(text.text or "", frame))(frame), element.get("typeRef"))


def context(model: Model, element: Element, frame: Frame) -> Value:
    found: dict[str, Value] = {}
    inner = frame.inner(found)
    for entry in children(element, "contextEntry"):
        variable, expression = child(entry, "variable"), child(entry, *EXPRESSIONS)
        value = None if expression is None else model.evaluate(expression, inner)
        if variable is None:
            return value
        found[variable.get("name", "")] = model.typed(value, variable.get("typeRef"))
    return found


def items_of(model: Model, element: Element, frame: Frame) -> Value:
    return model.typed([model.evaluate(one, frame) for one in children(element, *EXPRESSIONS)], element.get("typeRef"))


def relation(model: Model, element: Element, frame: Frame) -> Value:
    columns = [column.get("name", "") for column in children(element, "column")]
    return [
        dict(zip(columns, (model.evaluate(cell, frame) for cell in children(row, *EXPRESSIONS)), strict=True))
        for row in children(element, "row")
    ]


def function(model: Model, element: Element, frame: Frame, result: str | None = None) -> Value:
    if element.get("kind", "FEEL") != "FEEL":
        raise NotInSubsetError("external function")
    parameters = tuple(
        Parameter(one.get("name", ""), model.type_text(one.get("typeRef") or "Any"))
        for one in children(element, "formalParameter")
    )
    body = child(element, *EXPRESSIONS)
    names = tuple(parameter.name for parameter in parameters)

    def call(*given: Value) -> Value:
        fitting = [typed(value, parameter.type) for value, parameter in zip(given, parameters, strict=True)]
        if any(value is None and was is not None for value, was in zip(fitting, given, strict=True)):
            return None
        inner = frame.inner(dict(zip(names, fitting, strict=True)))
        found = None if body is None else model.evaluate(body, inner)
        declared = return_type(model, result)
        return model.typed(found, declared)

    return Function(call, names)


def return_type(model: Model, name: str | None) -> str | None:
    """What a function returns: the type of its definition's output, or the declared type itself."""
    item = model.items.get(name or "")
    inner = None if item is None else child(item, "functionItem")
    return name if inner is None else inner.get("outputTypeRef")


def invocation(model: Model, element: Element, frame: Frame) -> Value:
    called = child(element, "literalExpression")
    function = None if called is None else literal(model, called, frame)
    if not isinstance(function, Function):
        return None
    given = {}
    for binding in children(element, "binding"):
        parameter, expression = child(binding, "parameter"), child(binding, *EXPRESSIONS)
        value = None if expression is None else model.evaluate(expression, frame)
        given["" if parameter is None else parameter.get("name", "")] = value
    return model.typed(function.apply(list(given.values()), tuple(given)), element.get("typeRef"))


def conditional(model: Model, element: Element, frame: Frame) -> Value:
    test = part(model, element, "if", frame)
    if test is not None and not isinstance(test, bool):
        return None
    return part(model, element, "then" if test else "else", frame)


def part(model: Model, element: Element, name: str, frame: Frame) -> Value:
    holder = child(element, name)
    inner = None if holder is None else child(holder, *EXPRESSIONS)
    return None if inner is None else model.evaluate(inner, frame)


def loop(model: Model, element: Element, frame: Frame) -> Value:
    items = part(model, element, "in", frame)
    if items is None:
        return None
    items = items if isinstance(items, list) else [items]
    partial: list[Value] = []
    wanted = "return" if tag(element) == "for" else "satisfies"
    results: list[Value] = []
    for item in items:
        inner = frame.inner({element.get("iteratorVariable", "item"): item, "partial": partial})
        results.append(part(model, element, wanted, inner))
        partial = list(results)
    return _quantified(tag(element), results)


def filtered(model: Model, element: Element, frame: Frame) -> Value:
    items = part(model, element, "in", frame)
    items = items if isinstance(items, list) else [] if items is None else [items]
    tests = [part(model, element, "match", frame.of_item(item)) for item in items]
    if any(test is not None and not isinstance(test, bool) for test in tests):
        return None
    return [item for item, test in zip(items, tests, strict=True) if test is True]


def table(model: Model, element: Element, frame: Frame) -> Value:
    values = []
    for one in children(element, "input"):
        expression = child(one, "inputExpression")
        values.append(None if expression is None else literal(model, expression, frame))
    matched = [rule for rule in children(element, "rule") if matches(model, rule, values, frame)]
    if element.get("hitPolicy", "UNIQUE") not in ("UNIQUE", "FIRST", "ANY", "PRIORITY"):
        raise NotInSubsetError("hit policy")
    if not matched:
        return None
    rows = [[literal(model, cell, frame) for cell in children(rule, "outputEntry")] for rule in matched]
    if element.get("hitPolicy") == "PRIORITY":
        rows.sort(key=lambda row: priority(model, element, row, frame))
    cells = rows[0]
    names = [one.get("name", "") for one in children(element, "output")]
    return cells[0] if len(cells) == 1 else dict(zip(names, cells, strict=True))


def priority(model: Model, element: Element, row: list[Value], frame: Frame) -> int:
    """The place of a row's first output among the values that its column allows."""
    allowed = child(children(element, "output")[0], "outputValues")
    text = None if allowed is None else child(allowed, "text")
    listed = build(model.parse(f"[{'' if text is None else text.text}]", frame))(frame)
    return listed.index(row[0]) if row[0] in listed else len(listed)


def matches(model: Model, rule: Element, values: list[Value], frame: Frame) -> bool:
    for cell, value in zip(children(rule, "inputEntry"), values, strict=True):
        text = child(cell, "text")
        test = parse_tests("" if text is None else text.text or "-", model.names)
        if build(test)(frame.inner({"?": value})) is not True:
            return False
    return True


def _quantified(of: str, results: list[Value]) -> Value:
    if of == "for":
        return results
    if any(result is not None and not isinstance(result, bool) for result in results):
        return None
    decisive = of == "some"
    if decisive in results:
        return decisive
    return None if None in results else not decisive


_EVALUATORS: dict[str, Callable[[Model, Element, Frame], Value]] = {
    "literalExpression": literal,
    "context": context,
    "list": items_of,
    "relation": relation,
    "functionDefinition": function,
    "invocation": invocation,
    "conditional": conditional,
    "for": loop,
    "some": loop,
    "every": loop,
    "filter": filtered,
    "decisionTable": table,
}
