"""One-time links by e-mail: an invitation, or a way back in for somebody who forgot a password."""

import hashlib
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.identity.invitations import LIFE, Purpose
from entente.kernel.identity.organisation import organisation_name
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.record import Record
from entente.services.mail.outbox import PERSONAL
from entente.services.mail.sending import queue_mail
from entente.services.mail.templates import render_template

HTML = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body><p>{{ hello }}</p><p>{{ text }}</p><p><a href="{{ link }}">{{ choose }}</a></p><p><small>{{ ends }}</small></p>
</body></html>
"""
TEXT = """{{ hello }}

{{ text }}

{{ choose }} {{ link }}

{{ ends }}
"""


def mail_link(tx: Tx, user: Record, purpose: Purpose, link: str) -> bool:
    """Whether a link leaves by e-mail, in the user's language; not when he has no address that can be written to."""
    values = _values(tx, user, purpose, link)
    key = PERSONAL + hashlib.sha256(link.encode()).hexdigest()
    body, html = render_template(TEXT, values), render_template(HTML, values, html=True)
    try:
        return queue_mail(tx, key, user["email"] or "", values["subject"], body, html) is not None
    except Refused:
        return False


def _values(tx: Tx, user: Record, purpose: Purpose, link: str) -> dict[str, Any]:
    language = user["language"] or tx.language

    def words(key: str, **values: Any) -> str:
        return tx.words.say(language, f"mail.link.{key}", **values)

    workspace = organisation_name(tx)
    return {
        "language": language,
        "hello": words("hello", name=user["first_name"] or user["name"] or ""),
        "subject": words(f"{purpose}.subject", workspace=workspace),
        "text": words(f"{purpose}.text", workspace=workspace),
        "choose": words("choose"),
        "ends": words("ends", hours=int(LIFE[purpose].total_seconds() // 3600)),
        "link": link,
    }
