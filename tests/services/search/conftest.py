"""Statements that are sent, counted."""

from typing import Any

import pytest
from tests.sent import sent_from_now_on


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every statement that was sent, in order."""
    return sent_from_now_on(monkeypatch)
