"""What a decision is called and what it is for, put into the head of a DMN file, in which all else stays as it was."""

import re
from xml.parsers import expat

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.table import Texts
from entente.services.processes.decisions.writing import said
from entente.services.processes.model.xml import OURS

TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*""")
OLD = re.compile(rb"""\s+entente:(?:name|description)_\w+\s*=\s*(?:"[^"]*"|'[^']*')""")
BOUND = re.compile(rb"""\sxmlns:entente\s*=""")


class _Head(msgspec.Struct):
    """Where the tag of a decision begins, and in which encoding its file says it is."""

    start: int = -1
    encoding: str = "utf-8"


def with_texts(file: bytes, decision: str, texts: Texts) -> bytes:
    """The file in which a decision is called and described so; Refused when it holds no such decision."""
    head = _head_of(file, decision)
    found = TAG.match(file, head.start) if head.start >= 0 else None
    if found is None:
        raise Refused("decision.unknown")
    words = said("name", texts.names) + said("description", texts.descriptions)
    tag = OLD.sub(b"", found[0])
    bound = "" if not words or BOUND.search(tag) else f' xmlns:entente="{OURS}"'
    more = f"{bound}{words}"
    coded = more.encode() if head.encoding == "utf-8" else more.encode("ascii", "xmlcharrefreplace")
    return file[: found.start()] + tag + coded + file[found.end() :]


def _head_of(file: bytes, decision: str) -> _Head:
    head = _Head()
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        named = attributes.get("id", attributes.get("name")) == decision
        if head.start < 0 and named and name.rpartition(":")[2] == "decision":
            head.start = parser.CurrentByteIndex

    def declare(_: str, encoding: str | None, __: int) -> None:
        head.encoding = (encoding or "utf-8").lower()

    parser.StartElementHandler, parser.XmlDeclHandler = start, declare
    try:
        parser.Parse(file, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("process.not_xml") from None
    return head
