"""Lists over HTTP: filters, saved views, work on many records, sharing, export."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entente.interfaces.web import selection
from entente.interfaces.web.pages import list as list_page
from entente.kernel.db.tx import Cause
from entente.kernel.jobs.queue import Run, typed
from entente.kernel.kit.principal import system
from entente.kernel.records.bulk import size_of
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, Count, count, find, page
from entente.kernel.records.save import Write, save_many
from entente.kernel.records.shares import share
from entente.services.connect.batches import do_batches, undo_batches
from tests.interfaces.web_asking import Browser, conditions, ids, lead, rows, undo_of
from tests.world.cast import World


@pytest.fixture
def james(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "james")


@pytest.fixture
def stranger(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "stranger")


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
    for nobodys in (
        {"field": "created_at", "op": "before", "value": "2026-11-23"},
        {"field": "owner", "op": "not_in", "value": [{"id": str(world.id_of("james"))}]},
        {"field": "estimated_amount", "op": "between", "value": ["10", ""]},
    ):
        assert ids(james.get("/leads", filter=conditions(nobodys))) == [], nobodys


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
    assert "done for one record; 1 left" in done.text
    assert str(other) not in done.text
    with world.system() as tx:
        assert find(tx, "lead", mine)["priority"] == "urgent"
        assert find(tx, "lead", other)["priority"] != "urgent"


def test_those_that_were_left_are_named_with_their_reason(world: World, james: Browser) -> None:
    one, two = lead(world), lead(world, last_name="Sylla")
    james.post(f"/leads/{two}/actions/disqualify", sure="1", disqualify_reason="spam")
    done = james.post("/leads/many/disqualify", ids=f"{one},{two}", disqualify_reason="spam", sure="1")
    assert "done for one record; 1 left" in done.text
    assert re.findall(r'href="(/leads/[^"]+)">([^<]+)</a><span[^>]*>([^<]+)<', done.text) == [
        (f"/leads/{two}", "Sylla", "This cannot be done with the record as it stands.")
    ]
    assert undo_of(done)


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


def tabs(page: str) -> list[str]:
    return [
        unescape(text) for text in re.findall(r'<a href="/leads\?view=[^"]+"[^>]*>([^<]+?) ?<', page.split("</nav>")[0])
    ]


def test_everybody_puts_the_views_in_his_own_order(world: World, james: Browser, stranger: Browser) -> None:
    usual = tabs(james.get("/leads").text)
    assert len(usual) > 2
    keys = re.findall(r'name="order" value="([^"]+)"', james.get("/leads/views/order").text)
    moved = [keys[2], keys[0], keys[1], *keys[3:]]
    james.post("/leads/views/order", order=moved)
    page = james.get("/leads").text
    assert tabs(page) == [usual[2], usual[0], usual[1], *usual[3:]]
    assert 'aria-current="page"' in page.split(f">{usual[2]}")[0].rpartition("<a ")[2]
    assert tabs(stranger.get("/leads").text) == usual
    james.post(f"/leads/views/new?view={keys[1]}", name="Autre", visibility="private", is_first="1")
    assert tabs(james.get("/leads").text)[0] == "Autre"
    james.post("/leads/views/order", order=moved)
    assert tabs(james.get("/leads").text)[0] == usual[2]
    james.post("/leads/views/order", order=moved, usual="1")
    assert tabs(james.get("/leads").text) == [*usual, "Autre"]


def test_those_that_a_job_left_are_listed_with_their_reason(world: World, james: Browser, stranger: Browser) -> None:
    with world.acts("james") as tx:
        made = save_many(tx, "lead", [Write(values={"last_name": f"Nom {n}"}) for n in range(103)])
    one = made[0].id
    answer = james.post("/leads/many/disqualify", matching="view=all", disqualify_reason="spam", sure="1")
    james.post(f"/leads/{one}/actions/disqualify", sure="1", disqualify_reason="spam")
    job = waiting(world, "connect.batches")
    do_batches(run_of(world, job), **typed(do_batches, job["arguments"]))
    done(world)
    (progress,) = re.findall(r'hx-get="(/progress/[^"]+)"', answer.text)
    ended = james.get(progress.replace("&amp;", "&"))
    assert "1 left" in ended.text
    (address,) = re.findall(r'href="(/progress/[^"]+/left)"', ended.text)
    listed = james.get(address).text
    assert f'href="/leads/{one}"' in listed
    assert "This cannot be done with the record as it stands." in listed
    assert "Nom 0,This cannot be done" in james.get(f"{address}.csv").text
    assert "Nom 0" not in stranger.get(address).text


def test_more_than_a_job_takes_is_said_before(world: World, james: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST", 1)
    lead(world)
    lead(world, last_name="Sylla")
    answer = james.post("/leads/many/edit", matching="view=all")
    assert answer.status_code == 422
    assert "More than 1 records match" in answer.text


def done(world: World) -> None:
    with world.system() as tx:
        tx.connection.execute("DELETE FROM public.procrastinate_jobs WHERE task_name = 'connect.batches'")


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


def test_a_record_knows_its_neighbours_in_the_list_one_came_from(world: World, james: Browser) -> None:
    names = ("Dupont", "Aubert", "Caron", "Blanc")
    made = {name: lead(world, last_name=name, priority="low") for name in names}
    lead(world, last_name="Bellec", priority="urgent")
    low = conditions({"field": "priority", "op": "in", "value": ["low"]})
    listed = james.get("/leads", view="everything", filter=low, sort="name").text
    where = unescape(re.findall(rf'href="(/leads/{made["Blanc"]}\?[^"]+)"', listed)[0])
    page_ = james.get(where).text
    before, after = (unescape(each) for each in re.findall(r'href="([^"]+)" data-key="[kj] [pn]"', page_))
    assert before.startswith(f"/leads/{made['Aubert']}?")
    assert after.startswith(f"/leads/{made['Caron']}?")
    back = unescape(re.findall(r'href="(/leads\?[^"]+)"', page_)[0])
    assert rows(james.get(back)) == ["Aubert", "Blanc", "Caron", "Dupont"]
    assert f"/leads/{made['Dupont']}?" in unescape(james.get(after).text)


def test_conditions_reach_behind_links_and_into_addresses(world: World, james: Browser) -> None:
    address = {"street": "1 quai", "postal_code": "29200", "city": "Brest", "country": "FR"}
    near = world.has("account", "james", name="Port", industry="energy", billing_address=address)
    far = world.has("account", "james", name="Gare")
    contact = {
        name: world.has("contact", "james", last_name=name, account=one) for name, one in (("A", near), ("B", far))
    }
    for field, op, value in (
        ("account.industry", "in", ["energy"]),
        ("account.billing_address.country", "eq", "FR"),
        ("account.name", "contains", "port"),
    ):
        asked = conditions({"field": field, "op": op, "value": value})
        assert ids(james.get("/contacts", view="everything", filter=asked)) == [contact["A"]], field
    city = conditions({"field": "billing_address.city", "op": "eq", "value": "Brest"})
    assert ids(james.get("/accounts", filter=city)) == [near]
    offered = james.get("/contacts/filter-fields").text
    assert '"account.industry"' in offered
    assert "Account › Industry" in offered


def test_what_may_not_be_read_behind_a_link_is_no_condition(world: World, client: TestClient[Litestar]) -> None:
    marie = Browser(client, world, "marie")
    hidden = conditions({"field": "account.credit_limit", "op": "not_empty"})
    assert marie.get("/contacts", filter=hidden).status_code == 422
    assert "account.credit_limit" not in marie.get("/contacts").text
    offered = marie.get("/contacts/filter-fields").text
    assert "account.name" in offered
    assert "account.credit_limit" not in offered


def test_a_second_column_sorts_by_a_link_of_its_own(world: World, james: Browser) -> None:
    for name, company in (("B", "Un"), ("A", "Un"), ("C", "Deux")):
        lead(world, last_name=name, company_name=company)
    page_ = unescape(james.get("/leads", view="everything", sort="company_name").text)
    then = re.findall(r'class="then-sort" href="([^"]+)"[^>]*aria-label="Then sort by Source"', page_)
    assert "sort=company_name%2Csource" in then[0]
    assert rows(james.get("/leads", view="everything", sort="company_name,name")) == ["C", "A", "B"]
    assert '<span class="muted small">1</span>' in james.get(then[0]).text


def test_a_field_chosen_by_mistake_is_taken_out_of_a_change_of_several(world: World, james: Browser) -> None:
    one = lead(world, priority="low", source="call")
    both = {"ids": str(one), "fields": ["priority", "source"], "sure": "1"}
    opened = james.post("/leads/many/edit", **both, add="need")
    assert "A field that is left empty is emptied" in opened.text
    again = james.post("/leads/many/edit", **both, drop="source", priority="urgent", source="")
    assert 'name="fields" value="priority"' in again.text
    assert 'name="fields" value="source"' not in again.text
    with world.system() as tx:
        assert find(tx, "lead", one)["source"] == "call"


def test_all_that_match_are_not_said_to_be_as_many_as_were_counted(
    world: World, james: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        lead(world)
    assert "Select all 3 that match" in james.get("/leads?view=all").text
    monkeypatch.setattr(list_page, "count", lambda tx, ask: Count(2, True))
    shown = james.get("/leads?view=all").text
    assert "Select all that match (10,000+)" in shown
    assert 'data-total="10,000+"' in shown
