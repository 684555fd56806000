"""Whoever looks at an instance is told at once that it went on, when the transaction commits."""

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.connect.live import CHANNEL, Notice
from entente.services.processes.engine.state import Instance

KIND = "process"


def tell_watchers(tx: Tx, instance: Instance) -> None:
    """Have the web processes hear that an instance changed; they tell those who may see it."""
    notice = Notice(
        organisation=tx.catalog.schema.removeprefix("org_"),
        kind=KIND,
        entity=instance.entity or "",
        id=str(instance.id),
        text=str(instance.record or ""),
        users=(str(instance.started_by),) if instance.started_by else (),
    )
    engine_rows(
        tx,
        "SELECT pg_notify(%(channel)s, %(notice)s)",
        channel=CHANNEL,
        notice=msgspec.json.encode(notice).decode(),
    )
