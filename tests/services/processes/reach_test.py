"""Messages and signals that models throw, attacked: they reach what starter and author both may reach, and no more."""

from typing import Any
from uuid import UUID

import pytest
from tests.services.processes.drawing import drawn
from tests.services.processes.events_test import follow
from tests.services.processes.instances_test import at, begun, does, runs, sees
from tests.world.cast import World

from entente.kernel.records.save import save
from entente.services.processes import outside
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.rights import Level, Right, put_rights

CATCHES = "start s\ncatch m {kind}=go\nuser z\ns > m > z"
THROWS = "start s\nthrow m {kind}=go\nend e\ns > m > e"
KINDS = ("message", "signal")


def lines(world: World, key: str, **levels: Level) -> None:
    """Who has which right to a process; nobody else has any."""
    with world.acts("admin") as tx:
        put_rights(tx, key, [Right("user", world.id_of(each), level) for each, level in levels.items()])


def authored(world: World, who: str, key: str, text: str, **levels: Level) -> None:
    """A process that somebody deployed who looks after it and after nothing else."""
    everyone: dict[str, Level] = {who: "admin", **levels}
    lines(world, key, **everyone)
    with world.acts(who) as tx:
        deploy(tx, import_model(tx, drawn(text, key)).id)


def owned(world: World, who: str, key: str) -> UUID:
    """An instance of a process on a lead of somebody."""
    lead = world.has("lead", who, last_name="Spared")
    return begun(world, who, key, entity="lead", record=lead)


@pytest.mark.parametrize("kind", KINDS)
def test_thrown_event_reaches_whom_starter_and_author_both_may_reach(world: World, kind: str) -> None:
    runs(world, "catcher", CATCHES.format(kind=kind))
    authored(world, "helene", "thrower", THROWS.format(kind=kind), james="participate")
    caught = owned(world, "james", "catcher")
    begun(world, "james", "thrower")
    follow(world)
    assert at(world, caught) == ["z"]


@pytest.mark.parametrize("kind", KINDS)
def test_starter_reaches_no_instance_of_a_record_that_he_may_not_read(world: World, kind: str) -> None:
    runs(world, "catcher", CATCHES.format(kind=kind))
    runs(world, "thrower", THROWS.format(kind=kind))
    caught = owned(world, "nadia", "catcher")
    begun(world, "stranger", "thrower")
    follow(world)
    assert at(world, caught) == ["m"]


@pytest.mark.parametrize("kind", KINDS)
def test_author_reaches_no_record_that_only_whoever_starts_it_reads(world: World, kind: str) -> None:
    runs(world, "catcher", CATCHES.format(kind=kind))
    authored(world, "stranger", "thrower", THROWS.format(kind=kind), nadia="participate")
    caught = owned(world, "nadia", "catcher")
    begun(world, "nadia", "thrower")
    follow(world)
    assert at(world, caught) == ["m"]


@pytest.mark.parametrize("kind", KINDS)
def test_author_reaches_no_further_through_a_process_that_he_calls(world: World, kind: str) -> None:
    runs(world, "catcher", CATCHES.format(kind=kind))
    runs(world, "thrower", THROWS.format(kind=kind))
    authored(world, "stranger", "caller", "start s\ncall c called=thrower\nend e\ns > c > e", nadia="participate")
    caught = owned(world, "nadia", "catcher")
    begun(world, "nadia", "caller")
    follow(world)
    assert at(world, caught) == ["m"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["view", None])
def test_right_to_look_on_is_none_to_take_part(world: World, kind: str, level: Level | None) -> None:
    runs(world, "catcher", CATCHES.format(kind=kind))
    runs(world, "thrower", THROWS.format(kind=kind))
    caught = begun(world, "helene", "catcher")
    lines(world, "catcher", helene="participate", **({"james": level} if level else {}))
    begun(world, "james", "thrower")
    follow(world)
    assert at(world, caught) == ["m"]
    begun(world, "helene", "thrower")
    follow(world)
    assert at(world, caught) == ["z"]


@pytest.mark.parametrize("kind", KINDS)
def test_thrown_event_starts_no_process_that_its_starter_may_not_start(world: World, kind: str) -> None:
    runs(world, "begins", f"start s {kind}=go\nuser z\ns > z")
    runs(world, "thrower", THROWS.format(kind=kind))
    lines(world, "begins", helene="participate")
    begun(world, "james", "thrower")
    follow(world)
    assert instances(world, "begins") == 0
    begun(world, "helene", "thrower")
    follow(world)
    assert instances(world, "begins") == 1


