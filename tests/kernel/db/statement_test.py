"""Statements of one shape are compiled once."""

from typing import Any

import pytest
import sqlalchemy as sa

from entente.kernel.db import statement
from entente.kernel.db.statement import prepare

TABLE = sa.Table("note", sa.MetaData(schema="org_main"), sa.Column("id", sa.Integer), sa.Column("words", sa.Text))


def refused(*given: Any) -> None:
    raise AssertionError("compiled again")


def test_an_insert_of_values_by_name_is_compiled_once_whoever_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def built() -> sa.Insert:
        return sa.insert(TABLE).values({column.name: sa.bindparam(column.name) for column in TABLE.columns})

    first = prepare(built())
    monkeypatch.setattr(statement, "_compiled", refused)
    assert prepare(built()) == first
    assert first.values({"words": "a", "id": 1}) == [1, "a"]


def test_values_written_into_an_insert_are_not_taken_for_those_of_another() -> None:
    made = [prepare(sa.insert(TABLE).values(id=number, words=words)) for number, words in ((1, "a"), (2, "b"))]
    assert [each.values() for each in made] == [[1, "a"], [2, "b"]]
