"""Sharing one record with a person or a team: journalled, undone like any change, ended by its day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import Privilege
from entente.kernel.kit.refusal import Forbidden, Invalid, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.journal import Line, write_lines
from entente.kernel.records.query import exists, find, titles
from entente.kernel.records.record import Record
from entente.kernel.records.writing import title_of

SHARE, UNSHARE = "share", "unshare"
LEVELS: Mapping[str, tuple[Privilege, ...]] = {
    "read": ("read",),
    "edit": ("read", "update"),
    "full": ("read", "update", "delete", "share", "export"),
}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """With whom a record is shared: a person or a team, what they may do, until when (nothing: for good), why."""

    id: UUID
    user_id: UUID | None = None
    team_id: UUID | None = None
    privileges: tuple[Privilege, ...]
    until: datetime | None = None
    reason: str | None = None

    @property
    def level(self) -> str:
        """The name of what they may do."""
        return next((name for name, each in LEVELS.items() if set(each) == set(self.privileges)), "read")


def shares_of(tx: Tx, entity: str, record: UUID) -> list[Share]:
    """The shares of a record that are in force, oldest first; Forbidden to whoever may not share it."""
    _may_share(tx, tx.catalog.entity(entity), record)
    found = engine_rows(
        tx,
        "SELECT id, user_id, team_id, privileges, until, reason FROM {schema}.share WHERE entity = %(entity)s"
        " AND record = %(record)s AND (until IS NULL OR until > %(now)s) ORDER BY created_at, id",
        entity=entity,
        record=record,
        now=tx.clock.now(),
    )
    return [msgspec.convert(line, Share) for line in found]


def share(
    tx: Tx,
    entity: str,
    record: UUID,
    *,
    user: UUID | None = None,
    team: UUID | None = None,
    level: str = "read",
    until: datetime | None = None,
    reason: str | None = None,
) -> UUID:
    """The id of the share; Forbidden without the right to share or to do what would be lent, Invalid otherwise."""
    made = tx.catalog.entity(entity)
    known = _may_share(tx, made, record)
    _prove(tx, made, record, user, team, level, until)
    line = engine_row(
        tx,
        "INSERT INTO {schema}.share"
        " (id, entity, record, user_id, team_id, privileges, until, reason, created_at, created_by)"
        " VALUES (%(id)s, %(entity)s, %(record)s, %(user)s, %(team)s, %(privileges)s, %(until)s, %(reason)s, %(now)s,"
        " %(by)s) ON CONFLICT (entity, record, coalesce(user_id, team_id)) DO UPDATE"
        " SET privileges = excluded.privileges, until = excluded.until, reason = excluded.reason RETURNING id",
        id=new_id(),
        entity=entity,
        record=record,
        user=user,
        team=team,
        privileges=list(LEVELS[level]),
        until=until,
        reason=reason,
        now=tx.clock.now(),
        by=tx.principal.user_id,
    )
    _tell(tx, made, known, SHARE, {"user": user, "team": team, "level": level, "until": until, "reason": reason})
    return UUID(str((line or {})["id"]))


def _may_share(tx: Tx, entity: Entity, record: UUID) -> Record:
    known = find(tx, entity.name, record)
    if not exists(tx, entity.name, record, "share"):
        raise Forbidden("access.share", entity=entity.label.to(tx.language))
    return known


def _prove(
    tx: Tx, entity: Entity, record: UUID, user: UUID | None, team: UUID | None, level: str, until: datetime | None
) -> None:
    faults = []
    if (user is None) == (team is None):
        faults.append(Refused("share.with_whom", field="user"))
    if level not in LEVELS:
        faults.append(Refused("share.level", field="level"))
    if until is not None and until <= tx.clock.now():
        faults.append(Refused("share.until_past", field="until"))
    for kind, identity in (("user", user), ("team", team)):
        if identity is not None and not titles(tx, kind, [identity]):
            faults.append(Refused("share.with_whom", field=kind))
    if faults:
        raise Invalid(faults)
    if not all(exists(tx, entity.name, record, privilege) for privilege in LEVELS[level]):
        raise Forbidden("share.more_than_own")


def unshare(tx: Tx, entity: str, record: UUID, identity: UUID) -> None:
    """End a share at once; NotFound when there is none, Forbidden without the right to share."""
    made = tx.catalog.entity(entity)
    known = _may_share(tx, made, record)
    found = engine_row(
        tx,
        "DELETE FROM {schema}.share WHERE id = %(id)s AND entity = %(entity)s AND record = %(record)s"
        " RETURNING id, user_id, team_id, privileges, until, reason",
        id=identity,
        entity=entity,
        record=record,
    )
    if found is None:
        raise NotFound("share.unknown")
    ended = msgspec.convert(found, Share)
    told = {"user": ended.user_id, "team": ended.team_id, "level": ended.level, "until": ended.until}
    _tell(tx, made, known, UNSHARE, {**told, "reason": ended.reason})


def _tell(tx: Tx, entity: Entity, record: Record, deed: str, told: Mapping[str, Any]) -> None:
    plain = {name: msgspec.to_builtins(value) for name, value in told.items() if value is not None}
    pair = (None, plain) if deed == SHARE else (plain, None)
    title = title_of(entity, record)
    write_lines(tx, [Line(deed, entity.name, record.id, record.version, title, {"share": pair})])


def take_back_share(tx: Tx, entity: str, record: UUID, deed: str, changes: Mapping[str, Sequence[Any]]) -> None:
    """Undo a share or its end, as the journal tells it."""
    before, after = changes["share"]
    told = after if deed == SHARE else before
    whom = {kind: UUID(told[kind]) for kind in ("user", "team") if told.get(kind)}
    if deed == UNSHARE:
        until = msgspec.convert(told.get("until"), datetime | None)
        share(tx, entity, record, **whom, level=told["level"], until=until, reason=told.get("reason"))
        return
    known = next(
        (each for each in shares_of(tx, entity, record) if {each.user_id, each.team_id} & set(whom.values())), None
    )
    if known is not None:
        unshare(tx, entity, record, known.id)
