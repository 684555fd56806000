"""The monthly partitions of the journal."""

from datetime import date, timedelta
from typing import Any

import psycopg

from entente.kernel.db.tx import in_schema

BACK = timedelta(days=400)
AHEAD = timedelta(days=70)


def ensure_partitions(connection: psycopg.Connection[Any], schema: str, first: date, last: date) -> None:
    """Create the journal's monthly partitions that are missing between two days, both included."""
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=32)).replace(day=1)
        name = f"journal_{month:%Y_%m}"
        connection.execute(
            in_schema(
                schema,
                f"CREATE TABLE IF NOT EXISTS {{schema}}.{name} PARTITION OF {{schema}}.journal "
                f"FOR VALUES FROM ('{month} 00:00+00') TO ('{following} 00:00+00')",
            )
        )
        month = following
