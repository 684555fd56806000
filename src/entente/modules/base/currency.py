"""Currencies and their rates."""

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import known, matching


@prepare("currency")
def code_is_upper_case(tx: Tx, old: Record | None, new: Draft) -> None:
    """Currency codes are written in capitals (ISO 4217)."""
    if new["code"]:
        new["code"] = new["code"].upper()


@derive("currency_rate", sets=("name",))
def rate_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rate is called by its currency and first day."""
    currency = known(tx, "currency", new["currency"])
    new["name"] = f"{currency['code']} {new['valid_from']}" if currency else None


@react("currency")
def base_currency_is_alone(tx: Tx, old: Record | None, currency: Record) -> None:
    """A new base currency takes the mark from the former one."""
    if not currency["base"] or (old and old["base"]):
        return
    for other in matching(tx, "currency", "base = true"):
        if other.id != currency.id:
            save(tx, "currency", {"base": False}, id=other.id, trusted=True)
