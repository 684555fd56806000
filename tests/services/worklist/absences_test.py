"""Who stands in for whom: dates, chains, cycles, exceptions, against a model of our own."""

from datetime import timedelta
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import NOON
from tests.services.worklist.conftest import Office
from tests.world.cast import World

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import delete, save

PEOPLE = ("james", "nadia", "sam", "marie", "rita")
DAY = timedelta(days=1)


def away(
    tx: Tx, world: World, who: str, *substitutes: str, start: timedelta = -DAY, end: timedelta = DAY, **more: Any
) -> UUID:
    values = {
        "person": world.id_of(who),
        "starts_at": NOON + start,
        "ends_at": NOON + end,
        "substitutes": [world.id_of(each) for each in substitutes],
        **more,
    }
    return save(tx, "absence", values).id


def reached_from(world: World, tx: Tx, who: str, task: UUID) -> set[str]:
    found = engine_row(
        tx,
        "SELECT {schema}.work_substitutes(%(who)s, %(task)s, %(now)s) AS people",
        who=world.id_of(who),
        task=task,
        now=tx.clock.now(),
    )
    return {each for each in PEOPLE if world.id_of(each) in (found or {})["people"]}


def walked(edges: set[tuple[str, str]], start: str) -> set[str]:
    """Everyone on a path without a cycle, three steps long at the most."""
    return {
        path[-1]
        for length in (2, 3, 4)
        for path in permutations(PEOPLE, length)
        if path[0] == start and set(pairwise(path)) <= edges
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(list(permutations(PEOPLE, 2))), max_size=9))
def test_chains_end_after_three_and_at_cycles(office: Office, edges: set[tuple[str, str]]) -> None:
    world = office.world
    task = _some_task(office)
    with world.system() as tx:
        for who in {absent for absent, _ in edges}:
            away(tx, world, who, *(substitute for absent, substitute in edges if absent == who))
        for who in PEOPLE:
            assert reached_from(world, tx, who, task) == walked(edges, who), (who, edges)
        tx.connection.rollback()


_tasks: dict[int, UUID] = {}


def _some_task(office: Office) -> UUID:
    key = id(office.world)
    if key not in _tasks:
        _tasks[key] = office.asks("chain", "destinations=james")[1]
    return _tasks[key]


def test_absence_counts_from_its_start_to_just_before_its_end(office: Office) -> None:
    world, (_, task) = office.world, office.asks("dates", "destinations=james")
    with world.system() as tx:
        made = away(tx, world, "james", "stranger", start=DAY, end=2 * DAY)
    for days, visible in ((0, False), (1, True), (2, False)):
        world.clock.put(NOON + days * DAY)
        assert (task in office.finds("stranger", "away")) is visible
    world.clock.put(NOON + 2 * DAY - timedelta(seconds=1))
    assert task in office.finds("stranger")
    with world.system() as tx:
        delete(tx, "absence", made)
    assert task not in office.finds("stranger")


def test_whoever_stands_in_acts_for_the_absent_and_only_while_he_is_away(office: Office) -> None:
    world, (instance, task) = office.world, office.asks("stand", "destinations=nadia outcomes=yes,no")
    with pytest.raises(NotFound):
        office.does("stranger", "complete", task, outcome="yes")
    with world.acts("nadia") as tx:
        away(tx, world, "nadia", "stranger")
    with world.acts("stranger") as tx:
        assert find(tx, "task", task)["subject"] == "a"
    assert task in office.finds("nadia")
    office.does("stranger", "complete", task, outcome="yes")
    assert office.at(instance) == ["b"]
    with world.system() as tx:
        item = engine_row(tx, "SELECT acted_by, acted_for FROM {schema}.work_item WHERE task = %(task)s", task=task)
        assert item == {"acted_by": world.id_of("stranger"), "acted_for": world.id_of("nadia")}
        _forget(tx)


