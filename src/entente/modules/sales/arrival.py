"""What happens when a prospect arrives by himself: whichever door he took, his request is acknowledged once."""

from collections.abc import Sequence

from entente.kernel.db.tx import Row, Tx
from entente.kernel.identity.organisation import organisation_name
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.types.sets import Entry as Address
from entente.kernel.records.behaviours import follow
from entente.kernel.records.record import Record
from entente.modules.base.lookup import known_among
from entente.services.mail.sending import queue_written, write_mail
from entente.services.mail.templates import escaped

# Doors through which people come of their own accord; nobody wrote to us for an import or a hand entry.
OWN_ACCORD = frozenset({"form", "api", "mail"})
TEXT = """{greeting}

{thanks}

{workspace}
"""
HTML = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body><p>{greeting}</p><p>{thanks}</p><p>{workspace}</p></body></html>
"""
HEADERS = {"Auto-Submitted": "auto-replied"}


@follow("lead")
def acknowledge_request(tx: Tx, entries: Sequence[Entry]) -> None:
    """Each requester gets one mail that says his request has arrived, in his language."""
    arrived = [entry.record for entry in entries if entry.deed == "create" and entry.via in OWN_ACCORD]
    if not arrived:
        return
    sender = organisation_name(tx)
    mails = [_letter(tx, lead, sender) for lead in known_among(tx, "lead", arrived)]
    queue_written(tx, [mail for mail in mails if mail is not None])


def acknowledge(tx: Tx, lead: Record) -> bool:
    """Whether the requester of an open lead was written to, now or before; never twice for one lead."""
    mail = _letter(tx, lead, organisation_name(tx))
    if mail is not None:
        queue_written(tx, [mail])
    return mail is not None


def _letter(tx: Tx, lead: Record, sender: str) -> Row | None:
    """The mail to the requester of an open lead, or nothing when there is no address that can be written to."""
    address = _address(lead["emails"] or ())
    if address is None or lead["state"] != "open":
        return None
    language = lead["language"] if lead["language"] in ("en", "fr") else "fr"
    subject = tx.words.say(language, "lead.thanks_subject")
    values = {
        "language": language,
        "subject": subject,
        "greeting": tx.words.say(language, "lead.thanks_greeting", name=lead["name"] or ""),
        "thanks": tx.words.say(language, "lead.thanks_text"),
        "workspace": sender,
    }
    body, html = TEXT.format(**values), HTML.format(**escaped(values))
    try:
        return write_mail(tx, f"arrival:{lead.id}", address, subject, body, html, headers=HEADERS)
    except Refused:
        # An address that cannot be written to is no reason to hold up the followers.
        return None


def _address(emails: tuple[Address, ...]) -> str | None:
    """The first address that may be written to, the primary one before the others."""
    usable = [each for each in emails if not each.opted_out and not each.invalid]
    return next((each.value for each in usable if each.primary), usable[0].value if usable else None)
