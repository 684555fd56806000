"""Saving over what a person has seen: only a change that he could have seen is a conflict."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict
from entente.kernel.records.record import Record
from entente.kernel.records.save import save


def save_over(tx: Tx, entity: str, values: Mapping[str, Any], identity: UUID, version: int | None) -> Record:
    """The record as written; Conflict when others changed what is told since that version, other refusals as by `save`.

    What the engine notes by itself (the last activity, an account's figures) makes a version too, but no conflict.
    """
    try:
        with tx.connection.transaction():
            return save(tx, entity, values, id=identity, version=version)
    except Conflict as conflict:
        if conflict.theirs:
            raise
        now = int(conflict.values["version"])
    with tx.connection.transaction():
        return save(tx, entity, values, id=identity, version=now)
