"""Process definitions: models imported as versions, proved and deployed, found by key, given back byte for byte."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound, Refused
from entente.services.mail.letters import letter_names
from entente.services.processes.calling import require_calls
from entente.services.processes.engine.timers import due_of
from entente.services.processes.model.graph import Graph, names_of
from entente.services.processes.model.problems import Problem, problems
from entente.services.processes.model.reading import main_graph, read_graphs
from entente.services.processes.noted import note_process
from entente.services.processes.rights import cared_for as cared_for
from entente.services.processes.rights import may_design as may_design
from entente.services.processes.rights import require_level
from entente.services.processes.rights import require_right as require_right

MOST_GRAPHS = 500
COLUMNS = (
    "id, key, version, coalesce(names ->> %(language)s, name) AS name, checksum, state, recorded, imported_at,"
    " deployed_at, deployed_by"
)
# Versions never change, and their ids are unique everywhere: what was read once holds for every organisation.
_graphs: dict[UUID, Graph] = {}


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance needs to know of its version; `recorded`: its work is written down instead of being done."""

    id: UUID
    key: str
    recorded: bool
    deployed_by: UUID | None


class Definition(Basis, frozen=True, kw_only=True):
    """One version of a process."""

    version: int
    name: str
    checksum: str
    state: str
    imported_at: datetime
    deployed_at: datetime | None


Versions = Callable[[UUID], Basis]


