"""Mails that set rules off: what a rule may know of one, and what became of it."""

from email.utils import parseaddr
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.types.links import Ref
from entente.services.automation.mailed import set_off_by_mail
from entente.services.mail.authenticity import proof_of
from entente.services.mail.imap import read_mailboxes
from entente.services.mail.incoming import Fate, mailbox_of
from entente.services.mail.outbox import mail_answered
from entente.services.mail.reading import Letter

LONGEST_KEPT = 10_000
LONGEST_NAME = 100


def set_off_rules(tx: Tx, mail: UUID, letter: Letter, text: str) -> Fate | None:
    """What a mail set off, `text` being what its sender wrote himself; nothing when no rule waited for it."""
    values = {
        "from": letter.sender,
        "name": parseaddr(letter.first("from"))[0][:LONGEST_NAME],
        "to": ", ".join(letter.recipients)[:500],
        "subject": letter.subject,
        "text": text[:LONGEST_KEPT],
        "proof": proof_of(letter, tx.settings.mail_authserv).verdict,
    }
    at = _received_at(tx, mail, letter)
    found = set_off_by_mail(tx, mail, values, at, _answered(tx, letter), foreign=letter.sender not in _ours(tx))
    ran = [line for line in found.lines if line.outcome != "skipped"]
    said = {"proof": values["proof"], "runs": [str(line.id) for line in ran]}
    if found.made is not None:
        made = {**said, "made": str(found.made.id)}
        return Fate(
            state="accepted", reason="task_reply.made", said=made, entity=found.made.entity, record=found.made.id
        )
    if ran:
        return Fate(state="accepted", reason="task_reply.rules", said=said, entity=ran[0].entity, record=ran[0].record)
    if found.refusal is not None:
        return Fate(state="refused", reason=found.refusal.code, said=dict(found.refusal.values))
    return None


def _ours(tx: Tx) -> frozenset[str]:
    """The addresses from which we write and at which we read: a mail of theirs is our own that came back."""
    boxes = [each.address for each in read_mailboxes(tx.settings.imap_url or "")]
    known = (parseaddr(tx.settings.mail_from)[1], tx.settings.reply_address or "", *boxes)
    return frozenset(each.casefold() for each in known if each)


def _received_at(tx: Tx, mail: UUID, letter: Letter) -> frozenset[str]:
    """The addresses at which a mail was received: those in its headers, and that of its mailbox."""
    name = mailbox_of(tx, mail)
    boxes = read_mailboxes(tx.settings.imap_url or "")
    return frozenset((*letter.recipients, *(each.address for each in boxes if each.name == name)))


def _answered(tx: Tx, letter: Letter) -> Ref | None:
    """The record about which the mail was that this one answers, if its receiver answers it."""
    sent = mail_answered(tx, letter.answers_to)
    if sent is None or sent.entity is None or sent.record is None or sent.recipient.casefold() != letter.sender:
        return None
    return Ref(sent.entity, sent.record)
