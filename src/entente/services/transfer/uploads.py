"""The file behind an import: stored once, read only by the one who uploaded it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound
from entente.services.transfer.formats import open_sheet
from entente.services.transfer.sheet import LIMITS, Limits, Sheet


class Source:
    """A stored file that can be opened as a sheet any number of times; its bytes are held in memory."""

    def __init__(self, name: str, data: bytes, limits: Limits = LIMITS) -> None:
        self.name = name
        self.data = data
        self.limits = limits

    @contextmanager
    def opened(self, sheet: str | None = None) -> Iterator[Sheet]:
        """The table in the file, from its first row on; Refused when it cannot be read."""
        with open_sheet(self.data, sheet=sheet, limits=self.limits) as made:
            yield made


def keep_file(tx: Tx, name: str, data: bytes, mime: str = "application/octet-stream") -> UUID:
    """The id under which a file is kept for the principal; equal contents are stored once."""
    identity = new_id()
    digest = hashlib.sha256(data).digest()
    engine_rows(
        tx,
        "INSERT INTO {schema}.file_content (sha256, data) VALUES (%(digest)s, %(data)s) ON CONFLICT DO NOTHING",
        digest=digest,
        data=data,
    )
    engine_rows(
        tx,
        "INSERT INTO {schema}.file (id, sha256, name, mime, size, created_at, created_by)"
        " VALUES (%(id)s, %(digest)s, %(name)s, %(mime)s, %(size)s, %(at)s, %(by)s)",
        id=identity,
        digest=digest,
        name=name[:250],
        mime=mime,
        size=len(data),
        at=tx.clock.now(),
        by=tx.principal.user_id,
    )
    return identity


def source_of(tx: Tx, file: UUID) -> Source:
    """The file that the principal uploaded; NotFound when there is none or it is somebody else's."""
    found = engine_row(
        tx,
        "SELECT file.name, file.created_by, content.data FROM {schema}.file"
        " JOIN {schema}.file_content content USING (sha256) WHERE file.id = %(file)s",
        file=file,
    )
    if found is None or not (tx.principal.is_system or found["created_by"] == tx.principal.user_id):
        raise NotFound("import.no_such_file")
    return Source(found["name"], bytes(found["data"]))
