"""Changes told at once to whoever looks on: a follower of the journal that notifies every web process."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page

CHANNEL = "entente_live"
# PostgreSQL refuses a notice of 8,000 bytes or more.
LONGEST_NAME = 200
# More changes of one entity at one stroke are told as one change of its lists.
MOST_SINGLE = 20
OWNERSHIP = frozenset({"owner", "team", "unit"})


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a web process hears: a changed record, changed lists, a notification or progress for some users.

    `users` are the only ones to be told, as texts; a record is told to whoever may read it.
    """

    organisation: str
    kind: str
    entity: str = ""
    id: str = ""
    version: int = 0
    by: str = ""
    text: str = ""
    users: tuple[str, ...] = ()


def publish_live(tx: Tx, entries: Sequence[Entry]) -> None:
    """Tell the web processes of changes when the transaction commits; being told twice does no harm."""
    notices = dict.fromkeys(msgspec.json.encode(notice).decode() for notice in _notices(tx, entries))
    if notices:
        engine_rows(
            tx,
            "SELECT pg_notify(%(channel)s, notice) FROM json_array_elements_text(%(notices)s::json) AS notice",
            channel=CHANNEL,
            # The driver takes longer to write an array of texts than to send it.
            notices=msgspec.json.encode(list(notices)).decode(),
        )


def _notices(tx: Tx, entries: Sequence[Entry]) -> Iterable[Notice]:
    organisation = tx.catalog.schema.removeprefix("org_")
    many = Counter((entry.cause, entry.entity) for entry in entries)
    about = _regarded(tx, [entry for entry in entries if many[entry.cause, entry.entity] <= MOST_SINGLE])
    for entry in entries:
        # Without a version: the record hears of its timeline, and nobody who edits it is warned.
        for target in about.get(entry.record, ()):
            yield Notice(organisation=organisation, kind="record", entity=target.entity, id=str(target.id))
        single = many[entry.cause, entry.entity] <= MOST_SINGLE and entry.deed != "delete"
        if single:
            yield Notice(
                organisation=organisation,
                kind="record",
                entity=entry.entity,
                id=str(entry.record),
                version=entry.version,
                by=entry.actor_name[:LONGEST_NAME],
            )
        # Who can no longer read the record hears only that his lists changed.
        if not single or (entry.deed == "update" and not OWNERSHIP.isdisjoint(entry.changes)):
            yield Notice(organisation=organisation, kind="list", entity=entry.entity)


def _regarded(tx: Tx, entries: Sequence[Entry]) -> dict[UUID, list[Ref]]:
    """What changed activities and documents are about: the records on whose timelines they stand."""
    found: dict[UUID, list[Ref]] = {}
    for name in {entry.entity for entry in entries if entry.entity in tx.catalog.entities}:
        entity = tx.catalog.entity(name)
        fields = tuple(field.name for field in entity.fields.values() if field.type.key == "polymorphic")
        if entity.definition.hidden or not fields:
            continue
        ids = tuple({entry.record for entry in entries if entry.entity == name})
        for record in page(tx, Ask(entity=name, fields=fields, ids=ids, limit=len(ids))).records:
            found[record.id] = [record[field] for field in fields if record[field] is not None]
    return found


def read_notice(payload: str) -> Notice | None:
    """The notice that a payload spells, or nothing when it is none of ours."""
    try:
        return msgspec.json.decode(payload, type=Notice)
    except msgspec.MsgspecError:
        return None
