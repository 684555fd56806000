"""Numbers given by the system: no gap, no number twice, whatever fails or runs at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.world.cast import World

from entente.kernel.records.query import find
from entente.kernel.records.save import Write, save, save_many


def number_of(world: World, **values: str) -> int:
    lead = world.has("lead", "james", **values)
    with world.system() as tx:
        return int(find(tx, "lead", lead)["number"].rpartition("-")[2])


def test_number_follows_its_pattern(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.system() as tx:
        assert find(tx, "lead", lead)["number"].startswith("P-2026-000")


def test_rolled_back_numbers_are_given_again(world: World) -> None:
    last = number_of(world, last_name="Avant")
    with suppress(RuntimeError), world.acts("james") as tx:
        save_many(tx, "lead", [Write(values={"last_name": "Jamais"})] * 3)
        raise RuntimeError
    assert number_of(world, last_name="Après") == last + 1


def test_writers_at_once_leave_no_gap(world: World) -> None:
    first = number_of(world, last_name="Premier")
    person = world.principal("james")

    def write(at: int) -> list[int]:
        with world.database.begin(person) as tx:
            made = save_many(tx, "lead", [Write(values={"last_name": f"N{at}"})] * (1 + at % 3))
            return [int(record["number"].rpartition("-")[2]) for record in made]

    with ThreadPoolExecutor(8) as pool:
        given = [number for numbers in pool.map(write, range(24)) for number in numbers]
    assert sorted(given) == list(range(first + 1, first + 1 + len(given)))


def test_number_that_came_along_is_kept(world: World) -> None:
    with world.system() as tx:
        assert save(tx, "lead", {"last_name": "Repris", "number": "OLD-7"}, trusted=True)["number"] == "OLD-7"
