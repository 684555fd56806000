"""Many rows are cut into parts without loss, put into words once, and taken while something else is done."""

from typing import Any

import psycopg
import pytest
from tests.world.cast import World

from entente.kernel.db.copying import BEGINNING, PORTION, copy_meanwhile, portions, same_in_all
from entente.kernel.db.tx import Tx, engine_rows


@pytest.mark.parametrize("count", [1, BEGINNING, BEGINNING + 1, BEGINNING + PORTION, BEGINNING + PORTION + 1, 1000])
def test_parts_hold_every_row_once_in_order(count: int) -> None:
    rows = list(range(count))
    parts = [rows[part] for part in portions(count)]
    assert [row for part in parts for row in part] == rows
    assert all(parts)


def test_the_first_part_is_small_so_that_writing_begins_soon() -> None:
    first, second, *_ = [range(1000)[part] for part in portions(1000)]
    assert len(first) < len(second) == PORTION


def test_equal_values_that_are_not_one_object_are_put_into_words_each() -> None:
    one, other = [1], [1]
    assert same_in_all([one, one, one])
    assert not same_in_all([one, other, one])
    assert not same_in_all([])


SERIES = ("name", "next")
ROWS: list[list[list[Any]]] = [[["one", "two"], [1, 2]]]


def names(tx: Tx) -> list[str]:
    found = engine_rows(tx, "SELECT name FROM {schema}.series WHERE name IN ('one', 'two') ORDER BY name")
    return [row["name"] for row in found]


def test_the_rows_are_there_after_what_was_done_meanwhile(world: World) -> None:
    with world.system() as tx:
        assert copy_meanwhile(tx, "series", SERIES, ROWS, lambda: "done") == "done"
        assert names(tx) == ["one", "two"]


def test_a_fault_of_what_is_done_meanwhile_takes_the_rows_back_and_leaves_the_connection_in_use(world: World) -> None:
    def failing() -> None:
        raise ZeroDivisionError

    with world.system() as tx:
        with pytest.raises(ZeroDivisionError), tx.connection.transaction():
            copy_meanwhile(tx, "series", SERIES, ROWS, failing)
        assert names(tx) == []


def test_a_refusal_by_postgresql_comes_after_what_was_done_meanwhile(world: World) -> None:
    did: list[str] = []
    with world.system() as tx:
        with pytest.raises(psycopg.errors.UniqueViolation), tx.connection.transaction():
            copy_meanwhile(tx, "series", SERIES, [[["one", "one"], [1, 2]]], lambda: did.append("work"))
        assert (did, names(tx)) == (["work"], [])


def test_rows_that_cannot_be_made_are_not_followed_by_anything(world: World) -> None:
    did: list[str] = []
    with world.system() as tx:
        with pytest.raises(ZeroDivisionError), tx.connection.transaction():
            copy_meanwhile(tx, "series", SERIES, ([[1 // 0]] for _ in ROWS), lambda: did.append("work"))
        assert (did, names(tx)) == ([], [])
