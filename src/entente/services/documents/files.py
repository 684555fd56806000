"""Files in the database: equal contents once, each file readable exactly when the record that it hangs on is."""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.records.query import Ask, exists, page
from entente.services.documents.kinds import kind_of
from entente.services.documents.names import clean_name
from entente.services.documents.pictures import redrawn

MOST_BYTES = 25_000_000
_COLUMNS = "id, sha256, name, mime, size, entity, record, created_at, created_by"
_KEEP = """
INSERT INTO {schema}.file_content (sha256, data) VALUES (%(sha256)b, %(data)b)
ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256
"""
_ADD = f"""
INSERT INTO {{schema}}.file ({_COLUMNS})
VALUES (%(id)s, %(sha256)b, %(name)s, %(mime)s, %(size)s, %(entity)s, %(record)s, %(created_at)s, %(created_by)s)
"""  # noqa: S608 - own text


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the database knows it; one that hangs on no record yet belongs to whoever sent it in."""

    id: UUID
    sha256: bytes
    name: str
    mime: str
    size: int
    entity: str | None
    record: UUID | None
    created_at: datetime
    created_by: UUID | None


def store_file(
    tx: Tx,
    name: str,
    data: bytes,
    entity: str | None = None,
    record: UUID | None = None,
    *,
    declared: str | None = None,
) -> UUID:
    """The id of the file, now kept, hung on the record when one is named (which the asker must be allowed to change).

    Refused when it is empty, over 25 MB, not what it claims to be, an archive that explodes or a picture too large.
    """
    if not data:
        raise Refused("file.empty")
    if len(data) > MOST_BYTES:
        raise Refused("file.too_large", limit=MOST_BYTES // 1_000_000)
    shown = clean_name(name)
    mime = kind_of(shown, data, declared)
    content = redrawn(data, mime)
    if entity is not None and record is not None:
        prove_target(tx, entity, record)
    sha256 = hashlib.sha256(content).digest()
    engine_rows(tx, _KEEP, sha256=sha256, data=content)
    made = StoredFile(
        id=new_id(),
        sha256=sha256,
        name=shown,
        mime=mime,
        size=len(content),
        entity=entity,
        record=record,
        created_at=tx.clock.now(),
        created_by=tx.principal.user_id,
    )
    add_row(tx, made)
    return made.id


def add_row(tx: Tx, file: StoredFile) -> None:
    """Write down a file whose content is kept already."""
    engine_rows(tx, _ADD, **msgspec.structs.asdict(file))


def prove_target(tx: Tx, entity: str, record: UUID) -> None:
    """Nothing when the asker may hang files on the record; NotFound or Forbidden when not."""
    if exists(tx, entity, record, "update"):
        return
    label = tx.catalog.entity(entity).label.to(tx.language)
    if not exists(tx, entity, record):
        raise NotFound("record.not_found", entity=label)
    raise Forbidden("access.update", entity=label)


def known_file(tx: Tx, identity: UUID) -> StoredFile | None:
    """The file whoever asks, or nothing: for code that proves access by itself."""
    found = engine_row(tx, f"SELECT {_COLUMNS} FROM {{schema}}.file WHERE id = %(id)s", id=identity)  # noqa: S608
    return StoredFile(**{**found, "sha256": bytes(found["sha256"])}) if found else None


def file_of(tx: Tx, identity: UUID) -> StoredFile:
    """The file; NotFound when there is none that the asker may read."""
    found = known_file(tx, identity)
    if found is None or not readable(tx, found):
        raise NotFound("file.not_found")
    return found


def read_file(tx: Tx, identity: UUID) -> tuple[StoredFile, bytes]:
    """The file and its content; NotFound when there is none that the asker may read."""
    found = file_of(tx, identity)
    content = engine_row(tx, "SELECT data FROM {schema}.file_content WHERE sha256 = %(sha256)b", sha256=found.sha256)
    if content is None:
        raise NotFound("file.not_found")
    return found, bytes(content["data"])


def readable(tx: Tx, file: StoredFile) -> bool:
    """Whether the asker may read the file: with the record it hangs on, or because it is his own and hangs nowhere."""
    if file.entity is None or file.record is None:
        mine = file.created_by is not None and file.created_by == tx.principal.user_id
        return mine or tx.principal.is_system
    return file.entity in tx.catalog.entities and _shown_by(tx, file.entity, file.record, file.id)


def _shown_by(tx: Tx, entity: str, record: UUID, file: UUID) -> bool:
    """Whether the record may be read, and no field that holds the file is hidden from the asker."""
    fields = tx.catalog.entity(entity).fields.values()
    closed = tuple(
        field.name for field in fields if field.type.key in ("file", "image") and not may_use(tx, entity, field.name)
    )
    if not closed:
        return exists(tx, entity, record)
    if not exists(tx, entity, record):
        return False
    unmasked = tx.acting_as(msgspec.structs.replace(tx.principal, field_rules={}))
    found = page(unmasked, Ask(entity=entity, fields=closed, ids=(record,), limit=1)).records
    return bool(found) and file not in {found[0][name] for name in closed}


def files_on(tx: Tx, entity: str, record: UUID) -> list[StoredFile]:
    """The files that hang on a record, newest first; NotFound when it may not be read."""
    if not exists(tx, entity, record):
        raise NotFound("record.not_found", entity=tx.catalog.entity(entity).label.to(tx.language))
    found = engine_rows(
        tx,
        f"SELECT {_COLUMNS} FROM {{schema}}.file WHERE entity = %(entity)s AND record = %(record)s"  # noqa: S608
        " ORDER BY created_at DESC, id DESC",
        entity=entity,
        record=record,
    )
    return [StoredFile(**{**each, "sha256": bytes(each["sha256"])}) for each in found]
