"""The rules of the invented company, and what they did in the last weeks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.words import LANGUAGES
from entente.kernel.records.save import Write, save_many
from entente.kernel.seeding import seed_id
from entente.modules.sales.invented import read_rules, rule_id
from entente.services.automation.replay import replay
from entente.services.automation.rules import RULE, all_rules

AUTHOR = "admin"
LOOK_BACK = timedelta(days=28)
FRESH = "from_now_on"  # what such a rule does is not acted out for the past
CALLED_OR_TIMED = frozenset({"button", "date"})


def show_rules(tx: Tx) -> int:
    """How many runs the rules of the invented company have had; they are written by its administrator."""
    author = principal_of(tx, seed_id("user", AUTHOR))
    if author is None:
        return 0
    fresh: set[UUID] = set()
    for position, given in enumerate(read_rules(), 1):
        values = {name: _meant(tx, value) for name, value in given.items() if name not in ("scope", FRESH)}
        if scope := given.get("scope"):
            values |= {"scope_field": "pipeline", "scope_value": str(seed_id("pipeline", scope))}
        write = Write(values={**values, "position": position}, id=rule_id(given), create=True)
        (made,) = save_many(tx.acting_as(author), RULE, [write])
        if given.get(FRESH):
            fresh.add(made.id)
    past = tuple(
        rule
        for rule in all_rules(tx)
        if rule.active and rule.timing == "after" and rule.trigger not in CALLED_OR_TIMED and rule.id not in fresh
    )
    return replay(tx, past, tx.clock.now() - LOOK_BACK)


def _meant(tx: Tx, value: Any) -> Any:
    """A value with seeded records by their ids and texts in the language of the company."""
    if isinstance(value, Mapping):
        if set(value) == set(LANGUAGES):
            return value[tx.language]
        return {name: _meant(tx, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_meant(tx, each) for each in value]
    return _linked(value) if isinstance(value, str) else value


def _linked(text: str) -> str:
    before, mark, name = text.partition("@")
    entity, colon, key = name.partition(":")
    return f"{before}{seed_id(entity, key)}" if mark and colon and entity.isidentifier() else text
