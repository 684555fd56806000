"""Incoming mail: fetched once, kept as it arrived, treated once, with what became of it."""

import hashlib
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.services.mail.imap import Arrival, Mailbox, Mark, arrivals, opened, wait_for_news
from entente.services.mail.opening import open_letter
from entente.services.mail.outbox import RIGHT
from entente.services.mail.reading import Letter

IncomingState = Literal["waiting", "accepted", "answered", "refused", "ignored", "failed"]
MOST_TRIES = 3
UNREADABLE = "mail.unreadable"
COLUMNS = (
    "id, state, sender, subject, message_id, arrived_at, treated_at, tries, repeats, reason, said, person, entity, "
    "record"
)
_TAKE = """
INSERT INTO {schema}.incoming_mail (id, key, mailbox, state, sender, subject, message_id, raw, arrived_at, reason)
VALUES (%(id)s, %(key)s, %(mailbox)s, %(state)s, %(sender)s, %(subject)s, %(message_id)s, %(raw)s, %(now)s, %(reason)s)
ON CONFLICT (key) DO UPDATE SET repeats = incoming_mail.repeats + 1 RETURNING id, repeats
"""
_MARK = """
INSERT INTO {schema}.mailbox_mark (mailbox, validity, uid) VALUES (%(mailbox)s, %(validity)s, %(uid)s)
ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, uid = excluded.uid
WHERE (mailbox_mark.validity, mailbox_mark.uid) IS DISTINCT FROM (excluded.validity, excluded.uid)
"""
_CLAIM = """
UPDATE {schema}.incoming_mail SET tries = tries + 1 WHERE id = (
  SELECT id FROM {schema}.incoming_mail WHERE state = 'waiting' AND NOT id = ANY(%(but)s)
  ORDER BY arrived_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, tries
"""
_LOCK = """
SELECT id, raw, tries FROM {schema}.incoming_mail
WHERE id = %(id)s AND state = 'waiting' FOR UPDATE SKIP LOCKED
"""
_SETTLE = """
UPDATE {schema}.incoming_mail SET state = %(state)s, reason = %(reason)s, said = %(said)s, person = %(person)s,
  entity = %(entity)s, record = %(record)s, treated_at = %(now)s
WHERE id = %(id)s
"""

BUTTON = re.compile(r"/m/[\w-]{20,}")

log = logging.getLogger(__name__)


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail: `reason` is the key of a text, `said` fills it and keeps what it was decided by."""

    state: IncomingState
    reason: str
    said: dict[str, Any] = {}
    person: UUID | None = None
    entity: str | None = None
    record: UUID | None = None


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that arrived, with what became of it."""

    id: UUID
    state: IncomingState
    sender: str
    subject: str
    message_id: str
    arrived_at: datetime
    treated_at: datetime | None
    tries: int
    repeats: int
    reason: str | None
    said: dict[str, Any]
    person: UUID | None
    entity: str | None
    record: UUID | None


class Look(msgspec.Struct, frozen=True):
    """When a mailbox was last looked into, and why it could not be."""

    mailbox: str
    looked_at: datetime | None
    error: str | None


Treat = Callable[[Tx, UUID, Letter], Fate]


def fetch_mails(run: Run, mailbox: Mailbox, seconds: float = 0) -> int:
    """How many mails arrived that were not known; with seconds, the line stays open so long for what arrives then."""
    with opened(mailbox) as line:
        count = _fetch(run, mailbox, line)
        if seconds and mailbox.listens and wait_for_news(line, seconds):
            count += _fetch(run, mailbox, line)
    return count


def _fetch(run: Run, mailbox: Mailbox, line: Any) -> int:
    with run.begin() as tx:
        found = engine_row(
            tx, "SELECT validity, uid FROM {schema}.mailbox_mark WHERE mailbox = %(mailbox)s", mailbox=mailbox.name
        )
    after = Mark(found["validity"], found["uid"]) if found else Mark()
    count = 0
    for arrival in arrivals(line, mailbox.folder, after):
        with run.begin() as tx:
            count += take_mail(tx, mailbox.name, arrival)
    return count


def note_look(tx: Tx, mailbox: str, error: str | None) -> None:
    """Write down that a mailbox was looked into, or why it could not be."""
    engine_rows(
        tx,
        "INSERT INTO {schema}.mailbox_mark (mailbox, looked_at, error) VALUES (%(mailbox)s, %(now)s, %(error)s)"
        " ON CONFLICT (mailbox) DO UPDATE SET looked_at = excluded.looked_at, error = excluded.error",
        mailbox=mailbox,
        now=tx.clock.now(),
        error=error,
    )


def looks(tx: Tx) -> list[Look]:
    """When each mailbox was last looked into, and why it could not be; Forbidden without the right to settings."""
    _prove(tx)
    sql = "SELECT mailbox, looked_at, error FROM {schema}.mailbox_mark ORDER BY mailbox"
    return [Look(**row) for row in engine_rows(tx, sql)]


