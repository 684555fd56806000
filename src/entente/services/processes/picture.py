"""The course of an instance as people look at it: what is done, goes on or was not taken, by whom, since when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import titles
from entente.services.processes.definitions import Definition, definition_of, graph_of
from entente.services.processes.details import FAILED, RECORDED, worded
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import may_see, sees_values
from entente.services.processes.model.graph import Element, Graph
from entente.services.worklist.declared import Outcome

StepState = Literal["done", "active", "failed", "skipped", "stopped", "coming"]
FlowState = Literal["taken", "refused"]
CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})
# What the engine notes about a stay that did not end by it.
REPAIRED, MODIFIED = "repaired", "modified"
REMARKS = frozenset({"comment", FAILED, "escalation_ignored", RECORDED, REPAIRED, MODIFIED})
STOPPED = frozenset({"cancelled", "interrupted", "compensated", "moved"})
MOST_PASSES = 5000
SAME_MOMENT = timedelta(minutes=1)
_INSIDE = """
SELECT t.element, s.definition, t.number, t.entered_at, t.flow, t.state, t.task, s.kind = 'body' AS turn
FROM {schema}.process_token t JOIN {schema}.process_scope s ON s.instance = t.instance AND s.number = t.scope
WHERE t.instance = %(id)s ORDER BY t.number
"""
_PAST = """
SELECT element, definition, flow, entered_at, left_at, outcome, actor, detail FROM {schema}.process_history
WHERE instance = %(id)s ORDER BY id LIMIT %(most)s
"""
_ARCHIVED = """
SELECT id, definition, entity, record, business_key, started_by, started_at, ended_at, state, 0 AS last
FROM {schema}.process_archive WHERE id = %(id)s
"""
_ARCHIVED_PAST = """
SELECT h.* FROM {schema}.process_archive a, jsonb_to_recordset(a.content -> 'history') AS h(id bigint, element text,
  definition uuid, flow text, entered_at timestamptz, left_at timestamptz, outcome text, actor uuid, detail text)
WHERE a.id = %(id)s ORDER BY h.id LIMIT %(most)s
"""
_INCIDENTS = """
SELECT i.number, i.token, i.element, i.code, i.at, i.detail, s.definition FROM {schema}.process_incident i
JOIN {schema}.process_token t ON t.instance = i.instance AND t.number = i.token
JOIN {schema}.process_scope s ON s.instance = t.instance AND s.number = t.scope
WHERE i.instance = %(id)s ORDER BY i.number
"""

_ASKED = """
SELECT w.token, w.due_at, i.kind, i.holder, bool_or(i.state = 'open') AS begun
FROM {schema}.work_task w JOIN {schema}.work_item i ON i.task = w.id
WHERE w.instance = %(id)s AND w.state = 'active' AND i.ended_at IS NULL GROUP BY w.token, w.due_at, i.kind, i.holder
"""
_CALLED = """
SELECT s.token, s.kind, s.due_at, c.url FROM {schema}.process_subscription s
JOIN {schema}.outgoing_call c ON c.id = s.key::uuid
WHERE s.instance = %(id)s AND s.kind IN ('answer', 'retry') AND s.key <> ''
"""
_SAID = """
SELECT element, outcome, outcomes, ended_at FROM {schema}.work_task
WHERE instance = %(id)s AND state = 'completed' AND outcome <> '' ORDER BY ended_at
"""


def name_of(element: Element, language: str) -> str:
    """What an element is called in a language: the model's `entente:name_fr`, say, else its only name."""
    return element.settings.get(f"name_{language}") or element.name


