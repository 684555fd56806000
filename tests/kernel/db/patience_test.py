"""An upgrade of tables that somebody is reading: nobody waits for it for long, and it succeeds without a hand."""

from types import SimpleNamespace

import psycopg
import pytest
from tests.kernel.db.going_back_test import LABEL, installed

from entente.kernel.db import migrate
from entente.kernel.db.database import Database
from entente.kernel.metadata.entity import FieldDef

READ = "SELECT count(*) FROM org_main.tag"
THERE = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'tag' AND column_name = 'hold'"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Upgrades that wait for a table for a moment only."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    return monkeypatch


def test_an_upgrade_asks_again_until_a_long_reader_has_read(database: Database, hasty: pytest.MonkeyPatch) -> None:
    with psycopg.connect(database.conninfo) as reader:
        reader.execute(READ)
        hasty.setattr(migrate, "time", SimpleNamespace(sleep=lambda _: reader.rollback()))
        installed(database, hold=FieldDef(type="text", label=LABEL))
        assert reader.execute(THERE).fetchone() == (1,)


def test_an_upgrade_that_never_gets_its_table_says_so_and_changes_nothing(
    database: Database, hasty: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    hasty.setattr(migrate, "ATTEMPTS", 3)
    hasty.setattr(migrate, "time", SimpleNamespace(sleep=pauses.append))
    with psycopg.connect(database.conninfo) as reader:
        reader.execute(READ)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            installed(database, hold=FieldDef(type="text", label=LABEL))
        assert reader.execute(THERE).fetchone() == (0,)
    assert pauses == [migrate.PAUSE_SECONDS] * 2
