"""What a BPMN file says and draws, apart from how it is written: order, prefixes, white space, defaults spelt out."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DRAWN = "{http://www.omg.org/spec/BPMN/20100524/DI}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
# Attributes that say no more than their absence does (tables of BPMN 2.0.2).
DEFAULTS: Mapping[str, str] = {
    "associationDirection": "None",
    "behavior": "All",
    "cancelActivity": "true",
    "completionQuantity": "1",
    "eventGatewayType": "Exclusive",
    "expressionLanguage": "http://www.w3.org/1999/XPath",
    "gatewayDirection": "Unspecified",
    "instantiate": "false",
    "isClosed": "false",
    "isCollection": "false",
    "isForCompensation": "false",
    "isImmediate": "true",
    "isInterrupting": "true",
    "isSequential": "false",
    "isUnlimited": "false",
    "itemKind": "Information",
    "maximum": "1",
    "minimum": "0",
    "parallelMultiple": "false",
    "processType": "None",
    "startQuantity": "1",
    "testBefore": "false",
    "textFormat": "text/plain",
    "triggeredByEvent": "false",
    "typeLanguage": "http://www.w3.org/2001/XMLSchema",
}

Said = tuple[Any, ...]


def meaning(data: bytes) -> Said:
    """The elements of a file with what they say, in one order for all files that say the same; without its drawings."""
    root = ElementTree.fromstring(data)
    for drawing in root.findall(f"{DRAWN}BPMNDiagram"):
        root.remove(drawing)
    return _said(root)


def drawing(data: bytes) -> set[Said]:
    """What is drawn of a file's elements: shapes with their size, and lines; tools move collapsed parts elsewhere."""
    root = ElementTree.fromstring(data)
    shapes = {
        (shape.get("bpmnElement"), *(float(bounds.get(side, 0)) for side in ("width", "height")))
        for shape in root.iter(f"{DRAWN}BPMNShape")
        for bounds in shape.findall(BOUNDS)
    }
    return shapes | {(line.get("bpmnElement"),) for line in root.iter(f"{DRAWN}BPMNEdge") if line.get("bpmnElement")}


def _said(element: ElementTree.Element) -> Said:
    known = element.tag.startswith(MODEL)
    attributes = sorted(
        (name, value.rpartition(":")[2] if name == TYPE else " ".join(value.split()))
        for name, value in element.attrib.items()
        if not known or DEFAULTS.get(name) != value
    )
    return element.tag, tuple(attributes), (element.text or "").strip(), tuple(sorted(map(_said, element), key=repr))
