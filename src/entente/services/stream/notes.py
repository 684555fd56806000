"""Notes on records: posted with mentions, pinned, and changed only by their author and for a week."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.predicate import guarded
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import check, prepare
from entente.kernel.records.reading import linked
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save

EDIT_WINDOW = timedelta(days=7)
MENTION = re.compile(r"(?<![\w@.])@([a-z0-9][a-z0-9._-]{0,79})", re.IGNORECASE)
MOST_MENTIONS = 50


def post_note(
    tx: Tx,
    regarding: Ref,
    body: str,
    *,
    mentions: Sequence[UUID] = (),
    internal: bool = True,
    pinned: bool = False,
    file: UUID | None = None,
) -> Record:
    """The new note (HTML, sanitised) on a record of any entity with a timeline; Refused when it may not be."""
    values = {
        "regarding": regarding,
        "body": body,
        "mentions": tuple(mentions),
        "internal": internal,
        "pinned": pinned,
        "file": file,
    }
    return save(tx, "note", values)


def edit_note(tx: Tx, note: UUID, body: str, *, version: int | None = None) -> Record:
    """The note with another text; Forbidden for others than its author, Refused a week after it was posted."""
    return save(tx, "note", {"body": body}, id=note, version=version)


def pin_note(tx: Tx, note: UUID, pinned: bool = True) -> Record:
    """The note kept on top of its record's timeline, or no longer."""
    return save(tx, "note", {"pinned": pinned}, id=note)


def logins_in(html: str) -> list[str]:
    """The logins that a text mentions by `@login`, each once, in lower case."""
    found = [match.casefold().rstrip("._-") for match in MENTION.findall(plain_text(html))]
    return list(dict.fromkeys(found))[:MOST_MENTIONS]


@prepare("note")
def mentions_are_read(tx: Tx, old: Record | None, new: Draft) -> None:
    """Whoever is called by `@login` in a note is mentioned by it, besides those who were picked."""
    if not new.changes("body") or not new["body"]:
        return
    called = _users_called(tx, logins_in(new["body"]))
    entity = tx.catalog.entity(new.entity)
    known = linked(tx, entity, entity.field("mentions"), [new.id]).get(new.id, []) if old else []
    picked = new["mentions"] if "mentions" in new.given else known
    if called or new["mentions"]:
        new["mentions"] = tuple(sorted({*(picked or ()), *called}))


def _users_called(tx: Tx, logins: Sequence[str]) -> list[UUID]:
    if not logins:
        return []
    user = tx.catalog.entity("user")
    called = sa.func.lower(user.table.c.login) == sa.any_(sa.literal(list(logins), sa.ARRAY(sa.Text())))
    statement = sa.select(user.table.c.id).where(called, user.table.c.active)
    return [row["id"] for row in rows(tx, guarded(tx, statement, user))]


@check("note")
def only_the_author_rewrites(tx: Tx, old: Record | None, new: Draft) -> None:
    """The text of a note is its author's, and stands after a week."""
    if old is None or not new.changes("body") or tx.principal.is_system:
        return
    if old["created_by"] != tx.principal.user_id:
        raise Forbidden("note.not_yours")
    if tx.clock.now() - old["created_at"] > EDIT_WINDOW:
        raise Refused("note.too_old", field="body", days=EDIT_WINDOW.days)
