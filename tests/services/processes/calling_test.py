"""Processes that call other programs: once for each piece of work, under one key, whatever breaks in between."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.services.automation.setting import job_run
from tests.services.connect.webhooks_test import Listener, listener
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.jobs.queue import job_of
from entente.kernel.kit.refusal import Forbidden
from entente.services.connect.webhooks import attempt
from entente.services.processes import running
from entente.services.processes.calling import signing_secret
from entente.services.processes.definitions import NotDeployable, deploy, import_model
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import repair, start
from entente.services.processes.picture import course_of
from entente.services.processes.running import call_for
from entente.services.processes.showing import shown_instance
from entente.services.processes.waking import wake_due

__all__ = ["listener"]
ONCE = """start s
service tell url="{url}" input="{{total: 12, name: who}}" result=told retries=PT1M,PT5M
user after
end e
s > tell > after > e
"""
CAUGHT = """start s
service tell url="{url}"
boundary gone on=tell error=http_404
boundary slow on=tell after=PT10M
user after
user instead
user late
end e
s > tell > after > e
gone > instead > e
slow > late > e
"""


class Crash(Exception):  # noqa: N818 - what happens
    """The worker dies here."""


def model(world: World, text: str, url: str, login: str = "admin") -> None:
    with world.acts(login) as tx:
        deploy(tx, import_model(tx, drawn(text.format(url=url))).id)


def begun(world: World, **values: Any) -> Instance:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        return start(tx, "p", entity="lead", record=lead, values=values)


def calls(world: World) -> list[dict[str, Any]]:
    with world.system() as tx:
        return engine_rows(tx, "SELECT * FROM {schema}.outgoing_call ORDER BY created_at, id")


def makes_calls(world: World, made: Instance) -> None:
    """Do the calls that the queue holds for an instance, as a worker does."""
    sql = (
        "DELETE FROM public.procrastinate_jobs WHERE task_name = 'processes.call'"
        " AND args -> 'arguments' ->> 'instance' = %(id)s RETURNING args -> 'arguments' ->> 'call' AS call"
    )
    with world.system() as tx:
        found = engine_rows(tx, sql, id=str(made.id))
    for each in found:
        job_run(world, call_for, UUID(each["call"]), made.id)


def later(world: World, **by: float) -> None:
    world.clock.move(timedelta(**by))
    job_run(world, wake_due)


def sees(world: World, made: Instance) -> dict[str, Any]:
    with world.acts("admin") as tx:
        return shown_instance(tx, made.id, ("tokens", "history", "incidents", "variables"))


def at(world: World, made: Instance) -> list[str]:
    return sorted(each["element"] for each in sees(world, made)["tokens"])


def value(world: World, made: Instance, name: str) -> Any:
    return next((each["value"] for each in sees(world, made)["variables"] if each["name"] == name), None)


def incidents(world: World, made: Instance) -> list[tuple[str, str, str]]:
    return [(each["element"], each["code"], each["detail"]) for each in sees(world, made)["incidents"]]


def repaired(world: World, made: Instance, verb: str, **values: Any) -> None:
    with world.acts("admin") as tx:
        repair(tx, made.id, verb, token=sees(world, made)["incidents"][0]["token"], values=values or None)


def keys(heard: Listener) -> list[str]:
    return [headers["Idempotency-Key"] for _, headers, _ in heard.got]


def test_call_bears_its_key_and_the_values_of_its_work(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    assert listener.got == []
    makes_calls(world, made)
    (call,) = calls(world)
    ((_, headers, body),) = listener.got
    sent = json.loads(body)
    assert headers["Idempotency-Key"] == headers["Entente-Delivery"] == call["key"]
    assert (sent["process"], sent["element"], sent["instance"]) == ("p", "tell", str(made.id))
    assert sent["values"] == {"total": "12", "name": "Claire"}
    with world.acts("admin") as tx:
        assert signing_secret(tx, "p")
    with world.acts("james") as tx, pytest.raises(Forbidden):
        signing_secret(tx, "p")


def test_process_waits_for_the_answer_and_knows_it(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    assert at(world, made) == ["tell"]
    listener.status, listener.answer = 201, b'{"number": "K-7", "price": 12.50}'
    makes_calls(world, made)
    assert at(world, made) == ["after"]
    assert value(world, made, "told") == {"status": 201, "body": {"number": "K-7", "price": 12.5}}
    assert calls(world)[0]["state"] == "sent"


@pytest.mark.parametrize(
    ("answer", "body"), [(b"", None), (b"all well \xff\x00", "all well \ufffd"), (b"[" * 5000, "[" * 5000)]
)
def test_answer_that_is_no_json_is_text(world: World, listener: Listener, answer: bytes, body: Any) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    listener.answer = answer
    makes_calls(world, made)
    assert value(world, made, "told") == {"status": 200, "body": body}


def test_crash_between_the_call_and_its_commit_is_one_delivery_for_the_receiver(
    world: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    (call,) = calls(world)

    def dies(*given: Any) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(running, "settle", dies)
        with pytest.raises(Crash):
            job_run(world, call_for, call["id"], made.id)
    assert at(world, made) == ["tell"]
    job_run(world, call_for, call["id"], made.id)
    job_run(world, call_for, call["id"], made.id)
    assert at(world, made) == ["after"]
    assert len(listener.got) == 2
    assert len(set(keys(listener))) == 1
    assert listener.got[0][2] == listener.got[1][2]


def test_receiver_that_is_down_gets_the_same_call_after_each_pause(world: World, listener: Listener) -> None:
    model(world, ONCE.replace("who}", "now()}"), listener.url)
    made = begun(world, who="Claire")
    listener.status = 503
    makes_calls(world, made)
    later(world, seconds=59)
    makes_calls(world, made)
    assert len(listener.got) == 1
    later(world, seconds=2)
    makes_calls(world, made)
    assert len(listener.got) == 2
    listener.status = 200
    later(world, minutes=5)
    makes_calls(world, made)
    assert at(world, made) == ["after"]
    assert len({(headers["Idempotency-Key"], body) for _, headers, body in listener.got}) == 1
    failed = [each["detail"] for each in sees(world, made)["history"] if each["outcome"] == "failed"]
    assert failed == ["HTTP 503", "HTTP 503"]


def worn_out(world: World, listener: Listener) -> Instance:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    listener.status = 503
    for minutes in (0, 2, 6):
        later(world, minutes=minutes)
        makes_calls(world, made)
    assert incidents(world, made) == [("tell", "process.incident.work", "HTTP 503")]
    listener.status = 200
    return made


def test_call_that_fails_to_the_last_is_an_incident_that_a_retry_mends_under_its_key(
    world: World, listener: Listener
) -> None:
    made = worn_out(world, listener)
    repaired(world, made, "retry")
    makes_calls(world, made)
    assert at(world, made) == ["after"]
    assert len(keys(listener)) == 4
    assert len(set(keys(listener))) == 1


def test_call_whose_values_a_person_edits_is_another_call(world: World, listener: Listener) -> None:
    made = worn_out(world, listener)
    repaired(world, made, "retry", who="Anna")
    makes_calls(world, made)
    assert [json.loads(body)["values"]["name"] for _, _, body in listener.got] == ["Claire"] * 3 + ["Anna"]
    assert len(set(keys(listener))) == 2
    assert at(world, made) == ["after"]


def test_call_that_failed_to_the_last_can_be_skipped(world: World, listener: Listener) -> None:
    made = worn_out(world, listener)
    repaired(world, made, "skip", told={"status": 0})
    assert (at(world, made), value(world, made, "told")) == (["after"], {"status": 0})
    assert len(listener.got) == 3


def test_refusal_for_good_is_an_error_that_the_model_catches_by_its_status(world: World, listener: Listener) -> None:
    model(world, CAUGHT, listener.url)
    made = begun(world)
    listener.status = 404
    makes_calls(world, made)
    assert at(world, made) == ["instead"]


def test_refusal_for_good_that_nothing_catches_is_an_incident(world: World, listener: Listener) -> None:
    model(world, CAUGHT, listener.url)
    made = begun(world)
    listener.status = 422
    makes_calls(world, made)
    assert incidents(world, made) == [("tell", "process.incident.error", "HTTP 422 (http_422)")]


def test_call_that_nobody_waits_for_any_more_is_not_made(world: World, listener: Listener) -> None:
    model(world, CAUGHT, listener.url)
    made = begun(world)
    later(world, minutes=11)
    assert at(world, made) == ["late"]
    makes_calls(world, made)
    assert listener.got == []
    assert [(each["state"], each["error"]) for each in calls(world)] == [("failed", "process.call_withdrawn")]


def test_answer_that_comes_after_the_timer_changes_nothing(
    world: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(world, CAUGHT, listener.url)
    made = begun(world)

    def slowly(*given: Any) -> Any:
        later(world, minutes=11)
        return attempt(*given)

    monkeypatch.setattr(running, "attempt", slowly)
    makes_calls(world, made)
    assert at(world, made) == ["late"]
    assert len(listener.got) == 1


def test_call_whose_job_is_dead_is_an_incident(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    buried = job_of(call_for).buried
    assert buried is not None
    with world.system() as tx:
        buried(tx, "the worker died", call=calls(world)[0]["id"], instance=made.id)
    [(element, code, words)] = incidents(world, made)
    assert (element, code) == ("tell", "process.incident.work")
    assert words.startswith("the call could not be carried out to its end")
    repaired(world, made, "retry")
    makes_calls(world, made)
    assert at(world, made) == ["after"]


def test_picture_shows_which_program_is_waited_for(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")

    def waits() -> list[tuple[str, str]]:
        with world.acts("admin") as tx:
            (picture,) = course_of(tx, made.id).pictures
            return [(wait.name, wait.kind) for step in picture.steps for wait in step.waits if step.element == "tell"]

    assert waits() == [("127.0.0.1", "answer")]
    listener.status = 503
    makes_calls(world, made)
    assert waits() == [("127.0.0.1", "retry")]


def breaks_off(world: World) -> None:
    with world.acts("james") as tx:
        start(tx, "p", values={"who": "Claire"})
        raise Crash


def test_process_that_breaks_off_before_its_commit_calls_nobody(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    with pytest.raises(Crash):
        breaks_off(world)
    assert calls(world) == []


LOOP = 'start s\nservice tell url="{url}" times=3 sequential\nend e\ns > tell > e'


def test_each_turn_is_a_piece_of_work_of_its_own(world: World, listener: Listener) -> None:
    model(world, LOOP, listener.url)
    made = begun(world)
    for _ in range(3):
        makes_calls(world, made)
    assert len({each["key"] for each in calls(world)}) == len(calls(world)) == 3
    assert sees(world, made)["state"] == "completed"


def test_only_administrators_deploy_calls_and_only_to_addresses(world: World) -> None:
    with world.acts("admin") as tx, pytest.raises(NotDeployable) as refusal:
        deploy(tx, import_model(tx, drawn(ONCE.format(url="ftp://x.example/"))).id)
    assert [each.code for each in refusal.value.problems if each.severity == "error"] == ["process.problem.bad_address"]
    with world.acts("admin") as tx:
        made = import_model(tx, drawn(ONCE.format(url="https://x.example/hook"))).id
    principal = world.principal("helene")
    able = msgspec.structs.replace(principal, may=principal.may | {"processes"})
    with world.database.begin(able) as tx, pytest.raises(Forbidden):
        deploy(tx, made)
