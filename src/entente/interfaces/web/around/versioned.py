"""The versions of a document on its own page: each with who brought it and when, an old one can be taken up again."""

from uuid import UUID

from entente.interfaces.html.views.records import Attachment
from entente.interfaces.web.around.attached import FILE, FILED, VERSION, icon_of
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find, find_with, titles
from entente.services.documents.files import known_file
from entente.services.documents.versions import add_version, restore_version, versions


def has_versions(entity: Entity) -> bool:
    """Whether the files of a record are versions of itself."""
    return entity.name == FILED


def may_add_version(tx: Tx, document: UUID) -> bool:
    """Whether the principal may bring a new version of a document."""
    return find_with(tx, FILED, document, "update")[1]


def version_lines(tx: Tx, document: UUID) -> tuple[Attachment, ...]:
    """All versions of a document, newest first; none where their files may not be seen."""
    if not may_use(tx, VERSION, FILE):
        return ()
    found = versions(tx, document)
    names = titles(tx, "user", [each.created_by for each in found if each.created_by])
    may_add = may_add_version(tx, document)
    path = tx.catalog.entity(FILED).definition.path
    lines = []
    for each in found:
        file = known_file(tx, each.file)
        if file is None:
            continue
        restore = f"/{path}/{document}/versions/{each.id}/restore" if may_add and not each.is_current else ""
        lines.append(
            Attachment(
                name=file.name,
                url=f"/files/{file.id}",
                size=file.size,
                icon=icon_of(file),
                version=each.number,
                who=names.get(each.created_by, "") if each.created_by else "",
                at=each.created_at,
                note=each.comment or "",
                restore_url=restore,
            )
        )
    return tuple(lines)


def take_version(tx: Tx, document: UUID, name: str, data: bytes) -> None:
    """A file that was sent for a document: its new version."""
    add_version(tx, document, name, data)


def bring_back(tx: Tx, document: UUID, version: UUID) -> None:
    """An old version as the newest; NotFound when it is none of this document."""
    if find(tx, VERSION, version)["document"] != document:
        raise NotFound("file.not_found")
    restore_version(tx, version)
