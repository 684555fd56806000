"""Documents and their versions: a new file is a new version, an old one comes back as the newest."""

from datetime import datetime
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.documents.claims import copied
from entente.services.documents.files import StoredFile, file_of, read_file, store_file

MOST_VERSIONS = 500


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a document with its file."""

    id: UUID
    number: int
    comment: str | None
    created_at: datetime
    created_by: UUID | None
    file: UUID
    is_current: bool


def attach_document(tx: Tx, regarding: Ref | None, name: str, data: bytes, *, comment: str | None = None) -> Record:
    """A new document with its first version, hung on a record of any entity that documents may regard."""
    values = {"name": name, "regarding": regarding} if regarding else {"name": name}
    document = save(tx, "document", values)
    add_version(tx, document.id, name, data, comment=comment)
    return document


def add_version(tx: Tx, document: UUID, name: str, data: bytes, *, comment: str | None = None) -> Record:
    """The new version, which is the current one from now on; Refused when the file is."""
    file = store_file(tx, name, data)
    return save(tx, "document_version", {"document": document, "file": file, "comment": comment})


def versions(tx: Tx, document: UUID) -> list[Version]:
    """All versions of a document, newest first; NotFound when it may not be read."""
    current = find(tx, "document", document)["current_version"]
    ask = Ask(
        entity="document_version",
        filter=f'document = "{document}"',
        sort=(Sort("number", descending=True),),
        limit=MOST_VERSIONS,
    )
    return [_version(record, current) for record in page(tx, ask).records]


def _version(record: Record, current: UUID | None) -> Version:
    names = ("number", "comment", "created_at", "created_by", "file")
    return Version(id=record.id, is_current=record.id == current, **{name: record[name] for name in names})


def current_file(tx: Tx, document: UUID) -> tuple[StoredFile, bytes]:
    """The file of a document's current version with its content; NotFound when there is none to be read."""
    return read_file(tx, newest_file(tx, document).id)


def newest_file(tx: Tx, document: UUID) -> StoredFile:
    """The file of a document's current version; NotFound when there is none to be read."""
    current = find(tx, "document", document)["current_version"]
    if current is None:
        raise NotFound("file.not_found")
    return file_of(tx, find(tx, "document_version", current)["file"])


def restore_version(tx: Tx, version: UUID) -> Record:
    """A new version with the content of an old one, so that nothing of the history is lost."""
    old = find(tx, "document_version", version)
    file = copied(tx, file_of(tx, old["file"]), None, None)
    comment = tx.say("document.restored", number=old["number"])
    return save(tx, "document_version", {"document": old["document"], "file": file, "comment": comment})
