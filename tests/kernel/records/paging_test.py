"""Keyset paging: every row exactly once, in both directions, with ties and without values."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world.cast import World

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.save import Write, save_many

SORTABLE = ("company_name", "score", "status", "last_name", "estimated_amount", "recycle_on", "emails", "created_at")
HERE = 'description = "paging"'
ROWS = 24


@pytest.fixture(scope="module")
def rows(world: World) -> set[UUID]:
    """Records whose sorted values are tied, accented, in both cases, or absent."""
    names = (None, "Étoile", "etoile", "Zinc", "Œuvre", "ETOILE")
    writes = [
        Write(
            values={
                "description": "paging",
                "last_name": f"Nom {at % 5}",
                "company_name": names[at % 6],
                "score": at % 3,
                "estimated_amount": None if at % 4 == 0 else str(at % 4),
                "recycle_on": None if at % 2 else "2026-12-01",
                "emails": f"p{at % 7}@example.org" if at % 3 else None,
            }
        )
        for at in range(ROWS)
    ]
    with world.acts("james") as tx:
        return {made.id for made in save_many(tx, "lead", writes)}


def walked(world: World, sort: tuple[Sort, ...], limit: int) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    with world.acts("james") as tx:
        for _ in range(ROWS + 2):
            made = page(tx, Ask(entity="lead", fields=("name",), filter=HERE, sort=sort, limit=limit, after=cursor))
            found += [record.id for record in made.records]
            cursor = made.next
            if cursor is None:
                return found
    raise AssertionError("paging does not end")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    terms=st.lists(st.tuples(st.sampled_from(SORTABLE), st.booleans()), max_size=3, unique_by=lambda term: term[0]),
    limit=st.integers(1, ROWS + 1),
)
def test_every_row_is_visited_once_whatever_the_order(
    world: World, rows: set[UUID], terms: list[tuple[str, bool]], limit: int
) -> None:
    sort = tuple(Sort(name, descending) for name, descending in terms)
    found = walked(world, sort, limit)
    assert len(found) == ROWS
    assert set(found) == rows
    assert found == walked(world, sort, ROWS + 1)


@pytest.mark.parametrize("name", ["score", "created_at"])
def test_other_direction_is_the_reverse_when_no_value_is_missing(world: World, rows: set[UUID], name: str) -> None:
    up, down = (walked(world, (Sort(name, descending),), 5) for descending in (False, True))
    assert up == list(reversed(down))


def test_missing_values_come_last_both_ways(world: World, rows: set[UUID]) -> None:
    with world.acts("james") as tx:
        for descending in (False, True):
            last = walked(world, (Sort("recycle_on", descending),), 7)[-1]
            assert find(tx, "lead", last)["recycle_on"] is None


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "W10", "WyJhIiwgImIiXQ", "é"])
def test_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        page(tx, Ask(entity="lead", sort=(Sort("score"),), after=cursor))
    assert refusal.value.code == "page.bad_cursor"


@pytest.mark.parametrize("name", ["description", "tags", "ghost"])
def test_what_has_no_order_is_refused(world: World, name: str) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        page(tx, Ask(entity="lead", sort=(Sort(name),)))
    assert (refusal.value.code, refusal.value.values.get("field") or refusal.value.field) in {
        ("field.not_sortable", name),
        ("field.unknown", name),
    }


def test_counting_stops_at_the_cap(world: World, rows: set[UUID]) -> None:
    with world.acts("james") as tx:
        ask = Ask(entity="lead", filter=HERE)
        assert (count(tx, ask).number, count(tx, ask).capped) == (ROWS, False)
        assert (count(tx, ask, cap=10).number, count(tx, ask, cap=10).capped) == (10, True)