def instances(world: World, key: str) -> int:
    sql = (
        "SELECT count(*) FROM org_main.process_instance i JOIN org_main.process_definition d ON d.id = i.definition"
        " WHERE d.key = %s"
    )
    with world.system() as tx:
        found = tx.connection.execute(sql, (key,)).fetchone()
    return int(found[0]) if found else 0


def test_hidden_receiver_makes_a_message_ambiguous_for_nobody(world: World) -> None:
    runs(world, "catcher", CATCHES.format(kind="message"))
    runs(world, "thrower", THROWS.format(kind="message"))
    hidden, own = owned(world, "nadia", "catcher"), begun(world, "stranger", "catcher")
    begun(world, "stranger", "thrower")
    follow(world)
    assert (at(world, hidden), at(world, own)) == (["m"], ["z"])


def test_message_that_came_early_waits_for_one_whom_it_may_reach(world: World) -> None:
    waits = "start s\nuser a\ncatch m message=go:P1D\nuser z\ns > a > m > z"
    runs(world, "catcher", waits)
    runs(world, "thrower", "start s\nthrow m message=go:P1D\nend e\ns > m > e")
    begun(world, "stranger", "thrower")
    follow(world)
    hidden = owned(world, "nadia", "catcher")
    does(world, "nadia", hidden, "a")
    assert at(world, hidden) == ["m"]
    follow(world)
    assert at(world, hidden) == ["m"]
    own = begun(world, "stranger", "catcher")
    does(world, "stranger", own, "a")
    assert at(world, own) == ["z"]


def test_instance_always_reaches_itself(world: World) -> None:
    text = """start s
    and f
    catch m signal=go
    user z
    user a
    throw t signal=go
    end e
    s > f
    f > m > z
    f > a > t > e"""
    runs(world, "both", text)
    made = begun(world, "james", "both")
    does(world, "james", made, "a")
    lines(world, "both", helene="participate")
    follow(world)
    assert at(world, made) == ["z"]


def test_author_learns_nothing_through_actions_of_whoever_starts_his_process(world: World) -> None:
    text = "start s\nservice look action=look_for_duplicates result=twins\nuser z\ns > look > z"
    hidden = {"last_name": "Verrier", "first_name": "Paule", "company_name": "Hidden twin SARL"}
    world.has("lead", "nadia", **hidden)
    with world.system() as tx:
        grants = {"lead": {"read": "own", "update": "own", "create": "own"}}
        role = save(tx, "role", {"key": "own_leads", "name": "Own leads", "grants": grants})
        save(tx, "user", {"roles": [role.id]}, id=world.id_of("stranger"))
    lead = world.has("lead", "stranger", **hidden | {"company_name": "Hidden twin"})
    authored(world, "stranger", "spy", text)
    runs(world, "open", text)
    found = {}
    for key in ("spy", "open"):
        made = begun(world, "admin", key, entity="lead", record=lead)
        found[key] = next(each["value"] for each in sees(world, "admin", made)["variables"] if each["name"] == "twins")
    assert found["open"] == {"count": 1, "score": 75, "title": "Paule Verrier"}
    assert found["spy"] == {"count": 1, "score": None, "title": None}


@pytest.mark.parametrize(
    ("result", "tried", "known"),
    [
        ({"count": 2, "title": "Hidden"}, {"count": 0, "title": ""}, {"count": None, "title": None}),
        ({"count": 2, "found": [{"n": 1}]}, {"count": 2, "found": [{"n": 2}]}, {"count": 2, "found": [{"n": None}]}),
        ({"found": ["a", "b"]}, {"found": ["a"]}, {"found": None}),
        ({"a": 1}, None, None),
        (
            {"entity": "lead", "id": "018f0000-0000-7000-8000-000000000001"},
            {"entity": "lead", "id": "018f0000-0000-7000-8000-000000000002"},
            {"entity": "lead", "id": "018f0000-0000-7000-8000-000000000001"},
        ),
    ],
)
def test_process_learns_of_an_action_what_its_author_would_learn(result: Any, tried: Any, known: Any) -> None:
    assert outside._known_to_both(result, tried) == known
