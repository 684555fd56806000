"""What happens around a record: timeline, composer, files, followers."""

from typing import Any

from entente.interfaces.html.views.fields import Names
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record


def activity_parts(tx: Tx, entity: Entity, record: Record, names: Names) -> dict[str, Any]:
    """The parts of a record's page that tell what happened and let people add to it."""
    return {}
