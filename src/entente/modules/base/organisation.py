"""Users, business units and roles: sound trees, sound absences, rights that can be understood."""

from zoneinfo import available_timezones

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.grants import EVERY, Grants
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, prepare
from entente.kernel.records.record import Draft, Record
from entente.modules.base.lookup import known
from entente.modules.base.ownership import topmost_unit
from entente.modules.base.tree import refuse_cycle


@check("business_unit")
def units_make_no_circle(tx: Tx, old: Record | None, new: Draft) -> None:
    """A business unit is never above itself."""
    refuse_cycle(tx, new, "business_unit.parent_cycle")


@check("business_unit")
def clock_of_a_unit_exists(tx: Tx, old: Record | None, new: Draft) -> None:
    """A business unit goes by the clock of a time zone that exists."""
    if new.changes("timezone") and new["timezone"] and new["timezone"] not in available_timezones():
        raise Refused("calendar.timezone", field="timezone")


@prepare("user")
def login_is_lower_case(tx: Tx, old: Record | None, new: Draft) -> None:
    """A login is kept in lower case, so that it is found however it is typed."""
    if new.changes("login") and new["login"]:
        new["login"] = new["login"].casefold()


@prepare("user")
def somebody_belongs_to_a_unit(tx: Tx, old: Record | None, new: Draft) -> None:
    """A new user without business unit joins that of his team, else the topmost: a manager of none would see nobody."""
    if old is None and not new["unit"]:
        team = known(tx, "team", new["team"])
        new["unit"] = team["unit"] if team else topmost_unit(tx)


@check("user")
def absence_has_an_order(tx: Tx, old: Record | None, new: Draft) -> None:
    """An absence ends after it began."""
    if new["absent_from"] and new["absent_until"] and new["absent_until"] < new["absent_from"]:
        raise Refused("user.absence_order", field="absent_until")


@check("user")
def nobody_manages_himself(tx: Tx, old: Record | None, new: Draft) -> None:
    """A user’s manager is someone else."""
    if new["manager"] is not None and new["manager"] == new.id:
        raise Refused("user.own_manager", field="manager")


@check("role")
def rights_are_understood(tx: Tx, old: Record | None, new: Draft) -> None:
    """A role grants known depths on entities and levels on fields that exist."""
    try:
        made = msgspec.convert(
            {"entities": new["grants"] or {}, "fields": new["field_rules"] or {}, "may": new["may"] or []}, Grants
        )
    except msgspec.ValidationError as fault:
        field = "field_rules" if ".fields" in str(fault) else "may" if ".may" in str(fault) else "grants"
        raise Refused("role.not_understood", field=field, detail=str(fault)) from None
    for name in made.entities:
        if name != EVERY and name not in tx.catalog.entities:
            raise Refused("entity.unknown", field="grants", entity=name)
    for name, rules in made.fields.items():
        known = tx.catalog.entities[name].fields if name in tx.catalog.entities else {}
        unknown = next((field for field in rules if field not in known), None)
        if unknown:
            raise Refused("role.no_such_field", field="field_rules", name=f"{name}.{unknown}")
