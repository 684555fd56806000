"""Sending what waits: claim one mail and commit, hand it to the server, write down what became of it.

A worker that dies in between leaves the mail claimed; when nobody can still be sending it, it becomes uncertain.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.ids import new_id
from entente.kernel.metadata.types.links import Ref
from entente.services.documents.files import StoredFile
from entente.services.mail.attachments import Attachment, attach_files, read_attachments
from entente.services.mail.letter import compose, one_line, proved_address, proved_headers
from entente.services.mail.outbox import COLUMNS, Mail, State, queue_again
from entente.services.mail.smtp import Delivery, Server, deliver, read_server

RUN_SECONDS = 120
# Longer than any hand-over can take: every step of SMTP is limited to 30 s and the job to 300 s.
LOST_AFTER = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
_ADD = """
INSERT INTO {schema}.outgoing_mail
  (id, key, state, recipient, subject, body_text, body_html, headers, entity, record, created_at, created_by, due_at)
SELECT id, key, %(state)s, recipient, subject, text, html, headers, entity, record, %(now)s, %(author)s, due
FROM json_to_recordset(%(mails)s::json) AS mail (
  id uuid, key text, recipient text, subject text, text text, html text, headers jsonb, entity text, record uuid,
  due timestamptz)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
_CLAIM = f"""
UPDATE {{schema}}.outgoing_mail SET state = 'sending', claimed_at = %(now)s, tries = tries + 1 WHERE id = (
  SELECT id FROM {{schema}}.outgoing_mail WHERE state = 'queued' AND due_at <= %(now)s
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {COLUMNS}
"""  # noqa: S608 - own text
_SETTLE = """
UPDATE {schema}.outgoing_mail SET state = %(state)s, error = %(error)s, due_at = %(due)s,
  sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s END
WHERE id = %(id)s AND state = 'sending'
"""
_DOUBT = """
UPDATE {schema}.outgoing_mail SET state = 'uncertain', error = 'interrupted'
WHERE state = 'sending' AND claimed_at < %(before)s
"""


class Posting(TypedDict, total=False):
    """What a mail may need beside its words: further headers, files, and the moment before which it must not leave."""

    headers: Mapping[str, str] | None
    due: datetime | None
    files: Sequence[StoredFile]


def queue_mail(
    tx: Tx,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    regarding: Ref | None = None,
    **posting: Unpack[Posting],
) -> UUID | None:
    """The id of a mail that leaves after the commit, or nothing when its key was used.

    Refused for a bad address or too large files. It leaves when it is due. Without mail server it is kept where
    an administrator can read it.
    """
    written = write_mail(tx, key, to, subject, text, html, regarding, **posting)
    made = queue_written(tx, [written])
    for identity in made:
        attach_files(tx, identity, posting.get("files") or ())
    return made[0] if made else None


def write_mail(
    tx: Tx,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    regarding: Ref | None = None,
    **posting: Unpack[Posting],
) -> Row:
    """A mail as the outbox is to keep it, without its files; Refused for a bad address."""
    return {
        "id": new_id(),
        "key": key,
        "recipient": proved_address(to),
        "subject": one_line(subject),
        "text": text.replace("\x00", ""),
        "html": html.replace("\x00", ""),
        "headers": proved_headers(dict(posting.get("headers") or {})),
        "entity": regarding and regarding.entity,
        "record": regarding and regarding.id,
        "due": posting.get("due") or tx.clock.now(),
    }


def queue_written(tx: Tx, mails: Sequence[Row]) -> list[UUID]:
    """The ids of those mails that leave after the commit, in one statement; the key of each other one was used."""
    sends = tx.settings.smtp_url is not None
    values = {"state": "queued" if sends else "kept", "now": tx.clock.now(), "author": tx.principal.user_id}
    made = engine_rows(tx, _ADD, mails=msgspec.json.encode(mails).decode(), **values) if mails else []
    if made and sends:
        enqueue(tx, send_due, key="due")
    return [each["id"] for each in made]


def resend(tx: Tx, identity: UUID) -> None:
    """Send a failed, uncertain or kept mail (again), on a person's word; Refused when it is none of these."""
    queue_again(tx, identity)
    enqueue(tx, send_due, key="due")


@job("mail.send", queue="mail", every="* * * * *", transaction=False)
def send_due(run: Run) -> None:
    """Every mail that is due was handed to the server, each at most once."""
    with run.begin() as tx:
        engine_rows(tx, _DOUBT, before=tx.clock.now() - LOST_AFTER)
    address = run.database.settings.smtp_url
    if address is None:
        return
    server = read_server(address)
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and _send_one(run, server):
        pass


def _send_one(run: Run, server: Server) -> bool:
    """Whether there was a mail to send."""
    with run.begin() as tx:
        found = engine_row(tx, _CLAIM, now=tx.clock.now())
        files = read_attachments(tx, found["id"]) if found else []
    if found is None:
        return False
    mail = Mail(**found)
    delivery = _delivered(server, mail, run.database.settings.mail_from, files)
    with run.begin() as tx:
        _settle(tx, mail, delivery)
    return True


def _delivered(server: Server, mail: Mail, sender: str, files: Sequence[Attachment]) -> Delivery:
    try:
        message = compose(mail, sender, files)
    except (ValueError, UnicodeError, IndexError) as error:
        return Delivery("refused", f"{type(error).__name__}: {error}"[:500])
    return deliver(server, message, message["From"].addresses[0].addr_spec, mail.recipient)


def _settle(tx: Tx, mail: Mail, delivery: Delivery) -> None:
    now = tx.clock.now()
    state, due = _state_after(delivery, mail.tries, now)
    engine_rows(tx, _SETTLE, id=mail.id, state=state, error=delivery.error, due=due, now=now)


def _state_after(delivery: Delivery, tries: int, now: datetime) -> tuple[State, datetime]:
    match delivery.verdict:
        case "sent":
            return "sent", now
        case "uncertain":
            return "uncertain", now
        case "later" if tries <= len(PAUSES):
            return "queued", now + PAUSES[tries - 1]
        case _:
            return "failed", now
