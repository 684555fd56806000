"""Who may only start a process finds it: on a page, from the inbox, in the palette and by the API; others do not."""

import re

from entente.kernel.identity.tokens import create_token
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.rights import Right, put_rights
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.processes.drawing import drawn
from tests.world.cast import World

PLAIN = "start s\nuser a destinations=user:james\ns > a"
HERE = "/processes/start"


def offered(client: Client, world: World, login: str) -> list[str]:
    with world.system() as tx:
        token = create_token(tx, world.id_of(login), "start", 1)
    answer = client.get("/api/v1/processes/startable", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return [each["key"] for each in answer.json()["value"]]


def test_what_one_may_start_is_found_everywhere_and_starts(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(PLAIN, "leave")).id)
        put_rights(tx, "leave", [Right("user", world.id_of("james"), "participate")])
    james = Browser(client, world, "james")
    assert HERE in james.get("/inbox").text
    page = james.get(HERE)
    assert page.status_code == 200
    dialog = re.findall(r"/processes/[0-9a-f-]{36}/start", page.text)[0]
    assert dialog in james.get("/search/palette", q="leave").text
    assert james.get(dialog).status_code == 200
    begun = james.post(dialog, business_key="SUMMER")
    assert begun.status_code == 200, begun.text
    assert james.get(begun.headers["HX-Redirect"]).status_code == 200
    assert offered(client, world, "james") == ["leave"]


def test_what_one_may_not_start_is_not_offered(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        made = deploy(tx, import_model(tx, drawn(PLAIN, "leave")).id)
        deploy(tx, import_model(tx, drawn("start s message=m\nuser a\ns > a", "told")).id)
        put_rights(tx, "leave", [Right("user", world.id_of("james"), "participate")])
        put_rights(tx, "told", [])
    nadia = Browser(client, world, "nadia")
    assert offered(client, world, "nadia") == []
    assert str(made.id) not in nadia.get(HERE).text
    assert HERE not in nadia.get("/inbox").text
    assert str(made.id) not in nadia.get("/search/palette", q="leave").text
    assert nadia.post(f"/processes/{made.id}/start").status_code == 403
    with world.acts("admin") as tx:
        put_rights(tx, "leave", [Right("user", world.id_of("nadia"), "view")])
    assert offered(client, world, "nadia") == []
    assert offered(client, world, "admin") == ["leave"]


def test_on_a_record_the_palette_proposes_to_start_on_it(client: Client, world: World) -> None:
    lead = world.has("lead", "james", first_name="Zoé", last_name="Hélias")
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(PLAIN, "leave")).id)
    james, nadia = Browser(client, world, "james"), Browser(client, world, "nadia")
    for words in ("", "leave", "helias"):
        offer = james.get("/search/palette", q=words, at=f"/leads/{lead}").text
        assert "Start leave on Zoé Hélias" in re.sub("</?mark>", "", offer), words
    dialog = re.findall(r"/processes/[0-9a-f-]{36}/start\?record=lead:[0-9a-f-]{36}", offer)[0]
    shown = james.get(dialog).text
    assert f'name="record" value="lead:{lead}"' in shown
    assert "Zoé Hélias" in shown
    assert "Zoé" not in nadia.get("/search/palette", q="leave", at=f"/leads/{lead}").text, "whoever may not read it"
    assert "Zoé" not in nadia.get(dialog).text
    begun = james.post(dialog.partition("?")[0], record=f"lead:{lead}")
    assert "Zoé Hélias" in james.get(begun.headers["HX-Redirect"]).text
    assert "Start leave on" not in james.get("/search/palette", q="leave", at="/leads").text
