"""Notifications by e-mail as well, for the kinds of news that a person wants there."""

from collections.abc import Sequence
from typing import Any

from entente.kernel.db.tx import Row, Tx
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.kit.refusal import Refused
from entente.services.mail.outbox import mailed_about
from entente.services.mail.sending import Posting, queue_written, write_mail
from entente.services.mail.templates import render_template
from entente.services.stream.notifying import Told, tell

HTML = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body><p>{{ text }}</p>{% if address %}<p><a href="{{ address }}">{{ open }}</a></p>{% endif %}
<hr><p><small>{{ why }}</small></p></body></html>
"""
TEXT = """{{ text }}
{% if address %}
{{ open }} {{ address }}
{% endif %}
{{ why }}
"""
# RFC 3834: no machine should answer, no absence notice should come back.
HEADERS = {"Auto-Submitted": "auto-generated"}


def notify(tx: Tx, entries: list[Entry]) -> None:
    """Everyone concerned by the entries is told in the application and, where he wants it, by e-mail."""
    mail_told(tx, tell(tx, entries))


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
    body, html = render_template(TEXT, values), render_template(HTML, values, html=True)
    key, to, posting = f"notice:{told.id}", told.email or "", Posting(headers=HEADERS, due=told.mail_after)
    try:
        return write_mail(tx, key, to, told.text, body, html, told.subject, **posting)
    except Refused:
        # An address that nobody can write to must not keep the others from being told.
        return None


def _values(tx: Tx, told: Told) -> dict[str, Any]:
    entity = tx.catalog.entities.get(told.entity)
    path = entity.definition.path if entity else ""
    record = f"/{told.subject.id}" if told.subject else ""
    return {
        "language": told.language,
        "subject": told.text,
        "text": told.text,
        "address": f"{tx.settings.address}/{path}{record}" if path else "",
        "open": tx.words.say(told.language, "mail.open"),
        "why": tx.words.say(told.language, "mail.why"),
    }


NOTIFIER = Follower("notify", notify)
