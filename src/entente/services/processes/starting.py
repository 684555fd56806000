"""Starting a process on a record as an action, for automations and programs; no button offers it by itself."""

from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import action
from entente.kernel.records.record import Record
from entente.services.processes.instances import start


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Which process is started, by its key, and with which variables."""

    process: str
    variables: dict[str, Any] = {}


class Started(msgspec.Struct, frozen=True):
    """The instance that was started."""

    instance: UUID


@action("*", requires="read", icon="route", undo=False, shown=False)
def start_process(tx: Tx, record: Record, wish: Start) -> Started:
    """The process as started on the record, in the name of whoever asks."""
    made = start(tx, wish.process, entity=record.entity, record=record.id, values=wish.variables)
    return Started(made.id)
