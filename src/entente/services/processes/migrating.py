"""Running instances put on another version of their process: looked at beforehand, then done, each on its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Invalid, Refused
from entente.services.processes.definitions import Definition, definition_of, graph_of
from entente.services.processes.engine.migrating import Outlook, Route, migrate
from entente.services.processes.engine.state import Passage, State
from entente.services.processes.rights import require_level
from entente.services.processes.running import opened

MOST = 1000
READY, MIGRATED, REFUSED, OVER = "ready", "migrated", "refused", "over"
_AFFECTED = """
SELECT DISTINCT s.instance FROM {schema}.process_scope s JOIN {schema}.process_instance i ON i.id = s.instance
WHERE s.definition = %(source)s AND i.state = 'running' AND (%(all)s OR i.id = ANY(%(wanted)s))
ORDER BY s.instance LIMIT %(most)s
"""


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """From which version to which; `mapping` names elements whose ids differ, nothing for `instances` means all.

    `accept_losses`: what waits and has no place in the target may be given up; `recalculate`: timers begin anew.
    """

    source: UUID
    target: UUID
    mapping: Mapping[str, str] = {}
    instances: Sequence[UUID] | None = None
    accept_losses: bool = False
    recalculate: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one instance, or would: ready, migrated, refused or over, and what has no place."""

    instance: UUID
    state: str
    outlook: Outlook


class _TakenBack(Exception):  # noqa: N818 - says what became of the work
    def __init__(self, outlook: Outlook, state: str) -> None:
        super().__init__(state)
        self.outlook = outlook
        self.state = state


def migrate_instances(tx: Tx, wish: Migration, *, preview: bool) -> list[Result]:
    """What became of each instance, or would with `preview`: at most 1,000 at a time, in the order of their ids.

    Forbidden unless the principal looks after the process; Invalid when the mapping names what is not there.
    """
    source, target = definition_of(tx, wish.source), definition_of(tx, wish.target)
    for each in (source, target):
        require_level(tx, each.key, "admin")
    route = Route(source.id, target.id, graph_of(tx, source.id), graph_of(tx, target.id), wish.mapping)
    _prove(route, target)
    found = engine_rows(
        tx,
        _AFFECTED,
        source=source.id,
        all=wish.instances is None,
        wanted=list(wish.instances or ()),
        most=MOST,
    )
    affected = [row["instance"] for row in found]
    missing = [each for each in wish.instances or () if each not in affected]
    results = [_one(tx, each, route, wish, (source, target), preview=preview) for each in affected]
    return results + [Result(instance=each, state=OVER, outlook=Outlook()) for each in missing]


def _prove(route: Route, target: Definition) -> None:
    faults = [Refused("process.map_source", field=name) for name in route.mapping if name not in route.old.elements]
    faults += [
        Refused("process.map_target", field=name, element=to)
        for name, to in route.mapping.items()
        if to not in route.new.elements
    ]
    if target.state != "deployed":
        faults.append(Refused("process.not_deployed", field="target"))
    if faults:
        raise Invalid(faults)


def _one(
    tx: Tx, instance: UUID, route: Route, wish: Migration, versions: tuple[Definition, Definition], *, preview: bool
) -> Result:
    try:
        with tx.connection.transaction(), opened(tx, instance) as state:
            outlook = migrate(state, route, recalculate=wish.recalculate)
            if outlook.unmapped or (outlook.loses and not wish.accept_losses and not preview):
                raise _TakenBack(outlook, REFUSED)
            if preview:
                raise _TakenBack(outlook, READY)
            _write_down(state, versions)
            _rename_tasks(tx, state)
    except _TakenBack as taken:
        return Result(instance=instance, state=taken.state, outlook=taken.outlook)
    return Result(instance=instance, state=MIGRATED, outlook=outlook)


def _write_down(state: State, versions: tuple[Definition, Definition]) -> None:
    now = state.outside.now
    root = next(each for each in state.scopes.values() if each.kind == "process")
    text = " → ".join(f"{each.key} {each.version}" for each in versions)
    state.history.append(
        Passage(root.number, root.definition, "", "", now, now, "migrated", state.outside.actor, text)
    )  # fmt: skip


def _rename_tasks(tx: Tx, state: State) -> None:
    """Let the tasks of tokens say where these are now; they stay the same tasks in the same hands."""
    binds: dict[str, Any] = {"instance": state.instance.id}
    for token in state.tokens.values():
        if token.task:
            engine_rows(
                tx,
                "WITH moved AS (UPDATE {schema}.work_task SET element = %(element)s"
                " WHERE instance = %(instance)s AND token = %(token)s AND element <> %(element)s RETURNING id)"
                " UPDATE {schema}.task SET element = %(element)s WHERE id IN (SELECT id FROM moved)",
                element=token.element,
                token=token.number,
                **binds,
            )