def take_mail(tx: Tx, mailbox: str, arrival: Arrival) -> bool:
    """Whether the mail is new; kept with its mailbox's mark, or counted as a repetition of one with its Message-ID."""
    try:
        letter, reason = open_letter(arrival.raw), None
    except Refused as refusal:
        letter, reason = Letter(), refusal.code
    if not arrival.whole:
        reason = "mail.too_large"
    made = engine_row(
        tx,
        _TAKE,
        id=new_id(),
        key=letter.message_id or f"sha256:{hashlib.sha256(arrival.raw).hexdigest()}",
        mailbox=mailbox,
        state="refused" if reason else "waiting",
        sender=letter.sender,
        subject=letter.subject,
        message_id=letter.message_id,
        raw=arrival.raw,
        now=tx.clock.now(),
        reason=reason,
    )
    engine_rows(tx, _MARK, mailbox=mailbox, validity=arrival.mark.validity, uid=arrival.mark.uid)
    return bool(made and made["repeats"] == 0)


def treat_mails(run: Run, treat: Treat) -> int:
    """How many mails were treated: each in one transaction with all that it leads to, one that cannot be put aside."""
    seen: list[UUID] = []
    while True:
        with run.begin() as tx:
            claimed = engine_row(tx, _CLAIM, but=seen)
        if claimed is None:
            return len(seen)
        seen.append(claimed["id"])
        with run.begin() as tx:
            _treat_one(tx, claimed["id"], treat)


def _treat_one(tx: Tx, identity: UUID, treat: Treat) -> None:
    row = engine_row(tx, _LOCK, id=identity)
    if row is None:
        return
    if row["tries"] > MOST_TRIES:
        settle(tx, identity, Fate(state="failed", reason="mail.incoming.tried"))
        return
    try:
        with tx.connection.transaction():
            fate = treat(tx, identity, open_letter(bytes(row["raw"])))
    except Refused as refusal:
        fate = Fate(state="refused", reason=refusal.code, said=dict(refusal.values))
    except Exception as error:
        if tx.connection.closed:
            raise
        log.exception("an incoming mail could not be treated")
        fate = Fate(
            state="failed", reason="mail.incoming.fault", said={"error": f"{type(error).__name__}: {error}"[:500]}
        )
    settle(tx, identity, fate)


def settle(tx: Tx, identity: UUID, fate: Fate) -> None:
    """Write down what became of a mail."""
    engine_rows(
        tx,
        _SETTLE,
        id=identity,
        state=fate.state,
        reason=fate.reason,
        said=Jsonb(msgspec.to_builtins(fate.said)),
        person=fate.person,
        entity=fate.entity,
        record=fate.record,
        now=tx.clock.now(),
    )


def list_incoming(tx: Tx, *, state: IncomingState | None = None, limit: int = 100) -> list[Incoming]:
    """Mails that arrived, latest first; Forbidden without the right to settings."""
    _prove(tx)
    sql = (
        f"SELECT {COLUMNS} FROM {{schema}}.incoming_mail"  # noqa: S608 - own text
        " WHERE (%(state)s::text IS NULL OR state = %(state)s) ORDER BY arrived_at DESC, id DESC LIMIT %(limit)s"
    )
    return [Incoming(**row) for row in engine_rows(tx, sql, state=state, limit=limit)]


def read_incoming(tx: Tx, identity: UUID) -> tuple[Incoming, Letter]:
    """One mail with what stands in it; NotFound when there is none, Forbidden without the right to settings."""
    found, raw = _kept(tx, identity)
    letter = Letter(text=raw[:100_000].decode("utf-8", "replace"))
    if found.reason != UNREADABLE:
        with suppress(Refused):
            letter = open_letter(raw)
    return found, msgspec.structs.replace(
        letter, text=_without_buttons(letter.text), html=_without_buttons(letter.html)
    )


def _without_buttons(text: str) -> str:
    """The text without the links that act in somebody's name: whoever looks after mails may not press them."""
    return BUTTON.sub("/m/…", text)


def count_made(tx: Tx, since: datetime, domain: str) -> tuple[int, int]:
    """Of how many mails since a moment records were made: of those from a domain, and of all."""
    sql = (
        "SELECT count(*) FILTER (WHERE sender LIKE %(domain)s) AS some, count(*) AS every FROM {schema}.incoming_mail"
        " WHERE treated_at >= %(since)s AND said ? 'made'"
    )
    found = engine_row(tx, sql, since=since, domain=f"%@{domain}") or {"some": 0, "every": 0}
    return found["some"], found["every"]


def mailbox_of(tx: Tx, identity: UUID) -> str:
    """The name of the mailbox in which a mail arrived."""
    found = engine_row(tx, "SELECT mailbox FROM {schema}.incoming_mail WHERE id = %(id)s", id=identity)
    return str(found["mailbox"]) if found else ""


def raw_incoming(tx: Tx, identity: UUID) -> bytes:
    """One mail as it arrived, with the buttons that it quotes; NotFound, and Forbidden for all but administrators."""
    if not (tx.principal.is_admin or tx.principal.is_system):
        raise Forbidden()
    return _kept(tx, identity)[1]


def _kept(tx: Tx, identity: UUID) -> tuple[Incoming, bytes]:
    _prove(tx)
    sql = f"SELECT {COLUMNS}, raw FROM {{schema}}.incoming_mail WHERE id = %(id)s"  # noqa: S608 - own text
    found: Row | None = engine_row(tx, sql, id=identity)
    if found is None:
        raise NotFound("mail.unknown")
    raw = bytes(found.pop("raw"))
    return Incoming(**found), raw


def _prove(tx: Tx) -> None:
    person = tx.principal
    if not (person.is_system or person.is_admin or RIGHT in person.may):
        raise Forbidden()
