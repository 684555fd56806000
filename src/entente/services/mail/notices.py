"""Notifications by e-mail as well, for the kinds of news that a person wants there."""

from collections.abc import Mapping, Sequence

from entente.kernel.db.tx import Row, Tx
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.kit.refusal import Refused
from entente.services.mail.outbox import mailed_about
from entente.services.mail.sending import Posting, queue_written, write_mail
from entente.services.mail.templates import escaped
from entente.services.stream.notifying import Naming, Told, tell

HTML = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{text}</title></head>
<body><p>{text}</p>{way}
<hr><p><small>{why}</small></p></body></html>
"""
HTML_WAY = '<p><a href="{address}">{open}</a></p>'
TEXT = """{text}
{way}
{why}
"""
TEXT_WAY = "\n{open} {address}\n"
# RFC 3834: no machine should answer, no absence notice should come back.
HEADERS = {"Auto-Submitted": "auto-generated"}


def notifier(called: Naming) -> Follower:
    """The follower that tells people of news; `called` says what records are called in their reader's language."""

    def notify(tx: Tx, entries: list[Entry]) -> None:
        """Everyone concerned by the entries is told in the application and, where he wants it, by e-mail."""
        mail_told(tx, tell(tx, entries, called))

    return Follower("notify", notify)


def mail_told(tx: Tx, told: Sequence[Told]) -> int:
    """How many of the notifications leave by e-mail too, each once however often it grows."""
    wanted = [each for each in told if each.is_new and each.wants_mail and each.email]
    # A mail about a task says all that the notice would, and can be answered.
    said = mailed_about(tx, {each.subject for each in wanted if each.subject}, like="task:%")
    unsaid = [each for each in wanted if each.subject is None or (each.subject.id, each.email) not in said]
    written = [_written(tx, each) for each in unsaid]
    return len(queue_written(tx, [each for each in written if each]))


def _written(tx: Tx, told: Told) -> Row | None:
    values = _values(tx, told)
    body, html = _filled(TEXT, TEXT_WAY, values), _filled(HTML, HTML_WAY, escaped(values))
    key, to, posting = f"notice:{told.id}", told.email or "", Posting(headers=HEADERS, due=told.mail_after)
    try:
        return write_mail(tx, key, to, told.text, body, html, told.subject, **posting)
    except Refused:
        # An address that nobody can write to must not keep the others from being told.
        return None


def _filled(text: str, way: str, values: Mapping[str, str]) -> str:
    return text.format(way=way.format(**values) if values["address"] else "", **values)


def _values(tx: Tx, told: Told) -> dict[str, str]:
    entity = tx.catalog.entities.get(told.entity)
    path = entity.definition.path if entity else ""
    record = f"/{told.subject.id}" if told.subject else ""
    return {
        "language": told.language,
        "text": told.text,
        "address": f"{tx.settings.address}/{path}{record}" if path else "",
        "open": tx.words.say(told.language, "mail.open"),
        "why": tx.words.say(told.language, "mail.why"),
    }
