"""Tasks under the names that their models give them in the reader's language."""

from collections.abc import Mapping
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.types.links import Ref

TASK = "task"
_NAMES = "SELECT id, subject, names FROM {schema}.work_task WHERE id = ANY(%(ids)s)"


def called_in_words(tx: Tx, titles: Mapping[UUID, str]) -> dict[UUID, str]:
    """What tasks are called in the reader's language, by id; as given where that is not what a model calls them."""
    if not titles:
        return {}
    names = {row["id"]: row for row in engine_rows(tx, _NAMES, ids=list(titles))}
    return {
        identity: names[identity]["names"].get(tx.language) or title
        if identity in names and names[identity]["subject"] == title
        else title
        for identity, title in titles.items()
    }


def tasks_in_words(tx: Tx, titles: Mapping[Ref, str]) -> dict[Ref, str]:
    """What records are called, the tasks among them in the reader's language."""
    named = called_in_words(tx, {ref.id: title for ref, title in titles.items() if ref.entity == TASK})
    return {ref: named.get(ref.id, title) for ref, title in titles.items()}
