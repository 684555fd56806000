"""Processes attacked through the API: by authors with few rights, by those who take part, by those who look on."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from entente.kernel.records.query import find
from entente.kernel.records.save import save
from tests.interfaces.api.process_care_test import DISQUALIFY, XML, at, begun, may
from tests.interfaces.api.processes_test import deployed
from tests.services.processes.drawing import drawn
from tests.world.cast import World

Ask = Callable[..., httpx.Response]
Asks = Callable[[str], Ask]
LEAD = {"last_name": "Spared", "company_name": "Spared SA"}
OWN = ("record", "loopCounter", "numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances")


def authored(asks: Asks, world: World, who: str, text: str, key: str) -> None:
    """A process that somebody with the right to model and no other right has deployed."""
    may(world, who, "processes")
    made = asks(who)("POST", "/processes/import", content=drawn(text, key), headers=XML).json()
    answer = asks(who)("POST", f"/processes/{made['id']}/deploy")
    assert answer.status_code == 200, answer.text


def subject(record: Any) -> dict[str, Any]:
    return {"record": {"entity": "lead", "id": str(record)}}


def tasks(asks: Asks, identity: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asks("admin")("GET", f"/process_instances/{identity}?$expand=tasks").json()["tasks"]
    return found


def variables(asks: Asks, who: str, identity: str) -> dict[str, Any]:
    shown = asks(who)("GET", f"/process_instances/{identity}?$expand=variables").json()
    return {each["name"]: each["value"] for each in shown["variables"]}


def test_author_has_nobody_else_do_what_he_may_not(asks: Asks, world: World) -> None:
    authored(asks, world, "sam", DISQUALIFY, "borrowed")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "borrowed", **subject(record))
    assert at(asks("admin"), identity) == ["refused"]
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] != "dead"


def test_author_who_may_himself_has_it_done(asks: Asks, world: World) -> None:
    authored(asks, world, "helene", DISQUALIFY, "allowed")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "allowed", **subject(record))
    assert at(asks("admin"), identity) == ["done"]
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] == "dead"


def test_starter_has_no_author_do_what_he_may_not_himself(asks: Asks, world: World) -> None:
    deployed(asks, DISQUALIFY, "lent")
    record = world.has("lead", "nadia", **LEAD)
    started = asks("rita")("POST", "/processes/lent/start", json=subject(record))
    if started.status_code == 201:
        assert at(asks("admin"), started.json()["id"]) == ["refused"]
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] != "dead"


def test_author_reads_no_record_through_who_starts_it(asks: Asks, world: World) -> None:
    whom = world.id_of("stranger")
    text = "start s\nuser a destinations='user:stranger' subject='= \"Told: \" + record.last_name'\ns > a"
    authored(asks, world, "stranger", text.replace("user:stranger", f"user:{whom}"), "spy")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "spy", **subject(record))
    seen = asks("admin")("GET", f"/process_instances/{identity}?$expand=tasks,incidents").json()
    assert "Spared" not in str(seen)
    assert [each["code"] for each in seen["incidents"]] == ["process.incident.expression"]


def test_author_has_no_process_that_he_calls_do_what_he_may_not(asks: Asks, world: World) -> None:
    deployed(asks, DISQUALIFY, "of-all")
    authored(asks, world, "sam", "start s\ncall c called=of-all\nuser z\ns > c > z", "calls-to-do")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "calls-to-do", **subject(record))
    assert "refused" in at(asks("admin"), identity)
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] != "dead"


def test_author_who_may_himself_has_it_done_by_a_process_that_he_calls(asks: Asks, world: World) -> None:
    deployed(asks, DISQUALIFY, "of-all")
    authored(asks, world, "helene", "start s\ncall c called=of-all\nuser z\ns > c > z", "calls-and-may")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "calls-and-may", **subject(record))
    assert "done" in at(asks("admin"), identity)


@pytest.mark.parametrize(
    ("who", "inner", "outer"),
    [("stranger", "user a", '"{found: record.last_name}"'), ("sam", "user a subject='= record.last_name'", '"{}"')],
    ids=["by what is taken back", "by what it asks"],
)
def test_author_reads_no_record_through_a_process_that_he_calls(
    asks: Asks, world: World, who: str, inner: str, outer: str
) -> None:
    deployed(asks, f"start s\n{inner}\nend e\ns > a > e", "innocent")
    authored(asks, world, who, f"start s\ncall c called=innocent output={outer}\nuser z\ns > c > z", "calls")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "calls", **subject(record))
    for task in tasks(asks, identity):
        asks("nadia")("POST", f"/tasks/{task['id']}/complete", json={})
    seen = asks("admin")("GET", f"/process_instances/{identity}?$expand=tasks,incidents,variables").json()
    assert "Spared" not in str(seen)
    assert [each["code"] for each in seen["incidents"]] == ["process.incident.expression"]


def test_process_is_called_only_by_an_author_who_may_take_part_in_it(asks: Asks, world: World) -> None:
    deployed(asks, "start s\nuser a\ns > a", "closed")
    line = {"kind": "user", "holder": str(world.id_of("helene")), "level": "participate"}
    assert asks("admin")("POST", "/processes/closed/rights", json={"value": [line]}).status_code == 200
    for who, code in (("helene", None), ("james", "process.incident.call_refused")):
        key = f"calls-closed-{who}"
        made = asks("admin")("POST", "/processes/import", content=drawn("start s\nmanual a\ns > a", key), headers=XML)
        own = {"kind": "user", "holder": str(world.id_of(who)), "level": "admin"}
        asks("admin")("POST", f"/processes/{key}/rights", json={"value": [own]})
        text = drawn("start s\ncall c called=closed\ns > c", key)
        made = asks(who)("POST", "/processes/import", content=text, headers=XML).json()
        assert asks(who)("POST", f"/processes/{made['id']}/deploy").status_code == 200
        identity = begun(asks(who), key)
        seen = asks("admin")("GET", f"/process_instances/{identity}?$expand=incidents").json()
        assert [each["code"] for each in seen["incidents"]] == ([code] if code else [])


@pytest.mark.parametrize("name", OWN)
def test_names_of_the_engine_are_given_by_nobody(asks: Asks, world: World, name: str) -> None:
    deployed(asks, "start s\nuser a\nuser b\ns > a > b", f"own-{name}")
    refused = asks("james")("POST", f"/processes/own-{name}/start", json={"variables": {name: 1}})
    assert (refused.status_code, refused.json()["code"]) == (422, "process.variable_reserved")
    identity = begun(asks("james"), f"own-{name}")
    task = tasks(asks, identity)[0]["id"]
    refused = asks("james")("POST", f"/tasks/{task}/complete", json={"variables": {name: 1}})
    assert (refused.status_code, refused.json()["code"]) == (422, "process.variable_reserved")
    assert at(asks("admin"), identity) == ["a"]


def test_one_of_several_who_approve_cannot_end_it_for_all(asks: Asks, world: World) -> None:
    text = """start s
    user a each='["james", "nadia", "bastien"]' destinations='= item' until='numberOfCompletedInstances > 2'
    user z
    s > a > z"""
    deployed(asks, text, "approval")
    identity = begun(asks("admin"), "approval")
    found = tasks(asks, identity)
    assert len(found) == 3
    for each in found:
        asks("james")("POST", f"/tasks/{each['id']}/complete", json={"variables": {"numberOfInstances": 1000}})
    assert len(tasks(asks, identity)) == 3


def test_message_brings_no_name_of_the_engine(asks: Asks, world: World) -> None:
    text = """start s
    catch m message=paid
    xor x
    user cheap
    user dear
    s > m > x
    x >[record.last_name = "Spared"] dear
    x >* cheap"""
    deployed(asks, text, "forged")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "forged", **subject(record))
    forged = {"name": "paid", "record": str(record), "variables": {"record": {"last_name": "Other"}}}
    assert asks("admin")("POST", "/messages", json=forged).status_code == 200
    assert at(asks("admin"), identity) == ["dear"]


def test_variables_are_shown_to_who_started_it_and_who_looks_after_it(asks: Asks, world: World) -> None:
    deployed(asks, "start s\nuser a\ns > a", "private")
    record = world.has("lead", "nadia", **LEAD)
    identity = begun(asks("nadia"), "private", variables={"margin": 12}, **subject(record))
    assert asks("rita")("GET", f"/process_instances/{identity}").status_code == 200
    assert variables(asks, "rita", identity) == {}
    assert variables(asks, "nadia", identity) == variables(asks, "admin", identity) == {"margin": 12}
    line = {"kind": "user", "holder": str(world.id_of("rita")), "level": "admin"}
    assert asks("admin")("POST", "/processes/private/rights", json={"value": [line]}).status_code == 200
    assert variables(asks, "rita", identity) == {"margin": 12}


def asks_for(world: World, key: str, *names: str) -> None:
    """A published form whose questions are variables of the process that it belongs to."""
    text = {"en": key, "fr": key}
    fields = [{"field": each, "label": text, "asks": {"type": "text", "label": text}} for each in names]
    shape = {"title": text, "submit": text, "sections": [{"key": "one", "label": text, "fields": fields}]}
    with world.system() as tx:
        form = save(tx, "form", {"kind": "named", "key": key, "name": key, "starts": "none"})
        save(tx, "form_version", {"form": form.id, "title": key, "number": 1, "definition": shape}, trusted=True)


def test_task_with_a_form_takes_the_answers_to_its_questions_alone(asks: Asks, world: World) -> None:
    asks_for(world, "reason", "reason")
    deployed(asks, "start s\nuser a destinations=user:james form=reason\nuser b\ns > a > b", "formal")
    identity = begun(asks("admin"), "formal")
    task = tasks(asks, identity)[0]["id"]
    sly = asks("james")("POST", f"/tasks/{task}/complete", json={"variables": {"reason": "why", "approved": True}})
    assert (sly.status_code, sly.json()["code"]) == (422, "process.variable_not_asked")
    fair = asks("james")("POST", f"/tasks/{task}/complete", json={"variables": {"reason": "why"}})
    assert fair.status_code == 200, fair.text
    assert variables(asks, "admin", identity) == {"reason": "why"}
