"""Documents and their versions: a new file is a new version, an old one comes back as the newest."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Call, Comparison, Logic, Name, String
from entente.kernel.kit.refusal import Conflict, NotFound
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.documents.claims import copied
from entente.services.documents.files import StoredFile, file_of, read_file, store_file
from entente.services.documents.names import clean_name

MOST_VERSIONS = 500
SameName = Literal["refuse", "version", "both"]


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
    called = clean_name(name)
    document = save(tx, "document", {"name": called, "regarding": regarding} if regarding else {"name": called})
    add_version(tx, document.id, name, data, comment=comment)
    return document


def same_named(tx: Tx, regarding: Ref, name: str) -> Record | None:
    """The newest document about a record that is called like a file, in whatever letters, and may get a new version."""
    called = Comparison("=", Call(Name("lower case"), (Name("name"),)), String(clean_name(name).lower()))
    about = Comparison("=", Name("regarding"), String(str(regarding.id)))
    ask = Ask(
        entity="document",
        fields=("name", "current_version"),
        filter=Logic("and", (about, called)),
        sort=(Sort("modified_at", descending=True),),
        privilege="update",
        limit=1,
    )
    return next(iter(page(tx, ask).records), None)


def file_document(tx: Tx, regarding: Ref, name: str, data: bytes, same_name: SameName) -> UUID:
    """The document that a file became on a record: a new one, or the one called like the file with a new version.

    Conflict when there is such a document already and `same_name` is to refuse.
    """
    known = same_named(tx, regarding, name) if same_name != "both" else None
    if known is None:
        return attach_document(tx, regarding, name, data).id
    if same_name == "refuse":
        raise Conflict("document.same_name", name=known["name"])
    add_version(tx, known.id, name, data)
    return known.id


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
