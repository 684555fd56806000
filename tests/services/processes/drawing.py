"""Small processes drawn in a few lines of text, as BPMN files.

`user a` declares a user task, `a > b` a flow, `a >[x = 1] b` a conditional and `a >* b` a default one; `sub s {` … `}`
nests. Words behind the id: `on=task` `keep` for boundary events, `message= signal= after= at= every= error= escalation=
link= when= terminate undo cancel` for events, `event` for event sub-processes, `each= times= sequential until= loop=
most=`; `undo=task` throws compensation of one task, `undoes=boundary` makes an activity the handler at a boundary.
"""

import re
import shlex
from collections.abc import Iterator
from itertools import count
from xml.sax.saxutils import escape, quoteattr

KINDS = {
    "start": "startEvent", "end": "endEvent", "task": "task", "manual": "manualTask", "user": "userTask",
    "service": "serviceTask", "send": "sendTask", "receive": "receiveTask", "xor": "exclusiveGateway",
    "and": "parallelGateway", "or": "inclusiveGateway", "choice": "eventBasedGateway", "sub": "subProcess",
    "call": "callActivity", "catch": "intermediateCatchEvent", "throw": "intermediateThrowEvent",
    "boundary": "boundaryEvent",
    "rule": "businessRuleTask", "transaction": "transaction", "complex": "complexGateway", "script": "scriptTask",
}  # fmt: skip
Node = tuple[str, str, str, str]
TIMES = {"after": "timeDuration", "at": "timeDate", "every": "timeCycle"}
NAMES = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}
UNDOES = re.compile(r'entente:undoes="(.*?)"')
FLOW = re.compile(r"\s+>(?:\[(.*?)\]|(\*))?\s+")
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
SPACES = f'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:entente="urn:entente:bpmn:1.0" {XSI}'
OURS = (
    "action", "input", "output", "result", "collect", "into", "correlation", "retries", "decision", "version", "later",
    "entity", "destinations", "fallback", "outcomes", "plan", "slots", "rule", "default", "priority", "due",
    "expected", "calendar", "followUp", "subject", "instructions", "redirect", "form", "url", "idle",
    "name_en", "name_fr", "subject_en", "subject_fr",
)  # fmt: skip


def drawn(text: str, key: str = "p") -> bytes:
    """The BPMN file of a drawing."""
    roots: dict[str, str] = {}
    lines = iter(line.strip() for line in text.splitlines() if line.strip())
    content = container(lines, roots, count(1))
    root = "".join(roots.values())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {SPACES} targetNamespace="urn:test">{root}'
        f'<process id="{key}" isExecutable="true">{content}</process></definitions>'
    ).encode()


def container(lines: Iterator[str], roots: dict[str, str], numbers: Iterator[int]) -> str:
    nodes: list[Node] = []
    flows: list[str] = []
    defaults: dict[str, str] = {}
    for line in lines:
        if line == "}":
            break
        if line.split()[0] not in KINDS:
            for source, condition, default, target in hops(line):
                name = f"f{next(numbers)}"
                if default:
                    defaults[source] = name
                flows.append(flow(name, source, target, condition))
        else:
            inner = container(lines, roots, numbers) if line.endswith("{") else ""
            nodes.append(node(shlex.split(line.rstrip("{").strip()), inner, roots))
    made = []
    for kind, identity, attributes, content in nodes:
        default = f' default="{defaults[identity]}"' if identity in defaults else ""
        made.append(f'<{kind} id="{identity}"{attributes}{default}>{content}</{kind}>')
    return "".join(made + flows + associations(nodes))


def associations(nodes: list[Node]) -> list[str]:
    """The lines between boundary events and the activities that undo, as the attributes of the latter name them."""
    found = [(identity, UNDOES.search(attributes)) for _, identity, attributes, _ in nodes]
    return [
        f'<association id="{undone[1]}-{identity}" sourceRef="{undone[1]}" targetRef="{identity}"/>'
        for identity, undone in found
        if undone
    ]


def hops(line: str) -> Iterator[tuple[str, str, str, str]]:
    parts = FLOW.split(line)
    for place in range(0, len(parts) - 1, 3):
        yield parts[place], parts[place + 1], parts[place + 2], parts[place + 3]


def flow(name: str, source: str, target: str, condition: str) -> str:
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def node(words: list[str], inner: str, roots: dict[str, str]) -> Node:
    kind, identity, *rest = words
    given = dict(word.partition("=")[::2] for word in rest)
    attributes = "".join(f" entente:{name}={quoteattr(given[name])}" for name in OURS if name in given)
    if "on" in given:
        attributes += f' attachedToRef="{given["on"]}"'
    if "keep" in given:
        attributes += ' cancelActivity="false"' if kind == "boundary" else ' isInterrupting="false"'
    if "event" in given:
        attributes += ' triggeredByEvent="true"'
    if "called" in given:
        attributes += f' calledElement="{given["called"]}"'
    if "undoes" in given:
        attributes += f' isForCompensation="true" entente:undoes="{given["undoes"]}"'
    if "message" in given and kind in ("receive", "send"):
        attributes += f' messageRef="{root(roots, "message", given.pop("message"))}"'
    return KINDS[kind], identity, attributes, loop(given) + events(given, roots) + inner


def root(roots: dict[str, str], kind: str, name: str) -> str:
    name, _, ttl = name.partition(":")
    identity = f"{kind}_{name}"
    kept = f' entente:ttl="{ttl}"' if ttl else ""
    roots[identity] = f'<{kind} id="{identity}" {NAMES[kind]}="{name}"{kept}/>'
    return identity


def events(given: dict[str, str], roots: dict[str, str]) -> str:
    made = ""
    for kind in NAMES:
        if kind in given:
            refers = f' {kind}Ref="{root(roots, kind, given[kind])}"' if given[kind] else ""
            made += f"<{kind}EventDefinition{refers}/>"
    for name, tag in TIMES.items():
        if name in given:
            made += f"<timerEventDefinition><{tag}>{escape(given[name])}</{tag}></timerEventDefinition>"
    if "link" in given:
        made += f'<linkEventDefinition name="{given["link"]}"/>'
    if "when" in given:
        condition = f"<condition>{escape(given['when'])}</condition>"
        made += f"<conditionalEventDefinition>{condition}</conditionalEventDefinition>"
    if "undo" in given:
        refers = f' activityRef="{given["undo"]}"' if given["undo"] else ""
        made += f"<compensateEventDefinition{refers}/>"
    made += "<cancelEventDefinition/>" if "cancel" in given else ""
    return made + ("<terminateEventDefinition/>" if "terminate" in given else "")


def loop(given: dict[str, str]) -> str:
    if "each" in given or "times" in given:
        sequential = str("sequential" in given).lower()
        inner = f"<loopCardinality>{escape(given['times'])}</loopCardinality>" if "times" in given else ""
        if "until" in given:
            inner += f"<completionCondition>{escape(given['until'])}</completionCondition>"
        over = f" entente:collection={quoteattr(given['each'])}" if "each" in given else ""
        tag = "multiInstanceLoopCharacteristics"
        return f'<{tag} isSequential="{sequential}"{over}>{inner}</{tag}>'
    if "loop" in given or "most" in given:
        most = f' loopMaximum="{given["most"]}"' if "most" in given else ""
        inner = f"<loopCondition>{escape(given['loop'])}</loopCondition>" if "loop" in given else ""
        before = ' testBefore="true"' if "before" in given else ""
        return f"<standardLoopCharacteristics{most}{before}>{inner}</standardLoopCharacteristics>"
    return ""
