"""The pages of imports, assignment, settings and administration, as a browser asks for them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entente import app
from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.session import PLAIN
from entente.kernel.db.tx import new_cause
from entente.kernel.identity.sessions import start_session
from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.records.seeding import seed_id
from entente.services.automation.assignment import assign_created, propose
from entente.services.transfer.import_jobs import import_rows, undo_rows
from tests.world.cast import World

Client = TestClient[Litestar]
CSV = (
    "Nom;Prénom;E-mail;Société\r\n"
    "Berthier;Camille;camille@lisiere.example;Lisière\r\n"
    "Dupré;Jean;jean.dupre@;Corvin\r\n"
    "Guivarc’h;Solène;solene@trevidic.example;Trévidic\r\n"
).encode("cp1252")


class Browser:
    """Someone signed in, whose requests carry the session and its token."""

    def __init__(self, client: Client, world: World, login: str) -> None:
        self.client = client
        with world.system() as tx:
            token = start_session(tx, world.id_of(login), peer="127.0.0.1", agent="test")
        self.cookies = {PLAIN: f"main.{token}"}
        self.csrf = csrf_token(token)

    def get(self, url: str, **headers: str) -> Any:
        """The answer to a request for a page."""
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """The answer to a form that was sent by a page's script."""
        headers = {"x-csrftoken": self.csrf, "hx-request": "true"}
        return self._ask("POST", url, data=data or {}, headers=headers, **more)

    def send(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """The answer to a plain form."""
        return self._ask("POST", url, data={"_csrf_token": self.csrf, **(data or {})}, **more)

    def _ask(self, method: str, url: str, **more: Any) -> Any:
        self.client.cookies.clear()
        cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers = {**cookie, **more.pop("headers", {})}
        return self.client.request(method, url, headers=headers, follow_redirects=False, **more)


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(app.build(world.database)) as made:
        yield made


def found(world: World, entity: str, filter: str = "") -> list[Record]:
    with world.system() as tx:
        return page(tx, Ask(entity=entity, filter=filter)).records


def worked(world: World, function: Any, job: str, login: str) -> None:
    run = Run(world.database, "main", system("job"), new_cause("job"))
    identity = parse_id(job)
    assert identity
    function(run, identity, world.id_of(login))


def uploaded(browser: Browser, data: bytes = CSV) -> str:
    answer = browser.send("/imports/new", {"entity": "lead"}, files={"file": ("salon.csv", data, "text/csv")})
    assert answer.status_code == 303, answer.text
    where = re.fullmatch(r"/imports/([0-9a-f-]+)\?step=columns", answer.headers["location"])
    assert where
    return where[1]


def test_wizard_imports_shows_refusals_and_takes_everything_back(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    assert "Leads" in james.get("/imports/new?entity=lead").text
    job = uploaded(james)
    columns = james.get(f"/imports/{job}?step=columns").text
    assert re.search(r'<option value="last_name" selected>', columns)
    assert "Camille" in columns
    assert james.send(f"/imports/{job}/columns").headers["location"] == f"/imports/{job}?step=duplicates"
    sent = james.send(f"/imports/{job}/duplicates", {"duplicates": "fill", "rules": "1"})
    assert sent.headers["location"] == f"/imports/{job}?step=check"
    assert found(world, "lead") == []
    check = james.get(f"/imports/{job}?step=check").text
    assert "Berthier" in check
    assert "jean.dupre@" not in [each["name"] for each in found(world, "lead")]
    assert james.send(f"/imports/{job}/check").headers["location"] == f"/imports/{job}?step=run"
    worked(world, import_rows, job, "james")
    assert {each["last_name"] for each in found(world, "lead")} == {"Berthier", "Guivarc’h"}
    done = james.get(f"/imports/{job}").text
    assert "jean.dupre@" in done
    assert f"import_job:{job}" in done
    refused = james.get(f"/imports/{job}/refused?form=csv")
    assert "jean.dupre@" in refused.content.decode("utf-8-sig")
    assert refused.headers["content-disposition"].startswith("attachment")
    undone = james.post(f"/imports/{job}/undo")
    assert f"/imports/{job}" in undone.headers["hx-location"]
    worked(world, undo_rows, job, "james")
    assert found(world, "lead") == []
    assert "salon.csv" in james.get("/imports").text


def test_broken_file_gets_a_clear_answer(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    answer = james.send("/imports/new", {"entity": "lead"}, files={"file": ("a.csv", b'Nom;Ville\n"Ber', "text/csv")})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert found(world, "import_job") == []


def test_imports_are_refused_without_the_right(client: Client, world: World) -> None:
    assert Browser(client, world, "rita").get("/imports").status_code == 403


def test_import_of_someone_else_is_not_found(client: Client, world: World) -> None:
    job = uploaded(Browser(client, world, "james"))
    assert Browser(client, world, "nadia").get(f"/imports/{job}").status_code == 404


def prospect(world: World, **values: Any) -> Any:
    unit = seed_id("business_unit", "head")
    with world.system() as tx:
        return save(tx, "lead", {"last_name": "Berthier", "owner": None, "unit": unit, **values}, trusted=True)


def undo_in(html: str) -> str:
    where = re.search(r'hx-post="(/undo/[0-9a-f-]+)"', html)
    assert where, html
    return where[1]


def test_manager_assigns_several_with_comment_and_takes_it_back(client: Client, world: World) -> None:
    helene = Browser(client, world, "helene")
    first, second = prospect(world), prospect(world, last_name="Dupré", emails="j@corvin.example")
    prospect(world, last_name="Dupre", emails="j@corvin.example")
    page_ = helene.get(f"/leads/assign?open={second.id}").text
    assert "Berthier" in page_
    assert "j@corvin.example" in page_
    assert "James" in page_
    assert "Stan" not in page_
    assert helene.get("/leads/assign/count").text == "3"
    james = str(world.id_of("james"))
    sent = {"ids": [str(first.id), str(second.id)], "owner": james, "priority": "high", "comment": "À rappeler"}
    done = helene.post("/leads/assign", sent)
    assert done.status_code == 201 or done.status_code == 200, done.text
    mine = found(world, "lead", 'priority = "high"')
    assert {str(each["owner"]) for each in mine} == {james}
    assert len(mine) == 2
    assert len(found(world, "note")) == 2
    helene.post(undo_in(done.text))
    assert len(found(world, "lead", "owner = null")) == 3
    assert found(world, "note") == []


def test_records_are_not_given_to_strangers_nor_by_everyone(client: Client, world: World) -> None:
    lead = prospect(world)
    sent = {"ids": str(lead.id), "owner": str(world.id_of("stranger"))}
    assert Browser(client, world, "helene").post("/leads/assign", sent).status_code == 403
    assert Browser(client, world, "james").get("/leads/assign").status_code == 403
    assert Browser(client, world, "helene").get("/notes/assign").status_code == 404
    assert found(world, "lead")[0]["owner"] is None


def ruled(world: World, method: str, people: list[str], **values: Any) -> None:
    pool = [world.id_of(login) for login in people]
    known = {"name": "North", "entity": "lead", "position": 1, "method": method, "pool": pool, "active": True}
    with world.system() as tx:
        save(tx, "assignment_rule", {**known, **values})


def followed(world: World) -> None:
    while dispatch(world.database, "main", [Follower("assignment", assign_created)]):
        pass


def owners(world: World) -> list[str]:
    logins = {world.id_of(login): login for login in ("james", "nadia", "bastien", "helene")}
    made = sorted(found(world, "lead"), key=lambda each: each["created_at"])
    return [logins.get(each["owner"], "") for each in sorted(made, key=lambda each: str(each.id))]


def test_records_go_round_those_who_are_there(world: World) -> None:
    ruled(world, "round_robin", ["james", "nadia", "bastien"])
    with world.system() as tx:
        absent = {"absent_from": "2026-11-20", "absent_until": "2026-11-30"}
        save(tx, "user", absent, id=world.id_of("nadia"))
    for _ in range(3):
        prospect(world)
        followed(world)
    assert owners(world) == ["bastien", "james", "bastien"]
    assert "North" in found(world, "lead")[0]["assignment_reason"]


def test_least_busy_gets_the_next_one_until_nobody_has_room(world: World) -> None:
    ruled(world, "least_busy", ["james", "nadia"], fallback=world.id_of("helene"))
    with world.system() as tx:
        save(tx, "user", {"lead_capacity": 2}, id=world.id_of("james"))
        save(tx, "user", {"lead_capacity": 1}, id=world.id_of("nadia"))
    world.has("lead", "james", last_name="Busy")
    for _ in range(3):
        prospect(world)
        followed(world)
    assert owners(world) == ["james", "nadia", "james", "helene"]


def test_first_rule_whose_condition_holds_decides_once(world: World) -> None:
    ruled(world, "fixed", [], assignee=world.id_of("nadia"), condition='priority = "urgent"')
    ruled(world, "fixed", [], assignee=world.id_of("james"), position=2)
    urgent = prospect(world, priority="urgent")
    prospect(world)
    followed(world)
    assert owners(world) == ["nadia", "james"]
    with world.system() as tx:
        save(tx, "lead", {"owner": None}, id=urgent.id, trusted=True)
        assign_created(tx, entries(tx, urgent.id))
    assert owners(world) == ["", "james"]


def entries(tx: Any, record: Any) -> list[Any]:
    return [each for each in history(tx, "lead", record) if each.deed == "create"]


def test_screen_hands_out_as_the_rules_propose(client: Client, world: World) -> None:
    ruled(world, "round_robin", ["james", "nadia"])
    helene = Browser(client, world, "helene")
    leads = [prospect(world), prospect(world)]
    assert "Assign as proposed" in helene.get("/leads/assign").text
    helene.post("/leads/assign", {"ids": [str(each.id) for each in leads], "proposed": "1"})
    assert sorted(owners(world)) == ["james", "nadia"]
    with world.system() as tx:
        assert propose(tx, "lead", leads[:1])[0].owner != found(world, "lead")[0]["owner"]
