"""Lists and boards over HTTP: filters, saved views, boards, work on many records, conversion."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from entente import app
from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.session import cookie_name
from entente.kernel.db.tx import Cause
from entente.kernel.identity.sessions import start_session
from entente.kernel.jobs.queue import Run, typed
from entente.kernel.kit.principal import system
from entente.kernel.records.bulk import size_of
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.save import Write, save_many
from entente.kernel.records.shares import share
from entente.services.connect.batches import do_batches, undo_batches
from tests.world.cast import World


class Browser:
    """A person at the screen: asks for pages and sends forms as htmx does."""

    def __init__(self, client: TestClient[Litestar], world: World, login: str) -> None:
        database = world.database
        with database.begin(system("test")) as tx:
            token = start_session(tx, world.id_of(login), peer="127.0.0.1", agent="test")
        self._client = client
        self._csrf = csrf_token(token)
        self._cookie = f"{cookie_name(database.settings)}={database.settings.organisation}.{token}"

    def get(self, url: str, **params: Any) -> Response:
        """A part of a page."""
        return self._client.get(url, params=params or None, headers=self._headers())

    def post(self, url: str, **values: Any) -> Response:
        """The answer to a form; names with dots are written with two underscores."""
        sent = {name.replace("__", "."): value for name, value in values.items()}
        return self._client.post(url, data={**sent, "_csrf_token": self._csrf}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "HX-Request": "true", "Origin": "http://testserver.local"}


@pytest.fixture
def client(world: World) -> Iterator[TestClient[Litestar]]:
    with TestClient(app.build(world.database)) as made:
        yield made


@pytest.fixture
def james(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "james")


@pytest.fixture
def stranger(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "stranger")


def rows(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'<tr id="row-[^"]+".*?class="one-line"[^>]*>([^<]+)<', answer.text, re.S)


def ids(answer: Response) -> list[UUID]:
    return [UUID(each) for each in re.findall(r'<tr id="row-([^"]+)"', answer.text)]


def lead(world: World, login: str = "james", **values: Any) -> UUID:
    return world.has("lead", login, **{"last_name": "Berthier", "company_name": "Lisière", **values})


def conditions(*items: dict[str, Any]) -> str:
    return json.dumps(items)


def test_conditions_of_the_builder_choose_rows(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low", company_name="Corvin")
    urgent = {"field": "priority", "op": "in", "value": ["urgent"]}
    corvin = {"field": "company_name", "op": "contains", "value": "corv"}
    assert rows(james.get("/leads", filter=conditions(urgent))) == ["Ouellet"]
    assert rows(james.get("/leads", filter=conditions(urgent, corvin))) == []
    assert sorted(rows(james.get("/leads", filter=conditions({"any": [urgent, corvin]})))) == ["Ouellet", "Sylla"]


def test_relative_days_the_asker_and_chosen_records_are_conditions(world: World, james: Browser) -> None:
    mine = lead(world)
    for condition in (
        {"field": "created_at", "op": "last_days", "value": "7"},
        {"field": "created_at", "op": "period", "value": "today"},
        {"field": "created_at", "op": "on", "value": "2026-11-23"},
        {"field": "owner", "op": "me"},
        {"field": "team", "op": "my_team"},
        {"field": "owner", "op": "in", "value": [{"id": str(world.id_of("james")), "title": "anything"}]},
        {"field": "decision_maker", "op": "no"},
        {"field": "tags", "op": "empty"},
        {"field": "estimated_amount", "op": "empty"},
    ):
        assert ids(james.get("/leads", filter=conditions(condition))) == [mine], condition
    for condition in (
        {"field": "created_at", "op": "before", "value": "2026-11-23"},
        {"field": "owner", "op": "not_in", "value": [{"id": str(world.id_of("james"))}]},
        {"field": "estimated_amount", "op": "between", "value": ["10", ""]},
    ):
        assert ids(james.get("/leads", filter=conditions(condition))) == [], condition


def test_chips_name_chosen_records_as_they_are_called(world: World, james: Browser) -> None:
    chosen = {"field": "owner", "op": "in", "value": [{"id": str(world.id_of("james")), "title": "Someone else"}]}
    answer = james.get("/leads", filter=conditions(chosen)).text
    assert "James James" in answer
    assert "Someone else" not in answer


def test_conditions_that_cannot_be_understood_are_refused(james: Browser) -> None:
    for text in (
        "{",
        conditions({"field": "nothing", "op": "eq"}),
        conditions({"field": "status", "op": "starts_with"}),
    ):
        assert james.get("/leads", filter=text).status_code in (404, 422), text


def test_a_stranger_sees_no_row_and_no_count(world: World, stranger: Browser) -> None:
    lead(world)
    answer = stranger.get("/leads")
    assert ids(answer) == []
    assert "Lisière" not in answer.text


def view_named(world: World, name: str) -> UUID:
    with world.system() as tx:
        return page(tx, Ask(entity="saved_view", filter=f'name = "{name}"')).records[0].id


def test_a_view_is_kept_with_its_conditions_and_columns(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low")
    urgent = conditions({"field": "priority", "op": "in", "value": ["urgent"]})
    address = f"/leads/views/new?filter={urgent}&columns=priority,company_name&sort=-company_name,priority"
    assert james.post(address, name="Pressés", visibility="private").status_code == 200
    kept = view_named(world, "Pressés")
    answer = james.get("/leads", view=str(kept))
    assert rows(answer) == ["Ouellet"]
    assert re.findall(r'data-edit="/leads/[^"]*/cell/(\w+)"', answer.text) == ["priority", "company_name"]
    james.post(f"/leads/views/{kept}?columns=source", kind="list")
    assert re.findall(r'data-edit="/leads/[^"]*/cell/(\w+)"', james.get("/leads", view=str(kept)).text) == ["source"]


def test_views_are_shared_as_far_as_one_may(world: World, client: TestClient[Litestar], james: Browser) -> None:
    colleague, outsider = Browser(client, world, "bastien"), Browser(client, world, "nadia")
    james.post("/leads/views/new", name="Pour nous", visibility="team")
    james.post("/leads/views/new", name="Pour moi", visibility="private")
    assert "Pour nous" in colleague.get("/leads").text
    assert "Pour moi" not in colleague.get("/leads").text
    assert "Pour nous" not in outsider.get("/leads").text
    assert james.post("/leads/views/new", name="Pour tous", visibility="everyone").status_code == 422
    shared = view_named(world, "Pour nous")
    assert colleague.post(f"/leads/views/{shared}/delete").status_code in (403, 404)
    assert james.post(f"/leads/views/{shared}/delete").status_code == 200
    assert "Pour nous" not in colleague.get("/leads").text


def test_the_view_that_is_to_open_first_does(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low")
    low = conditions({"field": "priority", "op": "in", "value": ["low"]})
    james.post(f"/leads/views/new?filter={low}", name="Calmes", visibility="private", is_first="1")
    assert rows(james.get("/leads")) == ["Sylla"]
    james.post("/leads/views/new?view=all", name="Autre", visibility="private", is_first="1")
    assert len(rows(james.get("/leads"))) == 2


DEAL = {"name": "Serres", "close_date": "2027-01-15", "amount": {"amount": "900", "currency": "EUR"}}


def deal(world: World, **values: Any) -> UUID:
    return world.has("opportunity", "james", **{**DEAL, **values})


def stages(world: World) -> dict[str, UUID]:
    with world.system() as tx:
        first = page(tx, Ask(entity="opportunity", limit=1)).records[0]["pipeline"]
        found = page(tx, Ask(entity="pipeline_stage", filter=f'pipeline = "{first}"')).records
        return {each["type"] if each["type"] != "open" else str(each["position"]): each.id for each in found}


def cards(answer: Response, column: object) -> list[str]:
    assert answer.status_code == 200, answer.text
    found = re.search(rf'data-key="{column}">(.*?)</ul>', answer.text, re.S)
    assert found, answer.text
    return re.findall(r'class="card-title"[^>]*>([^<]+)<', found[1])


def test_a_board_shows_counts_and_sums_by_step(world: World, james: Browser) -> None:
    deal(world, name="Un", amount={"amount": "1000", "currency": "EUR"}, probability=50)
    deal(world, name="Deux", amount={"amount": "500", "currency": "EUR"}, probability=10)
    answer = james.get("/opportunities/board")
    with world.system() as tx:
        first = page(tx, Ask(entity="opportunity", limit=1)).records[0]["stage"]
    assert sorted(cards(answer, first)) == ["Deux", "Un"]
    assert "€1,500" in answer.text
    assert "weighted €550" in answer.text


def test_a_long_column_is_loaded_in_parts(world: World, james: Browser) -> None:
    for number in range(23):
        lead(world, last_name=f"Nom {number:02}")
    answer = james.get("/leads/board")
    assert len(cards(answer, "assigned")) == 20
    more = re.search(r'hx-get="(/leads/board/cards[^"]*)"', answer.text)
    assert more
    rest = james.get(more[1].replace("&amp;", "&"))
    titles = re.findall(r'class="card-title"[^>]*>([^<]+)<', rest.text)
    assert len({*titles, *cards(answer, "assigned")}) == 23
    assert "/board/cards" not in rest.text


def test_a_card_moves_in_one_write_and_back(world: World, james: Browser) -> None:
    one = lead(world)
    answer = james.post(f"/leads/{one}/move?group=status", to="in_process", version="1")
    assert answer.status_code == 200
    assert cards(james.get("/leads/board"), "in_process") == ["Berthier"]
    undo = re.search(r'hx-post="(/undo/[^"]+)"', answer.text)
    assert undo
    james.post(undo[1])
    assert cards(james.get("/leads/board"), "assigned") == ["Berthier"]


def test_a_move_over_someone_elses_change_is_a_conflict(world: World, james: Browser) -> None:
    one = lead(world)
    james.post(f"/leads/{one}/move?group=status", to="in_process", version="1")
    assert james.post(f"/leads/{one}/move?group=status", to="nurturing", version="1").status_code == 409


def test_a_move_that_ends_a_record_opens_the_dialog_of_its_action(world: World, james: Browser) -> None:
    one = deal(world)
    lost = stages(world)["lost"]
    answer = james.post(f"/opportunities/{one}/move?group=stage", to=str(lost), version="1")
    assert answer.headers["hx-retarget"] == "#dialog"
    assert f"/opportunities/{one}/actions/lose" in answer.text
    assert "loss_reason" in answer.text


def test_a_move_asks_only_for_what_is_missing_and_saves_at_once(
    world: World, james: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deal(world)
    with world.system() as tx:
        monkeypatch.delitem(tx.catalog.screens["opportunity"].moves, "stage")
    lost = stages(world)["lost"]
    asked = james.post(f"/opportunities/{one}/move?group=stage", to=str(lost), version="1")
    assert asked.headers["hx-retarget"] == "#dialog"
    assert re.findall(r'<(?:select|input|textarea)[^>]*id="field-(\w+)"', asked.text) == ["loss_reason"]
    done = james.post(
        f"/opportunities/{one}/move?group=stage", to=str(lost), version="1", sure="1", loss_reason="price"
    )
    assert done.status_code == 200
    with world.system() as tx:
        found = find(tx, "opportunity", one)
        assert (found["result"], found["loss_reason"], found.version) == ("lost", "price", 2)


def test_a_stranger_moves_no_card(world: World, stranger: Browser) -> None:
    one = lead(world)
    assert stranger.post(f"/leads/{one}/move?group=status", to="in_process", version="1").status_code == 404
    assert "Berthier" not in stranger.get("/leads/board").text


def undo_of(answer: Response) -> str:
    found = re.search(r'hx-post="(/undo/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def test_several_records_are_edited_at_once_and_back(world: World, james: Browser) -> None:
    two = [lead(world, last_name=name, priority="low") for name in ("Un", "Deux")]
    chosen = ",".join(map(str, two))
    opened = james.post("/leads/many/edit", ids=chosen, add="priority")
    assert "2 records are concerned" in opened.text
    assert 'name="fields" value="priority"' in opened.text
    done = james.post("/leads/many/edit", ids=chosen, fields="priority", priority="urgent", sure="1")
    urgent = conditions({"field": "priority", "op": "in", "value": ["urgent"]})
    assert sorted(rows(james.get("/leads", filter=urgent))) == ["Deux", "Un"]
    james.post(undo_of(done))
    assert rows(james.get("/leads", filter=urgent)) == []


def test_records_of_others_are_refused_one_by_one(world: World, james: Browser) -> None:
    mine, other = lead(world), lead(world, "nadia")
    done = james.post("/leads/many/edit", ids=f"{mine},{other}", fields="priority", priority="urgent", sure="1")
    assert "done for one record" in done.text
    with world.system() as tx:
        assert find(tx, "lead", mine)["priority"] == "urgent"
        assert find(tx, "lead", other)["priority"] != "urgent"


def test_what_was_deleted_waits_in_the_bin(world: World, james: Browser, stranger: Browser) -> None:
    one = lead(world)
    assert "1 record" not in james.post("/leads/many/delete", ids=str(one)).headers.get("hx-trigger", "")
    james.post("/leads/many/delete", ids=str(one), sure="1")
    assert ids(james.get("/leads")) == []
    assert ids(james.get("/leads", deleted="1")) == [one]
    assert ids(stranger.get("/leads", deleted="1")) == []
    james.post("/leads/many/restore", ids=str(one))
    assert ids(james.get("/leads")) == [one]
    james.post(undo_of(james.post(f"/leads/{one}/delete")))
    assert ids(james.get("/leads")) == [one]


def test_more_than_a_hundred_are_done_in_a_job_that_may_be_repeated(world: World, james: Browser) -> None:
    with world.acts("james") as tx:
        save_many(tx, "lead", [Write(values={"last_name": f"Nom {n}", "priority": "low"}) for n in range(103)])
    answer = james.post("/leads/many/edit", matching="view=all", fields="priority", priority="urgent", sure="1")
    assert "0 of 103" in answer.text
    job = waiting(world, "connect.batches")
    for _ in range(2):
        do_batches(run_of(world, job), **typed(do_batches, job["arguments"]))
    with world.system() as tx:
        assert count(tx, Ask(entity="lead", filter='priority = "urgent"')).number == 103
        assert size_of(tx, UUID(job["cause"]["id"])) == (103, "lead")
    james.post(f"/undo/{job['cause']['id']}")
    back = waiting(world, "connect.undo_batches")
    undo_batches(run_of(world, back), **typed(undo_batches, back["arguments"]))
    with world.system() as tx:
        assert count(tx, Ask(entity="lead", filter='priority = "low"')).number == 103


def waiting(world: World, name: str) -> dict[str, Any]:
    with world.system() as tx:
        found = tx.connection.execute("SELECT args FROM public.procrastinate_jobs WHERE task_name = %s", (name,))
        line = found.fetchone()
        assert line
        return dict(line[0])


def run_of(world: World, job: dict[str, Any]) -> Run:
    cause = Cause(UUID(job["cause"]["id"]), "job", "test")
    return Run(world.database, job["organisation"], system("test"), cause)


def test_a_list_leaves_as_a_file_with_its_filter(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low")
    urgent = conditions({"field": "priority", "op": "in", "value": ["urgent"]})
    text = james.get("/leads/export.csv", filter=urgent).text
    assert "Ouellet" in text
    assert "Sylla" not in text
    assert james.get("/leads/export.xlsx").content[:2] == b"PK"


def test_no_right_to_export_no_file(world: World, client: TestClient[Litestar]) -> None:
    lead(world)
    assert Browser(client, world, "rita").get("/leads/export.csv").status_code == 403


def test_a_record_is_shared_until_a_day_and_no_longer(world: World, client: TestClient[Litestar]) -> None:
    james, nadia = Browser(client, world, "james"), Browser(client, world, "nadia")
    one = lead(world)
    assert ids(nadia.get("/leads")) == []
    given = {"user": str(world.id_of("nadia")), "level": "edit", "until": "2026-11-24"}
    done = james.post(f"/leads/{one}/share", **given)
    assert done.status_code == 200, done.text
    assert ids(nadia.get("/leads")) == [one]
    assert nadia.get(f"/leads/{one}/share").status_code == 403
    assert "Nadia" in james.get(f"/leads/{one}/share").text
    james.post(undo_of(done))
    assert ids(nadia.get("/leads")) == []
    with world.system() as tx:
        deeds = [entry.deed for entry in history(tx, "lead", one)]
    assert deeds[:2] == ["unshare", "share"]


def test_nobody_lends_more_than_he_has(world: World, client: TestClient[Litestar]) -> None:
    one = lead(world)
    with world.system() as tx:
        share(tx, "lead", one, user=world.id_of("nadia"), level="full")
        tx.connection.execute(
            f'UPDATE "{tx.catalog.schema}".share SET privileges = %s',
            (["read", "share"],),
        )
    nadia = Browser(client, world, "nadia")
    given = {"user": str(world.id_of("sam")), "reason": "x"}
    assert nadia.post(f"/leads/{one}/share", **given, level="edit").status_code == 403
    assert nadia.post(f"/leads/{one}/share", **given, level="read").status_code == 200


def inputs(answer: Response, prefix: str) -> dict[str, str]:
    """The values of the inputs of a dialog whose names begin so."""
    found = re.findall(rf'<input(?=[^>]*name="({prefix}[^"]*)")(?=[^>]*value="([^"]*)")[^>]*>', answer.text)
    return {name: next((value for each, value in found if each == name and value), "") for name, _ in found}


def test_the_conversion_dialog_is_prefilled_and_offers_what_is_known(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one = lead(world, first_name="Camille", emails="camille@lisiere.example", existing_account=str(known))
    answer = james.get(f"/leads/{one}/actions/convert")
    assert answer.status_code == 200, answer.text
    assert f'name="account.id" value="{known}" checked' in answer.text
    assert 'name="account.means" value="link" checked' in answer.text
    assert 'name="contact.means" value="create" checked' in answer.text
    values = inputs(answer, "contact.values.")
    assert values["contact.values.first_name"] == "Camille"
    assert "camille@lisiere.example" in values.values()


def test_a_lead_is_converted_once_with_what_was_typed(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one = lead(world, first_name="Camille")
    given = {
        "sure": "1",
        "account__means": "link",
        "account__id": str(known),
        "contact__means": "create",
        "contact__values__first_name": "Camille",
        "contact__values__last_name": "Berthier-Roux",
        "opportunity__means": "none",
    }
    done = james.post(f"/leads/{one}/actions/convert", **given)
    assert done.status_code == 200, done.text
    assert f'href="/accounts/{known}"' in done.text
    assert "Camille Berthier-Roux" in done.text
    assert james.post(f"/leads/{one}/actions/convert", **given).status_code == 422
    with world.system() as tx:
        assert count(tx, Ask(entity="contact", filter='last_name = "Berthier-Roux"')).number == 1
        assert find(tx, "lead", one)["created_account"] == known
    james.post(undo_of(done))
    with world.system() as tx:
        assert find(tx, "lead", one)["state"] == "open"
        assert count(tx, Ask(entity="contact", filter='last_name = "Berthier-Roux"')).number == 0


def test_what_a_part_is_refused_for_stands_beside_its_field(world: World, james: Browser) -> None:
    one = lead(world)
    given = {"account__means": "create", "account__values__name": "", "contact__means": "none"}
    answer = james.post(f"/leads/{one}/actions/convert", sure="1", opportunity__means="none", **given)
    assert answer.status_code == 422
    assert 'id="field-account-values-name-error"' in answer.text


def test_several_leads_become_what_is_proposed_for_each(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one, two = lead(world, existing_account=str(known)), lead(world, last_name="Sylla", company_name="Corvin")
    answer = james.post("/leads/many/convert", ids=f"{one},{two}", sure="1")
    assert answer.status_code == 200, answer.text
    with world.system() as tx:
        first, second = find(tx, "lead", one), find(tx, "lead", two)
        assert first["created_account"] == known
        assert find(tx, "account", second["created_account"])["name"] == "Corvin"


def test_fields_left_empty_in_the_dialog_take_nothing_away(world: World, james: Browser) -> None:
    one = lead(world, first_name="Camille")
    opened = james.get(f"/leads/{one}/actions/convert")
    given = {name.replace(".", "__"): value for name, value in inputs(opened, "opportunity.values.").items()}
    assert given["opportunity__values__account"] == ""
    made = {"account__means": "create", "account__values__name": "Lisière", "contact__means": "none"}
    answer = james.post(f"/leads/{one}/actions/convert", sure="1", opportunity__means="create", **made, **given)
    assert answer.status_code == 200, answer.text
    with world.system() as tx:
        kept = find(tx, "lead", one)
        deal = find(tx, "opportunity", kept["created_opportunity"])
        assert deal["account"] == kept["created_account"]
        assert deal["owner"] == world.id_of("james")
