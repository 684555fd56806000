"""Currencies, their rates, and the base amount of every amount of money."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money, round_money
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets
from entente.kernel.records.behaviours import derive, prepare, react
from entente.kernel.records.query import titles
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import as_system, known, matching

BASE_IF_NONE = "EUR"


@prepare("*")
def amounts_have_their_rate(tx: Tx, old: Record | None, new: Draft) -> None:
    """Every amount that is written gets its currency, the rate of the day and its value in the base currency."""
    entity = tx.catalog.entity(new.entity)
    for field in entity.facets.money:
        if new.changes(field.name) and new[field.name] is not None:
            money = new[field.name]
            if not money.currency and entity.definition.currency:
                money = Money(money.amount, usual_currency(tx, entity, new))
            new[field.name] = in_base(tx, money, new.at.date(), field.name)


def usual_currency(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> str:
    """The code of the currency that a record's amounts are in by themselves; the base currency where none is said."""
    found: Mapping[str, Any] | None = values
    for name in (entity.definition.currency or "").split("."):
        field = entity.fields.get(name)
        if found is None or field is None or found.get(name) is None:
            return base_currency(tx)
        entity = tx.catalog.entity(targets(field.definition)[0])
        found = known(tx, entity.name, found[name])
    return found["code"] if found is not None else base_currency(tx)


def in_base(tx: Tx, money: Money, day: date, field: str | None = None) -> Money:
    """The money with the latest rate up to a day; without currency it is in the base one; Refused without a rate."""
    if money.base is not None:
        return money
    base = base_currency(tx)
    code = money.currency or base
    rate = Decimal(1) if code == base else _rate(tx, code, day)
    if rate is None:
        raise Refused("currency.no_rate", field=field, currency=code)
    amount = round_money(money.amount, code)
    return msgspec.structs.replace(money, amount=amount, currency=code, rate=rate, base=amount * rate)


def base_currency(tx: Tx) -> str:
    """The code of the currency that all amounts are compared in."""
    found = matching(tx, "currency", "base = true", limit=1)
    return found[0]["code"] if found else BASE_IF_NONE


def currencies(tx: Tx) -> tuple[str, ...]:
    """The codes in which an amount may be written today: the base currency, then the active ones that have a rate."""
    base = base_currency(tx)
    rates = matching(tx, "currency_rate", "currency.active and valid_from <= today()", sort="-valid_from")
    named = titles(as_system(tx), "currency", list({rate["currency"] for rate in rates}))
    return (base, *sorted(set(named.values()) - {base}))


def _rate(tx: Tx, code: str, day: date) -> Decimal | None:
    known_by = f'currency.code = "{code}" and valid_from <= date("{day.isoformat()}")'
    found = matching(tx, "currency_rate", known_by, sort="-valid_from", limit=1)
    return found[0]["rate"] if found else None


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
