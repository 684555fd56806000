"""Instances in the database: kept between steps, locked, woken, repaired, within rights."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import copied
from tests.sent import sent_from_now_on
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.processes.definitions import NotDeployable, deploy, import_model, latest, model_of
from entente.services.processes.early import Message
from entente.services.processes.instances import repair, start
from entente.services.processes.running import broadcast, correlate, opened
from entente.services.processes.showing import open_tasks, shown_instance
from entente.services.processes.tasks import complete_task
from entente.services.processes.waking import look_again, look_at_changes, wake_due
from entente.services.worklist.declared import Given


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of this file: each draws a process of its own."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("processes")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


def runs(world: World, key: str, text: str, *, recorded: bool = False) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(text, key)).id, recorded=recorded)


def begun(world: World, who: str, key: str, **given: Any) -> UUID:
    with world.acts(who) as tx:
        return start(tx, key, **given).id


def sees(world: World, who: str, identity: UUID) -> dict[str, Any]:
    with world.acts(who) as tx:
        return shown_instance(tx, identity, ("tokens", "history", "tasks", "incidents", "variables"))


def at(world: World, identity: UUID) -> list[str]:
    return sorted(each["element"] for each in sees(world, "admin", identity)["tokens"])


def does(world: World, who: str, identity: UUID, element: str, **given: Any) -> None:
    tasks = sees(world, who, identity)["tasks"]
    task = next(each["id"] for each in tasks if each["element"] == element)
    with world.acts(who) as tx:
        complete_task(tx, task, Given(**given))


def wakes(world: World, **by: Any) -> None:
    world.clock.move(timedelta(**by))
    wake_due(Run(world.database, "main", system("test"), new_cause("job")))


def statements(work: Callable[[], object]) -> int:
    """How many statements the work sends."""
    with pytest.MonkeyPatch.context() as patch:
        sent = sent_from_now_on(patch)
        work()
    return len(sent)


def test_state_survives_between_steps(world: World) -> None:
    runs(world, "survive", "start s\nuser a\nand f\nuser b\nsub c {\nuser d\n}\nand j\nend e\n"
         "s > a > f > b > j > e\nf > c > j")  # fmt: skip
    identity = begun(world, "james", "survive", values={"amount": 12, "rate": 0.1, "name": "Zoé"})
    does(world, "james", identity, "a", outcome="yes", values={"more": [1, {"x": None}]}, comment="Fine.")
    assert at(world, identity) == ["b", "c", "d"]
    does(world, "james", identity, "d")
    does(world, "james", identity, "b")
    shown = sees(world, "james", identity)
    assert shown["state"] == "completed"
    assert shown["tokens"] == shown["tasks"] == []
    assert {each["name"]: each["value"] for each in shown["variables"]} == {
        "amount": 12, "rate": 0.1, "name": "Zoé", "outcome": "yes", "more": [1, {"x": None}],
    }  # fmt: skip
    assert [each["element"] for each in shown["history"]] == [
        "s", "a", "a", "f", "d", "c", "b", "j", "j", "e",
    ]  # fmt: skip
    assert {each["actor"] for each in shown["history"]} == {world.id_of("james")}
    assert [each["detail"] for each in shown["history"] if each["outcome"] == "comment"] == ["Fine."]


def test_model_is_kept_byte_for_byte_and_versions_never_change(world: World) -> None:
    first, second = drawn("start s\nuser a\ns > a", "versions"), drawn("start s\nuser b\ns > b", "versions")
    with world.acts("admin") as tx:
        one = import_model(tx, first)
        assert model_of(tx, one.id) == first
        assert import_model(tx, first).id == one.id
        deploy(tx, one.id)
    before = begun(world, "james", "versions")
    with world.acts("admin") as tx:
        two = import_model(tx, second)
        assert (one.version, two.version) == (1, 2)
    assert at(world, begun(world, "james", "versions")) == ["a"]
    with world.acts("admin") as tx:
        deploy(tx, two.id)
    assert at(world, begun(world, "james", "versions")) == ["b"]
    assert at(world, before) == ["a"]


def test_deployment_names_every_problem(world: World) -> None:
    text = "start s\nservice w\nxor x\nuser a\nuser b\ncomplex c\nboundary t on=a\ns > w > x > a\nx > b\nb > c"
    with world.acts("admin") as tx, pytest.raises(NotDeployable) as refused:
        deploy(tx, import_model(tx, drawn(text, "faulty")).id)
    assert {(each.element, each.code.rpartition(".")[2]) for each in refused.value.problems} == {
        ("w", "no_action"), ("f3", "no_condition"), ("f4", "no_condition"), ("c", "unsupported"), ("t", "no_event"),
        ("c", "no_way_out"),
    }  # fmt: skip
    with world.acts("james") as tx, pytest.raises(NotFound):
        start(tx, "faulty")


def salesperson_cannot_import(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Forbidden):
        import_model(tx, drawn("start s"))


def salesperson_cannot_repair(world: World) -> None:
    runs(world, "norepair", "start s\nuser a\ns > a")
    identity = begun(world, "james", "norepair")
    with world.acts("james") as tx, pytest.raises(Forbidden):
        repair(tx, identity, "cancel")


def test_start_needs_a_record_that_may_be_read(world: World) -> None:
    runs(world, "onrecord", "start s\nuser a\ns > a")
    record = world.has("lead", "nadia", last_name="Le Goff", company_name="Le Goff SA")
    with world.acts("stranger") as tx, pytest.raises((NotFound, Forbidden)):
        start(tx, "onrecord", entity="lead", record=record)
    identity = begun(world, "nadia", "onrecord", entity="lead", record=record)
    with world.acts("stranger") as tx:
        with pytest.raises(NotFound):
            shown_instance(tx, identity, ())
        with pytest.raises(NotFound):
            complete_task(tx, UUID(int=2), Given())
    with world.acts("nadia") as tx:
        assert [each["element"] for each in open_tasks(tx, identity)] == ["a"]


def test_action_of_the_record_is_done_in_the_name_of_the_starter(world: World) -> None:
    runs(
        world,
        "acting",
        """start s
        user a
        service w action=disqualify input='{disqualify_reason: why}' result=done
        boundary no on=w error=
        user refused
        user z
        s > a > w > z
        no > refused""",
    )
    record = world.has("lead", "nadia", last_name="Tanguy", company_name="Tanguy SA")
    identity = begun(world, "nadia", "acting", entity="lead", record=record)
    does(world, "admin", identity, "a", values={"why": "spam"})
    with world.acts("nadia") as tx:
        changed = find(tx, "lead", record)
        by = engine_rows(
            tx, "SELECT actor, deed FROM {schema}.journal WHERE record = %(id)s ORDER BY id DESC LIMIT 1", id=record
        )
    shown = sees(world, "nadia", identity)
    assert [each["element"] for each in shown["tokens"]] == ["z"], shown["incidents"] or shown["variables"]
    assert changed["status"] == "dead"
    assert by[0]["actor"] == world.id_of("nadia")


def test_refused_action_leaves_no_half_work_and_becomes_an_error(world: World) -> None:
    runs(world, "refusing", "start s\nservice w action=disqualify input='{disqualify_reason: \"nonsense\"}'\n"
         "boundary no on=w error=\nuser refused\ns > w\nno > refused")  # fmt: skip
    record = world.has("lead", "nadia", last_name="Riou", company_name="Riou SA")
    identity = begun(world, "nadia", "refusing", entity="lead", record=record)
    assert at(world, identity) == ["refused"]
    error = next(each["value"] for each in sees(world, "nadia", identity)["variables"] if each["name"] == "error")
    assert error["code"]


def test_condition_reads_the_record_and_what_is_behind_it(world: World) -> None:
    runs(
        world,
        "reading",
        """start s
        xor x
        user mine
        user other
        s > x
        x >[record.last_name = "Madec" and record.owner.login = "nadia"] mine
        x >* other""",
    )
    for name, place in (("Madec", "mine"), ("Morvan", "other")):
        record = world.has("lead", "nadia", last_name=name, company_name=f"{name} SA")
        assert at(world, begun(world, "nadia", "reading", entity="lead", record=record)) == [place]


def test_recorded_work_is_written_down_and_not_done(world: World) -> None:
    runs(world, "recording", "start s\nservice w input='{x: 1 + 1}'\nuser a\ns > w > a", recorded=True)
    shown = sees(world, "admin", begun(world, "admin", "recording"))
    assert [each["detail"] for each in shown["history"] if each["outcome"] == "recorded"] == ['{"x":2}']


def test_timers_wake_what_is_due_once(world: World) -> None:
    runs(world, "timing", "start s\nuser a\nboundary t on=a after=PT1H\nuser late\ns > a\nt > late")
    identity = begun(world, "james", "timing")
    wakes(world, minutes=59)
    assert at(world, identity) == ["a"]
    wakes(world, minutes=1)
    assert at(world, identity) == ["late"]
    wakes(world, hours=5)
    assert at(world, identity) == ["late"]


def test_due_instance_that_somebody_holds_is_passed_over(world: World) -> None:
    runs(world, "held", "start s\ncatch t after=PT1M\nuser a\ns > t > a")
    held, free = begun(world, "james", "held"), begun(world, "james", "held")
    with world.acts("admin") as tx, opened(tx, held):
        wakes(world, minutes=2)
        assert at(world, free) == ["a"]
    assert at(world, held) == ["t"]
    wakes(world, minutes=0)
    assert at(world, held) == ["a"]


def test_timer_start_begins_instances_in_the_name_of_the_deployer(world: World) -> None:
    runs(world, "nightly", "start s every=R2/PT1H\nuser a\ns > a")
    for _ in range(3):
        wakes(world, hours=1)
    with world.acts("admin") as tx:
        sql = "SELECT count(*) AS n FROM {schema}.process_instance WHERE definition = ANY(%(ids)s)"
        model = latest(tx, "nightly")
        assert model is not None
        assert engine_rows(tx, sql, ids=[model.id])[0]["n"] == 2


def test_message_finds_the_one_who_waits(world: World) -> None:
    runs(world, "mailing", "start s\ncatch m message=answer\nuser a\ns > m > a")
    one = begun(world, "james", "mailing", business_key="K1")
    two = begun(world, "james", "mailing", business_key="K2")
    with world.acts("admin") as tx:
        with pytest.raises(Conflict):
            correlate(tx, Message(name="answer"))
        assert correlate(tx, Message(name="answer", business_key="K9")) is None
        assert correlate(tx, Message(name="answer", business_key="K2", values={"text": "yes"})) == two
        assert correlate(tx, Message(name="answer", business_key="K2")) is None
    assert (at(world, one), at(world, two)) == (["m"], ["a"])


def test_message_is_correlated_by_its_key(world: World) -> None:
    runs(world, "keyed", "start s\ncatch m message=order correlation=number\nuser a\ns > m > a")
    begun(world, "james", "keyed", values={"number": "A1"})
    two = begun(world, "james", "keyed", values={"number": "A2"})
    with world.acts("admin") as tx:
        assert correlate(tx, Message(name="order", correlation="A2")) == two


def test_message_that_nobody_waits_for_starts_a_process(world: World) -> None:
    runs(world, "starting", "start s message=hello\nuser a\ns > a")
    with world.acts("admin") as tx:
        identity = correlate(tx, Message(name="hello", values={"from": "them"}))
    assert identity is not None
    assert at(world, identity) == ["a"]
    with world.acts("james") as tx, pytest.raises(Refused):
        start(tx, "starting")


def test_signal_reaches_everybody(world: World) -> None:
    runs(world, "signalled", "start s\ncatch m signal=fire\nuser a\ns > m > a")
    both = [begun(world, "james", "signalled"), begun(world, "nadia", "signalled")]
    with world.acts("admin") as tx:
        assert sorted(broadcast(tx, "fire", {})) == sorted(both)
    assert [at(world, each) for each in both] == [["a"], ["a"]]


def test_thrown_message_leaves_with_the_commit_and_not_before(world: World) -> None:
    runs(world, "throwing", "start s\nthrow m message=thrown\nuser a\ns > m > a")
    asked = "SELECT count(*) AS n FROM public.procrastinate_jobs WHERE task_name = 'processes.deliver'"
    with world.acts("james") as tx:
        before = engine_rows(tx, asked)[0]["n"]
        start(tx, "throwing")
    with world.acts("james") as tx:
        assert engine_rows(tx, asked)[0]["n"] == before + 1


def test_condition_is_met_when_the_record_changes(world: World) -> None:
    runs(world, "meeting", "start s\ncatch c when='record.last_name = \"Done\"'\nuser a\ns > c > a")
    record = world.has("lead", "nadia", last_name="Open", company_name="Open SA")
    identity = begun(world, "nadia", "meeting", entity="lead", record=record)
    with world.acts("nadia") as tx:
        save(tx, "lead", {"last_name": "Done"}, id=record)
    assert at(world, identity) == ["c"]
    with world.system() as tx:
        look_at_changes(tx, [type("Changed", (), {"record": record, "entity": "lead"})()])
        asked = "SELECT args FROM public.procrastinate_jobs WHERE task_name = 'processes.look_again'"
        assert [row["args"]["arguments"] for row in engine_rows(tx, asked)] == [{"instance": str(identity)}]
        look_again(tx, identity)
    assert at(world, identity) == ["a"]


def test_repair_sets_and_retries_skips_and_moves(world: World) -> None:
    runs(world, "repairing", "start s\nxor x\nuser a\nuser b\nuser z\ns > x\nx >[n = 1] a > z\nx >[n = 2] b > z")
    identity = begun(world, "james", "repairing")
    shown = sees(world, "james", identity)
    assert [each["message"] for each in shown["incidents"]] == [
        "No flow may be taken: no condition is true and there is no default flow."
    ]
    token = shown["incidents"][0]["token"]
    with world.acts("admin") as tx:
        repair(tx, identity, "retry", token=token, values={"n": 2})
    assert at(world, identity) == ["b"]
    with world.acts("admin") as tx:
        repair(tx, identity, "move", token=sees(world, "admin", identity)["tokens"][0]["number"], element="a")
    assert at(world, identity) == ["a"]
    with world.acts("admin") as tx:
        repair(tx, identity, "skip", token=sees(world, "admin", identity)["tokens"][0]["number"])
    assert at(world, identity) == ["z"]
    with world.acts("admin") as tx:
        repair(tx, identity, "cancel")
    assert sees(world, "james", identity)["state"] == "cancelled"
    with world.acts("admin") as tx, pytest.raises(Conflict):
        repair(tx, identity, "cancel")


def test_task_is_completed_once(world: World) -> None:
    runs(world, "once", "start s\nuser a\nuser b\ns > a > b")
    identity = begun(world, "james", "once")
    task = sees(world, "james", identity)["tasks"][0]["id"]
    with world.acts("james") as tx:
        complete_task(tx, task, Given())
    with world.acts("james") as tx, pytest.raises(Conflict):
        complete_task(tx, task, Given())


def test_history_is_only_added_to(world: World) -> None:
    runs(world, "adding", "start s\nuser a\nuser b\ns > a > b")
    identity = begun(world, "james", "adding")
    before = sees(world, "james", identity)["history"]
    does(world, "james", identity, "a")
    assert sees(world, "james", identity)["history"][: len(before)] == before


@pytest.mark.parametrize("blocks", [1, 40])
def test_action_of_a_person_costs_the_same_statements(world: World, blocks: int) -> None:
    lines, before = ["start s", "user a", "user z", "s > a"], "a"
    for k in range(blocks):
        lines += [f"and f{k}", f"and j{k}", f"{before} > f{k} > j{k}", f"f{k} > j{k}"]
        before = f"j{k}"
    runs(world, f"cost{blocks}", "\n".join([*lines, f"{before} > z"]))
    identity = begun(world, "admin", f"cost{blocks}")
    task = sees(world, "admin", identity)["tasks"][0]["id"]
    with world.acts("admin") as tx:
        assert statements(lambda: complete_task(tx, task, Given())) == 10
    assert at(world, identity) == ["z"]


def test_unkept_work_leaves_nothing(world: World) -> None:
    runs(world, "undone", "start s\nuser a\nuser b\ns > a > b")
    identity = begun(world, "james", "undone")
    task = sees(world, "james", identity)["tasks"][0]["id"]
    with world.acts("james") as tx:
        complete_task(tx, task, Given())
        tx.connection.rollback()
    assert at(world, identity) == ["a"]
