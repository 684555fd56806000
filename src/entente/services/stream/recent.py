"""Which records a person worked on lately."""

from datetime import datetime, timedelta
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.types.links import Ref

PERIOD = timedelta(days=14)
MOST_LINES = 120
# The lines are read along the index on their moment, so that a long journal costs no more than a short one.
_LINES = """
SELECT entity, record, max(at) AS at FROM (
  SELECT entity, record, at FROM {schema}.journal
  WHERE actor = %(actor)s AND at >= %(since)s AND entity = ANY(%(entities)s) AND deed <> 'delete'
  ORDER BY at DESC LIMIT %(lines)s) AS lines
GROUP BY entity, record ORDER BY max(at) DESC LIMIT %(limit)s
"""


def recent_work(tx: Tx, limit: int) -> list[tuple[Ref, datetime]]:
    """The records with a timeline that the principal changed in the last two weeks, the latest first, with when."""
    person = tx.principal.user_id
    entities = [name for name, each in tx.catalog.entities.items() if each.definition.timeline]
    if person is None or not entities:
        return []
    since = tx.clock.now() - PERIOD
    found = engine_rows(tx, _LINES, actor=person, since=since, entities=entities, lines=MOST_LINES, limit=limit)
    return [(Ref(each["entity"], UUID(str(each["record"]))), each["at"]) for each in found]
