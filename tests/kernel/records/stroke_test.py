"""Deeds done as a whole: what a part has done that was undone alone leaves no trace."""

from contextlib import suppress

from tests.world.cast import World

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.query import find_with
from entente.kernel.records.save import save
from entente.kernel.records.stroke import at_one_stroke, part_of, recall, remember


def told(tx: Tx) -> list[str]:
    sql = "SELECT title FROM {schema}.journal WHERE cause = %(cause)s ORDER BY id"
    return [row["title"] for row in engine_rows(tx, sql, cause=tx.cause.id)]


def test_part_that_failed_is_not_in_the_journal_of_the_whole(world: World) -> None:
    with world.acts("james") as tx:
        with at_one_stroke(tx):
            save(tx, "lead", {"last_name": "Before", "company_name": "One"})
            with suppress(Refused), part_of(tx):
                save(tx, "lead", {"last_name": "Failed", "company_name": "Two"})
                raise Refused("not_found")
            with part_of(tx):
                save(tx, "lead", {"last_name": "Inside", "company_name": "Three"})
            save(tx, "lead", {"last_name": "After", "company_name": "Four"})
        assert [title.split()[0] for title in told(tx)] == ["Before", "Inside", "After"]


def test_what_a_failed_part_has_read_is_read_anew(world: World) -> None:
    with world.acts("james") as tx, at_one_stroke(tx):
        with suppress(Refused), part_of(tx):
            remember(tx, "lead", "key", "stale")
            raise Refused("not_found")
        assert recall(tx, "lead", "key", lambda: "fresh") == "fresh"


def test_part_outside_a_deed_is_undone_alone(world: World) -> None:
    with world.acts("james") as tx:
        with suppress(Refused), part_of(tx):
            save(tx, "lead", {"last_name": "Failed", "company_name": "Two"})
            raise Refused("not_found")
        assert told(tx) == []


def test_a_held_row_is_read_again_once_it_was_written(world: World) -> None:
    with world.acts("james") as tx:
        made = save(tx, "lead", {"last_name": "Held", "company_name": "Five"})
        with at_one_stroke(tx):
            find_with(tx, "lead", made.id, "update", lock=True)
            first = save(tx, "lead", {"status": "nurturing"}, id=made.id, trusted=True)
            second = save(tx, "lead", {"description": "twice"}, id=made.id, trusted=True)
        assert (first.version, second.version) == (made.version + 1, made.version + 2)
        assert (second["status"], second["description"]) == ("nurturing", "twice")
