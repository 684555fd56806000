"""Variables of a process are edited by type: kept as they are, refused where they cannot be read."""

from typing import Any
from uuid import UUID

from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.showing import shown_instance
from tests.interfaces.browser import Browser, Client
from tests.services.processes.drawing import drawn
from tests.world.cast import World

VALUES = {
    "age": 42,
    "note": "Call back",
    "ok": True,
    "on": "2026-11-24",
    "at": "2026-11-24T07:00:00Z",
    "price": {"amount": 12.5, "currency": "EUR"},
    "tags": ["a", "b"],
}


def running(world: World) -> UUID:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nuser a\ns > a", "typed")).id)
        return start(tx, "typed", values=VALUES).id


def kept(world: World, instance: UUID) -> dict[str, Any]:
    with world.acts("admin") as tx:
        found = shown_instance(tx, instance, ["variables"])["variables"]
    return {each["name"]: each["value"] for each in found}


def form_of(rows: dict[str, tuple[str, str]], **more: str) -> dict[str, str]:
    sent = {"reason": "Corrected", "token": "0", "then": "do", **more}
    for at, (name, (kind, value)) in enumerate(rows.items()):
        sent |= {f"variable.{at}.name": name, f"variable.{at}.type": kind, f"variable.{at}.value": value}
    return sent


def test_each_variable_is_shown_with_its_type(client: Client, world: World) -> None:
    page = Browser(client, world, "admin").get(f"/processes/instances/{running(world)}/repair/set").text
    assert page.count("selected") >= len(VALUES)
    for kind in ("number", "text", "boolean", "date", "datetime", "money", "json"):
        assert f'<option value="{kind}" selected>' in page
    assert 'value="2026-11-24T08:00"' in page
    assert 'value="12.5"' in page


def test_values_keep_their_types_and_what_was_not_touched_stays(client: Client, world: World) -> None:
    instance = running(world)
    lead = world.has("lead", "james", last_name="Berthier")
    rows = {
        "age": ("number", "43.5"),
        "ok": ("boolean", "false"),
        "on": ("date", "2026-12-01"),
        "at": ("datetime", "2026-11-24T09:30"),
        "tags": ("json", '["c"]'),
        "about": ("record", f"lead:{lead}"),
        "note": ("text", "123"),
    }
    sent = form_of(rows) | {
        "variable.7.name": "price", "variable.7.type": "money", "variable.7.value": "1,250.00",
        "variable.7.currency": "CHF",
    }  # fmt: skip
    answer = Browser(client, world, "admin").send(f"/processes/instances/{instance}/repair/set", sent)
    assert answer.status_code == 200, answer.text
    assert kept(world, instance) == {
        "age": 43.5,
        "ok": False,
        "on": "2026-12-01",
        "at": "2026-11-24T08:30:00Z",
        "tags": ["c"],
        "about": str(lead),
        "note": "123",
        "price": {"amount": 1250, "currency": "CHF"},
    }


def test_what_cannot_be_read_is_said_at_its_row_and_nothing_changes(client: Client, world: World) -> None:
    instance = running(world)
    rows = {"age": ("number", "many"), "tags": ("json", "[1"), "2x": ("text", "?"), "on": ("date", "soon")}
    answer = Browser(client, world, "admin").send(f"/processes/instances/{instance}/repair/set", form_of(rows))
    assert answer.status_code == 422
    for at in range(4):
        assert f'id="variable-{at}-error"' in answer.text
    assert "This is no JSON" in answer.text
    assert "begins with a letter" in answer.text
    assert kept(world, instance) == VALUES


def test_a_row_is_added_changes_its_type_and_is_dropped(client: Client, world: World) -> None:
    instance = running(world)
    url, admin = f"/processes/instances/{instance}/repair/retry", Browser(client, world, "admin")
    assert "No variable is given." in admin.get(url).text
    added = admin.send(f"{url}?op=add", form_of({}))
    assert 'name="variable.0.name"' in added.text
    drawn_again = admin.send(f"{url}?op=draw", form_of({"x": ("date", "")}))
    assert 'type="date"' in drawn_again.text
    assert "No variable is given." in admin.send(f"{url}?op=drop:0", form_of({"x": ("date", "")})).text


def test_a_process_is_started_with_typed_variables(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        made = import_model(tx, drawn("start s\nuser a\ns > a", "typed")).id
        deploy(tx, made)
    admin = Browser(client, world, "admin")
    url = f"/processes/{made}/start"
    refused = admin.send(url, form_of({"age": ("number", "")}) | {"business_key": "K-1"})
    assert refused.status_code == 422
    assert 'value="K-1"' in refused.text
    answer = admin.send(url, form_of({"age": ("number", "7")}) | {"business_key": "K-1"})
    instance = UUID(answer.headers["hx-redirect"].rpartition("/")[2])
    assert kept(world, instance) == {"age": 7}
