"""The outbox of mails: what waits, what was sent, what nobody knows; and what a person may decide about it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.metadata.types.links import Ref
from entente.services.mail.attachments import drop_attachments

State = Literal["queued", "sending", "sent", "failed", "uncertain", "kept"]
COLUMNS = (
    "id, key, state, recipient, subject, body_text, body_html, headers, entity, record, created_at, due_at, tries, "
    "error, sent_at"
)
RIGHT = "settings"
PERSONAL = "link:"  # keys of mails with a link that lets its reader in begin with this
ACTING = "task:"  # and of mails with buttons that act in the name of their reader


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of the outbox, with what became of it."""

    id: UUID
    key: str
    state: State
    recipient: str
    subject: str
    body_text: str
    body_html: str
    headers: dict[str, str]
    entity: str | None
    record: UUID | None
    created_at: datetime
    due_at: datetime
    tries: int
    error: str | None
    sent_at: datetime | None


def list_mails(
    tx: Tx, *, state: State | None = None, limit: int = 50, after: tuple[datetime, UUID] | None = None
) -> list[Mail]:
    """Mails, newest first, behind the moment and id of the last one seen; Forbidden without the right to settings."""
    _prove(tx)
    return [
        _mail(tx, found)
        for found in engine_rows(
            tx,
            f"SELECT {COLUMNS} FROM {{schema}}.outgoing_mail"  # noqa: S608 - own text
            " WHERE (%(state)s::text IS NULL OR state = %(state)s)"
            " AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(last)s::uuid))"
            " ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
            state=state,
            at=after and after[0],
            last=after and after[1],
            limit=limit,
        )
    ]


def read_mail(tx: Tx, identity: UUID) -> Mail:
    """One mail with its bodies; NotFound when there is none, Forbidden without the right to settings."""
    _prove(tx)
    sql = f"SELECT {COLUMNS} FROM {{schema}}.outgoing_mail WHERE id = %(id)s"  # noqa: S608 - own text
    found = engine_row(tx, sql, id=identity)
    if found is None:
        raise NotFound("mail.unknown")
    return _mail(tx, found)


def mail_answered(tx: Tx, message_ids: Sequence[str]) -> Mail | None:
    """The first of the Message-IDs that a mail of ours bears, as that mail; nothing when none does."""
    domain = parseaddr(tx.settings.mail_from)[1].rpartition("@")[2] or "localhost"
    for each in message_ids:
        name, _, host = each.strip("<> \t").rpartition("@")
        identity = parse_id(name) if host.casefold() == domain.casefold() else None
        sql = f"SELECT {COLUMNS} FROM {{schema}}.outgoing_mail WHERE id = %(id)s"  # noqa: S608 - own text
        found = engine_row(tx, sql, id=identity) if identity else None
        if found is not None:
            return _mail(tx, found)
    return None


def count_mails(tx: Tx, record: UUID, recipient: str, *, like: str = "%", since: datetime | None = None) -> int:
    """How many mails about a record went to an address since a moment, of those whose key is like a pattern."""
    found = engine_row(
        tx,
        "SELECT count(*) AS n FROM {schema}.outgoing_mail WHERE record = %(record)s AND recipient = %(recipient)s"
        " AND key LIKE %(like)s AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)",
        record=record,
        recipient=recipient,
        like=like,
        since=since,
    )
    return int(found["n"]) if found else 0


def mailed_about(tx: Tx, records: Collection[Ref], *, like: str) -> set[tuple[UUID, str]]:
    """Which addresses got a mail about which of the records, of those mails whose key is like a pattern."""
    if not records:
        return set()
    found = engine_rows(
        tx,
        "SELECT DISTINCT record, recipient FROM {schema}.outgoing_mail"
        " WHERE entity = ANY(%(entities)s) AND record = ANY(%(records)s) AND key LIKE %(like)s",
        entities=list({each.entity for each in records}),
        records=[each.id for each in records],
        like=like,
    )
    return {(each["record"], each["recipient"]) for each in found}


def count_in_doubt(tx: Tx) -> int:
    """How many mails wait for a person's decision: failed or uncertain."""
    sql = "SELECT count(*) AS n FROM {schema}.outgoing_mail WHERE state IN ('failed', 'uncertain')"
    found = engine_row(tx, sql)
    return int(found["n"]) if found else 0


def drop_mail(tx: Tx, identity: UUID) -> None:
    """Give a mail up that was not sent for sure; Refused when it was sent or is being sent."""
    _prove(tx)
    sql = (
        "DELETE FROM {schema}.outgoing_mail WHERE id = %(id)s AND state IN ('failed', 'uncertain', 'queued', 'kept')"
        " RETURNING id"
    )
    if engine_row(tx, sql, id=identity) is None:
        raise Refused("mail.not_open")
    drop_attachments(tx, identity)


def queue_again(tx: Tx, identity: UUID) -> None:
    """Put a failed, uncertain or kept mail back among those to be sent; Refused when it is none of these."""
    _prove(tx)
    sql = (
        "UPDATE {schema}.outgoing_mail SET state = 'queued', due_at = %(now)s, tries = 0, error = NULL"
        " WHERE id = %(id)s AND state IN ('failed', 'uncertain', 'kept') RETURNING id"
    )
    if engine_row(tx, sql, id=identity, now=tx.clock.now()) is None:
        raise Refused("mail.not_open")


def _prove(tx: Tx) -> None:
    person = tx.principal
    if not (person.is_system or person.is_admin or RIGHT in person.may):
        raise Forbidden()


def _mail(tx: Tx, row: Row) -> Mail:
    """The mail; what lets its reader in is shown to those only who may make such a link themselves."""
    mail = Mail(**row)
    if not mail.key.startswith((PERSONAL, ACTING)) or tx.principal.is_admin or tx.principal.is_system:
        return mail
    return msgspec.structs.replace(mail, body_text=tx.say("mail.confidential"), body_html="")
