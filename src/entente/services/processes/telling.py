"""What whoever looks at an instance is told when it went on."""

import msgspec

from entente.kernel.db.tx import Tx
from entente.services.connect.live import Notice
from entente.services.processes.engine.state import Instance

KIND = "process"


def notice_of(tx: Tx, instance: Instance) -> str:
    """What the web processes hear of an instance that changed; they tell those who may see it."""
    notice = Notice(
        organisation=tx.catalog.schema.removeprefix("org_"),
        kind=KIND,
        entity=instance.entity or "",
        id=str(instance.id),
        text=str(instance.record or ""),
    )
    return msgspec.json.encode(notice).decode()