class NotDeployable(Refused):
    """A model has errors; `problems` lists them with all warnings."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("process.has_problems", count=sum(each.severity == "error" for each in found))
        self.problems = found


def import_model(tx: Tx, xml: bytes, process: str = "") -> Definition:
    """The version that holds a model, the known one if its process was imported just so before; Refused for no BPMN."""
    graph = main_graph(read_graphs(xml), process)
    require_level(tx, graph.process, "admin")
    checksum = sha256(xml).hexdigest()
    _lock(tx, graph.process)
    known = _found(tx, "key = %(key)s AND checksum = %(checksum)s", key=graph.process, checksum=checksum)
    if known is not None:
        return known
    made = engine_row(
        tx,
        "INSERT INTO {schema}.process_definition (id, key, version, name, names, xml, checksum, state, imported_at)"
        " SELECT %(id)s, %(key)s, coalesce(max(version), 0) + 1, %(name)s, %(names)s, %(xml)s, %(checksum)s, 'draft',"
        " %(now)s"
        " FROM {schema}.process_definition WHERE key = %(key)s RETURNING id",
        id=new_id(),
        key=graph.process,
        name=graph.name or graph.process,
        names=Jsonb(names_of(graph.settings)),
        xml=xml,
        checksum=checksum,
        now=tx.clock.now(),
    )
    version = definition_of(tx, made["id"] if made else UUID(int=0))
    note_process(tx, version.key, "import", {"checksum": (None, version.checksum)}, version.version)
    return version


def _lock(tx: Tx, process: str) -> None:
    """Let nobody else import or deploy a version of the process until the transaction is over."""
    tx.connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"process {process}",))


def problems_of(tx: Tx, definition: Definition, *, recorded: bool = False) -> list[Problem]:
    """Everything that keeps a version from running, and all warnings."""
    return problems_in(tx, graph_of(tx, definition.id), recorded=recorded)


def problems_in(tx: Tx, graph: Graph, *, recorded: bool = False) -> list[Problem]:
    """Everything that would keep a graph from running, and all warnings."""
    actions = {name for made in tx.catalog.actions.values() for name in (made.name, made.key)}
    found = engine_rows(tx, "SELECT key, decisions FROM {schema}.decision_definition WHERE state = 'deployed'")
    decisions = {name for row in found for name in (row["key"], *row["decisions"])}
    deployed = engine_rows(tx, "SELECT DISTINCT key FROM {schema}.process_definition WHERE state = 'deployed'")
    return problems(
        graph,
        actions,
        decisions=decisions,
        templates=letter_names(tx, "escalation"),
        callable_processes={row["key"] for row in deployed},
        recorded=recorded,
    )


def deploy(tx: Tx, definition: UUID, *, recorded: bool = False) -> Definition:
    """The version, ready to be started from now on; NotDeployable lists every problem."""
    found = definition_of(tx, definition)
    require_level(tx, found.key, "admin")
    require_calls(tx, graph_of(tx, found.id))
    faults = problems_of(tx, found, recorded=recorded)
    if any(each.severity == "error" for each in faults):
        raise NotDeployable(faults)
    # Of two versions that are deployed at once, the second has to see what the first lets wait.
    _lock(tx, found.key)
    found = definition_of(tx, definition)
    if found.state == "deployed":
        return found
    before = latest(tx, found.key)
    engine_rows(
        tx,
        "UPDATE {schema}.process_definition SET state = 'deployed', deployed_at = %(now)s, deployed_by = %(by)s,"
        " recorded = %(recorded)s WHERE id = %(id)s",
        id=found.id,
        now=tx.clock.now(),
        by=tx.principal.user_id,
        recorded=recorded,
    )
    _arm_starts(tx, found)
    changes = {"version": (before.version if before else None, found.version), "recorded": (None, recorded)}
    note_process(tx, found.key, "deploy", changes, found.version)
    return definition_of(tx, definition)


def _arm_starts(tx: Tx, definition: Definition) -> None:
    """Let the start events of this version wait, and no longer those of the versions before it."""
    engine_rows(
        tx,
        "DELETE FROM {schema}.process_start USING {schema}.process_definition d"
        " WHERE definition = d.id AND d.key = %(key)s",
        key=definition.key,
    )
    for start in graph_of(tx, definition.id).inside.get("", ()):
        event = start.event
        conditional = event.kind == "conditional"
        if start.kind == "startEvent" and event.kind != "none":
            timer, now = event.timer, tx.clock.now()
            due = due_of(timer.kind, timer.text, now, lambda: organisation_zone(tx)) if timer else None
            engine_rows(
                tx,
                "INSERT INTO {schema}.process_start VALUES"
                " (%(definition)s, %(element)s, %(kind)s, %(name)s, %(due)s, %(cycle)s, %(left)s)",
                definition=definition.id,
                element=start.id,
                kind="condition" if conditional else event.kind,
                name=start.settings["entity"] if conditional else event.name,
                due=due.at if due else None,
                cycle=due.cycle if due else "",
                left=due.turns_left if due else None,
            )


def definition_of(tx: Tx, identity: UUID) -> Definition:
    """The version of an id; NotFound when there is none."""
    found = _found(tx, "id = %(id)s", id=identity)
    if found is None:
        raise NotFound("process.unknown")
    return found


def memory_of(tx: Tx, known: Basis) -> Versions:
    """Versions by id, each read once at the most: what an instance asks for while it runs."""
    found = {known.id: known}

    def version(identity: UUID) -> Basis:
        if identity not in found:
            found[identity] = definition_of(tx, identity)
        return found[identity]

    return version


def latest(tx: Tx, key: str) -> Definition | None:
    """The newest deployed version of a process, if one is."""
    return _found(tx, "key = %(key)s AND state = 'deployed' ORDER BY version DESC LIMIT 1", key=key)


def deployed_version(tx: Tx, key: str, version: int) -> Definition | None:
    """The version of a number of a process, if it is deployed."""
    return _found(tx, "key = %(key)s AND version = %(version)s AND state = 'deployed'", key=key, version=version)


def deployed(tx: Tx) -> list[Definition]:
    """The newest deployed version of each process, by key."""
    found = engine_rows(
        tx,
        f"SELECT DISTINCT ON (key) {COLUMNS} FROM {{schema}}.process_definition"  # noqa: S608 - own text
        " WHERE state = 'deployed' ORDER BY key, version DESC",
        language=tx.language,
    )
    return [msgspec.convert(each, Definition) for each in found]


def definitions(tx: Tx) -> list[Definition]:
    """The newest version of each process, by key."""
    found = engine_rows(
        tx,
        f"SELECT DISTINCT ON (key) {COLUMNS} FROM {{schema}}.process_definition ORDER BY key, version DESC",  # noqa: S608 - own text
        language=tx.language,
    )
    return [msgspec.convert(each, Definition) for each in found]


def definitions_cared_for(tx: Tx) -> list[Definition]:
    """The newest version of each process that the principal looks after; Forbidden when there is none."""
    mine = cared_for(tx)
    return [each for each in definitions(tx) if mine is None or each.key in mine]


def model_of(tx: Tx, identity: UUID) -> bytes:
    """The file of a version as it was imported; NotFound when there is none."""
    found = engine_row(tx, "SELECT xml FROM {schema}.process_definition WHERE id = %(id)s", id=identity)
    if found is None:
        raise NotFound("process.unknown")
    return bytes(found["xml"])


def graph_of(tx: Tx, identity: UUID) -> Graph:
    """The graph of a version, read once in each process; NotFound when there is none."""
    known = _graphs.get(identity)
    if known is None:
        key = definition_of(tx, identity).key
        known = main_graph(read_graphs(model_of(tx, identity)), key)
        if len(_graphs) >= MOST_GRAPHS:
            _graphs.clear()
        _graphs[identity] = known
    return known


def _found(tx: Tx, where: str, **values: Any) -> Definition | None:
    found: Mapping[str, Any] | None = engine_row(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.process_definition WHERE {where}",  # noqa: S608 - own text
        language=tx.language,
        **values,
    )
    return msgspec.convert(found, Definition) if found else None
