"""Rules that a mail sets off: on the records that bear its sender's address, or that it answers a mail about."""

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.normal import email_key
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.types.links import Ref
from entente.services.automation.event import Event
from entente.services.automation.log import RunLine
from entente.services.automation.rules import RULE, Rule, rules_of
from entente.services.automation.running import run_rule
from entente.services.automation.timed import asker_of

MOST_RECORDS = 20
SEPARATORS = str.maketrans(",;", "  ")

Mailed = dict[str, str]


def set_off_by_mail(tx: Tx, identity: UUID, mail: Mailed, at: frozenset[str], answered: Ref | None) -> list[RunLine]:
    """The runs that a mail set off; each rule acts once on a record because of it.

    `mail` has `from`, `to`, `subject`, `text` and `proof`; `at` are the addresses at which it was received, and
    `answered` is the record about which the mail was that it answers.
    """
    lines = []
    for rule in rules_of(tx).rules:
        if rule.trigger == "mail" and concerns(rule, mail, at):
            for record in _records(tx, rule, mail["from"], answered):
                line = run_rule(tx, rule, _event(rule, record, identity, mail))
                lines += [line] if line is not None else []
    return lines


def concerns(rule: Rule, mail: Mailed, at: frozenset[str]) -> bool:
    """Whether a mail is one that a rule waits for: by where it arrived, its sender, its words and its proof."""
    wanted = rule.settings
    return (
        (wanted.unproved or mail["proof"] == "pass")
        and (not wanted.mailbox or wanted.mailbox.casefold() in at)
        and (not wanted.sender or any(_is_from(mail["from"], each) for each in _words(wanted.sender)))
        and wanted.subject.casefold() in mail["subject"].casefold()
        and wanted.text.casefold() in mail["text"].casefold()
    )


def _words(text: str) -> list[str]:
    return text.casefold().translate(SEPARATORS).split()


def _is_from(sender: str, wanted: str) -> bool:
    """Whether a sender is the address, or of the domain, that a rule names."""
    return sender == wanted or sender.rpartition("@")[2] == wanted.removeprefix("@")


def _records(tx: Tx, rule: Rule, sender: str, answered: Ref | None) -> Iterator[UUID]:
    """The records on which a rule acts: the one that is answered, else those with the sender's address."""
    if answered is not None and answered.entity == rule.entity:
        yield answered.id
        return
    try:
        asker = tx.acting_as(asker_of(tx, rule))
    except Refused:
        asker = tx.acting_as(system(RULE))  # the run itself says that nobody is left to act for
    yield from with_address(asker, rule.entity, sender)


def with_address(tx: Tx, name: str, address: str) -> list[UUID]:
    """The records of an entity that bear an e-mail address, at most 20, the latest first."""
    entity = tx.catalog.entity(name)
    key = email_key(address)
    fields = [
        field for field in entity.fields.values() if field.type.key == "email_set" and may_use(tx, name, field.name)
    ]
    if key is None or not fields:
        return []
    wanted = sa.literal([key], sa.ARRAY(sa.Text()))
    ways = [entity.table.c[f"{field.name}_keys"].overlap(wanted) for field in fields]
    statement = guarded(tx, sa.select(entity.table.c.id).where(sa.or_(*ways)), entity)
    newest = statement.order_by(entity.table.c.id.desc()).limit(MOST_RECORDS)
    return [row["id"] for row in rows(tx, newest)]


def _event(rule: Rule, record: UUID, identity: UUID, mail: Mailed) -> Event:
    return Event(
        occasion=rule.trigger,
        record=record,
        actor_name=mail["from"],
        cause=new_id(),
        once=f"{identity}:{record}",
        mail=mail,
    )