class Waiting(msgspec.Struct, frozen=True):
    """Someone of whom something is asked: a person, a team or a role by name; until when; whether he is at it.

    A program that is called is named by its host, under the kind `answer`; under `retry` it is called again when due.
    """

    name: str
    kind: str
    due: datetime | None = None
    begun: bool = False


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One stay at an element; without `left` it goes on; `said` is what a person decided."""

    entered: datetime
    left: datetime | None = None
    outcome: str = ""
    said: str = ""
    who: str = ""
    detail: str = ""
    token: int = 0

    @property
    def took(self) -> timedelta | None:
        """How long the stay lasted, once it is over."""
        return self.left - self.entered if self.left else None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What stops a token, in words."""

    number: int
    token: int
    element: str
    name: str
    message: str
    at: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An element of the model with what happened there; `waits` are the people of whom something is asked."""

    element: str
    name: str
    kind: str
    parent: str
    state: StepState
    passes: tuple[Pass, ...] = ()
    remarks: tuple[Pass, ...] = ()
    waits: tuple[Waiting, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def done(self) -> int:
        """How often the element was passed."""
        return sum(each.left is not None for each in self.passes)

    @property
    def open(self) -> int:
        """How many tokens are there now."""
        return sum(each.left is None for each in self.passes)

    @property
    def last(self) -> Pass | None:
        """The stay that goes on longest, else the one that ended last."""
        return next((each for each in self.passes if each.left is None), self.passes[-1] if self.passes else None)


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One diagram of an instance: its own, or that of a process which it calls."""

    definition: Definition
    steps: tuple[Step, ...]
    flows: Mapping[str, FlowState]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """An instance with a picture of every process that takes part in it, its own first."""

    instance: Instance
    starter: str
    pictures: tuple[Picture, ...]
    repairs: tuple[Pass, ...] = ()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Everything that stops it."""
        return tuple(trouble for each in self.pictures for step in each.steps for trouble in step.troubles)


def seen_instance(tx: Tx, identity: UUID) -> Instance:
    """An instance that the principal may see, archived or not; NotFound when it is none or hidden from him."""
    row = engine_row(tx, "SELECT * FROM {schema}.process_instance WHERE id = %(id)s", id=identity)
    row = row or engine_row(tx, _ARCHIVED, id=identity)
    if row is None or not may_see(tx, made := msgspec.convert(row, Instance)):
        raise NotFound("process.instance_unknown")
    return made


def course_of(tx: Tx, identity: UUID) -> Course:
    """What happened in an instance and what goes on; NotFound when the principal may not see it."""
    instance = seen_instance(tx, identity)
    inside = engine_rows(tx, _INSIDE, id=identity)
    past = engine_rows(tx, _PAST, id=identity, most=MOST_PASSES)
    if not past and instance.state != "running":
        past = engine_rows(tx, _ARCHIVED_PAST, id=identity, most=MOST_PASSES)
    values = sees_values(tx, instance)
    past = worded(tx, past, values=values)
    stops = worded(tx, engine_rows(tx, _INCIDENTS, id=identity), values=values)
    asked, said = _asked(tx, identity), _by_element(engine_rows(tx, _SAID, id=identity))
    people = {row["actor"] for row in past if row["actor"]} | ({instance.started_by} if instance.started_by else set())
    names = titles(tx, "user", list(people))
    found = dict.fromkeys([instance.definition, *(row["definition"] for row in [*past, *inside])])
    own = definition_of(tx, instance.definition)
    made = [own, *(definition_of(tx, each) for each in found if each != own.id)]
    pictures = []
    # An instance that was migrated has a past in an older version of the same process: both are one picture.
    for key in dict.fromkeys(each.key for each in made):
        shown = next(each for each in made if each.key == key)
        ids = {each.id for each in made if each.key == key}
        here, gone, held = ([row for row in rows if row["definition"] in ids] for rows in (inside, past, stops))
        pictures.append(_picture(tx, shown, here, gone, held, _People(names, asked, said)))
    return Course(
        instance=instance,
        starter=names.get(instance.started_by, "") if instance.started_by else "",
        pictures=tuple(pictures),
        repairs=tuple(_pass(tx, row, names, "") for row in past if row["outcome"] in (REPAIRED, MODIFIED)),
    )


class _People(NamedTuple):
    """Names of users by id, who is asked by token, what was decided by element."""

    names: Mapping[UUID, str]
    asked: Mapping[int, list[Waiting]]
    said: Mapping[str, list[Row]]


def _asked(tx: Tx, identity: UUID) -> dict[int, list[Waiting]]:
    rows = engine_rows(tx, _ASKED, id=identity)
    names: dict[UUID, str] = {}
    for kind in {row["kind"] for row in rows}:
        names |= titles(tx, kind, [row["holder"] for row in rows if row["kind"] == kind])
    found: dict[int, list[Waiting]] = defaultdict(list)
    for row in rows:
        name = names.get(row["holder"], "")
        found[row["token"]].append(Waiting(name, row["kind"], row["due_at"], row["begun"]))
    for row in engine_rows(tx, _CALLED, id=identity):
        found[row["token"]].append(Waiting(urlsplit(row["url"]).hostname or "", row["kind"], row["due_at"]))
    return found


def _picture(
    tx: Tx, definition: Definition, inside: list[Row], past: list[Row], stops: list[Row], people: _People
) -> Picture:
    graph = graph_of(tx, definition.id)
    hosts = {row["element"] for row in inside if row["turn"]}
    present = _by_element(row for row in inside if row["turn"] or row["element"] not in hosts)
    gone, troubles = _by_element(past), _by_element(stops)
    steps = tuple(
        _step(tx, each, present[each.id], gone[each.id], troubles[each.id], people) for each in graph.elements.values()
    )
    return Picture(definition=definition, steps=_in_order(steps), flows=_flows(graph, inside, past))


def _by_element(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["element"]].append(row)
    return found


def _step(tx: Tx, element: Element, present: list[Row], gone: list[Row], stops: list[Row], people: _People) -> Step:
    said = people.said.get(element.id, [])
    stays = [_pass(tx, row, people.names, _decision(tx, row, said)) for row in gone]
    ended = [each for each in stays if each.outcome not in REMARKS]
    going = [Pass(entered=row["entered_at"], outcome=row["state"], token=row["number"]) for row in present]
    return Step(
        element=element.id,
        name=name_of(element, tx.language),
        kind=element.kind,
        parent=element.parent,
        state=_state(going, ended, failed=bool(stops)),
        passes=(*ended, *going),
        remarks=tuple(each for each in stays if each.outcome in REMARKS),
        waits=tuple(each for row in present for each in people.asked.get(row["number"], [])),
        troubles=tuple(_trouble(tx, element, row) for row in stops),
    )


def _decision(tx: Tx, row: Row, said: Iterable[Row]) -> str:
    """What a person decided as a stay ended, in the words of the model."""
    near = [each for each in said if abs(each["ended_at"] - row["left_at"]) < SAME_MOMENT]
    if not near or row["outcome"] in REMARKS:
        return ""
    found = near[0]
    offered = msgspec.convert(found["outcomes"], list[Outcome])
    return next((each.label(tx.language) for each in offered if each.key == found["outcome"]), found["outcome"])


def _pass(tx: Tx, row: Mapping[str, Any], names: Mapping[UUID, str], said: str) -> Pass:
    return Pass(
        entered=row["entered_at"],
        left=row["left_at"],
        outcome=row["outcome"],
        said=said,
        who=names.get(row["actor"], ""),
        detail=row["detail"],
    )


def _trouble(tx: Tx, element: Element, row: Row) -> Trouble:
    message = tx.say(row["code"], detail=row["detail"])
    number, token, at = row["number"], row["token"], row["at"]
    name = name_of(element, tx.language)
    return Trouble(number=number, token=token, element=element.id, name=name, message=message, at=at)


def _state(going: Sequence[Pass], ended: Sequence[Pass], *, failed: bool) -> StepState:
    if failed:
        return "failed"
    if going:
        return "active"
    if not ended:
        return "coming"
    last = ended[-1].outcome
    return "skipped" if last == "skipped" else "stopped" if last in STOPPED else "done"


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """What happened first comes first, what has not happened yet last, as the model has it."""
    happened = sorted((each for each in steps if each.passes), key=lambda each: each.passes[0].entered)
    return (*happened, *(each for each in steps if not each.passes))


def _flows(graph: Graph, inside: list[Row], past: list[Row]) -> dict[str, FlowState]:
    """The flows that were taken, and those that a choice left aside."""
    found: dict[str, FlowState] = {row["flow"]: "taken" for row in [*past, *inside] if row["flow"] in graph.flows}
    left = {row["element"] for row in past if row["outcome"] not in (REMARKS | STOPPED)}
    for element in graph.elements.values():
        choice = element.kind in CHOOSING or any(graph.flows[each].condition for each in element.outgoing)
        if choice and element.id in left:
            for flow in element.outgoing:
                found.setdefault(flow, "refused")
    return found


def has_instances(tx: Tx, entity: str, record: UUID) -> bool:
    """Whether a process ever ran on a record."""
    sql = "SELECT 1 FROM {schema}.process_instance WHERE record = %(record)s AND entity = %(entity)s LIMIT 1"
    return bool(engine_rows(tx, sql, record=record, entity=entity))


def instances_of(tx: Tx, entity: str, record: UUID, most: int = 20) -> list[tuple[Instance, Definition]]:
    """The instances of a record that the principal reads, those that run first, then the newest."""
    rows = engine_rows(
        tx,
        "SELECT * FROM {schema}.process_instance WHERE record = %(record)s AND entity = %(entity)s"
        " ORDER BY state <> 'running', started_at DESC, id LIMIT %(most)s",
        record=record,
        entity=entity,
        most=most,
    )
    made = [msgspec.convert(row, Instance) for row in rows]
    versions = {each: definition_of(tx, each) for each in {instance.definition for instance in made}}
    # All are about one record: what one instance of a process shows, its others show.
    shown = {versions[each.definition].key: each for each in made}
    seen = {key for key, each in shown.items() if may_see(tx, each)}
    return [(each, versions[each.definition]) for each in made if versions[each.definition].key in seen]
