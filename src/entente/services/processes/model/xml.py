"""XML of strangers: no document type, no entities, nothing from the network, limits on size and depth."""

from xml.parsers import expat

import msgspec

from entente.kernel.kit.refusal import Refused

LARGEST = 5_000_000
DEEPEST = 100
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:entente:bpmn:1.0"


class Tag(msgspec.Struct):
    """One element of a file: BPMN names plain, our own as `entente:name`, all others as `namespace}name`."""

    name: str
    attributes: dict[str, str]
    children: list["Tag"] = []
    text: str = ""

    def all(self, *names: str) -> list["Tag"]:
        """The children of the names, in their order."""
        return [child for child in self.children if child.name in names]

    def first(self, name: str) -> "Tag | None":
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)


def read_xml(data: bytes) -> Tag:
    """The root of a file; Refused when it is no XML, declares a document type, is too large or too deep."""
    if len(data) > LARGEST:
        raise Refused("process.too_large", count=LARGEST)
    open_tags = [Tag("", {})]
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_tags) > DEEPEST:
            raise Refused("process.too_deep", count=DEEPEST)
        made = Tag(_plain(name), {_plain(key): value for key, value in attributes.items()}, [])
        open_tags[-1].children.append(made)
        open_tags.append(made)

    def characters(text: str) -> None:
        open_tags[-1].text += text

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_tags.pop() and None
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("process.not_xml") from None
    return open_tags[0].children[0]


def _refuse_doctype(*_: object) -> None:
    raise Refused("process.doctype")


def _plain(name: str) -> str:
    space, _, local = name.rpartition("}")
    if space == OURS:
        return f"entente:{local}"
    return local if space in ("", BPMN) else name
