"""Modification of an instance by a person: looked at beforehand or done, and written down with its reason."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.processes.engine.state import Instance
from entente.services.processes.engine.words import kept
from entente.services.processes.instances import Deed, modify
from entente.services.processes.picture import MODIFIED

LONGEST = 1000


class Standing(msgspec.Struct, frozen=True):
    """Where a token is, and in which state."""

    token: int
    element: str
    state: str


class Modified(msgspec.Struct, frozen=True, kw_only=True):
    """An instance after a modification, where its tokens were before and are after it, and what stopped."""

    instance: Instance
    before: list[Standing]
    after: list[Standing]
    incidents: list[str]


def modification(tx: Tx, identity: UUID, deeds: Sequence[Deed], *, reason: str = "", preview: bool = False) -> Modified:
    """What several deeds make of an instance; a preview does them and takes everything back."""
    before = _standing(tx, identity)
    with tx.connection.transaction(force_rollback=preview):
        made = modify(tx, identity, deeds)
        after = _standing(tx, identity)
        codes = engine_rows(
            tx, "SELECT code FROM {schema}.process_incident WHERE instance = %(id)s ORDER BY number", id=identity
        )
        _write_down(tx, made, deeds, reason)
    return Modified(instance=made, before=before, after=after, incidents=[row["code"] for row in codes])


def _standing(tx: Tx, identity: UUID) -> list[Standing]:
    sql = (
        "SELECT number AS token, element, state FROM {schema}.process_token WHERE instance = %(id)s ORDER BY number"
    )  # fmt: skip
    return [msgspec.convert(row, Standing) for row in engine_rows(tx, sql, id=identity)]


def _write_down(tx: Tx, instance: Instance, deeds: Sequence[Deed], reason: str) -> None:
    said = "; ".join(
        " ".join(filter(None, (kept(f"process.verb.{deed.verb}"), deed.element, *sorted(deed.variables))))
        for deed in deeds
    )
    engine_rows(
        tx,
        "INSERT INTO {schema}.process_history"
        " (instance, scope, definition, element, flow, entered_at, left_at, outcome, actor, detail)"
        " VALUES (%(id)s, 0, %(definition)s, %(element)s, '', %(now)s, %(now)s, %(outcome)s, %(actor)s, %(detail)s)",
        id=instance.id,
        definition=instance.definition,
        element=deeds[0].element if deeds else "",
        now=tx.clock.now(),
        outcome=MODIFIED,
        actor=tx.principal.user_id,
        detail=f"{said[:LONGEST]}{kept('process.said')}{reason[:LONGEST]}" if reason else said[:LONGEST],
    )
