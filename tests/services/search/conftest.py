"""Statements of the driver, counted."""

from typing import Any

import psycopg
import pytest


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every statement that cursors ran, in order."""
    seen: list[Any] = []
    execute = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        seen.append(query)
        return execute(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    return seen
