"""Mails that escalations ask for: kept with the deed until somebody who knows how mails look takes and writes them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.ids import new_id
from entente.services.worklist.holding import Item, Work, read_work
from entente.services.worklist.telling import MOST_TOLD, reached_by

_TAKE = """
DELETE FROM {schema}.work_mail WHERE id IN (
  SELECT id FROM {schema}.work_mail ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id, task, template, people
"""


class WantedMail(msgspec.Struct, frozen=True):
    """A mail about a task: to whom, after which template, and the item that these people hold, if they hold one."""

    id: UUID
    work: Work
    template: str
    people: tuple[UUID, ...]
    item: Item | None


def ask_for_mail(tx: Tx, work: Work, template: str, people: Iterable[UUID]) -> None:
    """Have people written to about a task after a template; with no template or nobody, nothing is asked for."""
    wanted = list(dict.fromkeys(people))
    if template and wanted:
        engine_rows(
            tx,
            "INSERT INTO {schema}.work_mail VALUES (%(id)s, %(task)s, %(template)s, %(people)s)",
            id=new_id(),
            task=work.id,
            template=template,
            people=wanted,
        )


def take_wanted_mails(tx: Tx, most: int = MOST_TOLD) -> list[WantedMail]:
    """The mails about tasks that still wait, by the item that their readers hold; they are not given a second time."""
    found = []
    for row in engine_rows(tx, _TAKE, most=most):
        work = read_work(tx, row["task"], lock=False)
        if work.state == "active":
            found += _by_item(tx, row["id"], work, row["template"], row["people"])
    return found


def _by_item(tx: Tx, identity: UUID, work: Work, template: str, people: Sequence[UUID]) -> list[WantedMail]:
    left, found = list(people), []
    for item in work.live:
        theirs = tuple(each for each in reached_by(tx, item) if each in left)
        left = [each for each in left if each not in theirs]
        found.append(WantedMail(identity, work, template, theirs, item))
    return [each for each in (*found, WantedMail(identity, work, template, tuple(left), None)) if each.people]
