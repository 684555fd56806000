"""Documents: each version has its number, the latest is the current one."""

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import known, matching


@prepare("document")
def document_is_published_today(tx: Tx, old: Record | None, new: Draft) -> None:
    """A new document is published on the day it is created, unless another day is given."""
    if old is None and new["publish_date"] is None:
        new["publish_date"] = new.at.date()


@derive("document_version", sets=("number", "name"))
def version_counts_up(tx: Tx, old: Record | None, new: Draft) -> None:
    """A version has the number after the last one of its document, and is called by both."""
    if old is None and new["document"]:
        versions = f'document = "{new["document"]}"'
        last = matching(tx, "document_version", versions, sort="-number", limit=1)
        new["number"] = (last[0]["number"] or 0) + 1 if last else 1
    document = known(tx, "document", new["document"])
    new["name"] = f"{document['name']} v{new['number']}" if document else None


@react("document_version")
def latest_version_is_current(tx: Tx, old: Record | None, version: Record) -> None:
    """A new version becomes its document’s current one."""
    if old is None:
        save(tx, "document", {"current_version": version.id}, id=version["document"], trusted=True)
