"""Everything that was changed in what administrators declare: records, processes, decision tables, ways in."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.journal import NoteLine
from entente.interfaces.html.views.processes import Filter, Option
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.around.journal import kind_words, note_lines
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.settings import require_administrator, tabs_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import fold
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.services.stream.noting import Narrowed, changes_of, declared_kinds

HERE = "/settings/journal"
HEADS = ("when", "who", "what", "deed", "details")
PAGE, MOST_PEOPLE = 50, 500
NARROWING = ("actor", "kind", "deed", "record", "since", "until")
DEEDS = (
    "create", "update", "delete", "restore", "share", "unshare", "import", "deploy", "rights", "retention", "revoke",
    "invite", "reset", "password", "end_sessions",
)  # fmt: skip


@get(HERE, sync_to_thread=True)
def show_journal(request: AnyRequest) -> Response[str]:
    """The changes, newest first, narrowed by what the address names: it can be handed on."""
    with asked(request) as tx:
        require_administrator(tx)
        given = {name: text for name in NARROWING if (text := str(request.query_params.get(name) or "").strip())}
        return show(
            request, tx, "tables", _view(tx, given, str(request.query_params.get("after") or "")), current="settings"
        )


def _view(tx: Tx, given: Mapping[str, str], after: str) -> Tables:
    entries, more = changes_of(tx, _narrowed(tx, given), after, PAGE)
    older = Action(label=tx.say("journal.older"), url=_address({**given, "after": more}), way="go", icon="clock")
    everything = Action(label=tx.say("journal.everything"), url=HERE, way="go", icon="x")
    table = Table(
        headings=tuple(tx.say(f"journal.head.{name}") for name in HEADS),
        lines=tuple(_line(tx, each) for each in note_lines(tx, entries)),
        empty=Empty(text=tx.say("journal.nothing_found" if given else "journal.empty"), icon="clock"),
    )
    return Tables(
        title=tx.say("settings.title"),
        url=_address({**given, "after": after}),
        tables=(table,),
        actions=(*((everything,) if given else ()), *((older,) if more else ())),
        tabs=tabs_of(tx, "journal"),
        filters=_filters(tx, given),
        filter_url=HERE,
    )


def _address(given: Mapping[str, str]) -> str:
    asked_for = {name: text for name, text in given.items() if text}
    return f"{HERE}?{urlencode(asked_for)}" if asked_for else HERE


def _narrowed(tx: Tx, given: Mapping[str, str]) -> Narrowed:
    """What the address asks for; days are those of the reader, and what cannot be read narrows nothing."""
    return Narrowed(
        kind=given.get("kind", ""),
        actor=parse_id(given.get("actor", "")),
        record=_record(given.get("record", "")),
        deed=given.get("deed", ""),
        since=_midnight(tx, given.get("since", ""), 0),
        until=_midnight(tx, given.get("until", ""), 1),
    )


def _record(text: str) -> UUID | None:
    """The record of an id, or of the address of its page."""
    return parse_id(text.partition("?")[0].rstrip("/").rpartition("/")[2])


def _midnight(tx: Tx, text: str, days: int) -> datetime | None:
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), ZoneInfo(tx.principal.timezone))


def _filters(tx: Tx, given: Mapping[str, str]) -> tuple[Filter, ...]:
    people = page(tx, Ask(entity="user", fields=("name",), sort=(Sort("name"),), limit=MOST_PEOPLE)).records
    kinds = [(each, kind_words(tx, each)) for each in declared_kinds(tx)]
    deeds = [(each, tx.say(f"journal.deed.{each}")) for each in DEEDS]
    return (
        _choice(tx, given, "actor", [(str(each.id), str(each["name"])) for each in people]),
        _choice(tx, given, "kind", sorted(kinds, key=lambda each: fold(each[1]))),
        _choice(tx, given, "deed", deeds),
        Filter(name="record", label=tx.say("journal.filter.record"), kind="text", value=given.get("record", "")),
        Filter(name="since", label=tx.say("journal.filter.since"), kind="date", value=given.get("since", "")),
        Filter(name="until", label=tx.say("journal.filter.until"), kind="date", value=given.get("until", "")),
    )


def _choice(tx: Tx, given: Mapping[str, str], name: str, offered: Sequence[tuple[str, str]]) -> Filter:
    options = tuple(Option(value=value, label=label, chosen=given.get(name) == value) for value, label in offered)
    return Filter(name=name, label=tx.say(f"journal.filter.{name}"), options=options)


def _line(tx: Tx, note: NoteLine) -> Line:
    thing = tx.say("journal.thing", kind=note.kind, name=note.thing) if note.thing else note.kind
    return Line(
        cells=(
            Cell(at=note.at),
            Cell(text=note.who),
            Cell(text=thing, url=note.url),
            Cell(text=note.what),
            Cell(text="; ".join(note.details)),
        )
    )
