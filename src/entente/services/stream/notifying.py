"""News become notifications: checked against each person's rights, put together by cause, announced live."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from entente.kernel.access.predicate import lent_by, visible
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, engine_row, rows
from entente.kernel.identity.authenticate import principals_of
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.principal import system
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page
from entente.kernel.records.save import Write, save_many
from entente.kernel.records.stroke import at_one_stroke, prove, remember
from entente.services.stream.news import News, fresh, gather, mentioned, new_owner, subscribe
from entente.services.stream.preferences import NewsKind, Notices, notices_in, quiet_until
from entente.services.stream.wording import in_words, links_in, titles_of

LIVE_CHANNEL = "entente_live"
MOST_NAMED = 50
USERS_PER_NOTICE = 100
MOST_FORESEEN = 1000
Naming = Callable[[Tx, Mapping[Ref, str]], Mapping[Ref, str]]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that was written or grew: for whom, about what, in his words; `is_new` the first time.

    `is_said` when it says something that it did not say before: he is told again only then.
    """

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
    is_said: bool
    mail_after: datetime | None = None  # quiet hours end then


class _Person(msgspec.Struct, frozen=True):
    email: str | None
    notices: Notices


class _Notice(msgspec.Struct, frozen=True):
    """One notification to be: its reader, its key among his, the news in it, what their subjects are called."""

    reader: Tx
    person: _Person
    key: str
    group: Sequence[News]
    titles: Mapping[Ref, str]

    @property
    def place(self) -> tuple[UUID, str]:
        """Its owner and its key."""
        return self.group[0].user, self.key


def tell(tx: Tx, entries: Sequence[Entry], called: Naming) -> list[Told]:
    """The notifications that the entries lead to, written down and announced; telling twice changes nothing.

    `called` says what records are called in their reader's language.
    """
    asker = tx.acting_as(system("notifications"))
    recent = fresh(asker, entries)
    if not recent:
        return []
    subscribe(asker, recent, {user: each.notices for user, each in _people(asker, _named(recent)).items()})
    news = gather(asker, recent)
    with at_one_stroke(asker):
        notices = _notices(asker, news, called)
        for each in notices:
            _prove(asker, each)
        _foresee(asker, "user", tuple(dict.fromkeys(each.group[0].user for each in notices)))
        told = _write(asker, notices)
    announce(asker, [each.user for each in told if each.is_said])
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


def _notices(tx: Tx, news: Sequence[News], called: Naming) -> list[_Notice]:
    """What each active person is to be told of all that he may read, person by person."""
    people = _people(tx, {each.user for each in news})
    made = []
    for user, principal in sorted(principals_of(tx, people).items() if people else ()):
        reader = tx.acting_as(principal)
        reader.language = principal.language
        mine = [each for each in news if each.user == user]
        readable = called(reader, titles_of_live(reader, [each.subject for each in mine]))
        groups: dict[UUID, list[News]] = {}
        for each in mine:
            if each.subject in readable:
                groups.setdefault(_key(each), []).append(each)
        made += [_Notice(reader, people[user], str(key), group, readable) for key, group in groups.items()]
    return made


def _prove(tx: Tx, notice: _Notice) -> None:
    """The reader and what he may read are known to be there: a notification can point to them."""
    prove(tx, "user", notice.group[0].user)
    for ref in notice.titles:
        prove(tx, ref.entity, ref.id)


def _foresee(tx: Tx, entity: str, ids: tuple[UUID, ...]) -> None:
    """Read at once what rules of the house look up one by one when each notification is written."""
    made = tx.catalog.entity(entity)
    fields = tuple(field.name for field in made.fields.values() if not field.type.virtual)
    ask = Ask(entity=entity, fields=fields, ids=ids[:MOST_FORESEEN], limit=MOST_FORESEEN)
    for record in page(tx, ask).records if ids else ():
        remember(tx, entity, record.id, record)


def _key(news: News) -> UUID:
    """One notification for all that one stroke does to records of an entity, and one for each note that mentions."""
    if news.kind == "mention":
        return uuid5(news.entry.record, news.kind)
    return uuid5(news.entry.cause, f"{news.kind}:{news.subject.entity}")


def titles_of_live(tx: Tx, records: Sequence[Ref]) -> dict[Ref, str]:
    """What those records are called that the principal may read and that are not in the bin."""
    names = tuple(sorted({each.entity for each in records}))
    if not names:
        return {}
    wanted = {f"wanted_{name}": [each.id for each in records if each.entity == name] for name in names}
    found = rows(tx, prepared(tx, ("titles of live", names), partial(_titles, tx, names)), **wanted)
    return {Ref(each["entity"], each["id"]): each["title"] or "" for each in found}


