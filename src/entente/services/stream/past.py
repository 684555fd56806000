"""A record as it was: today's values, with every later change of the journal taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.tables import Field
from entente.kernel.records.journal import history
from entente.kernel.records.query import find

MOST_CHANGES = 100_000


def as_of(tx: Tx, entity: str, identity: UUID, moment: datetime) -> Mapping[str, Any] | None:
    """The values that a record had, as far as the asker may read them; None before it was made, NotFound as `find`."""
    made = tx.catalog.entity(entity)
    values = dict(find(tx, entity, identity))
    for entry in history(tx, entity, identity, limit=MOST_CHANGES):
        if entry.at <= moment:
            break
        if entry.deed == "create":
            return None
        for name, pair in entry.changes.items():
            field = made.fields.get(name)
            if field is not None and name in values and may_use(tx, entity, name):
                values[name] = _loaded(field, pair[0])
    return values


def _loaded(field: Field, plain: Any) -> Any:
    """The value of a plain one; what would be refused today was right then."""
    if plain is None:
        return None
    try:
        return field.type.clean(field.name, field.definition, plain)
    except Refused:
        return plain
