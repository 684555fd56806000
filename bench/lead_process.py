"""The lead process that both engines run: work, a task with a reminder, a choice, a sub-process beside a message."""

from xml.sax.saxutils import escape

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NODES = (
    ("startEvent", "start"), ("work", "duplicates"), ("work", "status"), ("work", "notify"), ("userTask", "assign"),
    ("userTask", "qualify"), ("exclusiveGateway", "fit"), ("parallelGateway", "fork"), ("work", "meeting"),
    ("parallelGateway", "join"), ("work", "won"), ("work", "lost"), ("work", "remind"), ("endEvent", "end"),
    ("endEvent", "dropped"), ("endEvent", "reminded"),
)  # fmt: skip
FLOWS = (
    ("start", "duplicates"), ("duplicates", "status"), ("status", "notify"), ("notify", "assign"),
    ("assign", "qualify"), ("qualify", "fit"), ("fit", "fork"), ("fit", "lost"), ("fork", "poc"),
    ("fork", "meeting"), ("meeting", "reply"),
    ("poc", "join"), ("reply", "join"), ("join", "won"), ("won", "end"), ("lost", "dropped"), ("late", "remind"),
    ("remind", "reminded"),
)  # fmt: skip
# What one instance completes on its way, each token at the join counted: the measure of both engines.
TRANSITIONS = 18
ASKED = ("assign", "qualify", "prepare")


def lead_process(work: str, condition: str, *, asks: str = "userTask") -> bytes:
    """The model with its work and its tasks as the given tags, its one condition in the engine's own language."""
    nodes = "".join(_node(kind, name, work, asks) for kind, name in NODES)
    flows = "".join(_flow(source, target, condition) for source, target in FLOWS)
    inner = "".join(
        (
            _tag("startEvent", "asked"), _node("userTask", "prepare", work, asks), _tag("endEvent", "shown"),
            _flow("asked", "prepare", ""), _flow("prepare", "shown", ""),
        )
    )  # fmt: skip
    timer = "<timerEventDefinition id='t'><timeDuration>%s</timeDuration></timerEventDefinition>"
    late = timer % ("PT48H" if condition != PYTHON else '"PT48H"')
    return (
        f'<definitions xmlns="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'targetNamespace="urn:bench">'
        f'<message id="m" name="reply"/>{"".join(_message(each) for each in ASKED)}'
        '<process id="lead" isExecutable="true">'
        f'{nodes}<subProcess id="poc">{inner}</subProcess>'
        '<intermediateCatchEvent id="reply"><messageEventDefinition id="d" messageRef="m"/></intermediateCatchEvent>'
        f'<boundaryEvent id="late" attachedToRef="assign" cancelActivity="false">{late}</boundaryEvent>'
        f"{flows}</process></definitions>"
    ).encode()


FEEL, PYTHON = 'fit = "yes"', 'fit == "yes"'


def _message(name: str) -> str:
    return f'<message id="m-{name}" name="{name}"/>'


def _node(kind: str, name: str, work: str, asks: str) -> str:
    if kind == "userTask" and asks == "receiveTask":
        return f'<receiveTask id="{name}" messageRef="m-{name}"/>'
    if kind == "work":
        return f'<{work} id="{name}">' + ("<script>pass</script>" if work == "scriptTask" else "") + f"</{work}>"
    return _tag(kind, name)


def _tag(kind: str, name: str) -> str:
    default = ' default="fit-lost"' if name == "fit" else ""
    return f'<{kind} id="{name}" name="{name}"{default}/>'


def _flow(source: str, target: str, condition: str) -> str:
    chosen = (source, target) == ("fit", "fork")
    inner = (
        f'<conditionExpression xsi:type="tFormalExpression">{escape(condition)}</conditionExpression>' if chosen else ""
    )
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
