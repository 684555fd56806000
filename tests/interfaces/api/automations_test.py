"""Automations for programs: rules as records, tried, looked up in the log, called by buttons and signed addresses."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from litestar.testing import TestClient

from entente import app
from entente.kernel.db.database import Database
from entente.kernel.jobs.followers import dispatch
from entente.kernel.kit.ids import parse_id
from entente.services.automation.calling import address_of
from entente.services.automation.changes import AUTOMATIONS
from entente.services.automation.rules import rule_of
from tests.world.cast import World

Asks = Callable[[str], Callable[..., httpx.Response]]
POST = [{"kind": "post", "body": "Hello {{ name }}"}]


def made(asks: Asks, **values: Any) -> str:
    body = {"name": "Rule", "entity": "lead", "trigger": "created", "actions": POST, **values}
    answer = asks("admin")("POST", "/automations", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def lead(asks: Asks, login: str = "james", **values: Any) -> str:
    answer = asks(login)("POST", "/leads", json={"last_name": "Berthier", **values})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_rule_is_a_record_and_its_runs_can_be_read(asks: Asks, database: Database) -> None:
    rule = made(asks, condition='priority = "high"')
    lead(asks, priority="high")
    lead(asks, priority="low")
    while dispatch(database, "main", [AUTOMATIONS]):
        pass
    runs = asks("admin")("GET", f"/automations/{rule}/runs").json()["value"]
    assert [run["outcome"] for run in runs] == ["skipped", "done"]
    assert runs[0]["condition"]["text"] == 'priority = "high"'
    first = asks("admin")("GET", f"/automations/{rule}/runs?top=1").json()
    rest = asks("admin")("GET", f"/automations/{rule}/runs", params={"before": first["next"]}).json()
    assert [run["id"] for run in (*first["value"], *rest["value"])] == [run["id"] for run in runs]
    asks("admin")("DELETE", f"/automations/{rule}", headers={"If-Match": "*"})


def test_dry_run_over_the_past_and_on_a_record(asks: Asks) -> None:
    who = lead(asks, priority="urgent")
    rule = made(asks, condition='priority = "urgent"', active=False)
    past = asks("admin")("POST", f"/automations/{rule}/dry_run", json={"days": 3}).json()
    assert who in [trial["record"] for trial in past["trials"]]
    one = asks("admin")("POST", f"/automations/{rule}/dry_run", json={"record": who}).json()
    assert one["trials"][0]["steps"][0]["text"] == "Posted “Hello Berthier”"
    assert asks("admin")("GET", "/notes", params={"filter": f"regarding eq {who}"}).json()["value"] == []
    assert asks("admin")("POST", f"/automations/{rule}/dry_run", json={"month": 1}).status_code == 422


def test_rules_are_for_those_who_may_see_them(asks: Asks) -> None:
    rule = made(asks, active=False)
    for method, path in (("GET", "runs"), ("POST", "dry_run")):
        assert asks("james")(method, f"/automations/{rule}/{path}").status_code == 404
    body = {"name": "R", "entity": "lead", "trigger": "created", "actions": POST}
    assert asks("james")("POST", "/automations", json=body).status_code == 403


def test_button_is_offered_and_acts(asks: Asks) -> None:
    settings = {"en": "Greet", "fr": "Saluer", "show_if": 'status != "in_process"'}
    rule = made(asks, trigger="button", settings=settings)
    new, old = lead(asks), lead(asks, status="in_process")
    james = asks("james")
    assert [each["label"] for each in james("GET", f"/leads/{new}/automations").json()["value"]] == ["Greet"]
    assert james("GET", f"/leads/{old}/automations").json()["value"] == []
    assert james("POST", f"/leads/{new}/automations/{rule}").json()["outcome"] == "done"
    assert james("POST", f"/leads/{old}/automations/{rule}").status_code == 422
    assert asks("nadia")("POST", f"/leads/{new}/automations/{rule}").status_code == 404


@pytest.fixture
def outside(database: Database) -> Iterator[TestClient[Any]]:
    with TestClient(app.build(database)) as client:
        yield client


def test_signed_address_sets_a_rule_off(asks: Asks, database: Database, outside: TestClient[Any]) -> None:
    rule = made(asks, trigger="signal")
    who = lead(asks, company_name="Lisière & fils")
    with World(database).system() as tx:
        found = rule_of(tx, parse_id(rule) or tx.cause.id)
        assert found
        path = urlsplit(address_of(tx, found)).path
    answer = outside.post(path, json={"record": who})
    assert (answer.status_code, answer.json()["runs"]) == (200, [{"record": who, "outcome": "done"}])
    named = outside.post(path, json={"where": {"company_name": "Lisière & fils"}})
    assert named.json()["runs"] == [{"record": who, "outcome": "done"}]
    forged = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert outside.post(forged, json={"record": who}).status_code == 404
    assert outside.post(path, json={}).status_code == 422
    assert outside.post(path, json={"where": {"budget": 'x" or true'}}).status_code == 422
    renewed = {"settings": {"renewed": 1}}
    assert asks("admin")("PATCH", f"/automations/{rule}", json=renewed, headers={"If-Match": "*"}).status_code == 200
    assert outside.post(path, json={"record": who}).status_code == 404
