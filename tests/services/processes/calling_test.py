"""Processes that call other programs: once for each piece of work, under one key, whatever breaks in between."""

import json
from typing import Any

import msgspec
import pytest
from tests.services.automation.setting import job_run
from tests.services.connect.webhooks_test import Listener, listener
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Forbidden
from entente.services.connect import webhooks
from entente.services.connect.outgoing import Unanswered
from entente.services.connect.webhooks import deliver_webhook
from entente.services.processes.calling import signing_secret
from entente.services.processes.definitions import NotDeployable, deploy, import_model
from entente.services.processes.instances import start

__all__ = ["listener"]
ONCE = """start s
service tell url="{url}" input="{{total: 12, name: who}}" result=told
user after
end e
s > tell > after > e
"""


class Crash(Exception):  # noqa: N818 - what happens
    """The worker dies here."""


def model(world: World, text: str, url: str, login: str = "admin") -> None:
    with world.acts(login) as tx:
        deploy(tx, import_model(tx, drawn(text.format(url=url))).id)


def begun(world: World, **values: Any) -> Any:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        return start(tx, "p", entity="lead", record=lead, values=values)


def calls(world: World) -> list[dict[str, Any]]:
    with world.system() as tx:
        return engine_rows(tx, "SELECT * FROM {schema}.outgoing_call ORDER BY created_at, id")


def keys(heard: Listener) -> list[str]:
    return [headers["Idempotency-Key"] for _, headers, _ in heard.got]


def test_call_bears_its_key_and_the_values_of_its_work(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    made = begun(world, who="Claire")
    assert listener.got == []
    (call,) = calls(world)
    job_run(world, deliver_webhook, call["id"])
    ((_, headers, body),) = listener.got
    sent = json.loads(body)
    assert headers["Idempotency-Key"] == headers["Entente-Delivery"] == call["key"]
    assert (sent["process"], sent["element"], sent["instance"]) == ("p", "tell", str(made.id))
    assert sent["values"] == {"total": "12", "name": "Claire"}
    with world.acts("admin") as tx:
        assert signing_secret(tx, "p")
    with world.acts("james") as tx, pytest.raises(Forbidden):
        signing_secret(tx, "p")


def test_crash_between_the_call_and_its_commit_is_one_delivery_for_the_receiver(
    world: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(world, ONCE, listener.url)
    begun(world, who="Claire")
    (call,) = calls(world)

    def dies(*given: Any) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_settle", dies)
        with pytest.raises(Crash):
            job_run(world, deliver_webhook, call["id"])
    job_run(world, deliver_webhook, call["id"])
    assert len(listener.got) == 2
    assert len(set(keys(listener))) == 1
    assert listener.got[0][2] == listener.got[1][2]


def test_receiver_that_is_down_gets_the_same_key_when_it_is_back(world: World, listener: Listener) -> None:
    model(world, ONCE, listener.url)
    begun(world, who="Claire")
    (call,) = calls(world)
    listener.status = 503
    with pytest.raises(Unanswered):
        job_run(world, deliver_webhook, call["id"])
    listener.status = 200
    job_run(world, deliver_webhook, call["id"])
    job_run(world, deliver_webhook, call["id"])
    assert keys(listener) == [call["key"]] * 2


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
    begun(world)
    assert len({each["key"] for each in calls(world)}) == len(calls(world)) == 3


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
