"""Tables into DMN files: a new file, or a known one in which one table is another and all else stays byte for byte."""

from collections.abc import Iterable, Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.table import Input, Output, Rule, Table, Value
from entente.services.processes.model.xml import OURS

SPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_FILE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="{space}" id={file} name={name} namespace="urn:entente:decisions">
  <decision id={key} name={name}>
    <variable name={key} />
    {table}
  </decision>
</definitions>
"""


class _Place(msgspec.Struct):
    """Where a table stands in a file, how its tags begin, and in which encoding the file says it is."""

    start: int = -1
    end: int = -1
    prefix: str = ""
    encoding: str = "utf-8"


def new_file(key: str, name: str, table: Table) -> bytes:
    """A DMN file with one decision, which is found by the key."""
    values = {"file": f"{key}_file", "key": key, "name": name}
    quoted = {each: quoteattr(value) for each, value in values.items()}
    return _FILE.format(space=SPACE, table=_written(table, ""), **quoted).encode()


def with_table(file: bytes, decision: str, table: Table) -> bytes:
    """The file with another table in a decision; Refused when that holds none, or the file is no XML of one byte."""
    place = _place_of(file, decision)
    if place.start < 0:
        raise Refused("decision.no_table")
    text = _written(table, place.prefix)
    coded = text.encode() if place.encoding == "utf-8" else text.encode("ascii", "xmlcharrefreplace")
    return file[: place.start] + coded + file[place.end :]


def _place_of(file: bytes, decision: str) -> _Place:
    place, open_tags, within = _Place(), [], [0]
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        open_tags.append(local)
        if local == "decision" and attributes.get("id", attributes.get("name")) == decision:
            within[0] = len(open_tags)
        elif local == "decisionTable" and within[0] == len(open_tags) - 1:
            place.start, place.prefix = parser.CurrentByteIndex, f"{prefix}:" if prefix else ""

    def end(_: str) -> None:
        if open_tags.pop() == "decisionTable" and place.start >= 0 > place.end and within[0] == len(open_tags):
            place.end = file.index(b">", parser.CurrentByteIndex) + 1
        if len(open_tags) < within[0]:
            within[0] = 0

    def declare(_: str, encoding: str | None, __: int) -> None:
        place.encoding = (encoding or "utf-8").lower()

    parser.StartElementHandler, parser.EndElementHandler, parser.XmlDeclHandler = start, end, declare
    try:
        parser.Parse(file, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("process.not_xml") from None
    if file.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("decision.not_bytewise")
    return place


def _written(table: Table, prefix: str) -> str:
    gathers = f" aggregation={quoteattr(table.aggregation)}" if table.aggregation else ""
    inner = "\n".join(
        [
            *(_input(each, prefix) for each in table.inputs),
            *(_output(each, prefix) for each in table.outputs),
            *(_rule(each, prefix) for each in table.rules),
        ]
    )
    ours = f' xmlns:entente="{OURS}"' if "entente:" in inner else ""
    head = f"{prefix}decisionTable id={quoteattr(table.id)} hitPolicy={quoteattr(table.policy)}{gathers}{ours}"
    return f"<{head}>\n{inner}\n    </{prefix}decisionTable>"


def _text(tag: str, text: str, prefix: str, more: str = "") -> str:
    return f"<{prefix}{tag}{more}><{prefix}text>{escape(text)}</{prefix}text></{prefix}{tag}>"


def _type(name: str) -> str:
    return f" typeRef={quoteattr(name)}" if name else ""


def said(name: str, texts: Mapping[str, str]) -> str:
    """Our own attributes for a text by language, each after a space."""
    return "".join(f" entente:{name}_{language}={quoteattr(text)}" for language, text in sorted(texts.items()) if text)


def _values(values: Iterable[Value], prefix: str) -> str:
    written = "".join(
        f"<entente:value text={quoteattr(each.text)}{said('label', each.labels)} />" for each in values if each.labels
    )
    return f"<{prefix}extensionElements>{written}</{prefix}extensionElements>" if written else ""


def _input(column: Input, prefix: str) -> str:
    allowed = _text("inputValues", column.allowed, prefix) if column.allowed else ""
    body = _text("inputExpression", column.expression, prefix, _type(column.type))
    titles = f" label={quoteattr(column.label)}{said('label', column.labels)}"
    head = f"{prefix}input id={quoteattr(column.id)}{titles}"
    return f"      <{head}>{_values(column.values, prefix)}{body}{allowed}</{prefix}input>"


def _output(column: Output, prefix: str) -> str:
    allowed = _text("outputValues", column.allowed, prefix) if column.allowed else ""
    usual = _text("defaultOutputEntry", column.default, prefix) if column.default else ""
    titles = (f" label={quoteattr(column.label)}" if column.label else "") + said("label", column.labels)
    head = f"{prefix}output id={quoteattr(column.id)} name={quoteattr(column.name)}{titles}{_type(column.type)}"
    return f"      <{head}>{_values(column.values, prefix)}{allowed}{usual}</{prefix}output>"


def _rule(rule: Rule, prefix: str) -> str:
    note = f"<{prefix}description>{escape(rule.note)}</{prefix}description>" if rule.note else ""
    cells = [*_cells("inputEntry", rule.tests, prefix), *_cells("outputEntry", rule.results, prefix)]
    head = f"{prefix}rule id={quoteattr(rule.id)}{said('note', rule.notes)}"
    return f"      <{head}>{note}{''.join(cells)}</{prefix}rule>"


def _cells(tag: str, texts: Iterable[str], prefix: str) -> list[str]:
    return [_text(tag, text, prefix) for text in texts]