def _titles(tx: Tx, names: Sequence[str]) -> sa.sql.ClauseElement:
    parts = []
    marks: set[str] = set()
    for entity in map(tx.catalog.entity, names):
        table = entity.table
        title = sa.cast(table.c[entity.field(entity.definition.title).column], sa.Text()).label("title")
        wanted = table.c.id == sa.any_(sa.bindparam(f"wanted_{entity.name}", type_=sa.ARRAY(table.c.id.type)))
        part = sa.select(sa.literal(entity.name).label("entity"), table.c.id, title)
        parts.append(part.where(wanted, table.c.deleted_at.is_(None), visible(tx, entity)))
        marks.update(lent_by(tx, entity))
    return marked(sa.union_all(*parts), *marks)  # type: ignore[no-any-return]


def _write(tx: Tx, notices: Sequence[_Notice]) -> list[Told]:
    """The notifications as told, those that are new or grew written at once."""
    known = _known(tx, notices)
    writes, said = [], []
    for each in notices:
        held = known.get(each.place)
        values = _values(each, held and held["values"])
        text = sentence(each.reader, each.group[0].kind, values)
        is_said = held is None or text != sentence(each.reader, each.group[0].kind, held["values"])
        said.append((each, values, text, is_said))
        if held is None or _grows(each, held, values):
            row = _row(each, values, text) | ({"read_at": None} if is_said else {})
            writes.append(Write(values=row, id=held["id"] if held else None))
    saved = {(each["owner"], each["entry"]): each.id for each in save_many(tx, "notification", writes, trusted=True)}
    ids = {place: held["id"] for place, held in known.items()} | saved
    return [
        _told(each, values, text, ids[each.place], is_new=each.place not in known, is_said=is_said)
        for each, values, text, is_said in said
    ]


def _grows(notice: _Notice, known: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """A note that is rewritten mentions nobody a second time."""
    return notice.group[0].kind != "mention" and known["values"] != values


def _row(notice: _Notice, values: dict[str, Any], text: str) -> dict[str, Any]:
    first = notice.group[0]
    subject = _only_subject(notice, values)
    return {
        "kind": first.kind,
        "text": text[:500],
        "values": values,
        "regarding": subject if subject and _may_regard(notice.reader, subject.entity) else None,
        "sender": first.entry.actor,
        "entry": notice.key,
        "owner": first.user,
    }


def _only_subject(notice: _Notice, values: Mapping[str, Any]) -> Ref | None:
    return notice.group[0].subject if values["count"] == 1 else None


def _told(notice: _Notice, values: dict[str, Any], text: str, id_: UUID, *, is_new: bool, is_said: bool) -> Told:
    first, reader, wishes = notice.group[0], notice.reader, notice.person.notices
    return Told(
        id=id_,
        user=first.user,
        email=notice.person.email,
        kind=first.kind,
        text=text,
        subject=_only_subject(notice, values),
        entity=first.subject.entity,
        language=reader.language,
        wants_mail=first.kind in wishes.mailed and not wishes.daily,
        is_new=is_new,
        is_said=is_said,
        mail_after=quiet_until(wishes, reader.clock.now(), reader.principal.timezone),
    )


def _known(tx: Tx, notices: Sequence[_Notice]) -> dict[tuple[UUID, str], dict[str, Any]]:
    """The notifications that were written before, by owner and key."""
    table = tx.catalog.entity("notification").table

    def build() -> sa.sql.ClauseElement:
        owners = sa.any_(sa.bindparam("owners", type_=sa.ARRAY(table.c.owner.type)))
        keys = sa.any_(sa.bindparam("keys", type_=sa.ARRAY(sa.Text())))
        statement = sa.select(table.c.id, table.c.owner, table.c.entry, table.c["values"])
        # In small letters, as the index of what is unique holds it.
        mine = (table.c.owner == owners, sa.func.lower(table.c.entry) == keys, table.c.deleted_at.is_(None))
        return marked(statement.where(*mine), "notification")  # type: ignore[no-any-return]

    owners, keys = {each.group[0].user for each in notices}, {each.key for each in notices}
    statement = prepared(tx, "known notifications", build)
    found = rows(tx, statement, owners=list(owners), keys=list(keys)) if notices else ()
    return {(each["owner"], each["entry"]): each for each in found}


def _values(notice: _Notice, known: Any) -> dict[str, Any]:
    group, tx = notice.group, notice.reader
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
        "title": notice.titles[first.subject],
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
