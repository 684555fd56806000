"""The course of an instance as pages show it: steps in words, what stops it, the diagram's colours."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from entente.interfaces.html.formats import hue, initials
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.processes import (
    CourseView,
    Diagram,
    Stay,
    StepDetails,
    StepView,
    TroubleView,
    WaitView,
)
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import may_repair
from entente.services.processes.picture import Course, Pass, Picture, Step, Trouble, Waiting

HUES = {"running": "blue", "completed": "green", "cancelled": "gray", "stopped": "red"}
# What a person need not read in a list: passing over a gateway tells nothing that the flow behind it does not.
SILENT = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway"})
PROGRAMS = frozenset({"answer", "retry"})
TOKEN_STATES = frozenset({"ready", "waiting", "at_join", "failed"})


def base_of(instance: Instance) -> str:
    """The address of an instance's page."""
    return f"/processes/instances/{instance.id}"


def picture_in(course: Course, key: str) -> Picture:
    """The picture of a process that takes part, its own when none is named; NotFound when it takes no part."""
    found = next((each for each in course.pictures if each.definition.key == key), None) if key else course.pictures[0]
    if found is None:
        raise NotFound("process.unknown")
    return found


def state_of(tx: Tx, course: Course) -> tuple[str, str]:
    """The state of an instance in a word, and its hue: one that is stopped somewhere is so first of all."""
    state = "stopped" if course.troubles else course.instance.state
    return tx.say(f"processes.state.{state}"), HUES[state]


def course_view(tx: Tx, course: Course, picture: Picture) -> CourseView:
    """The steps in words, first what happened, then what has not happened yet."""
    base, tail = base_of(course.instance), _tail(course, picture)
    steps = [step_view(tx, each, f"{base}/elements/{quote(each.element)}{tail}") for each in _told(picture.steps)]
    state, shade = state_of(tx, course)
    return CourseView(
        url=f"{base}/course{tail}",
        live_on=f"process:{course.instance.id}",
        state=state,
        hue=shade,
        steps=tuple(each for each in steps if each.state != "coming"),
        coming=tuple(each for each in steps if each.state == "coming"),
        troubles=tuple(trouble_view(tx, course.instance, each) for each in course.troubles),
        repairs=tuple(stay_view(tx, each) for each in course.repairs),
        ended_at=course.instance.ended_at,
    )


def _told(steps: Iterable[Step]) -> Iterable[Step]:
    return (each for each in steps if each.kind not in SILENT or each.troubles or each.open)


def _tail(course: Course, picture: Picture) -> str:
    return "" if picture is course.pictures[0] else f"?diagram={quote(picture.definition.key)}"


def step_view(tx: Tx, step: Step, url: str) -> StepView:
    """A step as a line of the list."""
    last, calls = step.last, _calls(step)
    return StepView(
        element=step.element,
        name=called(tx, step),
        kind=kind_label(tx, step.kind),
        state=step.state,
        state_label=tx.say(f"processes.step.{step.state}"),
        url=url,
        times=step.done,
        open=step.open,
        at=(last.left or last.entered) if last else None,
        took=last.took if last else None,
        who=", ".join(each.name for each in step.waits) if step.open else (last.who if last else ""),
        program=tx.say(f"processes.asked.{calls[0].kind}") if calls else "",
        again=calls[0].due if calls else None,
        outcome=_outcome(tx, last) if step.state != "skipped" else "",
        trouble=step.troubles[0].message if step.troubles else "",
    )


def _calls(step: Step) -> list[Waiting]:
    """The programs whose answers a step waits for."""
    return [each for each in step.waits if each.kind in PROGRAMS] if step.open else []


def called(tx: Tx, step: Step) -> str:
    """The name of a step, else what it is."""
    return step.name or kind_label(tx, step.kind)


def kind_label(tx: Tx, kind: str) -> str:
    """What a kind of element is called."""
    return tx.say(f"processes.kind.{kind}")


def _outcome(tx: Tx, stay: Pass | None) -> str:
    """How a stay ended, when that says more than that it did."""
    if stay is None or stay.left is None or stay.outcome == "completed":
        return stay.said if stay else ""
    key = f"processes.outcome.{stay.outcome}"
    return tx.say(key) if tx.words.has(key) else stay.outcome


