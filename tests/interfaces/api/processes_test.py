"""Processes through the API: models in and out, instances, tasks, messages, signals, repair, rights."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.services.processes.drawing import drawn
from tests.world.cast import World

Ask = Callable[..., httpx.Response]
TEXT = 'start s\nuser a\nxor x\nuser b\nend e\ns > a > x\nx >[outcome = "yes"] b > e\nx >* e'


def imported(asks: Callable[[str], Ask], text: str, key: str) -> dict[str, Any]:
    answer = asks("admin")(
        "POST", "/processes/import", content=drawn(text, key), headers={"Content-Type": "application/xml"}
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def deployed(asks: Callable[[str], Ask], text: str, key: str) -> dict[str, Any]:
    made = imported(asks, text, key)
    answer = asks("admin")("POST", f"/processes/{made['id']}/deploy")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_process_from_import_to_its_end(asks: Callable[[str], Ask], world: World) -> None:
    made = imported(asks, TEXT, "whole")
    assert (made["key"], made["version"], made["state"], made["problems"]) == ("whole", 1, "draft", [])
    assert asks("james")("POST", "/processes/whole/start").status_code == 404
    assert asks("admin")("POST", f"/processes/{made['id']}/deploy").json()["state"] == "deployed"
    started = asks("james")("POST", "/processes/whole/start", json={"business_key": "B7", "variables": {"x": 1.5}})
    assert started.status_code == 201
    place = started.headers["location"].removeprefix("/api/v1")
    shown = asks("james")("GET", f"{place}?$expand=tokens,tasks,history,incidents,variables").json()
    assert (shown["process"], shown["business_key"], shown["state"]) == ("whole", "B7", "running")
    assert [each["element"] for each in shown["tokens"]] == ["a"]
    task = shown["tasks"][0]["id"]
    mine = asks("james")("GET", "/tasks?$filter=process eq 'whole'").json()["value"]
    assert [each["id"] for each in mine] == [task]
    assert asks("nadia")("POST", f"/tasks/{task}/complete").status_code == 404
    done = asks("james")("POST", f"/tasks/{task}/complete", json={"outcome": "yes", "comment": "Good."})
    assert done.status_code == 200, done.text
    shown = asks("james")("GET", f"{place}?$expand=tasks,variables").json()
    assert [each["element"] for each in shown["tasks"]] == ["b"]
    assert {each["name"]: each["value"] for each in shown["variables"]} == {"x": 1.5, "outcome": "yes"}
    asks("james")("POST", f"/tasks/{shown['tasks'][0]['id']}/complete")
    assert asks("james")("GET", place).json()["state"] == "completed"


def test_export_gives_the_bytes_of_the_import(asks: Callable[[str], Ask], world: World) -> None:
    made = imported(asks, TEXT, "bytes")
    answer = asks("admin")("GET", f"/processes/{made['id']}/bpmn")
    assert answer.content == drawn(TEXT, "bytes")
    assert answer.headers["content-type"].startswith("application/xml")


def test_deployment_is_refused_with_every_problem_in_words(asks: Callable[[str], Ask], world: World) -> None:
    made = imported(asks, "start s\nservice w\nxor x\nuser a\nuser b\ns > w > x > a\nx > b", "wrong")
    answer = asks("admin")("POST", f"/processes/{made['id']}/deploy", headers={"Accept-Language": "fr"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "process.has_problems"
    assert answer.json()["problems"] == made["problems"] or len(answer.json()["problems"]) == 3
    first = next(each for each in answer.json()["problems"] if each["element"] == "w")
    assert (first["code"], first["severity"]) == ("no_action", "error")
    assert first["message"] == first["message_fr"] != first["message_en"]
    assert asks("admin")("POST", f"/processes/{made['id']}/deploy", json={"recorded": True}).status_code == 422


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no xml", "process.not_xml"),
        (b"<html/>", "process.not_bpmn"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><definitions>&a;</definitions>', "process.doctype"),
        (b"<a>" * 150 + b"</a>" * 150, "process.too_deep"),
        (b"<a>" + b" " * 5_000_001 + b"</a>", "process.too_large"),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "process.no_process"),
    ],
    ids=["text", "html", "entity", "deep", "large", "empty"],
)
def test_hostile_models_are_refused(asks: Callable[[str], Ask], world: World, content: bytes, code: str) -> None:
    answer = asks("admin")("POST", "/processes/import", content=content, headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_only_designers_work_on_processes(asks: Callable[[str], Ask], world: World) -> None:
    made = deployed(asks, TEXT, "rights")
    xml = {"content": drawn(TEXT, "rights"), "headers": {"Content-Type": "application/xml"}}
    assert asks("james")("POST", "/processes/import", **xml).status_code == 403
    for method, path in (
        ("GET", "/processes"),
        ("POST", f"/processes/{made['id']}/deploy"),
        ("GET", f"/processes/{made['id']}/bpmn"),
    ):
        assert asks("james")(method, path).status_code == 403
    identity = asks("james")("POST", "/processes/rights/start").json()["id"]
    assert asks("james")("POST", f"/process_instances/{identity}/repair", json={"verb": "cancel"}).status_code == 403
    assert asks("james")("POST", "/messages", json={"name": "m"}).status_code == 403
    assert asks("james")("POST", "/signals", json={"name": "m"}).status_code == 403
    assert asks("nadia")("GET", f"/process_instances/{identity}").status_code == 404


def test_instance_of_a_record_is_seen_by_whoever_reads_the_record(asks: Callable[[str], Ask], world: World) -> None:
    deployed(asks, TEXT, "seen")
    record = world.has("lead", "nadia", last_name="Kerbrat", company_name="Kerbrat SA")
    body = {"record": {"entity": "lead", "id": str(record)}}
    assert asks("stranger")("POST", "/processes/seen/start", json=body).status_code in (403, 404)
    identity = asks("nadia")("POST", "/processes/seen/start", json=body).json()["id"]
    assert asks("helene")("GET", f"/process_instances/{identity}").status_code == 200
    assert asks("stranger")("GET", f"/process_instances/{identity}").status_code == 404
    tasks = asks("nadia")("GET", "/tasks?$filter=process eq 'seen'").json()["value"]
    assert [each["regarding"]["id"] for each in tasks] == [str(record)]
    assert asks("stranger")("GET", "/tasks?$filter=process eq 'seen'").json()["value"] == []
    assert asks("helene")("POST", f"/tasks/{tasks[0]['id']}/complete").status_code == 403


def test_message_and_signal_reach_who_waits(asks: Callable[[str], Ask], world: World) -> None:
    text = "start s\ncatch m message=reply\ncatch n signal=go\nuser a\ns > m > n > a"
    deployed(asks, text, "heard")
    identity = asks("james")("POST", "/processes/heard/start", json={"business_key": "H1"}).json()["id"]
    message = {"name": "reply", "business_key": "H1", "variables": {"text": "yes"}}
    assert asks("admin")("POST", "/messages", json=message).json() == {"instance_id": identity}
    again = asks("admin")("POST", "/messages", json=message)
    assert (again.status_code, again.json()["code"]) == (404, "process.message_unmatched")
    assert asks("admin")("POST", "/signals", json={"name": "go"}).json() == {"value": [identity]}
    shown = asks("james")("GET", f"/process_instances/{identity}?$expand=tokens").json()
    assert [each["element"] for each in shown["tokens"]] == ["a"]


def test_incident_is_told_in_words_and_repaired(asks: Callable[[str], Ask], world: World) -> None:
    deployed(asks, "start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b", "repair")
    identity = asks("james")("POST", "/processes/repair/start").json()["id"]
    path = f"/process_instances/{identity}"
    french = asks("james")("GET", f"{path}?$expand=incidents", headers={"Accept-Language": "fr"}).json()
    assert french["incidents"][0]["message"].startswith("Aucun flux")
    token = french["incidents"][0]["token"]
    wish = {"verb": "retry", "token": token, "variables": {"n": 2}}
    assert asks("admin")("POST", f"{path}/repair", json=wish).status_code == 200
    shown = asks("james")("GET", f"{path}?$expand=tokens,incidents").json()
    assert ([each["element"] for each in shown["tokens"]], shown["incidents"]) == (["b"], [])
    assert asks("admin")("POST", f"{path}/repair", json={"verb": "explode"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/processes/nobody/start", {}, 404),
        ("POST", "/processes/nobody/start", {"unknown": 1}, 422),
        ("POST", "/processes/nobody/start", {"record": {"entity": "lead"}}, 422),
        ("POST", "/processes/nobody/start", {"business_key": "\u0000"}, 422),
        ("GET", "/process_instances/nobody", None, 404),
        ("POST", "/tasks/x/complete", {}, 404),
        ("POST", "/messages", {}, 422),
        ("PATCH", "/processes/import", {}, 405),
    ],
)
def test_what_is_not_understood_is_refused(
    asks: Callable[[str], Ask], world: World, method: str, path: str, body: Any, status: int
) -> None:
    assert asks("admin")(method, path, **({} if body is None else {"json": body})).status_code == status


def test_nobody_gets_in_without_a_token(client: Any) -> None:
    assert client.post("/api/v1/processes/whole/start").status_code == 401
