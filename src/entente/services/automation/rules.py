"""The rules as the engine knows them: read once per version of the catalog, found by the entity that changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.catalog import Catalog
from entente.services.automation.steps.kinds import Step

RULE = "automation"

Trigger = Literal[
    "created", "updated", "saved", "deleted", "stage", "result", "moment", "activity_created", "activity_closed",
    "related", "unrelated", "date", "schedule", "button", "form", "signal", "mail",
]  # fmt: skip
TIMED: frozenset[Trigger] = frozenset({"date", "schedule"})
CALLED: frozenset[Trigger] = frozenset({"button", "signal", "mail"})


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The details of a trigger; which ones mean something depends on its kind.

    `fields` and the values `old` and `new` of the first one narrow a change; `new` and `old` are also the stages,
    the result or the form. `moment` is a named one, by its entity (`parcel.shipped`). `field` is a date or a
    relation (`tags`, `task.regarding`), `activity` an entity, `subtype` the kind of activity; `days` shifts a date,
    negative before it; `cron` and `view` make a schedule; a button has labels, places, an expression that shows it
    and a question; a mail has the address at which it arrived, its senders (addresses or domains), words of its
    subject and of its text, and whether its sender may be unproved; a newcomer's mail makes a record.
    """

    fields: tuple[str, ...] = ()
    old: str = ""
    new: str = ""
    field: str = ""
    moment: str = ""
    activity: str = ""
    subtype: str = ""
    days: int = 0
    cron: str = ""
    view: str = ""
    en: str = ""
    fr: str = ""
    places: tuple[Literal["record", "list"], ...] = ("record",)
    show_if: str = ""
    confirm: bool = False
    mailbox: str = ""
    sender: str = ""
    subject: str = ""
    text: str = ""
    unproved: bool = False
    newcomer: bool = False
    renewed: int = 0


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An automation: what sets it off, under which condition, and what it does, step by step."""

    id: UUID
    name: str
    entity: str
    trigger: Trigger
    settings: Settings
    scope_field: str = ""
    scope_value: str = ""
    timing: Literal["after", "before"] = "after"
    condition: str = ""
    actions: tuple[Step, ...] = ()
    position: int = 0
    active: bool = True
    active_since: datetime
    owner: UUID | None = None
    run_as: Literal["actor", "system"] = "actor"
    once_per: Literal["change", "day", "record", "ever"] = "change"
    debounce: int = 0
    delay: int = 0
    reentrant: bool = False

    @property
    def listens_to(self) -> str:
        """The entity whose changes can set the rule off."""
        match self.trigger:
            case "activity_created" | "activity_closed":
                return self.settings.activity
            case "related" | "unrelated":
                other, dot, _ = self.settings.field.partition(".")
                return other if dot else self.entity
            case "moment":
                return self.settings.moment.partition(".")[0]
        return self.entity


class RuleBook(msgspec.Struct, frozen=True):
    """The active rules in their order, and among them those before and after a save, by the entity that changes."""

    rules: tuple[Rule, ...] = ()
    before: Mapping[str, tuple[Rule, ...]] = {}
    after: Mapping[str, tuple[Rule, ...]] = {}


_KEPT: WeakKeyDictionary[Catalog, RuleBook] = WeakKeyDictionary()
_COLUMNS = (
    "id, name, entity, scope_field, scope_value, trigger, settings, timing, condition, actions, position, active,"
    " active_since, owner, run_as, once_per, debounce, delay, reentrant, created_at"
)


def rules_of(tx: Tx) -> RuleBook:
    """The active rules of the organisation, kept in memory per version of the catalog."""
    found = _KEPT.get(tx.catalog)
    if found is None:
        found = _KEPT[tx.catalog] = _book(_read(tx, "active AND"))
    return found


def all_rules(tx: Tx) -> tuple[Rule, ...]:
    """Every rule, also those that rest, in their order."""
    return _read(tx, "")


def rule_of(tx: Tx, identity: UUID) -> Rule | None:
    """The rule of an id as it is now, or nothing."""
    return next(iter(_read(tx, "id = %(id)s AND", id=identity)), None)


def _read(tx: Tx, where: str, **binds: Any) -> tuple[Rule, ...]:
    if RULE not in tx.catalog.entities:
        return ()
    found = engine_rows(
        tx,
        f"SELECT {_COLUMNS} FROM {{schema}}.automation WHERE {where} deleted_at IS NULL"  # noqa: S608 - own text
        " ORDER BY coalesce(position, 0), created_at, id",
        **binds,
    )
    return tuple(read_rule(line) for line in found)


def read_rule(values: Mapping[str, Any]) -> Rule:
    """The rule that a record's values mean; msgspec.ValidationError when they mean none."""
    kept = {name: values[name] for name in Rule.__struct_fields__ if values.get(name) is not None}
    kept["active_since"] = values.get("active_since") or values.get("created_at")
    kept["settings"] = values.get("settings") or {}
    return msgspec.convert(kept, Rule)


def _book(rules: tuple[Rule, ...]) -> RuleBook:
    before: dict[str, tuple[Rule, ...]] = {}
    after: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        if rule.trigger not in TIMED | CALLED:
            book = before if rule.timing == "before" else after
            book[rule.listens_to] = (*book.get(rule.listens_to, ()), rule)
    return RuleBook(rules, before, after)