def test_what_the_absent_person_had_opened_is_no_bar(office: Office) -> None:
    world, (instance, task) = office.world, office.asks("left", "destinations=nadia outcomes=yes,no")
    office.does("nadia", "open", task)
    with world.acts("nadia") as tx:
        away(tx, world, "nadia", "stranger")
    office.does("stranger", "complete", task, outcome="no")
    assert office.at(instance) == ["b"]
    with world.system() as tx:
        _forget(tx)


def test_exceptions_send_some_tasks_elsewhere(office: Office) -> None:
    world = office.world
    _, usual = office.asks("usual", "destinations=sam")
    _, special = office.asks("special", "destinations=sam")
    _, urgent = office.asks("urgent", "destinations=sam priority=urgent")
    with world.system() as tx:
        absence = away(tx, world, "sam", "rita")
        for values in ({"process": "special"}, {"condition": 'priority = "urgent"'}):
            save(tx, "absence_exception", {"absence": absence, "substitutes": [world.id_of("marie")], **values})
    _, later = office.asks("later", "destinations=sam priority=urgent")
    assert {usual, special, urgent, later} & set(office.finds("rita")) == {usual}
    assert {usual, special, urgent, later} & set(office.finds("marie")) == {special, urgent, later}
    with pytest.raises(Forbidden):
        office.does("rita", "open", special)
    with world.system() as tx:
        _forget(tx)


def test_an_exception_names_its_process_and_step_as_people_call_them(office: Office) -> None:
    world = office.world
    _, task = office.asks("named", 'name_en="Check the quote" destinations=sam')
    with world.system() as tx:
        absence = away(tx, world, "sam", "rita")
        given = {"absence": absence, "substitutes": [world.id_of("marie")]}
        made = save(tx, "absence_exception", {**given, "process": "named", "element": "check the QUOTE"})
        assert (made["process"], made["element"]) == ("named", "a")
        for wrong, code in (({"process": "Nowhere"}, "no_process"), ({"element": "Nothing"}, "no_step")):
            with pytest.raises(Refused) as refused:
                save(tx, "absence_exception", {**given, "process": "named", **wrong})
            assert refused.value.code == f"absence.{code}"
    assert task in office.finds("marie")
    assert task not in office.finds("rita")
    with world.system() as tx:
        _forget(tx)


def test_own_to_dos_stay_private_unless_the_absent_says_otherwise(office: Office) -> None:
    world = office.world
    task = world.has("task", "james", subject="Dentist")
    with world.acts("james") as tx:
        made = away(tx, world, "james", "stranger")
    assert task not in office.finds("stranger")
    with pytest.raises(NotFound), world.acts("stranger") as tx:
        find(tx, "task", task)
    with world.acts("james") as tx:
        save(tx, "absence", {"include_private": True}, id=made)
    assert task in office.finds("stranger")
    with world.system() as tx:
        _forget(tx)


def test_absences_are_written_by_oneself_and_those_above(office: Office) -> None:
    world = office.world
    with pytest.raises(Forbidden), world.acts("james") as tx:
        away(tx, world, "nadia", "james")
    with pytest.raises(Refused), world.acts("james") as tx:
        away(tx, world, "james", "james")
    with pytest.raises(Refused), world.acts("james") as tx:
        away(tx, world, "james", "nadia", start=DAY, end=-DAY)
    with world.acts("admin") as tx:
        save(tx, "user", {"manager": world.id_of("helene")}, id=world.id_of("marie"))
    with world.acts("helene") as tx:
        away(tx, world, "marie", "james")
        tx.connection.rollback()


def _forget(tx: Tx) -> None:
    everything = tx.acting_as(system("test"))
    for row in everything.connection.execute('SELECT id FROM "org_main".absence WHERE deleted_at IS NULL').fetchall():
        delete(everything, "absence", row[0])


def test_an_absence_is_called_by_its_days_as_its_person_writes_them(world: World) -> None:
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of("nadia"))
        titles = {who: find(tx, "absence", away(tx, world, who, "sam"))["title"] for who in ("james", "nadia")}
    assert titles["james"].endswith(", 22 Nov 2026 – 24 Nov 2026")
    assert titles["nadia"].endswith(", 22/11/2026 – 24/11/2026")
