"""What one listener may hear of what happened: proved anew by his session and by the access predicate each time."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.html.http.door import Key
from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.identity.authenticate import authenticate
from entente.kernel.kit.ids import parse_id
from entente.kernel.records.query import Ask, page
from entente.services.connect.live import Notice
from entente.services.processes.definitions import may_design
from entente.services.processes.instances import watched
from entente.services.processes.telling import KIND as PROCESS
from entente.services.stream.notifications import Notification, list_notifications, unread_count

NEWS = timedelta(seconds=30)


class Event(msgspec.Struct, frozen=True):
    """One server-sent event: its name and its data."""

    name: str
    data: dict[str, Any]

    @property
    def wire(self) -> bytes:
        """The event as it is sent (HTML standard, section 9.2.5)."""
        return b"event: " + self.name.encode() + b"\ndata: " + msgspec.json.encode(self.data) + b"\n\n"


def heard(database: Database, key: Key, notices: Sequence[Notice]) -> list[Event] | None:
    """The events that a listener may hear; nothing at all (None) once his session or token proves him no longer."""
    with database.connection() as connection:
        found = authenticate(connection, schema_of(key.organisation), key.door, key.token, database.clock.now())
        if found is None or found.must_change:
            return None
        catalog = database.catalog(connection, key.organisation, found.catalog_version)
        tx = database.transaction(connection, catalog, found.principal, new_cause("live"))
        return list(_events(tx, notices))


def _events(tx: Tx, notices: Sequence[Notice]) -> Iterable[Event]:
    mine = str(tx.principal.user_id)
    for notice in notices:
        if notice.kind == "progress" and mine in notice.users:
            yield Event("job-progress", {"id": notice.id})
    told = [notice for notice in notices if notice.kind == "notification" and mine in notice.users]
    if told:
        newest = None if told[-1].text else _latest(tx)
        text, id_ = (newest.text, str(newest.id)) if newest else (told[-1].text, "")
        yield Event("notification", {"counts": {"notifications": unread_count(tx)}, "text": text, "id": id_})
    yield from _course_events(tx, [notice for notice in notices if notice.kind == PROCESS])
    changed = _readable(tx, [notice for notice in notices if notice.kind == "record"])
    for notice in changed:
        data = {"entity": notice.entity, "id": notice.id, "version": notice.version, "by": notice.by}
        yield Event("record-changed", data)
    lists = [notice.entity for notice in changed]
    lists += [notice.entity for notice in notices if notice.kind == "list" and _reads(tx, notice.entity)]
    for entity in dict.fromkeys(lists):
        yield Event("list-changed", {"entity": entity})


def _course_events(tx: Tx, notices: Sequence[Notice]) -> Iterable[Event]:
    """That instances went on, for those who may see them: each by itself, and all that belong to a record."""
    everything = may_design(tx)
    records = [
        Notice(organisation=each.organisation, kind="record", entity=each.entity, id=each.text) for each in notices
    ]
    readable = {each.id for each in (() if everything else _readable(tx, records))}
    open_ids = [parse_id(each.id) for each in notices if not each.text or each.text in readable]
    known = set() if everything else {str(each) for each in watched(tx, [each for each in open_ids if each])}
    seen = [each for each in notices if everything or each.id in known]
    names = [name for each in seen for name in (f"process:{each.id}", f"processes-of:{each.text}")]
    for name in dict.fromkeys([*names, *(["processes"] if seen else [])]):
        yield Event("list-changed", {"entity": name})


def _latest(tx: Tx) -> Notification | None:
    """The newest thing that the principal was told and has not read, if it is news still."""
    newest = next(iter(list_notifications(tx, unread_only=True, limit=1)), None)
    return newest if newest and tx.clock.now() - newest.at < NEWS else None


def _reads(tx: Tx, entity: str) -> bool:
    return entity in tx.catalog.entities and tx.principal.depth(entity, "read") != "none"


def _readable(tx: Tx, notices: Sequence[Notice]) -> list[Notice]:
    """The notices of records that may be read, the last one of each; a record in the bin is told of no more."""
    latest = {(notice.entity, notice.id): notice for notice in sorted(notices, key=lambda each: each.version)}
    seen: set[tuple[str, str]] = set()
    for entity in {notice.entity for notice in notices if notice.entity in tx.catalog.entities}:
        ids: list[UUID] = [found for name, text in latest if name == entity and (found := parse_id(text))]
        records = page(tx, Ask(entity=entity, fields=("version",), ids=tuple(ids), limit=len(ids))).records
        seen |= {(entity, str(record.id)) for record in records}
    return [notice for key, notice in latest.items() if key in seen]
