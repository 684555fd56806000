"""Figures of the first page: open records with their trend, what is to be won, where it stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from entente.interfaces.html.views.work import BarChart, BarLine, Stat
from entente.interfaces.web.fields import title_of
from entente.interfaces.web.shell import may_enter
from entente.interfaces.web.wording import formats_of
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import ListDef, Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import Ask, Sums, aggregate, count, page
from entente.modules.base.currency import base_currency

WEEKS = 10
WEEK = timedelta(days=7)
MOST_POINTS = 1000
MOST_LINES = 8
MOST_MAIN = 2
FIRST = ("mine", "team")


class Main(msgspec.Struct, frozen=True):
    """An entity whose records go a way, with the view of it that says most to the principal, and how many it holds."""

    entity: Entity
    view: ListDef
    number: int


def main_entities(tx: Tx) -> list[Entity]:
    """The entities of the side bar whose records are owned and go through steps."""
    names = dict.fromkeys(name for menu in tx.catalog.menus for name in menu.entities)
    found = (tx.catalog.entities[name] for name in names if name in tx.catalog.entities)
    return [
        entity
        for entity in found
        if (screens := tx.catalog.screens.get(entity.name))
        and screens.path
        and screens.lists
        and "owner" in entity.fields
        and not entity.definition.activity
        and may_enter(tx, entity)
    ]


def main_views(tx: Tx) -> list[Main]:
    """The main entities, each with one's own records; with those of the team or all where one has none."""
    return [_main(tx, entity) for entity in main_entities(tx)[:MOST_MAIN]]


def _main(tx: Tx, entity: Entity) -> Main:
    lists = tx.catalog.screens[entity.name].lists
    views = [*(view for key in FIRST for view in lists if view.key == key), lists[0]]
    for view in views:
        number = count(tx, Ask(entity=entity.name, filter=view.filter)).number
        if number:
            return Main(entity, view, number)
    return Main(entity, views[0], 0)


def stats_of(tx: Tx, main: Main) -> list[Stat]:
    """How many records there are, with the trend of new ones, and what they are worth by their chances.

    Chances are told only of what moves through the stages of a process of its own.
    """
    made = main.entity.definition
    url = f"/{made.path}?view={main.view.key}"
    weeks = _new_by_week(tx, main)
    high = max(weeks, default=0)
    stats = [
        Stat(
            label=main.view.label.to(tx.language),
            value=formats_of(tx).number(main.number),
            icon=made.icon,
            delta=f"+{weeks[-1]}" if weeks and weeks[-1] else "",
            note=tx.say("home.this_week") if weeks and weeks[-1] else "",
            points=tuple(each / high for each in weeks) if high else (),
            url=url,
        )
    ]
    weighted = _weighted(tx, main)
    if weighted is not None:
        label = tx.say("home.weighted")
        value, note = _amount(tx, weighted), main.view.label.to(tx.language)
        stats.append(Stat(label=label, value=value, icon="currency-euro", note=note, url=url))
    return stats


def _new_by_week(tx: Tx, main: Main) -> list[int]:
    since = tx.clock.now() - WEEKS * WEEK
    recent = f'created_at >= @"{since.isoformat()}"'
    condition = f"({main.view.filter}) and {recent}" if main.view.filter else recent
    sort = (Sort("created_at", descending=True),)
    ask = Ask(entity=main.entity.name, fields=("created_at",), filter=condition, sort=sort, limit=MOST_POINTS)
    weeks = [0] * WEEKS
    for record in page(tx, ask).records:
        weeks[min(WEEKS - 1, _week(record["created_at"], since))] += 1
    return weeks


def _week(at: datetime, since: datetime) -> int:
    return (at - since) // WEEK


def _weighted(tx: Tx, main: Main) -> Decimal | None:
    if not main.entity.definition.weight or not _has_process(tx, main.entity):
        return None
    sums = aggregate(tx, Ask(entity=main.entity.name, filter=main.view.filter))
    return Decimal(sums[0].weighted or 0) if sums else None


def _has_process(tx: Tx, entity: Entity) -> bool:
    """Whether the steps are records of their own, not the options of a choice."""
    path = tx.catalog.screens[entity.name].path
    return path is not None and entity.fields[path].type.key == "link"


def _amount(tx: Tx, amount: Decimal) -> str:
    return formats_of(tx).amount(amount.quantize(Decimal(1)), base_currency(tx))


def chart_of(tx: Tx, main: Main) -> BarChart | None:
    """The records by their steps: what they are worth, or how many they are."""
    path = tx.catalog.screens[main.entity.name].path
    field = main.entity.fields.get(path) if path else None
    if field is None or not may_use(tx, main.entity.name, field.name):
        return None
    sums = {str(each.key): each for each in aggregate(tx, Ask(entity=main.entity.name, filter=main.view.filter), path)}
    labels = _labels(tx, field, list(sums))
    found = [(label, sums[key]) for key, label in labels if key in sums]
    lines = _lines(tx, found, worth=_has_process(tx, main.entity))
    step = field.definition.label.to(tx.language).lower()
    title = tx.say("home.by_step", entity=main.entity.plural.to(tx.language), step=step)
    return BarChart(title=title, lines=lines, note=main.view.label.to(tx.language)) if len(lines) > 1 else None


def _labels(tx: Tx, field: Field, keys: Sequence[str]) -> list[tuple[str, str]]:
    """The steps in their order."""
    if field.type.key == "choice":
        return [(choice.key, choice.label.to(tx.language)) for choice in field.definition.choices]
    target = tx.catalog.entity(targets(field.definition)[0])
    order = (Sort("position"),) if "position" in target.fields else ()
    title = target.definition.title
    ids = tuple(identity for key in keys if (identity := parse_id(key)))
    found = page(tx, Ask(entity=target.name, fields=(title,), ids=ids, sort=order, limit=len(ids) or 1)).records
    return [(str(each.id), title_of(tx, target, each)) for each in found]


def _lines(tx: Tx, found: Sequence[tuple[str, Sums]], *, worth: bool) -> tuple[BarLine, ...]:
    """One line for each label, by worth or by number: two ways may have a step of the same name."""
    together: dict[str, Any] = {}
    for label, each in found:
        together[label] = together.get(label, 0) + ((each.value or 0) if worth else each.count)
    high = max(together.values(), default=0)
    return tuple(
        BarLine(
            label=label,
            value=_amount(tx, Decimal(value)) if worth else formats_of(tx).number(value),
            share=float(value / high) if high else 0.0,
        )
        for label, value in list(together.items())[:MOST_LINES]
    )
