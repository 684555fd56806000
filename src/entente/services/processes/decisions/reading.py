"""From a DMN file to its decisions: any file of DMN 1.1 to 1.5, whether it can be worked out or not."""

from collections.abc import Iterator

from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES
from entente.services.processes.decisions.table import Decision, Input, Model, Output, Rule, Table, Texts, Value
from entente.services.processes.model.xml import Tag, read_xml

SPACES = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")
LOGIC = (
    "decisionTable", "literalExpression", "context", "invocation", "relation", "list", "functionDefinition",
    "conditional", "for", "some", "every", "filter",
)  # fmt: skip
NAMED = ("inputData", "decision", "businessKnowledgeModel")


def read_model(data: bytes) -> Model:
    """The decisions of a file; Refused when it is no DMN or holds none."""
    root = read_xml(data)
    if _local(root) != "definitions" or not root.name.startswith(SPACES):
        raise Refused("decision.not_dmn")
    decisions = {each.id: each for each in map(_decision, _all(root, "decision"))}
    if not decisions:
        raise Refused("decision.none")
    key = root.attributes.get("id") or next(iter(decisions))
    names = {tag.attributes.get("name", "") for tag in root.children if _local(tag) in NAMED}
    names |= {each.variable for each in decisions.values()}
    return Model(
        key=key,
        name=root.attributes.get("name") or key,
        decisions=decisions,
        types=dict(_types(root)),
        names=tuple(sorted(name for name in names if name and not name.isidentifier())),
        titles=_said(root, "name") or (next(iter(decisions.values())).texts.names if len(decisions) == 1 else {}),
    )


def _said(tag: Tag, name: str) -> dict[str, str]:
    """Our own attributes of a name by language: `name_fr` and `name_en`."""
    given = {language: tag.attributes.get(f"entente:{name}_{language}", "") for language in LANGUAGES}
    return {language: text for language, text in given.items() if text}


def _types(root: Tag) -> Iterator[tuple[str, str]]:
    """The simple types that a file names; structures stay what they are."""
    for tag in _all(root, "itemDefinition"):
        of = _text(tag, "typeRef")
        if of and not _all(tag, "itemComponent"):
            plain = of.rpartition(":")[2]
            yield (
                tag.attributes.get("name", ""),
                f"list<{plain}>" if tag.attributes.get("isCollection") == "true" else plain,
            )


def _decision(tag: Tag) -> Decision:
    variable = _first(tag, "variable")
    logic = next((each for each in tag.children if _local(each) in LOGIC), None)
    name = tag.attributes.get("name") or tag.attributes.get("id", "")
    kind = _local(logic) if logic is not None else ""
    return Decision(
        id=tag.attributes.get("id", name),
        name=name,
        kind=kind,
        variable=variable.attributes.get("name", name) if variable is not None else name,
        type=variable.attributes.get("typeRef", "") if variable is not None else "",
        requires=tuple(_required(tag)),
        table=_table(logic, name) if logic is not None and kind == "decisionTable" else None,
        expression=_text(logic, "text") if logic is not None and kind == "literalExpression" else "",
        description=_text(tag, "description"),
        texts=Texts(_said(tag, "name"), _said(tag, "description")),
    )


def _required(tag: Tag) -> Iterator[str]:
    for requirement in _all(tag, "informationRequirement"):
        for each in _all(requirement, "requiredDecision"):
            yield each.attributes.get("href", "").rpartition("#")[2]


def _table(tag: Tag, name: str) -> Table:
    identity = tag.attributes.get("id", name)
    columns = _all(tag, "output")
    return Table(
        id=identity,
        policy=tag.attributes.get("hitPolicy", "UNIQUE"),
        aggregation=tag.attributes.get("aggregation", ""),
        inputs=tuple(_input(each, f"{identity}-input-{at}") for at, each in enumerate(_all(tag, "input"), 1)),
        outputs=tuple(
            Output(
                id=each.attributes.get("id", f"{identity}-output-{at}"),
                name=each.attributes.get("name", "") if len(columns) > 1 else each.attributes.get("name", name),
                type=each.attributes.get("typeRef", ""),
                allowed=_text(_first(each, "outputValues"), "text"),
                default=_text(_first(each, "defaultOutputEntry"), "text"),
                label=each.attributes.get("label", ""),
                labels=_said(each, "label"),
                values=tuple(_values(each)),
            )
            for at, each in enumerate(columns, 1)
        ),
        rules=tuple(_rule(each, f"{identity}-rule-{at}") for at, each in enumerate(_all(tag, "rule"), 1)),
    )


def _input(tag: Tag, spare: str) -> Input:
    expression = _first(tag, "inputExpression")
    text = _text(expression, "text")
    return Input(
        id=tag.attributes.get("id", spare),
        label=tag.attributes.get("label") or text,
        expression=text,
        type=expression.attributes.get("typeRef", "") if expression is not None else "",
        allowed=_text(_first(tag, "inputValues"), "text"),
        labels=_said(tag, "label"),
        values=tuple(_values(tag)),
    )


def _values(tag: Tag) -> Iterator[Value]:
    for each in (value for group in _all(tag, "extensionElements") for value in group.children):
        if each.name == "entente:value":
            yield Value(each.attributes.get("text", ""), _said(each, "label"))


def _rule(tag: Tag, spare: str) -> Rule:
    return Rule(
        id=tag.attributes.get("id", spare),
        tests=tuple(_text(each, "text") or "-" for each in _all(tag, "inputEntry")),
        results=tuple(_text(each, "text") for each in _all(tag, "outputEntry")),
        note=_note(tag),
        notes=_said(tag, "note"),
    )


def _note(tag: Tag) -> str:
    """What a rule says to people: its description, else its annotations (DMN 1.3 and later)."""
    said = _first(tag, "description")
    texts = [said.text] if said is not None else [_text(each, "text") for each in _all(tag, "annotationEntry")]
    return " · ".join(text.strip() for text in texts if text.strip())


def _local(tag: Tag) -> str:
    return tag.name.rpartition("}")[2]


def _all(tag: Tag, name: str) -> list[Tag]:
    return [each for each in tag.children if _local(each) == name]


def _first(tag: Tag | None, name: str) -> Tag | None:
    return next(iter(_all(tag, name)), None) if tag is not None else None


def _text(tag: Tag | None, name: str) -> str:
    found = _first(tag, name)
    return found.text.strip() if found is not None else ""
