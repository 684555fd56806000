"""Journal rows by the thousand through COPY, with an outbox row each, put into words before or while they are sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from entente.kernel.db.copying import Column, copy_columns, copy_words, in_words, portions
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import BULK

NUMBERS = """
SELECT nextval(own.series) AS id
FROM (SELECT pg_get_serial_sequence(%(journal)s, 'id')::regclass AS series OFFSET 0) own, generate_series(1, %(count)s)
"""
NOTICE = "SELECT pg_notify('entente_outbox', %(organisation)s)"


class Entries(msgspec.Struct, frozen=True):
    """Rows of the journal as COPY sends them: their columns, numbers, moments and words."""

    names: tuple[str, ...]
    numbers: Sequence[int]
    moments: Column
    words: Iterable[bytes]


def numbers_for(tx: Tx, count: int) -> list[int]:
    """So many numbers of entries, taken beforehand since COPY does not tell which ones it gave."""
    journal = f'"{tx.catalog.schema}".journal'
    return sorted(row["id"] for row in engine_rows(tx, NUMBERS, journal=journal, count=count))


def put_into_words(rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Entries:
    """The rows, all of the same columns, under their numbers; each portion is put into words when it is asked for."""
    columns = [numbers, *zip(*(row.values() for row in rows), strict=True)]
    words = (in_words([each[part] for each in columns]) for part in portions(len(rows)))
    return Entries(("id", *rows[0]), numbers, [row["at"] for row in rows], words)


def copy_entries(tx: Tx, made: Entries) -> None:
    """Write the rows down with their outbox rows; the followers are woken when the transaction commits."""
    copy_words(tx, "journal", made.names, made.words)
    bulk = {"bulk": [True] * len(made.numbers)} if len(made.numbers) >= BULK else {}
    outbox = {"entry": made.numbers, "at": made.moments, **bulk}
    copy_columns(tx, "outbox", list(outbox), [list(outbox.values())])
    engine_rows(tx, NOTICE, organisation=tx.catalog.schema.removeprefix("org_"))
