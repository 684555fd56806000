"""Files that travel with a mail: kept as they were when it was written, whatever becomes of their records."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.documents.claims import copied
from entente.services.documents.files import StoredFile

MOST_FILES = 20
MOST_BYTES = 10_000_000
# No entity bears this name: nobody reads such a file but whoever sends the mail.
OUTBOX = "outgoing_mail"


class Attachment(msgspec.Struct, frozen=True):
    """A file of a mail: its name, its kind, its bytes."""

    name: str
    mime: str
    data: bytes


def proved_files(files: Sequence[StoredFile]) -> None:
    """Nothing, or Refused when the files are over 20 or have over 10 MB together."""
    size = sum(each.size for each in files)
    if size > MOST_BYTES or len(files) > MOST_FILES:
        raise Refused("mail.attachments_too_large", limit=MOST_BYTES // 1_000_000, count=MOST_FILES)


def attach_files(tx: Tx, mail: UUID, files: Sequence[StoredFile]) -> None:
    """Let files travel with a mail that waits; Refused when they are too many or too large together."""
    proved_files(files)
    for each in files:
        copied(tx, each, OUTBOX, mail)


def attached_names(tx: Tx, mail: UUID) -> list[tuple[str, int]]:
    """The names and sizes of the files of a mail, in their order."""
    sql = "SELECT name, size FROM {schema}.file WHERE entity = %(outbox)s AND record = %(mail)s ORDER BY id"
    return [(row["name"], row["size"]) for row in engine_rows(tx, sql, outbox=OUTBOX, mail=mail)]


def read_attachments(tx: Tx, mail: UUID) -> list[Attachment]:
    """The files of a mail with what stands in them, in their order."""
    found = engine_rows(
        tx,
        "SELECT f.name, f.mime, c.data FROM {schema}.file f JOIN {schema}.file_content c ON c.sha256 = f.sha256"
        " WHERE f.entity = %(outbox)s AND f.record = %(mail)s ORDER BY f.id",
        outbox=OUTBOX,
        mail=mail,
    )
    return [Attachment(row["name"], row["mime"], bytes(row["data"])) for row in found]


def drop_attachments(tx: Tx, mail: UUID) -> None:
    """Let go of the files of a mail that is given up."""
    sql = "DELETE FROM {schema}.file WHERE entity = %(outbox)s AND record = %(mail)s"
    engine_rows(tx, sql, outbox=OUTBOX, mail=mail)
