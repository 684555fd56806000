"""A day's notifications in one mail, for those who want no mail for each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from entente.kernel.db.tx import Row, Tx, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Refused
from entente.services.mail.sending import queue_mail
from entente.services.mail.templates import render_template
from entente.services.stream.notifications import Notification, list_notifications
from entente.services.stream.preferences import KEY, notices_in

HOURS = range(8, 12)  # in the morning of the reader; the later ones make up for a worker that slept
SPAN = timedelta(days=1)
MOST = 100
HTML = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body><ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul><p><a href="{{ address }}">{{ open }}</a></p>
<hr><p><small>{{ why }}</small></p></body></html>
"""
TEXT = """{% for line in lines %}- {{ line }}
{% endfor %}
{{ open }} {{ address }}

{{ why }}
"""
# RFC 3834: no machine should answer, no absence notice should come back.
HEADERS = {"Auto-Submitted": "auto-generated"}
_PEOPLE = f"""
SELECT id, email, timezone, preferences FROM {{schema}}."user"
WHERE active AND deleted_at IS NULL AND email IS NOT NULL AND preferences -> '{KEY}' ->> 'daily' = 'true'
"""  # noqa: S608 - own text


@job("mail.digest", queue="mail", every="5 * * * *")
def send_digests(tx: Tx) -> int:
    """How many people get their unread notifications of a day in one mail, once each morning of theirs."""
    now = tx.clock.now()
    people = engine_rows(tx, _PEOPLE)
    return sum(_send(tx, each) for each in people if now.astimezone(ZoneInfo(each["timezone"])).hour in HOURS)


def _send(tx: Tx, person: Row) -> bool:
    principal = principal_of(tx, person["id"])
    if principal is None:
        return False
    reader = tx.acting_as(principal)
    reader.language = principal.language
    wanted = notices_in(person["preferences"]).mailed
    since = tx.clock.now() - SPAN
    found = list_notifications(reader, unread_only=True, limit=MOST)
    news = [each for each in found if each.at > since and each.kind in wanted]
    if not news:
        return False
    day = tx.clock.now().astimezone(ZoneInfo(person["timezone"])).date()
    values = _values(reader, news)
    body, html = render_template(TEXT, values), render_template(HTML, values, html=True)
    key = f"digest:{person['id']}:{day}"
    try:
        return queue_mail(tx, key, person["email"], values["subject"], body, html, headers=HEADERS) is not None
    except Refused:
        # An address that nobody can write to must not keep the others from being told.
        return False


def _values(reader: Tx, news: Sequence[Notification]) -> dict[str, Any]:
    return {
        "language": reader.language,
        "subject": reader.say("mail.digest", count=len(news)),
        "lines": [each.text for each in news],
        "address": f"{reader.settings.address}/inbox",
        "open": reader.say("mail.open"),
        "why": reader.say("mail.why"),
    }
