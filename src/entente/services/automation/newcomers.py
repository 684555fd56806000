"""Records made of the mails of people whom nobody knows, where a rule asks for that: one for a mail, few an hour."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.save import save
from entente.services.automation.addressed import address_fields, with_address
from entente.services.automation.rules import RULE, Rule
from entente.services.automation.timed import asker_of
from entente.services.mail.incoming import count_made
from entente.services.mail.people import person_at

MOST_OF_A_DOMAIN, MOST = 20, 200  # records made of mails within an hour
HOUR = timedelta(hours=1)
GIVEN, FAMILY = "first_name", "last_name"


def is_unknown(tx: Tx, address: str) -> bool:
    """Whether no record and no colleague has an e-mail address, whoever may see them."""
    everything = tx.acting_as(system(RULE))
    if person_at(everything, address) is not None:
        return False
    return not any(with_address(everything, name, address) for name in tx.catalog.entities)


def make_of_mail(tx: Tx, rule: Rule, mail: dict[str, str]) -> UUID:
    """The record that a rule makes of a stranger's mail; Refused when it cannot be, or when there were too many."""
    domain = mail["from"].rpartition("@")[2]
    of_domain, of_all = count_made(tx, tx.clock.now() - HOUR, domain)
    if of_domain >= MOST_OF_A_DOMAIN or of_all >= MOST:
        raise Refused("automation.too_many_new", domain=domain)
    asker = tx.acting_as(asker_of(tx, rule))
    return save(asker, rule.entity, _values(tx.catalog.entity(rule.entity), mail)).id


def _values(entity: Entity, mail: dict[str, str]) -> dict[str, Any]:
    """The address, the name that stands beside it, and what was written: texts, and nothing that is read as more."""
    found: dict[str, Any] = {address_fields(entity)[0].name: [{"value": mail["from"]}]}
    given, _, family = (mail["name"] or mail["from"].partition("@")[0]).strip().rpartition(" ")
    texts = {GIVEN: given, FAMILY: family}
    if FAMILY not in entity.fields:
        texts = {entity.definition.title: mail["name"] or mail["subject"] or mail["from"]}
    told = next((name for name, each in entity.fields.items() if each.type.key == "long_text"), None)
    if told is not None:
        texts[told] = "\n\n".join(filter(None, (mail["subject"], mail["text"])))
    for name, text in texts.items():
        field = entity.fields.get(name)
        if field is not None and text and not (field.definition.computed or field.definition.read_only):
            found[name] = text[: field.definition.max_length or len(text)]
    return found
