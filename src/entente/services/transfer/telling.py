"""Whoever let an import or its undo run is told in the app that it has ended."""

from babel.numbers import format_decimal

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import new_id
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.stream.notifying import announce
from entente.services.transfer.plan import JOB

KIND = "import.told"


def tell_end(tx: Tx, record: Record) -> None:
    """Tell the principal that an import of his has come to its end; the system is told nothing."""
    if tx.principal.user_id is None:
        return
    counts = {
        name: format_decimal(record[f"{name}_count"] or 0, locale=tx.language)
        for name in ("created", "updated", "refused")
    }
    text = tx.say(f"{KIND}.{record['status']}", name=record["name"], **counts)
    values = {
        "kind": KIND,
        "text": text[:500],
        "values": {"entity": JOB, "records": [str(record.id)], "count": 1},
        "owner": tx.principal.user_id,
        "entry": str(new_id()),
    }
    save(tx, "notification", values, trusted=True)
    announce(tx, [tx.principal.user_id])
