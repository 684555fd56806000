"""Mail templates: what an organisation writes instead of the usual mail, tried before it is saved."""

from collections.abc import Sequence

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Draft, Record
from entente.services.mail.letters import Letters, sample_values
from entente.services.mail.templates import render_template

PARTS = ("subject", "html", "text")


@check("mail_template")
def template_can_be_read(tx: Tx, old: Record | None, new: Draft) -> None:
    """A template is Liquid that can be read, and that fills its blanks without running long."""
    for part in PARTS:
        try:
            render_template(new[part] or "", sample_values(), html=part == "html")
        except Refused as refusal:
            raise Refused(refusal.code, field=part, **refusal.values) from None


def own_letters(tx: Tx, key: str, language: str, process: str) -> Letters | None:
    """The organisation's own template for a use and a language, the one for the process first."""
    fits = [each for each in _active(tx) if each["key"] == key and each["language"] == language]
    best = next((each for each in fits if process and each["process"] == process), None)
    best = best or next((each for each in fits if not each["process"]), None)
    return _letters(best) if best else None


def named_letters(tx: Tx, key: str, name: str, language: str) -> Letters | None:
    """The template of a name for a use: in a language if there is one, else in another."""
    fits = [each for each in _active(tx) if each["key"] == key and each["name"] == name]
    best = next((each for each in fits if each["language"] == language), next(iter(fits), None))
    return _letters(best) if best else None


def _active(tx: Tx) -> Sequence[Record]:
    everything = tx.acting_as(system("mail template"))
    return page(everything, Ask(entity="mail_template", filter="active = true", limit=200)).records


def _letters(record: Record) -> Letters:
    return Letters(record["subject"], record["text"] or "", record["html"])