def trouble_view(tx: Tx, instance: Instance, trouble: Trouble) -> TroubleView:
    """What stops an instance, with the ways out for those who may repair it."""
    verbs = ("retry", "skip", "move") if may_repair(tx, instance) else ()
    base = f"{base_of(instance)}/repair"
    return TroubleView(
        name=trouble.name or trouble.element,
        message=trouble.message,
        at=trouble.at,
        actions=tuple(
            Action(label=tx.say(f"processes.repair.{verb}"), url=f"{base}/{verb}?token={trouble.token}", icon=icon)
            for verb, icon in zip(verbs, ("rotate", "player-skip-forward", "arrow-right"), strict=False)
        ),
    )


def details_view(tx: Tx, course: Course, step: Step) -> StepDetails:
    """Everything about one step: who, since when, how long, with what outcome."""
    return StepDetails(
        name=called(tx, step),
        kind=kind_label(tx, step.kind),
        state=step.state,
        state_label=tx.say(f"processes.step.{step.state}"),
        waits=tuple(_waiting(tx, each) for each in step.waits),
        stays=tuple(stay_view(tx, each) for each in reversed(step.passes)),
        remarks=tuple(stay_view(tx, each) for each in reversed(step.remarks)),
        troubles=tuple(trouble_view(tx, course.instance, each) for each in step.troubles),
        actions=_ways(tx, course, step),
    )


def _waiting(tx: Tx, asked: Waiting) -> WaitView:
    return WaitView(
        name=asked.name,
        kind=tx.say(f"processes.asked.{asked.kind}"),
        due=asked.due,
        begun=asked.begun,
        program=asked.kind in PROGRAMS,
    )


def _ways(tx: Tx, course: Course, step: Step) -> tuple[Action, ...]:
    """How whoever repairs moves a token on that waits here, or puts one here."""
    if step.troubles or course.instance.state != "running" or not may_repair(tx, course.instance):
        return ()
    base = f"{base_of(course.instance)}/repair"
    waiting = next((each for each in step.passes if each.left is None and each.token), None)
    if waiting is not None:
        return tuple(
            Action(label=tx.say(f"processes.repair.{verb}"), url=f"{base}/{verb}?token={waiting.token}", icon=icon)
            for verb, icon in (("skip", "player-skip-forward"), ("move", "arrow-right"), ("withdraw", "x"))
        )
    url = f"{base}/start_before?element={quote(step.element)}"
    return (Action(label=tx.say("processes.repair.start_before"), url=url, icon="player-play"),)


def stay_view(tx: Tx, stay: Pass) -> Stay:
    """A stay at an element, or a remark about one, in words."""
    key = f"processes.outcome.{stay.outcome}"
    return Stay(
        entered=stay.entered,
        left=stay.left,
        took=stay.took,
        who=stay.who,
        outcome=stay.said or (tx.say(key) if tx.words.has(key) else stay.outcome),
        detail=stay.detail,
    )


def diagram_view(tx: Tx, course: Course, picture: Picture, *, tall: bool = False, details: bool = True) -> Diagram:
    """Where the diagram finds its model, its colours and its details."""
    base, tail = base_of(course.instance), _tail(course, picture)
    return Diagram(
        key=f"diagram-{course.instance.id}-{picture.definition.version}",
        model_url=f"{base}/model{tail}",
        state_url=f"{base}/state{tail}",
        details_url=f"{base}/elements" if details else "",
        live_on=f"process:{course.instance.id}",
        label=tx.say("processes.diagram_of", name=picture.definition.name),
        tall=tall,
    )


def colours(tx: Tx, picture: Picture) -> Mapping[str, Any]:
    """What the diagram paints: the state of each element with its figures and people, and of each flow."""
    return {
        "elements": {each.element: _colour(tx, each) for each in picture.steps if each.state != "coming"},
        "flows": picture.flows,
    }


def _colour(tx: Tx, step: Step) -> Mapping[str, Any]:
    by = {each.who for each in step.passes if each.who and each.outcome == "completed" and step.kind == "userTask"}
    people = [each.name for each in step.waits if each.kind not in PROGRAMS] if step.open else sorted(by)
    title = f"{called(tx, step)}: {tx.say(f'processes.step.{step.state}')}"
    title += "".join(f" · {each.name} ({tx.say(f'processes.asked.{each.kind}')})" for each in _calls(step))
    return {
        "state": step.state,
        "open": step.open,
        "done": step.done,
        "title": title,
        "people": [{"name": name, "initials": initials(name), "hue": hue(name)} for name in people],
    }
