"""What was done to processes, decision tables, tokens and declared records, in the reader's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from entente.interfaces.html.views.journal import NoteLine
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.records.query import titles
from entente.services.processes.rights import KINDS
from entente.services.stream.noting import LENDING

FIELDS = "journal.field."


def note_lines(tx: Tx, entries: Sequence[Entry]) -> tuple[NoteLine, ...]:
    """The lines of a list of deeds, in their order."""
    names = _holders(tx, entries)
    return tuple(_line(tx, each, names) for each in entries)


def _line(tx: Tx, entry: Entry, names: Mapping[UUID, str]) -> NoteLine:
    made, key = tx.catalog.entities.get(entry.entity), f"journal.deed.{entry.deed}"
    return NoteLine(
        at=entry.at,
        who=entry.actor_name or tx.say(f"via.{entry.via}"),
        what=tx.say(key, number=entry.version) if tx.words.has(key) else entry.deed,
        details=_details(tx, entry, names),
        thing=entry.title or "",
        kind=kind_words(tx, entry.entity),
        url=f"/{made.definition.path}/{entry.record}"
        if made and not made.definition.hidden and entry.deed != "delete"
        else "",
    )


def kind_words(tx: Tx, kind: str) -> str:
    """What things or records of a kind are called."""
    made = tx.catalog.entities.get(kind)
    return made.definition.label.to(tx.language) if made else tx.say(f"journal.kind.{kind}")


def _details(tx: Tx, entry: Entry, names: Mapping[UUID, str]) -> tuple[str, ...]:
    made = tx.catalog.entities.get(entry.entity)
    if entry.deed in LENDING:
        return tuple(_lent(tx, entry, names))
    if made is not None:
        changed = [made.fields[name].definition.label.to(tx.language) for name in entry.changes if name in made.fields]
        return (", ".join(changed),) if changed and entry.deed == "update" else ()
    if entry.deed == "rights":
        return tuple(_rights(tx, entry, names))
    return tuple(
        tx.say("journal.from_to", name=tx.say(FIELDS + name), old=_said(tx, pair[0]), new=_said(tx, pair[1]))
        for name, pair in entry.changes.items()
        if tx.words.has(FIELDS + name)
    )


def _rights(tx: Tx, entry: Entry, names: Mapping[UUID, str]) -> Iterator[str]:
    old, new = (_levels(side) for side in entry.changes["rights"])
    for holder in {**old, **new}:
        if old.get(holder) != new.get(holder):
            yield _right(tx, names.get(holder), old.get(holder), new.get(holder))


def _lent(tx: Tx, entry: Entry, names: Mapping[UUID, str]) -> Iterator[str]:
    """With whom a record was shared, and what they might do."""
    told = _share(entry)
    for kind in ("user", "team"):
        if told.get(kind):
            name = names.get(UUID(told[kind])) or tx.say("processes.holder_hidden")
            yield tx.say("journal.lent", name=name, level=tx.say(f"share.level.{told.get('level', 'read')}"))


def _share(entry: Entry) -> Mapping[str, str]:
    pair = entry.changes.get("share") or (None, None)
    return pair[1] or pair[0] or {}


def _levels(rights: Sequence[Mapping[str, str]]) -> dict[UUID, str]:
    return {UUID(each["holder"]): each["level"] for each in rights}


def _right(tx: Tx, name: str | None, old: str | None, new: str | None) -> str:
    sides = [tx.say(f"processes.level.{each}") if each else tx.say("journal.nothing") for each in (old, new)]
    return tx.say("journal.from_to", name=name or tx.say("processes.holder_hidden"), old=sides[0], new=sides[1])


def _said(tx: Tx, value: Any) -> str:
    return tx.say("journal.nothing") if value is None else str(value)


def _holders(tx: Tx, entries: Sequence[Entry]) -> dict[UUID, str]:
    """The names of users, teams and roles that changed rights speak of."""
    found: dict[str, list[UUID]] = {kind: [] for kind in KINDS}
    for entry in entries:
        for each in (line for side in entry.changes["rights"] for line in side) if entry.deed == "rights" else ():
            found[each["kind"]].append(UUID(each["holder"]))
        for kind in ("user", "team"):
            if entry.deed in LENDING and _share(entry).get(kind):
                found[kind].append(UUID(_share(entry)[kind]))
    return {key: name for kind, holders in found.items() for key, name in titles(tx, kind, holders).items()}
