"""What the organisation calls itself."""

from entente.kernel.db.tx import Tx
from entente.kernel.db.wire import Wire

_TOPMOST = """
SELECT name FROM {schema}.business_unit WHERE parent IS NULL AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1
"""


def organisation_name(tx: Tx) -> str:
    """What the organisation is called: as its topmost business unit, else as the installation."""
    return name_in(tx.connection, tx.catalog.schema) or tx.settings.workspace


def name_in(connection: Wire, schema: str) -> str:
    """The name of a schema's topmost business unit, the first of several; empty when there is none."""
    found = connection.ask(_TOPMOST, schema, {}).values
    return str(found[0][0]) if found else ""
