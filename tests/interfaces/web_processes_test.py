"""The pages of processes as a browser asks for them: what each person gets, what is refused."""

from datetime import timedelta
from uuid import UUID

import pytest

from entente.kernel.db.tx import engine_row
from entente.kernel.seeding import seed_id
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import repair, start
from entente.services.processes.picture import instances_of
from entente.services.processes.rights import Right, put_rights
from entente.services.processes.showing import shown_instance
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.connect.webhooks_test import Listener, listener
from tests.services.processes.calling_test import makes_calls
from tests.services.processes.drawing import drawn
from tests.world.cast import World

__all__ = ["listener"]
MODEL = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:e="urn:entente:bpmn:1.0" targetNamespace="t">
<process id="request" name="Request" isExecutable="true">
  <startEvent id="start"/><userTask id="look" name="Look &lt;here&gt;" e:destinations="user:james"/>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="look"/><sequenceFlow id="f2" sourceRef="look" targetRef="end"/>
</process></definitions>"""


@pytest.fixture
def instance(world: World) -> UUID:
    lead = world.has("lead", "james", last_name="Corvin", owner=world.id_of("james"))
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, MODEL).id)
    with world.acts("james") as tx:
        return start(tx, "request", entity="lead", record=lead).id


PARTS = ("", "/course", "/state", "/model", "/elements/look")


@pytest.mark.parametrize("part", PARTS)
def test_who_reads_the_record_sees_its_instance(client: Client, world: World, instance: UUID, part: str) -> None:
    answer = Browser(client, world, "james").get(f"/processes/instances/{instance}{part}")
    assert answer.status_code == 200
    assert "<here>" not in answer.text or answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("part", PARTS)
def test_stranger_sees_nothing_of_it(client: Client, world: World, instance: UUID, part: str) -> None:
    answer = Browser(client, world, "stranger").get(f"/processes/instances/{instance}{part}")
    assert answer.status_code == 404
    assert "Look" not in answer.text


def test_state_says_what_is_painted(client: Client, world: World, instance: UUID) -> None:
    found = Browser(client, world, "james").get(f"/processes/instances/{instance}/state").json()
    assert found["flows"] == {"f1": "taken"}
    assert found["elements"]["look"]["state"] == "active"
    assert [each["name"] for each in found["elements"]["look"]["people"]] == ["James James"]
    assert "end" not in found["elements"]


@pytest.mark.parametrize(
    "address",
    ["/processes", "/processes/new", "/processes/blank", "/processes/instances", "/processes/report"],
)
def test_models_and_lists_want_the_right(client: Client, world: World, address: str) -> None:
    assert Browser(client, world, "james").get(address).status_code == 403
    assert Browser(client, world, "admin").get(address).status_code == 200


def test_repair_wants_the_right(client: Client, world: World, instance: UUID) -> None:
    address = f"/processes/instances/{instance}/repair/cancel"
    james, admin = Browser(client, world, "james"), Browser(client, world, "admin")
    assert "/repair/" not in james.get(f"/processes/instances/{instance}").text
    assert james.get(address).status_code == 403
    assert james.post(address, then="do", reason="No").status_code == 403
    assert admin.get(address.replace("cancel", "explode")).status_code == 404
    assert "Say why." in admin.post(address, then="do", reason="").text
    seen = admin.post(address, then="look")
    assert "the instance is cancelled" in seen.text
    assert "Running" in admin.get(f"/processes/instances/{instance}/course").text
    assert admin.post(address, then="do", reason="Twice").status_code == 200
    assert "Cancelled: Twice" in admin.get(f"/processes/instances/{instance}/course").text


def test_a_file_is_given_back_as_it_came(client: Client, world: World, instance: UUID) -> None:
    with world.acts("admin") as tx:
        made = import_model(tx, MODEL)
    admin = Browser(client, world, "admin")
    assert admin.get(f"/processes/{made.id}/file").content == MODEL
    saved = admin.get(f"/processes/{made.id}/file", save="1")
    assert 'filename="request-1.bpmn"' in saved.headers["content-disposition"]
    assert Browser(client, world, "james").get(f"/processes/{made.id}/file").status_code == 403


def test_record_without_processes_has_an_empty_panel(client: Client, world: World, instance: UUID) -> None:
    lead = world.has("lead", "james", last_name="Autre", owner=world.id_of("james"))
    assert Browser(client, world, "james").get(f"/processes/of/leads/{lead}").text == ""


def looks_after(world: World, login: str, process: str = "request") -> None:
    """Let somebody look after a process, and nobody but him see it."""
    with world.acts("admin") as tx:
        put_rights(tx, process, [Right("user", world.id_of(login), "admin")])


def test_who_looks_after_a_process_repairs_and_lists_its_instances(
    client: Client, world: World, instance: UUID
) -> None:
    looks_after(world, "james")
    james, bastien = Browser(client, world, "james"), Browser(client, world, "bastien")
    listed = james.get("/processes/instances").text
    assert f"/processes/instances/{instance}" in listed
    assert "/processes/decisions" not in listed
    assert bastien.get("/processes/instances").status_code == 403
    address = f"/processes/instances/{instance}/repair/cancel"
    assert bastien.get(address).status_code == 404
    assert bastien.post(address, then="do", reason="No").status_code == 404
    assert "Cancel" in james.get(address).text
    assert james.post(address, then="do", reason="Twice").status_code == 200
    assert "Cancelled: Twice" in james.get(f"/processes/instances/{instance}/course").text


def test_who_looks_after_one_process_sees_no_other(client: Client, world: World, instance: UUID) -> None:
    lead = world.has("lead", "helene", last_name="Caché", owner=world.id_of("helene"))
    with world.acts("admin") as tx:
        other = deploy(tx, import_model(tx, MODEL.replace(b'id="request"', b'id="other" ')).id)
        hidden = start(tx, "other", entity="lead", record=lead).id
        secret = start(tx, "request", entity="lead", record=lead).id
    looks_after(world, "nadia")
    nadia = Browser(client, world, "nadia")
    listed = nadia.get("/processes/instances").text
    assert str(hidden) not in listed
    assert str(secret) not in listed
    models = nadia.get("/processes").text
    assert "request" in models
    assert str(other.id) not in models
    assert nadia.get(f"/processes/{other.id}").status_code == 403
    assert nadia.get(f"/processes/{other.id}/edit").status_code == 403
    assert nadia.get("/processes/report", process="other").status_code == 403
    assert nadia.get("/processes/report", process="request").status_code == 200


def test_rights_are_given_changed_and_taken(client: Client, world: World, instance: UUID) -> None:
    with world.acts("admin") as tx:
        made = import_model(tx, MODEL)
    address, holder = f"/processes/{made.id}/rights", f"user:{world.id_of('james')}"
    admin, james = Browser(client, world, "admin"), Browser(client, world, "james")
    assert james.get(address).status_code == 403
    assert james.post(address, holder=holder, level="admin").status_code == 403
    assert "There is no line yet" in admin.get(address).text
    assert admin.post(address, holder=holder, level="view").status_code == 200
    assert "James James" in admin.get(address).text
    assert james.get("/processes").status_code == 403
    admin.post(address, holder=holder, level="admin")
    assert james.get(address).status_code == 200
    team = f"team:{seed_id('team', 'south')}"
    assert james.post(address, holder=team, level="participate").status_code == 200
    assert admin.get(address).text.count('name="do" value="remove"') == 2
    assert admin.post(address, holder="user:nobody", level="view").status_code == 422
    assert admin.post(address, holder=holder, level="everything").status_code == 422
    assert admin.post(address, holder=holder, do="remove").status_code == 200
    assert james.get(address).status_code == 403


def test_panel_shows_only_the_processes_that_one_may_see(client: Client, world: World, instance: UUID) -> None:
    with world.system() as tx:
        found = engine_row(tx, "SELECT entity, record, definition FROM {schema}.process_instance LIMIT 1") or {}
    with world.acts("admin") as tx:
        made = import_model(tx, drawn("start s\nuser a\ns > a", "secret"))
        deploy(tx, made.id)
        other = start(tx, "secret", entity=found["entity"], record=found["record"]).id
        put_rights(tx, "secret", [Right("user", world.id_of("admin"), "view")])
    with world.acts("james") as tx:
        assert {each.id for each, _ in instances_of(tx, found["entity"], found["record"])} == {instance}
    with world.acts("admin") as tx:
        assert {each.id for each, _ in instances_of(tx, found["entity"], found["record"])} == {instance, other}


def test_the_bottleneck_is_a_step_that_contains_no_other(client: Client, world: World) -> None:
    model = drawn("start s\nsub x {\nstart i\nuser slow\nuser quick\ni > slow > quick\n}\nend e\ns > x > e", "slowly")
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, model).id)
        instance = start(tx, "slowly").id
    for element, hours in (("slow", 5), ("quick", 1)):
        world.clock.move(timedelta(hours=hours))
        with world.acts("admin") as tx:
            tokens = shown_instance(tx, instance, ["tokens"])["tokens"]
            token = next(each["number"] for each in tokens if each["element"] == element)
            repair(tx, instance, "skip", token=token)
    page = Browser(client, world, "admin").get("/processes/report", process="slowly").text
    assert page.count("Bottleneck") == 1
    assert page.index('"strong">x<') < page.index('"strong">slow<') < page.index("Bottleneck")
    assert page.index("Bottleneck") < page.index('"strong">quick<')


def test_step_that_waits_for_a_program_names_it_and_its_tries(client: Client, world: World, listener: Listener) -> None:
    text = f'start s\nservice tell url="{listener.url}"\nend e\ns > tell > e'
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(text, "calls")).id)
    with world.acts("james") as tx:
        made = start(tx, "calls")
    james, url = Browser(client, world, "james"), f"/processes/instances/{made.id}"
    waits = james.get(f"{url}/elements/tell").text
    assert "127.0.0.1" in waits
    assert "its answer is awaited" in waits
    listed = james.get(f"{url}/course").text
    assert "127.0.0.1" in listed
    assert "its answer is awaited" in listed
    coloured = james.get(f"{url}/state").json()["elements"]["tell"]
    assert "127.0.0.1 (program called, its answer is awaited)" in coloured["title"]
    assert coloured | {"title": ""} == {
        "state": "active", "open": 1, "done": 0, "title": "", "people": [],
    }  # fmt: skip
    listener.status = 503
    makes_calls(world, made)
    tried = james.get(f"{url}/elements/tell").text
    assert "is called again" in tried
    assert "is called again" in james.get(f"{url}/course").text
    assert "Attempt failed" in tried
    assert "HTTP 503" in tried
