"""The versions of a process, one after the other."""

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.processes.definitions import COLUMNS, Definition
from entente.services.processes.rights import require_level

MOST = 200


def versions_of(tx: Tx, key: str) -> list[Definition]:
    """The versions of a process, newest first, without their files; Forbidden unless the principal looks after it."""
    require_level(tx, key, "admin")
    found = engine_rows(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.process_definition"  # noqa: S608 - own text
        " WHERE key = %(key)s ORDER BY version DESC LIMIT %(most)s",
        key=key,
        language=tx.language,
        most=MOST,
    )
    return [msgspec.convert(each, Definition) for each in found]
