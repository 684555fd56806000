"""Forms and their versions: a version is proved when it is made, takes effect, and never changes."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, react
from entente.kernel.records.record import Draft, Record
from entente.services.forms.publishing import prove_version, take_effect


@check("form_version")
def version_is_sound_and_final(tx: Tx, old: Record | None, new: Draft) -> None:
    """A version asks for what can be asked, and stays as it is."""
    if old is not None:
        raise Refused("form.version_is_final")
    prove_version(tx, new)


@react("form_version")
def version_takes_effect(tx: Tx, old: Record | None, new: Record) -> None:
    """The form of a page is the one that was published last."""
    take_effect(tx, new)
