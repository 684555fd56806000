"""Events between instances and records: messages that come early, conditions on records, compensation kept."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from tests.conftest import copied
from tests.services.processes.drawing import drawn
from tests.services.processes.instances_test import at, begun, does, runs, sees
from tests.services.processes.tables import tabled
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import dispatch
from entente.kernel.jobs.queue import typed
from entente.kernel.kit.refusal import Conflict, Forbidden
from entente.kernel.records.save import save
from entente.services.processes.decisions.versions import (
    NotDecidable,
    deploy_decisions,
    evaluate_decision,
    import_decisions,
)
from entente.services.processes.definitions import NotDeployable, deploy, import_model
from entente.services.processes.early import Message, forget_expired, hold
from entente.services.processes.instances import repair, start
from entente.services.processes.running import (
    correlate,
    deliver,
    fire_due,
    keep_for_later,
    match_early,
    opened,
)
from entente.services.processes.waking import CONDITIONS, begin_when, look_again

JOBS: Mapping[str, Callable[..., None]] = {
    "processes.look_again": look_again,
    "processes.begin_when": begin_when,
    "processes.deliver": deliver,
    "processes.match": match_early,
}


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of this file: each draws a process of its own."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("events")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


def follow(world: World) -> None:
    """Tell of what changed, and do the jobs that come of it."""
    dispatch(world.database, "main", (CONDITIONS,))
    with world.system() as tx:
        asked = "DELETE FROM public.procrastinate_jobs WHERE task_name = ANY(%(names)s) RETURNING task_name, args"
        for row in engine_rows(tx, asked, names=list(JOBS)):
            work = JOBS[row["task_name"]]
            work(tx, **typed(work, row["args"]["arguments"]))


def kept_messages(tx: Tx) -> int:
    return int(engine_rows(tx, "SELECT count(*) AS n FROM {schema}.process_message")[0]["n"])


def test_compensation_survives_between_steps(world: World) -> None:
    text = """start s
    user hotel
    boundary c on=hotel undo
    user unhotel undoes=c
    user more
    throw back undo
    user z
    s > hotel > more > back > z"""
    runs(world, "undoing", text)
    identity = begun(world, "james", "undoing", values={"room": 7, "price": 0.1})
    does(world, "james", identity, "hotel")
    does(world, "james", identity, "more", values={"room": 8})
    assert at(world, identity) == ["back", "unhotel"]
    inner = {each["name"]: each["value"] for each in sees(world, "james", identity)["variables"] if each["scope"] > 1}
    assert inner == {"room": 7, "price": 0.1}
    does(world, "james", identity, "unhotel", values={"freed": True})
    assert at(world, identity) == ["z"]
    does(world, "james", identity, "z")
    assert {each["name"]: each["value"] for each in sees(world, "james", identity)["variables"]} == {
        "room": 8, "price": 0.1, "freed": True,
    }  # fmt: skip


def test_message_that_comes_early_is_kept_for_whoever_begins_to_wait(world: World) -> None:
    runs(world, "early", "start s\nuser a\ncatch m message=reply\nuser z\ns > a > m > z")
    one = begun(world, "james", "early", business_key="E1")
    other = begun(world, "james", "early", business_key="E2")
    with world.acts("admin") as tx:
        message = Message(name="reply", business_key="E1", values={"text": "yes"}, ttl="P1D")
        assert correlate(tx, message) is None
        assert hold(tx, message) == tx.clock.now() + timedelta(days=1)
    does(world, "james", other, "a")
    assert at(world, other) == ["m"]
    does(world, "james", one, "a")
    assert at(world, one) == ["z"]
    assert {"scope": 1, "name": "text", "value": "yes"} in sees(world, "james", one)["variables"]
    with world.acts("admin") as tx:
        assert kept_messages(tx) == 0


def test_message_is_kept_as_the_model_says_and_no_longer(world: World) -> None:
    runs(world, "patient", "start s\nuser a\ncatch m message=slow:PT1H\nuser z\ns > a > m > z")
    late = begun(world, "james", "patient")
    with world.acts("admin") as tx:
        assert hold(tx, Message(name="unknown")) is None
        assert hold(tx, Message(name="slow")) == tx.clock.now() + timedelta(hours=1)
    world.clock.move(timedelta(hours=1))
    does(world, "james", late, "a")
    assert at(world, late) == ["m"]
    with world.acts("admin") as tx:
        forget_expired(tx)
        assert kept_messages(tx) == 0


def test_thrown_message_without_a_receiver_is_kept(world: World) -> None:
    runs(world, "thrower", "start s\nthrow m message=later:PT1H\nuser z\ns > m > z")
    runs(world, "catcher", "start s\ncatch m message=later:PT1H\nuser z\ns > m > z")
    begun(world, "james", "thrower")
    follow(world)
    assert at(world, begun(world, "james", "catcher")) == ["z"]


def test_message_and_the_one_who_begins_to_wait_at_the_same_moment_do_not_miss_each_other(world: World) -> None:
    runs(world, "racing", "start s\ncatch m message=race\nuser z\ns > m > z")
    message = Message(name="race", ttl="P1D")

    def send() -> None:
        with world.acts("admin") as tx:
            assert correlate(tx, message) is None
            assert keep_for_later(tx, message) is not None

    with ThreadPoolExecutor(1) as pool:
        with world.acts("james") as tx:
            identity = start(tx, "racing").id
            sending = pool.submit(send)
            # The sender waits for this transaction, in which somebody begins to wait.
            with pytest.raises(TimeoutError):
                sending.result(timeout=0.5)
        sending.result(timeout=10)
    assert at(world, identity) == ["m"]
    follow(world)
    assert at(world, identity) == ["z"]


def test_timer_and_answer_at_the_same_moment_have_one_winner(world: World) -> None:
    runs(world, "contest", "start s\nuser a\nboundary t on=a after=PT1M\nuser late\nuser z\ns > a > z\nt > late")
    identity = begun(world, "james", "contest")
    world.clock.move(timedelta(minutes=1))
    with ThreadPoolExecutor(1) as pool, world.system() as tx, opened(tx, identity) as state:
        answering = pool.submit(does, world, "james", identity, "a")
        with pytest.raises(TimeoutError):
            answering.result(timeout=0.5)
        fire_due(state)
    with pytest.raises(Conflict):
        answering.result(timeout=10)
    assert at(world, identity) == ["late"]


def started_on(world: World, record: UUID) -> list[str]:
    sql = (
        "SELECT d.key FROM {schema}.process_instance i JOIN {schema}.process_definition d ON d.id = i.definition"
        " WHERE i.record = %(record)s"
    )
    with world.system() as tx:
        return [row["key"] for row in engine_rows(tx, sql, record=record)]


def test_condition_starts_a_process_when_it_becomes_true(world: World) -> None:
    runs(world, "watchful", "start s when='record.last_name = \"Go\"' entity=lead\nuser a\ns > a")
    created = world.has("lead", "nadia", last_name="Go", company_name="Go SA")
    changed = world.has("lead", "nadia", last_name="Wait", company_name="Wait SA")
    follow(world)
    assert (started_on(world, created), started_on(world, changed)) == (["watchful"], [])
    with world.acts("nadia") as tx:
        save(tx, "lead", {"last_name": "Go"}, id=changed)
    follow(world)
    assert started_on(world, changed) == ["watchful"]
    with world.acts("nadia") as tx:
        save(tx, "lead", {"job_title": "Chief"}, id=changed)
    follow(world)
    assert started_on(world, changed) == ["watchful"]


def test_condition_is_looked_at_when_a_record_behind_a_link_changes(world: World) -> None:
    runs(world, "behind", "start s\ncatch c when='record.account.name = \"Renamed\"'\nuser a\ns > c > a")
    account = world.has("account", "nadia", name="Before")
    contact = world.has("contact", "nadia", last_name="Le Bris", account=account)
    identity = begun(world, "nadia", "behind", entity="contact", record=contact)
    assert at(world, identity) == ["c"]
    with world.acts("nadia") as tx:
        save(tx, "account", {"name": "Renamed"}, id=account)
    follow(world)
    assert at(world, identity) == ["a"]
    with world.system() as tx:
        asked = "SELECT count(*) AS n FROM {schema}.process_watch WHERE instance = %(id)s"
        assert engine_rows(tx, asked, id=identity)[0]["n"] == 0


TABLE = """record.last_name:string | amount:number > who:string | days:number
"Ker" | < 100 | "team" | 5
"Ker" | >= 50 | "manager" | 2"""


def deploys(world: World, key: str, text: str, policy: str = "UNIQUE") -> None:
    with world.acts("admin") as tx:
        deploy_decisions(tx, import_decisions(tx, tabled(text, key, policy)).id)


def test_business_rule_task_decides_over_variables_and_record(world: World) -> None:
    deploys(world, "whose", TABLE)
    runs(world, "deciding", "start s\nrule r decision=whose result=found\nuser a\ns > r > a")
    record = world.has("lead", "nadia", last_name="Ker", company_name="Kerjean SA")
    identity = begun(world, "nadia", "deciding", entity="lead", record=record, values={"amount": 10})
    shown = sees(world, "nadia", identity)
    found = {each["name"]: each["value"] for each in shown["variables"]}
    assert (at(world, identity), found["found"]) == (["a"], {"who": "team", "days": 5})


def test_failed_decision_is_an_incident_in_words_that_can_be_tried_again(world: World) -> None:
    deploys(world, "whose2", TABLE)
    runs(world, "undecided", "start s\nrule r decision=whose2 result=found\nuser a\ns > r > a")
    record = world.has("lead", "nadia", last_name="Ker", company_name="Kerbrat SA")
    identity = begun(world, "nadia", "undecided", entity="lead", record=record, values={"amount": 70})
    incident = sees(world, "admin", identity)["incidents"][0]
    assert "Several rules fit" in incident["message"]
    with world.acts("admin") as tx:
        repair(tx, identity, "retry", token=incident["token"], values={"amount": 7})
    assert at(world, identity) == ["a"]


def test_unknown_decision_is_told_at_deployment(world: World) -> None:
    with world.acts("admin") as tx, pytest.raises(NotDeployable) as refused:
        deploy(tx, import_model(tx, drawn("start s\nrule r decision=nothing\nrule q\ns > r > q", "nodec")).id)
    assert {(each.element, each.code.rpartition(".")[2]) for each in refused.value.problems} == {
        ("r", "unknown_decision"), ("q", "no_decision"),
    }  # fmt: skip


def test_decision_uses_the_newest_deployed_version(world: World) -> None:
    deploys(world, "rate", "n:number > r:number\n- | 1")
    with world.acts("admin") as tx:
        draft = import_decisions(tx, tabled("n:number > r:number\n- | 2", "rate"))
        assert evaluate_decision(tx, "rate", {"n": 0}) == 1
        deploy_decisions(tx, draft.id)
        assert evaluate_decision(tx, "rate", {"n": 0}) == 2
        assert import_decisions(tx, tabled("n:number > r:number\n- | 2", "rate")).id == draft.id
        with pytest.raises(NotDecidable):
            deploy_decisions(tx, import_decisions(tx, tabled("n:number > r:number\n> | 2", "rate")).id)
    with world.acts("james") as tx, pytest.raises(Forbidden):
        import_decisions(tx, tabled("n:number > r:number\n- | 3", "rate"))
