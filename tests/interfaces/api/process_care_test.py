"""Processes looked after through the API, as several people: repair, modification, migration, rights, authors."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from entente.kernel.records.query import find
from entente.kernel.records.save import save
from tests.interfaces.api.processes_test import deployed, imported
from tests.services.processes.drawing import drawn
from tests.services.processes.events_test import follow
from tests.world.cast import World

Ask = Callable[..., httpx.Response]
Asks = Callable[[str], Ask]
XML = {"Content-Type": "application/xml"}
FOUR = ("james", "nadia", "rita", "helene")
PARTS = "$expand=tokens,history,incidents,variables,tasks"


def begun(ask: Ask, key: str, **body: Any) -> str:
    answer = ask("POST", f"/processes/{key}/start", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def shown(ask: Ask, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = ask("GET", f"/process_instances/{identity}?{PARTS}").json()
    return found


def at(ask: Ask, identity: str) -> list[str]:
    return sorted(each["element"] for each in shown(ask, identity)["tokens"])


def may(world: World, login: str, *rights: str) -> None:
    """Give somebody a role of his own with global rights and nothing else."""
    with world.system() as tx:
        key = f"author-{uuid4().hex}"
        role = save(tx, "role", {"key": key, "name": key, "may": list(rights)})
        known = find(tx, "user", world.id_of(login))["roles"]
        save(tx, "user", {"roles": [*(getattr(each, "id", each) for each in known), role.id]}, id=world.id_of(login))


def test_preview_of_a_repair_changes_nothing_and_the_repair_is_written_down(asks: Asks) -> None:
    ask = asks("admin")
    deployed(asks, "start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b", "care")
    identity = begun(ask, "care")
    incident = shown(ask, identity)["incidents"][0]
    assert incident["message"].startswith("No flow may be taken")
    wish = {"verb": "retry", "token": incident["token"], "variables": {"n": 2}, "reason": "the number was missing"}
    looked = ask("POST", f"/process_instances/{identity}/repair", json={**wish, "preview": True}).json()
    assert ([each["element"] for each in looked["before"]], [each["element"] for each in looked["after"]]) == (
        ["x"],
        ["b"],
    )
    assert (at(ask, identity), len(shown(ask, identity)["incidents"])) == (["x"], 1)
    assert shown(ask, identity)["variables"] == []
    assert ask("POST", f"/process_instances/{identity}/repair", json=wish).status_code == 200
    assert at(ask, identity) == ["b"]
    written = [each for each in shown(ask, identity)["history"] if each["outcome"] == "modified"]
    assert [each["detail"] for each in written] == ["Retried n: the number was missing"]


def test_modification_puts_and_withdraws_tokens_at_one_stroke(asks: Asks) -> None:
    ask = asks("admin")
    deployed(asks, "start s\nuser a\nuser b\nuser c\ns > a > b > c", "modified")
    identity = begun(ask, "modified")
    token = shown(ask, identity)["tokens"][0]["number"]
    deeds = [{"verb": "start_before", "element": "c"}, {"verb": "withdraw", "token": token}]
    place = f"/process_instances/{identity}/modify"
    looked = ask("POST", place, json={"deeds": deeds, "preview": True}).json()
    assert [each["element"] for each in looked["after"]] == ["c"]
    assert at(ask, identity) == ["a"]
    assert ask("POST", place, json={"deeds": deeds}).status_code == 200
    assert at(ask, identity) == ["c"]
    assert [each["element"] for each in shown(ask, identity)["tasks"]] == ["c"]
    assert ask("POST", place, json={"deeds": [{"verb": "start_before", "element": "no"}]}).status_code == 422
    assert ask("POST", place, json={"deeds": [{"verb": "explode"}]}).status_code == 422
    assert ask("POST", place, json={"deeds": []}).status_code == 422
    assert asks("james")("POST", place, json={"deeds": deeds}).status_code == 403


def migrated(ask: Ask, wish: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """The results of a migration by instance."""
    answer = ask("POST", "/process_instances/migrate", json={**wish, **more})
    return {each["instance"]: each for each in answer.json()["value"]}


def states(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {identity: each["state"] for identity, each in found.items()}


def test_instances_are_migrated_each_on_its_own(asks: Asks) -> None:
    ask = asks("admin")
    one = deployed(asks, "start s\nuser a\nboundary t on=a after=P1D keep\nuser b\ns > a > b\nt > b", "travel")
    first, second = begun(ask, "travel"), begun(ask, "travel")
    task = shown(ask, second)["tasks"][0]["id"]
    assert ask("POST", f"/tasks/{task}/complete").status_code == 200
    two = deployed(asks, "start s\nuser a\nuser x\ns > a > x", "travel")
    wish = {"source": one["id"], "target": two["id"]}
    looked = migrated(ask, wish, preview=True)
    assert (looked[first]["state"], looked[first]["lost_timers"]) == ("ready", ["t"])
    assert (looked[second]["state"], [each["element"] for each in looked[second]["unmapped"]]) == ("refused", ["b"])
    assert states(migrated(ask, wish)) == {first: "refused", second: "refused"}
    assert shown(ask, first)["version"] == 1
    given = {**wish, "accept_losses": True, "mapping": {"b": "x"}}
    before = shown(ask, second)["tasks"][0]["id"]
    assert states(migrated(ask, given)) == {first: "migrated", second: "migrated"}
    after = shown(ask, second)
    assert (after["version"], at(ask, second)) == (2, ["x"])
    assert [(each["id"], each["element"]) for each in after["tasks"]] == [(before, "x")]
    assert [each["detail"] for each in after["history"] if each["outcome"] == "migrated"] == ["travel 1 → travel 2"]
    assert ask("POST", f"/tasks/{before}/complete").status_code == 200
    assert shown(ask, second)["state"] == "completed"
    assert ask("POST", "/process_instances/migrate", json={**wish, "mapping": {"q": "x"}}).status_code == 422
    assert asks("james")("POST", "/process_instances/migrate", json=wish).status_code == 403


def test_a_migration_without_its_versions_is_told_what_is_missing(asks: Asks) -> None:
    answer = asks("admin")("POST", "/process_instances/migrate", json={"preview": True})
    assert answer.status_code == 422
    assert [(each["code"], each["field"]) for each in answer.json()["errors"]] == [("field.required", "source")]


def test_lines_of_a_process_say_who_starts_sees_and_looks_after_it(asks: Asks, world: World) -> None:
    ask = asks("admin")
    deployed(asks, "start s\nuser a\nuser b\ns > a > b", "guarded")
    identity = begun(ask, "guarded")
    assert asks("nadia")("GET", f"/process_instances/{identity}").status_code == 404
    with world.system() as tx:
        south = find(tx, "user", world.id_of("nadia"))["team"]
        manager = find(tx, "user", world.id_of("helene"))["roles"][0]
    lines = [
        {"kind": "user", "holder": str(world.id_of("james")), "level": "participate"},
        {"kind": "team", "holder": str(getattr(south, "id", south)), "level": "view"},
        {"kind": "role", "holder": str(getattr(manager, "id", manager)), "level": "admin"},
    ]
    assert asks("james")("POST", "/processes/guarded/rights", json={"value": lines}).status_code == 403
    assert ask("POST", "/processes/guarded/rights", json={"value": lines}).status_code == 200
    starts = {who: asks(who)("POST", "/processes/guarded/start").status_code for who in FOUR}
    assert starts == {"james": 201, "nadia": 403, "rita": 403, "helene": 201}
    sees = {who: asks(who)("GET", f"/process_instances/{identity}").status_code for who in FOUR}
    assert sees == {"james": 200, "nadia": 200, "rita": 404, "helene": 200}
    cancel = {"verb": "cancel"}
    repairs = {who: asks(who)("POST", f"/process_instances/{identity}/repair", json=cancel).status_code for who in FOUR}
    assert repairs == {"james": 403, "nadia": 403, "rita": 403, "helene": 200}
    text = drawn("start s\nuser z\ns > z", "guarded")
    assert asks("james")("POST", "/processes/import", content=text, headers=XML).status_code == 403
    assert asks("helene")("GET", "/processes/guarded/rights").json()["value"] == sorted(
        lines, key=lambda line: (line["kind"], line["holder"])
    )
    unknown = [{"kind": "user", "holder": str(manager.id if hasattr(manager, "id") else manager), "level": "view"}]
    assert ask("POST", "/processes/guarded/rights", json={"value": unknown}).status_code == 422


def test_lines_of_a_process_open_no_record(asks: Asks, world: World) -> None:
    ask = asks("admin")
    deployed(asks, "start s\nuser a\ns > a", "onlead")
    record = world.has("lead", "nadia", last_name="Secret", company_name="Secret SA")
    identity = begun(ask, "onlead", record={"entity": "lead", "id": str(record)})
    line = {"kind": "user", "holder": str(world.id_of("stranger")), "level": "participate"}
    assert ask("POST", "/processes/onlead/rights", json={"value": [line]}).status_code == 200
    assert asks("stranger")("GET", f"/process_instances/{identity}").status_code == 404
    start = {"record": {"entity": "lead", "id": str(record)}}
    assert asks("stranger")("POST", "/processes/onlead/start", json=start).status_code in (403, 404)


DISQUALIFY = """start s
service w action=disqualify input='{disqualify_reason: "spam"}'
boundary no on=w error=
user refused
user done
s > w > done
no > refused"""


def test_author_cannot_have_a_process_do_what_he_may_not(asks: Asks, world: World) -> None:
    may(world, "rita", "processes")
    ask = asks("rita")
    record = world.has("lead", "nadia", last_name="Spared", company_name="Spared SA")
    subject = {"entity": "lead", "id": str(record)}
    direct = ask("POST", f"/leads/{record}/disqualify", json={"disqualify_reason": "spam"})
    assert direct.status_code in (403, 404)
    made = ask("POST", "/processes/import", content=drawn(DISQUALIFY, "trick"), headers=XML).json()
    assert ask("POST", f"/processes/{made['id']}/deploy").status_code == 200
    started = ask("POST", "/processes/trick/start", json={"record": subject})
    if started.status_code == 201:
        assert at(asks("admin"), started.json()["id"]) == ["refused"]
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] != "dead"


def test_process_that_a_moment_starts_has_the_rights_of_its_author(asks: Asks, world: World) -> None:
    may(world, "sam", "processes")
    text = DISQUALIFY.replace("start s", "start s when='record.last_name = \"Kept\"' entity=lead")
    made = asks("sam")("POST", "/processes/import", content=drawn(text, "sly"), headers=XML).json()
    assert asks("sam")("POST", f"/processes/{made['id']}/deploy").status_code == 200
    record = world.has("lead", "nadia", last_name="Kept", company_name="Kept SA")
    follow(world)
    with world.system() as tx:
        assert find(tx, "lead", record)["status"] != "dead"


def test_versions_of_a_process_stay_with_those_who_look_after_it(asks: Asks, world: World) -> None:
    made = imported(asks, "start s\nuser a\ns > a", "kept")
    line = {"kind": "user", "holder": str(world.id_of("james")), "level": "admin"}
    asks("admin")("POST", "/processes/kept/rights", json={"value": [line]})
    text = drawn("start s\nuser b\ns > b", "kept")
    assert asks("james")("POST", f"/processes/{made['id']}/deploy").status_code == 200
    assert asks("james")("POST", "/processes/import", content=text, headers=XML).status_code == 201
    other = drawn("start s\nuser b\ns > b", "another")
    assert asks("james")("POST", "/processes/import", content=other, headers=XML).status_code == 403


def test_instances_are_listed_for_those_who_look_after_their_process(asks: Asks, world: World) -> None:
    admin, nadia = asks("admin"), asks("nadia")
    deployed(asks, "start s\nuser a\ns > a", "mine")
    deployed(asks, "start s\nuser a\ns > a", "theirs")
    own, other = begun(admin, "mine", business_key="K1"), begun(admin, "theirs")
    assert nadia("GET", "/process_instances").status_code == 403
    line = {"kind": "user", "holder": str(world.id_of("nadia")), "level": "admin"}
    admin("POST", "/processes/mine/rights", json={"value": [line]})
    assert [each["id"] for each in nadia("GET", "/process_instances").json()["value"]] == [own]
    assert {each["id"] for each in admin("GET", "/process_instances").json()["value"]} >= {own, other}
    assert [each["key"] for each in nadia("GET", "/processes").json()["value"]] == ["mine"]
    found = admin("GET", "/process_instances?process=mine&state=running&key=K1").json()["value"]
    assert [(each["id"], each["at"]) for each in found] == [(own, ["a"])]
    assert admin("GET", "/process_instances?process=mine&state=completed").json() == {"value": []}
    assert admin("GET", "/process_instances?record=none").status_code == 400
    assert admin("GET", "/process_instances?colour=red").status_code == 400


def test_how_long_instances_stay_is_said_by_the_api(asks: Asks) -> None:
    admin, stranger = asks("admin"), asks("stranger")
    deployed(asks, "start s\nuser a\ns > a", "lasting")
    assert stranger("GET", "/process_retention").status_code == 403
    assert stranger("POST", "/process_retention", json={"process": "lasting", "days": 5}).status_code == 403
    made = admin("POST", "/process_retention", json={"process": "lasting", "days": 5}).json()["value"]
    assert {"process": "lasting", "days": 5} in made
    assert {"process": "", "days": 180} in made
    assert admin("POST", "/process_retention", json={"process": "none", "days": 5}).status_code == 422
    assert admin("POST", "/process_retention", json={"process": "lasting", "days": 0}).status_code == 422
    left = admin("POST", "/process_retention", json={"process": "lasting", "days": None}).json()["value"]
    assert left == [{"process": "", "days": 180}]
    assert admin("GET", "/process_instances?archived=true&process=lasting").json() == {"value": []}


def test_a_page_of_instances_is_as_long_as_asked(asks: Asks) -> None:
    ask = asks("admin")
    deployed(asks, "start s\nuser a\ns > a", "pages")
    made = [begun(ask, "pages") for _ in range(3)]
    first = ask("GET", "/process_instances?process=pages&$top=2").json()
    assert [each["id"] for each in first["value"]] == made[:0:-1]
    rest = ask("GET", first["@odata.nextLink"].partition("/api/v1")[2]).json()
    assert [each["id"] for each in rest["value"]] == made[:1]
    assert "@odata.nextLink" not in rest
    for wrong in ("0", "201", "two"):
        refused = ask("GET", f"/process_instances?$top={wrong}")
        assert (refused.status_code, refused.json()["code"]) == (400, "api.not_a_count")
