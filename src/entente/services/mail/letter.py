"""From a row of the outbox to a mail as it travels: headers that nobody can inject into, text and HTML."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.types.sets import ADDRESS
from entente.services.mail.attachments import Attachment
from entente.services.mail.images import images_in
from entente.services.mail.outbox import Mail

LONGEST_SUBJECT = 250
OWN_HEADERS = frozenset({"auto-submitted", "reply-to", "in-reply-to", "references", "list-unsubscribe", "precedence"})


def one_line(text: str) -> str:
    """The text as a header may carry it: one line, without control signs."""
    plain = text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(plain.split())[:LONGEST_SUBJECT]


def proved_address(address: str) -> str:
    """The address; Refused when it is not exactly one plain e-mail address."""
    bare = address.strip()
    if len(bare) > 254 or not ADDRESS.fullmatch(bare) or not bare.isascii() or not bare.isprintable():
        raise Refused("field.not_an_email", field="recipient", given=bare[:80])
    return bare


def proved_headers(headers: dict[str, str]) -> dict[str, str]:
    """The extra headers, each on one line; ValueError when one is not among those that code may set."""
    strange = [name for name in headers if name.casefold() not in OWN_HEADERS]
    if strange:
        raise ValueError(f"no such extra header: {', '.join(strange)}")
    return {name: one_line(value) for name, value in headers.items()}


def message_id(identity: UUID, sender: str) -> str:
    """The Message-ID of a mail: the same at every try, so that a second copy would be known as one."""
    return f"<{identity}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"


def compose(mail: Mail, sender: str, files: Sequence[Attachment] = ()) -> EmailMessage:
    """The mail as it is sent: plain text, HTML beside it when there is some, and its files."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _sender(sender)
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(mail.id, sender)
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.body_text or " ")
    if mail.body_html:
        _add_html(message, mail.body_html)
    for each in files:
        kind, _, subtype = each.mime.partition("/")
        message.add_attachment(each.data, kind, subtype or "octet-stream", filename=one_line(each.name))
    return message


def _add_html(message: EmailMessage, source: str) -> None:
    domain = str(message["Message-ID"]).strip("<>").rpartition("@")[2]
    html, images = images_in(source, domain)
    message.add_alternative(html, subtype="html")
    shown = message.get_body(preferencelist=("html",)) or message
    for image in images:
        shown.add_related(image.data, "image", image.kind, cid=f"<{image.name}>", disposition="inline")


def _sender(sender: str) -> Address:
    name, address = parseaddr(sender)
    local, _, domain = address.rpartition("@")
    return Address(one_line(name) or "Entente", local or "entente", domain or "localhost")
