"""Users and business units: sound trees, sound absences."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, prepare
from entente.kernel.records.record import Draft, Record
from entente.modules.base.tree import refuse_cycle


@check("business_unit")
def units_make_no_circle(tx: Tx, old: Record | None, new: Draft) -> None:
    """A business unit is never above itself."""
    refuse_cycle(tx, new, "business_unit.parent_cycle")


@prepare("user")
def login_is_lower_case(tx: Tx, old: Record | None, new: Draft) -> None:
    """A login is kept in lower case, so that it is found however it is typed."""
    if new.changes("login") and new["login"]:
        new["login"] = new["login"].casefold()


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
