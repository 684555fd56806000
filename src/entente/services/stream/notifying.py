"""News become notifications: checked against each person's rights, put together by cause, announced live."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from entente.kernel.access.predicate import guarded, me
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, engine_row, rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.principal import system
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import save
from entente.kernel.records.stroke import at_one_stroke
from entente.services.stream.news import News, fresh, gather, mentioned, new_owner, subscribe
from entente.services.stream.preferences import NewsKind, Notices, notices_in, quiet_until
from entente.services.stream.wording import in_words, links_in, titles_of

LIVE_CHANNEL = "entente_live"
MOST_NAMED = 50
USERS_PER_NOTICE = 100


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that was written or grew: for whom, about what, in his words; `is_new` the first time."""

    id: UUID
    user: UUID
    email: str | None
    kind: NewsKind
    text: str
    subject: Ref | None
    entity: str
    language: str
    wants_mail: bool
    is_new: bool
    mail_after: datetime | None = None  # quiet hours end then


class _Person(msgspec.Struct, frozen=True):
    email: str | None
    notices: Notices


def tell(tx: Tx, entries: Sequence[Entry]) -> list[Told]:
    """The notifications that the entries lead to, written down and announced; telling twice changes nothing."""
    asker = tx.acting_as(system("notifications"))
    recent = fresh(asker, entries)
    if not recent:
        return []
    subscribe(asker, recent, {user: each.notices for user, each in _people(asker, _named(recent)).items()})
    news = gather(asker, recent)
    people = _people(asker, {each.user for each in news})
    told = []
    with at_one_stroke(asker):
        for user, person in sorted(people.items()):
            told += _tell_one(asker, user, person, [each for each in news if each.user == user])
    announce(asker, [each.user for each in told])
    return told


def _named(entries: Iterable[Entry]) -> set[UUID]:
    """Those whom the entries may make followers."""
    found = {entry.actor for entry in entries if entry.actor}
    return found.union(*(mentioned(entry) for entry in entries))


def _people(tx: Tx, users: Iterable[UUID]) -> dict[UUID, _Person]:
    table = tx.catalog.entity("user").table

    def build() -> sa.sql.ClauseElement:
        wanted = sa.any_(sa.bindparam("wanted", type_=sa.ARRAY(table.c.id.type)))
        statement = sa.select(table.c.id, table.c.email, table.c.preferences)
        limited = statement.where(table.c.id == wanted, table.c.active, table.c.deleted_at.is_(None))
        return marked(limited, "user")  # type: ignore[no-any-return]

    found = rows(tx, prepared(tx, "people to tell", build), wanted=list(users))
    return {each["id"]: _Person(each["email"], notices_in(each["preferences"])) for each in found}


def _tell_one(tx: Tx, user: UUID, person: _Person, news: Sequence[News]) -> list[Told]:
    principal = principal_of(tx, user)
    if principal is None:
        return []
    reader = tx.acting_as(principal)
    reader.language = principal.language
    readable = titles_of_live(reader, [each.subject for each in news])
    groups: dict[UUID, list[News]] = {}
    for each in news:
        if each.subject in readable:
            groups.setdefault(_key(each), []).append(each)
    return [_write(reader, key, group, person, readable) for key, group in groups.items()]


def _key(news: News) -> UUID:
    """One notification for all that one stroke does to records of an entity, and one for each note that mentions."""
    if news.kind == "mention":
        return uuid5(news.entry.record, news.kind)
    return uuid5(news.entry.cause, f"{news.kind}:{news.subject.entity}")


def titles_of_live(tx: Tx, records: Sequence[Ref]) -> dict[Ref, str]:
    """What those records are called that the principal may read and that are not in the bin."""
    found: dict[Ref, str] = {}
    for name in {each.entity for each in records}:
        statement = prepared(tx, ("titles of live", name), partial(_titles, tx, name))
        wanted = [each.id for each in records if each.entity == name]
        found |= {Ref(name, each["id"]): each["title"] or "" for each in rows(tx, statement, wanted=wanted)}
    return found


def _titles(tx: Tx, name: str) -> sa.sql.ClauseElement:
    entity = tx.catalog.entity(name)
    title = entity.table.c[entity.field(entity.definition.title).column]
    wanted = sa.any_(sa.bindparam("wanted", type_=sa.ARRAY(entity.table.c.id.type)))
    statement = sa.select(entity.table.c.id, sa.cast(title, sa.Text()).label("title"))
    return guarded(tx, statement.where(entity.table.c.id == wanted), entity)


