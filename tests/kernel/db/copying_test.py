"""Many rows are cut into parts without loss, and a column is put into words once where all rows share its value."""

import pytest

from entente.kernel.db.copying import BEGINNING, PORTION, portions, same_in_all


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
