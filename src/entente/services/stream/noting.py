"""What is done to things that are no records (processes, decision tables, tokens), in the journal all the same."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.records.journal import COLUMNS, Changes, Line, entry_of, flush, history, write_lines

START = datetime(9999, 1, 1, tzinfo=UTC)
AwareMoment = Annotated[datetime, msgspec.Meta(tz=True)]
SPACE = UUID("6d0f5c0e-8a39-5c0e-9a52-1c6d2f0b7e41")
# Things that have a table and a history, and are no records.
PROCESS, DECISION, TOKEN, WAY_IN = "process_definition", "decision_definition", "api_token", "credential"
SESSION = "session"
THINGS = frozenset({PROCESS, DECISION, TOKEN, WAY_IN, SESSION})
# Who may see a record besides its owner is told of every record.
LENDING = ("share", "unshare")
_LINES = f"""
SELECT {COLUMNS} FROM {{schema}}.journal
WHERE @where AND (deed <> 'update' OR changes <> '{{}}') AND (at, id) < (%(at)s, %(id)s)
ORDER BY at DESC, id DESC LIMIT %(limit)s
"""  # noqa: S608 - own text
_NARROWED = {
    "actor": "actor = %(actor)s",
    "record": "record = %(record)s",
    "deed": "deed = %(deed)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
}


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines of the journal are wanted: of one kind, by whom, about which record, of which deed, from when on."""

    kind: str = ""
    actor: UUID | None = None
    record: UUID | None = None
    deed: str = ""
    since: AwareMoment | None = None
    until: AwareMoment | None = None


class Thing(msgspec.Struct, frozen=True):
    """Something that is no record: of which kind it is, its key among those, and what people call it."""

    kind: str
    key: str
    title: str = ""

    @property
    def id(self) -> UUID:
        """The id under which the journal knows it, the same for a kind and key everywhere."""
        return uuid5(SPACE, f"{self.kind}:{self.key}")


def note(tx: Tx, thing: Thing, deed: str, changes: Changes, version: int = 1) -> None:
    """Write down what was done to a thing, as the change of a record is written down."""
    write_lines(tx, [Line(deed, thing.kind, thing.id, version, thing.title, changes)])


def note_ended_sessions(tx: Tx, user: UUID, name: str, count: int) -> None:
    """Write down that somebody's sessions were ended, if there were any."""
    if count:
        note(tx, Thing(SESSION, str(user), name), "end_sessions", {"sessions": (count, 0)})


def declared_kinds(tx: Tx) -> frozenset[str]:
    """What is declared for everybody: all things, and entities that are neither followed, nor activities, nor parts."""
    made = {name: each.definition for name, each in tx.catalog.entities.items()}
    plain = {name for name, each in made.items() if each.journal and not (each.timeline or each.activity)}
    return THINGS | {name for name in plain if made[name].access != "through"}


def notes_on(tx: Tx, thing: Thing, limit: int = 50) -> list[Entry]:
    """What was done to a thing, newest first; the caller has made sure that it may be known."""
    return history(tx, thing.kind, thing.id, limit=limit)


def changes_of(tx: Tx, wanted: Narrowed, after: str, limit: int) -> tuple[Sequence[Entry], str]:
    """What was done to what is declared, and with whom records are shared, newest first behind a mark; the next mark.

    The caller has made sure that the reader administers.
    """
    flush(tx)
    at, number = _place(after)
    given = msgspec.structs.asdict(wanted)
    parts = [text for name, text in _NARROWED.items() if given[name]]
    declared = declared_kinds(tx)
    if wanted.kind in declared:
        parts.append("entity = %(kind)s")
    else:
        parts.append("(entity = ANY(%(kinds)s) OR deed = ANY(%(lending)s))" if not wanted.kind else
                     "entity = %(kind)s AND deed = ANY(%(lending)s)")  # fmt: skip
    found = engine_rows(
        tx, _LINES.replace("@where", " AND ".join(parts)), kinds=sorted(declared), lending=list(LENDING), at=at,
        id=number, limit=limit + 1, **given,
    )  # fmt: skip
    entries = [entry_of(each) for each in found[:limit]]
    return entries, f"{entries[-1].at.isoformat()}~{entries[-1].id}" if len(found) > limit else ""


def _place(after: str) -> tuple[datetime, int]:
    at, _, number = after.partition("~")
    try:
        return msgspec.convert(at, AwareMoment), int(number[:18])
    except (msgspec.ValidationError, ValueError):
        return START, 0
