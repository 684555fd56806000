"""What administrators change is in the journal, and they see it there: on the thing's page, in the settings, by API."""

from collections.abc import Mapping
from typing import Any

from entente import job_worker
from entente.kernel.identity.tokens import create_token
from entente.kernel.jobs.followers import dispatch, failures
from entente.services.processes.decisions.versions import deploy_decisions, import_decisions
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.retention import put_retention
from entente.services.processes.rights import Right, put_rights
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.processes.drawing import drawn
from tests.services.processes.tables import tabled
from tests.world.cast import World

MODEL = "start s\nend e\ns > e"


def told(world: World, client: Client, login: str, path: str) -> list[Mapping[str, Any]]:
    with world.system() as tx:
        token = create_token(tx, world.id_of(login), "journal", 1)
    answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def test_versions_rights_and_retention_of_a_process_are_told(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        made = deploy(tx, import_model(tx, drawn(MODEL, "noted")).id)
        import_model(tx, drawn(MODEL, "noted"))
        put_rights(tx, "noted", [Right("user", world.id_of("nadia"), "participate")])
        put_rights(tx, "noted", [Right("user", world.id_of("nadia"), "participate")])
        put_retention(tx, "noted", 30)
        put_retention(tx, "noted", 30)
    found = told(world, client, "admin", "/processes/noted/history")
    assert [(each["deed"], each["version"]) for each in found] == [
        ("retention", 1), ("rights", 1), ("deploy", 1), ("import", 1),
    ]  # fmt: skip
    holder = {"kind": "user", "holder": str(world.id_of("nadia")), "level": "participate"}
    assert found[0]["changes"] == {"days": [None, 30]}
    assert found[1]["changes"] == {"rights": [[], [holder]]}
    assert found[2]["changes"] == {"version": [None, 1], "recorded": [None, False]}
    assert {each["actor"] for each in found} == {str(world.id_of("admin"))}
    page = Browser(client, world, "admin").get(f"/processes/{made.id}").text
    assert "deployed version 1" in page
    assert "none → Start" in page
    assert "Days: none → 30" in page


def test_deployed_decision_tables_are_told(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        made = import_decisions(tx, tabled('n:number > mark:string\n> 0 | "low"', "weighed"))
        deploy_decisions(tx, made.id)
    found = told(world, client, "admin", f"/decisions/{made.key}/history")
    assert [each["deed"] for each in found] == ["deploy", "import"]
    assert "deployed version 1" in Browser(client, world, "admin").get(f"/processes/decisions/{made.id}").text


def test_the_journal_shows_what_is_declared_to_administrators_alone(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    with world.acts("admin") as tx:
        import_model(tx, drawn(MODEL, "shown"))
    assert admin.post("/settings/tokens/new", token_name="Night run", token_days="7").status_code == 200
    page = admin.get("/settings/journal").text
    assert "added version 1" in page
    assert "Night run" in page
    assert {each["entity"] for each in told(world, client, "admin", "/journal?entity=api_token")} == {"api_token"}
    assert told(world, client, "admin", "/journal?entity=lead") == []
    assert Browser(client, world, "james").get("/settings/journal").status_code == 403


def test_followers_bear_what_is_no_record(world: World) -> None:
    with world.acts("admin") as tx:
        import_model(tx, drawn(MODEL, "followed"))
    dispatch(world.database, "main", job_worker.all_followers())
    with world.system() as tx:
        assert failures(tx) == []


def test_ended_sessions_and_shares_are_told(client: Client, world: World) -> None:
    admin, james = Browser(client, world, "admin"), Browser(client, world, "james")
    lead = world.has("lead", "james", last_name="Hélias")
    assert james.post(f"/leads/{lead}/share", user=str(world.id_of("nadia")), level="read").status_code == 200
    assert admin.post(f"/settings/users/{world.id_of('sam')}/deactivate").status_code == 200
    Browser(client, world, "nadia")
    assert admin.post(f"/settings/users/{world.id_of('nadia')}/deactivate").status_code == 200
    ended = told(world, client, "admin", "/journal?entity=session")
    assert [(each["deed"], each["title"], each["changes"]) for each in ended] == [
        ("end_sessions", "Nadia Nadia", {"sessions": [1, 0]})
    ], "of whoever had none, nothing ended"
    (lent,) = told(world, client, "admin", "/journal?entity=lead")
    assert (lent["deed"], lent["record"], lent["actor"]) == ("share", str(lead), str(world.id_of("james")))
    page = admin.get("/settings/journal").text
    assert "ended the sessions" in page
    assert "Nadia Nadia: Read" in page


def test_the_journal_is_narrowed_and_its_address_says_how(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    with world.acts("admin") as tx:
        import_model(tx, drawn(MODEL, "first"))
        today = tx.clock.now().date().isoformat()
    lead = world.has("lead", "james", last_name="Hélias")
    Browser(client, world, "james").post(f"/leads/{lead}/share", user=str(world.id_of("nadia")), level="edit")
    shown = {
        "kind=process_definition": ("added version 1", "shared it"),
        f"record={lead}": ("shared it", "added version 1"),
        f"record=http://localhost/leads/{lead}?tab=notes": ("shared it", "added version 1"),
        f"actor={world.id_of('james')}": ("shared it", "added version 1"),
        "deed=import": ("added version 1", "<td>shared it"),
        f"since={today}&until={today}": ("added version 1", "Nothing was changed"),
    }
    for query, (there, absent) in shown.items():
        rows = admin.get(f"/settings/journal?{query}").text.partition("<tbody>")[2]
        assert there in rows, query
        assert absent not in rows, query
    past = admin.get("/settings/journal?until=2020-01-01&kind=process_definition").text
    assert "Nothing was changed that fits." in past
    assert '<option value="process_definition" selected>' in past
    assert 'value="2020-01-01"' in past
    wrong = admin.get("/settings/journal?actor=nobody&since=never")
    assert wrong.status_code == 200
    found = told(world, client, "admin", f"/journal?actor={world.id_of('james')}&deed=share")
    assert [each["record"] for each in found] == [str(lead)]
