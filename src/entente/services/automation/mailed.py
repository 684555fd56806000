"""Rules that a mail sets off: on the records that it means, or on one that a rule makes of a stranger's mail."""

from collections.abc import Iterator
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.types.links import Ref
from entente.services.automation.addressed import linked_to_address, with_address
from entente.services.automation.event import Event
from entente.services.automation.log import RunLine
from entente.services.automation.newcomers import is_unknown, make_of_mail
from entente.services.automation.rules import RULE, Rule, rules_of
from entente.services.automation.running import run_rule
from entente.services.automation.timed import asker_of

SEPARATORS = str.maketrans(",;", "  ")

Mailed = dict[str, str]


class SetOff(msgspec.Struct):
    """What a mail set off: the runs, the record that was made of it, and why none could be made."""

    lines: list[RunLine] = []
    made: Ref | None = None
    refusal: Refused | None = None


def set_off_by_mail(
    tx: Tx, identity: UUID, mail: Mailed, at: frozenset[str], answered: Ref | None, *, foreign: bool = False
) -> SetOff:
    """The runs that a mail set off; each rule acts once on a record because of it.

    `mail` has `from`, `name`, `to`, `subject`, `text` and `proof`; `at` are the addresses at which it was received,
    and `answered` is the record about which the mail was that it answers. Of a `foreign` mail whose sender nobody
    knows, the first rule that asks for it makes a record.
    """
    found = SetOff()
    waiting = [rule for rule in rules_of(tx).rules if rule.trigger == "mail" and concerns(rule, mail, at)]
    asked = foreign and answered is None and any(rule.settings.newcomer for rule in waiting)
    unknown = asked and is_unknown(tx, mail["from"])
    for rule in waiting:
        if unknown and rule.settings.newcomer and found.made is None:
            _make(tx, rule, mail, found)
        for record in _records(tx, rule, mail, answered):
            line = run_rule(tx, rule, _event(rule, record, identity, mail))
            found.lines += [line] if line is not None else []
    return found


def _make(tx: Tx, rule: Rule, mail: Mailed, found: SetOff) -> None:
    """Have a rule make its record; when that is refused, other rules go on."""
    try:
        with tx.connection.transaction():
            found.made = Ref(rule.entity, make_of_mail(tx, rule, mail))
    except Refused as refusal:
        found.refusal = refusal


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


def _records(tx: Tx, rule: Rule, mail: Mailed, answered: Ref | None) -> Iterator[UUID]:
    """The records on which a rule acts: the one that is answered, else those of the sender's address.

    They bear it, or belong to somebody who does: then the subject may name them by their numbers.
    """
    if answered is not None and answered.entity == rule.entity:
        yield answered.id
        return
    try:
        asker = tx.acting_as(asker_of(tx, rule))
    except Refused:
        asker = tx.acting_as(system(RULE))  # the run itself says that nobody is left to act for
    own = with_address(asker, rule.entity, mail["from"])
    yield from own or linked_to_address(asker, rule.entity, mail["from"], mail["subject"])


def _event(rule: Rule, record: UUID, identity: UUID, mail: Mailed) -> Event:
    return Event(
        occasion=rule.trigger,
        record=record,
        actor_name=mail["from"],
        cause=new_id(),
        once=f"{identity}:{record}",
        mail=mail,
    )