def _write(tx: Tx, key: UUID, group: Sequence[News], person: _Person, titles: dict[Ref, str]) -> Told:
    first = group[0]
    known = _known(tx, key) or {}
    values = _values(tx, group, known.get("values"), titles)
    text = sentence(tx, first.kind, values)
    subject = first.subject if values["count"] == 1 else None
    row = {
        "kind": first.kind,
        "text": text[:500],
        "values": values,
        "regarding": subject if subject and _may_regard(tx, subject.entity) else None,
        "sender": first.entry.actor,
        "entry": str(key),
        "owner": tx.principal.user_id,
    }
    writer = tx.acting_as(system("notifications"))
    identity: UUID | None = known.get("id")
    # A note that is rewritten mentions nobody a second time.
    grown = identity is not None and first.kind != "mention" and known["values"] != values
    if identity is None or grown:
        identity = save(writer, "notification", {**row, "read_at": None}, id=identity, trusted=True).id
    return Told(
        id=identity,
        user=first.user,
        email=person.email,
        kind=first.kind,
        text=text,
        subject=subject,
        entity=first.subject.entity,
        language=tx.language,
        wants_mail=first.kind in person.notices.mailed and not person.notices.daily,
        is_new=not known,
        mail_after=quiet_until(person.notices, tx.clock.now(), tx.principal.timezone),
    )


def _known(tx: Tx, key: UUID) -> dict[str, Any] | None:
    table = tx.catalog.entity("notification").table

    def build() -> sa.sql.ClauseElement:
        mine = (table.c.owner == me(), table.c.entry == sa.bindparam("entry", type_=sa.Text()))
        statement = sa.select(table.c.id, table.c["values"]).where(*mine, table.c.deleted_at.is_(None))
        return marked(statement, "notification")  # type: ignore[no-any-return]

    found = rows(tx, prepared(tx, "known notification", build), entry=str(key))
    return found[0] if found else None


def _values(tx: Tx, group: Sequence[News], known: Any, titles: dict[Ref, str]) -> dict[str, Any]:
    first = group[0]
    held = known if isinstance(known, dict) else {}
    entries = sorted({*held.get("entries", ()), *(each.entry.id for each in group)})
    records = list(dict.fromkeys([*held.get("records", ()), *(str(each.subject.id) for each in group)]))
    count = len(entries)
    if first.kind == "assigned" and count > 1:
        count = max(count, _assigned(tx, first))
    return {
        "entries": entries,
        "records": records[:MOST_NAMED],
        "entity": first.subject.entity,
        "title": titles[first.subject],
        "actor": first.entry.actor_name,
        "count": count,
        "state": held.get("state") or _state(tx, first),
    }


def _assigned(tx: Tx, news: News) -> int:
    """How many records the whole stroke gave to the person: a follower may see it in several batches."""
    found = engine_row(
        tx,
        "SELECT count(*) AS n FROM {schema}.journal WHERE cause = %(cause)s AND entity = %(entity)s"
        " AND changes -> 'owner' ->> 1 = %(user)s",
        cause=news.entry.cause,
        entity=news.subject.entity,
        user=str(new_owner(news.entry)),
    )
    return int(found["n"]) if found else 0


def _state(tx: Tx, news: News) -> dict[str, Any] | None:
    return {"field": news.state[0], "value": news.state[1]} if news.state else None


def _may_regard(tx: Tx, entity: str) -> bool:
    return entity in targets(tx.catalog.entity("notification").field("regarding").definition)


def sentence(tx: Tx, kind: str, values: dict[str, Any]) -> str:
    """What a notification says in the reader's language."""
    entity = tx.catalog.entities.get(str(values.get("entity")))
    count = int(values.get("count") or 1)
    label = (entity.label if count == 1 else entity.plural).to(tx.language) if entity else ""
    return tx.say(
        f"notification.{kind}.{'one' if count == 1 else 'many'}",
        actor=values.get("actor") or "",
        title=values.get("title") or "",
        entity=label,
        count=count,
        state=_state_in_words(tx, values),
    )


def _state_in_words(tx: Tx, values: dict[str, Any]) -> str:
    state, entity = values.get("state"), tx.catalog.entities.get(str(values.get("entity")))
    field = entity.fields.get(state["field"]) if state and entity else None
    if field is None or state is None:
        return ""
    return in_words(tx, field, state["value"], titles_of(tx, links_in(field, state["value"])))


def announce(tx: Tx, users: Iterable[UUID]) -> None:
    """Tell the open pages of these people, once the transaction commits, that they have news."""
    everyone = [str(user) for user in dict.fromkeys(users)]
    organisation = tx.catalog.schema.removeprefix("org_")
    # A NOTIFY carries less than 8,000 bytes.
    for start in range(0, len(everyone), USERS_PER_NOTICE):
        payload = {
            "organisation": organisation,
            "kind": "notification",
            "users": everyone[start : start + USERS_PER_NOTICE],
        }
        tx.connection.execute("SELECT pg_notify(%s, %s)", (LIVE_CHANNEL, msgspec.json.encode(payload).decode()))
