"""The list of any entity: saved views, filter, columns, sorting, paging."""

from collections.abc import Sequence

from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.lists import Column, ColumnChoice, ListView, Row, with_phone_places
from entente.interfaces.web.allowed import changeable
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.conditions import NOTHING
from entente.interfaces.web.fields import names_of, shown, title_of
from entente.interfaces.web.screens import (
    Wanted,
    actions_for_many,
    import_action,
    kinds_of,
    new_action,
    screen_parts,
    sort_text,
    wanted_view,
)
from entente.interfaces.web.wording import amid, base_amount
from entente.kernel.access.fields import editable, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import COUNT_CAP, Ask, Count, aggregate, count, page
from entente.kernel.records.record import Record

PAGE = 50


@get("/{path:str}", sync_to_thread=True)
def show_list(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The list page of an entity."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        wanted = wanted_view(tx, entity, request.query_params, kind="list")
        return show(request, tx, "list", list_view(tx, entity, wanted), current=entity.name)


def list_view(tx: Tx, entity: Entity, wanted: Wanted) -> ListView:
    """Everything that the list page shows."""
    columns = [name for name in wanted.columns if shown(tx, entity, name) and name != entity.definition.title]
    fields = tuple(dict.fromkeys((entity.definition.title, "owner", *columns)))
    ask = Ask(
        entity=entity.name,
        fields=tuple(name for name in fields if name in entity.fields),
        filter=wanted.filter,
        sort=wanted.sort,
        search=wanted.query,
        limit=PAGE,
        after=wanted.after,
        deleted=wanted.deleted,
        ids=wanted.ids,
    )
    found = page(tx, ask)
    counted = count(tx, ask)
    total = _total(tx, entity, ask, columns, counted)
    names = names_of(tx, entity, found.records, columns)
    return ListView(
        **screen_parts(tx, entity, wanted, kinds_of(tx, entity, wanted)),
        names=names,
        count=_count_text(tx, counted),
        columns=with_phone_places(tuple(_column(tx, entity, name, wanted, total) for name in columns)),
        rows=_rows(tx, entity, found.records, columns, wanted),
        shown=_shown_text(tx, wanted, found.records, counted),
        next_url=wanted.url(after=found.next, at=str(wanted.at + len(found.records))) if found.next else "",
        previous_url=wanted.url() if wanted.after else "",
        total=counted.number,
        uncounted=_count_text(tx, counted) if counted.capped else "",
        bulk=actions_for_many(tx, entity, deleted=wanted.deleted),
        has_totals=bool(total),
        matching=wanted.matching,
        column_choices=_column_choices(tx, entity, columns),
        columns_url=f"/{wanted.path}/columns?{wanted.matching}&kind={wanted.kind}",
        empty=None if found.records else _empty(tx, entity, wanted),
    )


def _count_text(tx: Tx, counted: Count) -> str:
    return tx.say("list.more_than", count=COUNT_CAP) if counted.capped else tx.say("list.count", count=counted.number)


def _shown_text(tx: Tx, wanted: Wanted, records: Sequence[Record], counted: Count) -> str:
    if not records:
        return ""
    first, last = wanted.at + 1, wanted.at + len(records)
    return tx.say("list.shown", first=first, last=last, total=_count_text(tx, counted))


def _total(tx: Tx, entity: Entity, ask: Ask, columns: Sequence[str], counted: Count) -> str:
    """The sum of the entity's amounts, in words; empty where it is no column or would cost a walk over too much."""
    name = entity.definition.value
    if not name or name not in columns or counted.capped or not counted.number or not may_use(tx, entity.name, name):
        return ""
    sums = aggregate(tx, ask)[0]
    return base_amount(tx, sums.value)


def _column(tx: Tx, entity: Entity, name: str, wanted: Wanted, total: str) -> Column:
    field = entity.fields[name]
    sortable = field.type.sortable and may_use(tx, entity.name, name)
    known = next((each for each in wanted.sort if each.field == name), None)
    turned = Sort(name, descending=known is not None and not known.descending)
    others = [each for each in wanted.sort if each.field != name]
    return Column(
        name=name,
        field=field.definition,
        label=field.definition.label.to(tx.language),
        sort_url=wanted.url(sort=sort_text([turned])) if sortable else "",
        then_url=wanted.url(sort=sort_text([*others, turned])) if sortable and wanted.sort else "",
        sorted="" if known is None else "descending" if known.descending else "ascending",
        rank=wanted.sort.index(known) + 1 if known and others else 0,
        total=total if name == entity.definition.value else "",
    )


def _rows(tx: Tx, entity: Entity, records: Sequence[Record], columns: Sequence[str], wanted: Wanted) -> tuple[Row, ...]:
    writable = [name for name in columns if not wanted.deleted and editable(tx, entity, entity.fields[name])]
    mine = changeable(tx, entity, records) if writable else set()
    origin = wanted.origin
    rows = []
    for record in records:
        base = f"/{entity.definition.path}/{record.id}"
        row = Row(
            id=str(record.id),
            title=title_of(tx, entity, record) or tx.say("record.untitled"),
            url="" if wanted.deleted else f"{base}?{origin}",
            values=tuple(record.get(name) for name in columns),
            preview_url="" if wanted.deleted else f"{base}/preview",
            edit_urls={name: f"{base}/cell/{name}" for name in writable if record.id in mine},
        )
        rows.append(row)
    return tuple(rows)


def _column_choices(tx: Tx, entity: Entity, columns: Sequence[str]) -> tuple[ColumnChoice, ...]:
    names = [*columns, *(name for name in entity.fields if name not in columns and name != entity.definition.title)]
    return tuple(
        ColumnChoice(name=name, label=field.definition.label.to(tx.language), shown=name in columns)
        for name in names
        if (field := shown(tx, entity, name)) and field.type.key not in ("json", "rich_text", "file")
    )


def _empty(tx: Tx, entity: Entity, wanted: Wanted) -> Empty:
    if wanted.deleted:
        return Empty(text=tx.say("list.bin_empty"), icon="trash")
    if wanted.query or wanted.is_filtered:
        clear = Action(label=tx.say("list.clear_filters"), url=wanted.url(filter=NOTHING, q=""), way="go")
        return Empty(text=tx.say("list.nothing_found"), icon="filter-off", actions=(clear,))
    icon = entity.definition.icon
    if wanted.filter and count(tx, Ask(entity=entity.name), cap=1).number:
        return Empty(text=tx.say("list.view_empty"), icon=icon)
    new, imported = new_action(tx, entity), import_action(tx, entity)
    named = amid(tx.language, entity.plural.to(tx.language))
    return Empty(text=tx.say("list.empty", entity=named), icon=icon, actions=(*([new] if new else []), *imported))
