"""What the organisation calls itself, and by which clock it works."""

from zoneinfo import ZoneInfo

from entente.kernel.db.tx import Tx
from entente.kernel.db.wire import Wire
from entente.kernel.kit.cron import home

_TOPMOST = """
SELECT name FROM {schema}.business_unit WHERE parent IS NULL AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1
"""
_ZONE = _TOPMOST.replace("name", "timezone", 1)


def organisation_name(tx: Tx) -> str:
    """What the organisation is called: as its topmost business unit, else as the installation."""
    return name_in(tx.connection, tx.catalog.schema) or tx.settings.workspace


def name_in(connection: Wire, schema: str) -> str:
    """The name of a schema's topmost business unit, the first of several; empty when there is none."""
    found = connection.ask(_TOPMOST, schema, {}).values
    return str(found[0][0]) if found else ""


def organisation_zone(tx: Tx) -> ZoneInfo:
    """By which clock the organisation reckons its timers: that of its topmost business unit, else that of new users."""
    found = tx.connection.ask(_ZONE, tx.catalog.schema, {}).values
    return ZoneInfo(found[0][0]) if found and found[0][0] else home()
