"""Putting an invented past into an organisation: records as of their day, changes by the people who made them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import Principal
from entente.kernel.records.save import Write, save, save_many
from entente.kernel.seeding import resolved, seed_id
from entente.modules.base.demo.cast import CAST, NAMES

LARGEST = 500


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that someone did: a record created, or a known one changed; links are written `@entity:key`."""

    who: str
    at: datetime
    entity: str
    key: str
    values: dict[str, Any]
    new: bool = True


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What was there (`stock`, written in bulk in this order) and what happened then (`story`, in order of time)."""

    stock: tuple[Deed, ...] = ()
    story: tuple[Deed, ...] = ()


def play(tx: Tx, past: Past) -> int:
    """How many deeds were written, each with its author and day in record and journal."""
    for (entity, who), deeds in groupby(past.stock, key=lambda deed: (deed.entity, deed.who)):
        _create(as_author(tx, who), entity, list(deeds))
    told = sorted(past.story, key=lambda deed: deed.at)
    for (who, at, entity, new), deeds in groupby(told, key=lambda deed: (deed.who, deed.at, deed.entity, deed.new)):
        then = as_author(tx, who)
        then.clock = SetClock(at)
        if new:
            _create(then, entity, list(deeds))
        else:
            _change(then, entity, deeds)
    return len(past.stock) + len(past.story)


def _create(tx: Tx, entity: str, deeds: Sequence[Deed]) -> None:
    made = tx.catalog.entity(entity)
    for start in range(0, len(deeds), LARGEST):
        writes = [
            Write(values=resolved(tx, made, deed.values), id=seed_id(entity, deed.key), create=True, at=deed.at)
            for deed in deeds[start : start + LARGEST]
        ]
        save_many(tx, entity, writes, trusted=True)


def _change(tx: Tx, entity: str, deeds: Iterable[Deed]) -> None:
    for deed in deeds:
        values = resolved(tx, tx.catalog.entity(entity), deed.values)
        save(tx, entity, values, id=seed_id(entity, deed.key), trusted=True)


def as_author(tx: Tx, who: str) -> Tx:
    """The transaction in the name of one of the cast, with all rights: the past is not judged again."""
    _, _, unit, team, language, _ = CAST[who]
    author = Principal(
        user_id=seed_id("user", who),
        name=NAMES[who],
        login=who,
        language=language,
        team_ids=(seed_id("team", team),) if team else (),
        unit_id=seed_id("business_unit", unit),
        is_admin=True,
    )
    return tx.acting_as(author, new_cause("demo"))


def by_author(deeds: Iterable[Deed]) -> list[Deed]:
    """The deeds in long runs of one author each, so that they are written in few statements."""
    return sorted(deeds, key=lambda deed: deed.who)
