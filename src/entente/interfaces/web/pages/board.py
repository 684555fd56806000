"""The board of any entity: columns with their sums, cards, more cards, moves."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Tab
from entente.interfaces.html.views.lists import BoardColumn, BoardView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, show
from entente.interfaces.web.cards import Column, Deck, ask_of, card_fields, column_of, deck_of, stale_of
from entente.interfaces.web.grouping import Grouping, group_field, grouping_of
from entente.interfaces.web.moving import move
from entente.interfaces.web.screens import Wanted, kinds_of, screen_parts, wanted_view
from entente.interfaces.web.wording import base_amount, formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import Ask, Sums


@get("/{path:str}/board", sync_to_thread=True)
def show_board(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The board page of an entity."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        wanted = wanted_view(tx, entity, request.query_params, kind="board")
        return show(request, tx, "board", board_view(tx, entity, wanted), current=entity.name)


@get("/{path:str}/board/cards", sync_to_thread=True)
def show_cards(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """More cards of one column."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        given = request.query_params
        wanted = wanted_view(tx, entity, given, kind="board")
        grouping, ask, fields = _prepared(tx, entity, wanted)
        group = next((each for each in grouping.groups if each.key == given.get("column")), None)
        if group is None:
            raise NotFound("board.none")
        column = column_of(tx, ask, grouping, group, after=given.get("after"))
        deck = deck_of(tx, entity, wanted, grouping, [column], fields)
        shown = _column(tx, entity, wanted, grouping, column, deck)
        view = _view(tx, entity, wanted, grouping, deck, (shown,))
        return part(request, tx, "pages/board_more.html", view=view, column=shown, columns=grouping.groups)


@post("/{path:str}/{identity:uuid}/move")
async def move_card(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Move a record to another column."""
    form = await form_of(request)
    return await in_thread(_move, request, path, identity, form)


def _move(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        wanted = wanted_view(tx, entity, request.query_params, kind="board")
        return move(request, tx, entity, wanted, identity, form)


def _prepared(tx: Tx, entity: Entity, wanted: Wanted) -> tuple[Grouping, Ask, list[str]]:
    field = group_field(tx, entity, wanted.group_by)
    every = Ask(entity=entity.name, filter=wanted.filter, search=wanted.query)
    grouping = grouping_of(tx, entity, field, every, wanted.changed.get("within", ""))
    fields = card_fields(tx, entity, wanted, grouping)
    return grouping, ask_of(entity, wanted, grouping, fields, stale_of(tx, entity)), fields


def board_view(tx: Tx, entity: Entity, wanted: Wanted) -> BoardView:
    """Everything that the board page shows."""
    grouping, ask, fields = _prepared(tx, entity, wanted)
    columns = [column_of(tx, ask, grouping, group) for group in grouping.groups]
    deck = deck_of(tx, entity, wanted, grouping, columns, fields)
    shown = tuple(_column(tx, entity, wanted, grouping, column, deck) for column in columns)
    return _view(tx, entity, wanted, grouping, deck, shown)


def _view(
    tx: Tx, entity: Entity, wanted: Wanted, grouping: Grouping, deck: Deck, columns: tuple[BoardColumn, ...]
) -> BoardView:
    here = [grouping.sums[group.key] for group in grouping.groups if group.key in grouping.sums]
    return BoardView(
        **screen_parts(tx, entity, wanted, kinds_of(tx, entity, wanted)),
        names=deck.names,
        count=tx.say("list.count", count=sum(each.count for each in here)),
        columns=columns,
        move_url=f"/{wanted.path}/{{id}}/move?{_address(wanted, grouping)}",
        summary=_summary(tx, here),
        parents=_parents(wanted, grouping),
        groupings=_groupings(tx, entity, wanted, grouping),
    )


def _address(wanted: Wanted, grouping: Grouping, **more: str) -> str:
    """The parameters that name this very board."""
    fixed = {"view": wanted.saved.key, **wanted.changed, "q": wanted.query, "group": grouping.field.name}
    within = {"within": str(grouping.parent)} if grouping.parent else {}
    return urlencode({name: value for name, value in {**fixed, **within, **more}.items() if value})


def _summary(tx: Tx, sums: list[Sums]) -> str:
    value = _added(sums, "value")
    if value is None:
        return ""
    weighted = _added(sums, "weighted")
    total = tx.say("board.total", amount=base_amount(tx, value))
    return total if weighted is None else f"{total} · {tx.say('board.weighted', amount=base_amount(tx, weighted))}"


def _added(sums: list[Sums], name: str) -> Any:
    known = [amount for each in sums if (amount := getattr(each, name)) is not None]
    return sum(known).quantize(1) if known else None


def _column(tx: Tx, entity: Entity, wanted: Wanted, grouping: Grouping, column: Column, deck: Deck) -> BoardColumn:
    group = column.group
    sums = grouping.sums.get(group.key, Sums(group.key, 0))
    weighted = base_amount(tx, sums.weighted.quantize(1)) if sums.weighted is not None else ""
    more = _address(wanted, grouping, column=group.key, after=column.next or "")
    return BoardColumn(
        key=group.key,
        label=group.label,
        hue=group.hue,
        cards=tuple(deck.cards[record.id] for record in column.records),
        count=formats_of(tx).number(sums.count),
        sum=base_amount(tx, sums.value),
        weighted=tx.say("board.weighted", amount=weighted) if weighted else "",
        add=_add(tx, entity, grouping, group.key),
        more_url=f"/{wanted.path}/board/cards?{more}" if column.next else "",
    )


def _add(tx: Tx, entity: Entity, grouping: Grouping, key: str) -> Action | None:
    group = next(each for each in grouping.groups if each.key == key)
    if tx.principal.depth(entity.name, "create") == "none" or group.value is None:
        return None
    given = {grouping.field.name: group.key}
    if grouping.shared:
        given[grouping.shared] = str(grouping.parent)
    label = tx.say("board.add", entity=entity.one(tx.language), column=group.label)
    return Action(label=label, url=f"/{entity.definition.path}/new?{urlencode(given)}")


def _parents(wanted: Wanted, grouping: Grouping) -> tuple[Tab, ...]:
    if len(grouping.parents) < 2:
        return ()
    return tuple(
        Tab(label=title, url=wanted.url(within=key), current=key == str(grouping.parent))
        for key, title in grouping.parents
    )


def _groupings(tx: Tx, entity: Entity, wanted: Wanted, grouping: Grouping) -> tuple[Action, ...]:
    """The other ways to divide the board."""
    found = []
    for name in entity.definition.board:
        if name != grouping.field.name and name in entity.fields:
            label = entity.fields[name].definition.label.to(tx.language)
            found.append(Action(label=label, url=wanted.url(group=name, within=""), way="go"))
    return tuple(found)
