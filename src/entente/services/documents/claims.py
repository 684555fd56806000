"""Fields that hold a file: nobody gets at a stored file by writing its id into a record of his own."""

from functools import lru_cache
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.queue import job
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.records.behaviours import prepare
from entente.kernel.records.record import Draft, Record
from entente.services.documents.files import StoredFile, add_row, known_file, readable

_SWEEP = """
DELETE FROM {schema}.file WHERE record IS NULL AND created_at < %(before)s
"""
_EMPTY = """
DELETE FROM {schema}.file_content c WHERE NOT EXISTS (SELECT FROM {schema}.file f WHERE f.sha256 = c.sha256)
"""


@lru_cache(maxsize=1024)
def _file_fields(catalog: Catalog, entity: str) -> tuple[tuple[str, bool], ...]:
    fields = catalog.entity(entity).fields.values()
    return tuple((field.name, field.type.key == "image") for field in fields if field.type.key in ("file", "image"))


@prepare("*")
def file_hangs_on_its_record(tx: Tx, old: Record | None, new: Draft) -> None:
    """A file named by a record becomes its own; one that hangs elsewhere is copied, if the writer may read it."""
    for name, is_picture in _file_fields(tx.catalog, new.entity):
        if new.changes(name) and new[name]:
            new[name] = _claimed(tx, new[name], name, new, is_picture)


def _claimed(tx: Tx, identity: UUID, field: str, new: Draft, is_picture: bool) -> UUID:
    file = known_file(tx, identity)
    if file is None or not (_is_its_own(file, new) or readable(tx, file)):
        raise Refused("file.not_found", field=field)
    if is_picture and not file.mime.startswith("image/"):
        raise Refused("file.not_a_picture", field=field)
    if file.record is None:
        engine_rows(
            tx,
            "UPDATE {schema}.file SET entity = %(entity)s, record = %(record)s WHERE id = %(id)s",
            entity=new.entity,
            record=new.id,
            id=file.id,
        )
        return file.id
    return file.id if _is_its_own(file, new) else copied(tx, file, new.entity, new.id)


def _is_its_own(file: StoredFile, new: Draft) -> bool:
    return (file.entity, file.record) == (new.entity, new.id)


def copied(tx: Tx, file: StoredFile, entity: str | None, record: UUID | None) -> UUID:
    """The id of a second file with the same content, on another record."""
    other = msgspec.structs.replace(
        file,
        id=new_id(),
        entity=entity,
        record=record,
        created_at=tx.clock.now(),
        created_by=tx.principal.user_id,
    )
    add_row(tx, other)
    return other.id


@job("documents.sweep", every="23 3 * * *")
def sweep_files(tx: Tx) -> None:
    """Files that were sent in over a day ago and never used are gone, and contents that no file needs."""
    engine_rows(tx, _SWEEP, before=tx.clock.now().replace(hour=0, minute=0))
    engine_rows(tx, _EMPTY)
