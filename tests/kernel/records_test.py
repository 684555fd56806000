"""Records through the one write path and the one query."""

import pytest

from entente.kernel.kit.refusal import Conflict, NotFound
from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.save import save
from tests.world.cast import World


def test_a_saved_record_is_found_as_written(world: World) -> None:
    lead = world.has(
        "lead",
        "james",
        last_name="Berthier",
        first_name="Camille",
        emails="C.Berthier@lisiere.example",
        phones="06 39 98 12 34",
    )
    with world.acts("james") as tx:
        found = find(tx, "lead", lead)
    assert found["name"] == "Camille Berthier"
    assert found["emails"][0].value == "C.Berthier@lisiere.example"
    assert found["phones"][0].value == "+33 6 39 98 12 34"
    assert found["owner"] == world.id_of("james")
    assert found["state"] == "open"


def stranger_cannot_read_lead(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        find(tx, "lead", lead)


def test_lists_filter_sort_and_page(world: World) -> None:
    for number in range(7):
        world.has("lead", "james", last_name=f"Nom {number}", score=number)
    with world.acts("james") as tx:
        ask = Ask(entity="lead", fields=("name", "score"), filter='score >= 2 and state = "open"', limit=3)
        first = page(tx, ask)
        second = page(tx, Ask(entity="lead", fields=("name",), filter="score >= 2", limit=3, after=first.next))
        assert [record["name"] for record in first.records] == ["Nom 6", "Nom 5", "Nom 4"]
        assert [record["name"] for record in second.records] == ["Nom 3", "Nom 2"]
        assert count(tx, ask).number == 5


def test_second_editor_is_told_what_changed(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        save(tx, "lead", {"job_title": "Directrice"}, id=lead, version=1)
    with world.acts("bastien") as tx, pytest.raises(Conflict) as conflict:
        save(tx, "lead", {"job_title": "Chef"}, id=lead, version=1)
    assert [(each["field"], each["new"]) for each in conflict.value.theirs] == [("job_title", "Directrice")]
