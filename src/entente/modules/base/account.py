"""Accounts: official numbers in their written form and proved, no circle of parents."""

from collections.abc import Callable
from typing import Any

from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, prepare
from entente.kernel.records.record import Draft, Record
from entente.modules.base.tree import refuse_cycle

NUMBERS: dict[str, tuple[Callable[[str], str], str]] = {
    "siren": (siren.validate, "account.siren_wrong"),
    "siret": (siret.validate, "account.siret_wrong"),
    "vat_number": (vat.validate, "account.vat_wrong"),
    "ide_number": (uid.validate, "account.ide_wrong"),
}


@prepare("account")
def numbers_are_compact(tx: Tx, old: Record | None, new: Draft) -> None:
    """Official numbers are kept without spaces and signs; a SIRET alone gives the SIREN."""
    for name in NUMBERS:
        if new.changes(name) and new[name]:
            new[name] = "".join(sign for sign in str(new[name]) if sign.isalnum()).upper()
    if new["siret"] and not new["siren"]:
        new["siren"] = new["siret"][:9]


@check("account")
def numbers_are_right(tx: Tx, old: Record | None, new: Draft) -> None:
    """A mistyped official number is refused by its check digit."""
    for name, (validate, code) in NUMBERS.items():
        if new.changes(name) and new[name] and not _is_valid(validate, new[name]):
            raise Refused(code, field=name, given=new[name])
    if new["siren"] and new["siret"] and not new["siret"].startswith(new["siren"]):
        raise Refused("account.siret_of_other_siren", field="siret")


def _is_valid(validate: Callable[[str], Any], number: str) -> bool:
    try:
        validate(number)
    except ValidationError:
        return False
    return True


@check("account")
def parents_make_no_circle(tx: Tx, old: Record | None, new: Draft) -> None:
    """An account is never above itself."""
    refuse_cycle(tx, new, "account.parent_cycle")
