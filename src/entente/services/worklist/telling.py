"""Items that came into somebody's hands: who is to be told of them, each item once."""

from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.worklist.declared import Destination
from entente.services.worklist.destinations import people_behind
from entente.services.worklist.holding import Item, Work, read_work

MOST_TOLD = 100
_TAKE = """
DELETE FROM {schema}.work_item_news WHERE item IN (
  SELECT item FROM {schema}.work_item_news ORDER BY item LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING item, task
"""


class NewItem(msgspec.Struct, frozen=True):
    """An item that came into somebody's hands, its task, and whom it reaches: those who stand in for them, too."""

    work: Work
    item: Item
    people: tuple[UUID, ...]


def take_new_items(tx: Tx, most: int = MOST_TOLD) -> list[NewItem]:
    """The items of which nobody was told yet and that are still there to be done; they are not given a second time."""
    found = []
    for row in engine_rows(tx, _TAKE, most=most):
        work = read_work(tx, row["task"], lock=False)
        item = next((each for each in work.items if each.id == row["item"]), None)
        if work.state == "active" and item is not None and item.state in ("available", "open"):
            found.append(NewItem(work, item, reached_by(tx, item)))
    return found


def reached_by(tx: Tx, item: Item) -> tuple[UUID, ...]:
    """The people whom an item reaches, with those who stand in for them."""
    people = people_behind(tx, [Destination(item.kind, item.holder)])[:MOST_TOLD]
    if item.kind == "user":
        people += substitutes(tx, item.holder, item.task)
    return tuple(dict.fromkeys(people))


def substitutes(tx: Tx, person: UUID, task: UUID) -> list[UUID]:
    """Those who stand in for a person now, for a task."""
    found = engine_rows(
        tx,
        "SELECT unnest({schema}.work_substitutes(%(person)s, %(task)s, %(now)s)) AS id",
        person=person,
        task=task,
        now=tx.clock.now(),
    )
    return [row["id"] for row in found]
