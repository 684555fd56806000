"""The files of a record: documents with their versions, and what was attached directly."""

from collections.abc import Collection
from uuid import UUID

from entente.interfaces.html.views.records import Attachment
from entente.interfaces.web.shell import may_enter
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, exists, find, page
from entente.services.documents.files import StoredFile, files_on, known_file, store_file
from entente.services.documents.versions import SameName, file_document, same_named

FILED, REGARDING, CURRENT, VERSION, FILE = "document", "regarding", "current_version", "document_version", "file"
MOST = 30
ICONS = (
    ("application/pdf", "file-type-pdf"),
    ("image/", "photo"),
    ("text/csv", "file-spreadsheet"),
    ("spreadsheet", "file-spreadsheet"),
    ("text/", "file-text"),
)


def may_file(tx: Tx, entity: Entity) -> bool:
    """Whether documents may regard records of the entity and the principal may add some."""
    return regards(tx, entity) and tx.principal.depth(FILED, "create") != "none"


def regards(tx: Tx, entity: Entity) -> bool:
    """Whether documents that the principal may see may regard records of the entity."""
    filed = tx.catalog.entities.get(FILED)
    return filed is not None and may_enter(tx, filed) and entity.name in targets(filed.fields[REGARDING].definition)


def attachments(tx: Tx, entity: Entity, identity: UUID, among: Collection[str] | None = None) -> tuple[Attachment, ...]:
    """Documents about the record, newest first, then the files that hang on it directly.

    `among` are the kinds of activities that there are at all; without it documents are looked for.
    """
    documents = _documents(tx, identity) if regards(tx, entity) and (among is None or FILED in among) else []
    fields = {str(field.name) for field in entity.fields.values() if field.type.key in ("file", "image")}
    loose = [] if fields else [_attachment(file) for file in files_on(tx, entity.name, identity)[:MOST]]
    return (*documents, *loose)


def _documents(tx: Tx, identity: UUID) -> list[Attachment]:
    if not may_use(tx, FILED, REGARDING) or not may_use(tx, VERSION, FILE):
        return []
    sort = (Sort("modified_at", descending=True),)
    ask = Ask(entity=FILED, fields=("name", CURRENT), filter=f'{REGARDING} = "{identity}"', sort=sort, limit=MOST)
    found = page(tx, ask).records
    current = tuple(record[CURRENT] for record in found if record[CURRENT])
    versions = Ask(entity=VERSION, fields=(FILE, "number"), ids=current, limit=MOST)
    by_id = {version.id: version for version in page(tx, versions).records} if current else {}
    made = []
    path = tx.catalog.entity(FILED).definition.path
    for record in found:
        version = by_id.get(record[CURRENT])
        file = known_file(tx, version[FILE]) if version and version[FILE] else None
        page_url = f"/{path}/{record.id}"
        if file is None or version is None:
            made.append(Attachment(name=record["name"], url=page_url, page_url=page_url))
        else:
            number = int(version["number"] or 1)
            made.append(_attachment(file, name=record["name"], page_url=page_url, version=number))
    return made


def _attachment(file: StoredFile, name: str = "", page_url: str = "", version: int = 0) -> Attachment:
    url, icon = f"/files/{file.id}", icon_of(file)
    return Attachment(name=name or file.name, url=url, size=file.size, icon=icon, page_url=page_url, version=version)


def icon_of(file: StoredFile) -> str:
    """The icon of a file's kind."""
    return next((icon for part, icon in ICONS if part in file.mime), "file")


def known_by_name(tx: Tx, entity: Entity, identity: UUID, name: str) -> tuple[str, int] | None:
    """The document on the record that is called like a file, and the number of its version; nothing without one."""
    if not may_file(tx, entity) or not may_use(tx, VERSION, FILE):
        return None
    known = same_named(tx, Ref(entity.name, identity), name)
    if known is None:
        return None
    newest = find(tx, VERSION, known[CURRENT]) if known[CURRENT] else None
    return known["name"], int(newest["number"] or 1) if newest else 0


def take_in(
    tx: Tx, entity: Entity, identity: UUID, name: str, data: bytes, mime: str, same_name: SameName = "both"
) -> None:
    """A file that was sent for a record: a document about it where there are such, else attached directly."""
    if may_file(tx, entity) and exists(tx, entity.name, identity):
        file_document(tx, Ref(entity.name, identity), name, data, same_name)
    else:
        store_file(tx, name, data, entity.name, identity, declared=mime)
