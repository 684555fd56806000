"""Public forms: what is saved can be shown and sent."""

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import check
from entente.kernel.records.record import Draft, Record
from entente.services.forms.checking import refuse_unsound


@check("web_form")
def form_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A form asks for fields of its entity, under conditions that read answers above them."""
    refuse_unsound(tx, new)
