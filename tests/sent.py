"""What is sent to PostgreSQL, whichever way it goes: over the wire of our own, or by a cursor of the driver."""

from typing import Any

import psycopg
import pytest

from entente.kernel.db.wire import Wire


def sent_from_now_on(patch: pytest.MonkeyPatch) -> list[Any]:
    """The statements that are sent until the patch is undone, in order."""
    sent: list[Any] = []

    def watch(owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        def watched(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
            sent.append(query)
            return plain(self, query, *rest, **more)

        patch.setattr(owner, name, watched)

    watch(Wire, "send")
    watch(Wire, "send_later")
    watch(psycopg.Cursor, "execute")
    watch(psycopg.Cursor, "executemany")
    return sent
