"""The inbox over HTTP: found by words and process, in an order, and kept so while tasks are answered."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from entente.interfaces.html.formats import Formats
from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.worklist.listing import Search, worklist
from tests.interfaces.browser import Browser, Client
from tests.services.processes.drawing import drawn
from tests.world.cast import World

Sits = Callable[[str], Browser]
ASKED = (
    'start s\nuser a name_en="{name}" destinations="user:helene" outcomes="ok" priority="{priority}"\nend e\ns > a > e'
)


@pytest.fixture
def sits(client: Client, world: World) -> Sits:
    return lambda login: Browser(client, world, login)


@pytest.fixture
def asked(world: World) -> dict[str, UUID]:
    """Two prospects of Hélène, each with a task of a process of its own."""
    made = {}
    for key, last_name, priority in (("offers", "Hélias", "low"), ("visits", "Berthier", "urgent")):
        made[key] = world.has("lead", "helene", last_name=last_name, owner=world.id_of("helene"))
        model = drawn(ASKED.format(name=f"Look at {key}", priority=priority), key)
        with world.system() as tx:
            deploy(tx, import_model(tx, model).id)
            start(tx, key, entity="lead", record=made[key])
    world.has("call", "helene", subject="Ring Berthier")
    return made


def lines(page: str) -> list[str]:
    """What stands in the list, in its order."""
    return [text.strip() for text in re.findall(r'<a class="one-line[^"]*"[^>]*>([^<]+)', page)]


def test_words_find_tasks_by_what_they_are_called_and_what_they_are_about(sits: Sits, asked: dict[str, UUID]) -> None:
    helene = sits("helene")
    for words, found in (
        ("helias", ["Look at offers"]),
        ("look AT visits", ["Look at visits"]),
        ("berthier", ["Look at visits", "Ring Berthier"]),
        ("look_at", []),
    ):
        assert sorted(lines(helene.get(f"/inbox?tab=mine&q={words}").text)) == found
    assert "Nothing here is like that." in helene.get("/inbox?tab=mine&q=look_at").text


def test_words_find_nothing_in_records_that_their_reader_may_not_read(
    sits: Sits, asked: dict[str, UUID], world: World
) -> None:
    foreign = world.has("lead", "james", last_name="Secretan", owner=world.id_of("james"))
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(ASKED.format(name="Judge", priority="low"), "judged")).id)
        start(tx, "judged", entity="lead", record=foreign)
    with world.acts("admin") as tx:
        (task,) = [each.task for each in worklist(tx, Search(view="all")).entries if each.process == "judged"]
        perform(tx, "task", "redirect", [task], {"to": str(world.id_of("stranger"))})
    page = sits("stranger")
    assert lines(page.get("/inbox?tab=mine&q=judge").text) == ["Judge"]
    assert lines(page.get("/inbox?tab=mine&q=secretan").text) == []


def test_a_process_and_an_order_are_chosen(sits: Sits, asked: dict[str, UUID]) -> None:
    helene = sits("helene")
    assert lines(helene.get("/inbox?tab=mine&process=visits").text) == ["Look at visits"]
    assert lines(helene.get("/inbox?tab=mine&order=priority").text)[:2] == ["Look at visits", "Look at offers"]
    newest = lines(helene.get("/inbox?tab=mine&order=new").text)
    assert [each for each in newest if each.startswith("Look")] == ["Look at visits", "Look at offers"]
    assert len(lines(helene.get("/inbox?tab=mine&order=sideways").text)) == 3


def test_what_is_looked_for_stays_while_tasks_are_answered(sits: Sits, asked: dict[str, UUID]) -> None:
    helene = sits("helene")
    page = helene.get("/inbox?tab=mine&process=offers").text
    opened = re.search(r'href="(/inbox\?tab=mine&amp;process=offers&amp;open=task:[^"]+)"', page)
    assert opened
    place = opened[1].replace("&amp;", "&")
    task = place.rpartition(":")[2]
    answer = helene.post(
        f"/inbox/do/complete?ids={task}&from=mine&outcome=ok",
        {"sure": "1"},
        headers={"HX-Current-URL": f"http://testserver.local{place}"},
    )
    assert "/inbox?tab=mine&amp;process=offers" in answer.text


def opened(browser: Browser, tab: str, key: str) -> str:
    """The pane of the task about something."""
    page = browser.get(f"/inbox?tab={tab}&q={key}").text
    found = re.search(r'href="(/inbox\?[^"]*open=task:[^"]+)"', page)
    assert found
    return str(browser.get(found[1].replace("&amp;", "&")).text)


def test_an_answer_stands_beside_its_question(sits: Sits, asked: dict[str, UUID], world: World) -> None:
    helene = sits("helene")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    wish = {"sure": "1", "to": str(world.id_of("james")), "question": "Is the budget real?"}
    helene.post(f"/inbox/do/ask?ids={task}", wish)
    waiting = opened(helene, "mine", "offers")
    assert "Asked of James James" in waiting
    assert "You can decide once the answer is there" in waiting
    assert 'name="outcome"' not in waiting
    sits("james").post(f"/inbox/do/answer?ids={task}", {"sure": "1", "comment": "Yes, 60 k€"})
    told = opened(helene, "mine", "offers")
    assert "James James answered" in told
    assert '<p class="pre-line strong">Yes, 60 k€</p>' in told
    assert 'name="outcome"' in told


def test_what_is_laid_aside_says_until_when(sits: Sits, asked: dict[str, UUID]) -> None:
    helene = sits("helene")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    helene.post(f"/inbox/do/sleep?ids={task}", {"sure": "1", "duration": "P7D"})
    assert "aside until 30 Nov" in helene.get("/inbox?tab=asleep").text.replace("\u00a0", " ")


def test_roles_that_get_a_task_are_called_in_the_readers_language(
    sits: Sits, asked: dict[str, UUID], world: World
) -> None:
    helene = sits("helene")
    for language, words, name in (("en", "sales man", "Sales manager"), ("fr", "commercial", "Responsable commercial")):
        with world.system() as tx:
            save(tx, "user", {"language": language}, id=world.id_of("helene"))
        assert f'data-title="{name}"' in helene.get(f"/lookup/holders?q={words}").text


def test_whoever_is_to_have_a_task_is_found_among_any_number(sits: Sits, asked: dict[str, UUID], world: World) -> None:
    with world.system() as tx:
        for number in range(230):
            save(tx, "user", {"login": f"person{number}", "last_name": f"Kervadec{number:03}", "language": "en"})
        zoe = save(tx, "user", {"login": "zoe", "first_name": "Zoé", "last_name": "Zwingelstein", "language": "en"}).id
        now = tx.clock.now()
        away = {"person": zoe, "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=4)}
        save(tx, "absence", away)
    helene = sits("helene")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    for verb in ("redirect", "share", "ask"):
        assert 'src="/lookup/holders"' in helene.get(f"/inbox/do/{verb}?ids={task}").text
    options = helene.get("/lookup/holders?q=zwing").text.replace("\u00a0", " ")
    assert f'data-value="{zoe}" data-title="Zoé Zwingelstein"' in options
    assert "Away until 27 Nov" in options
    assert options.count("data-value") == 1
    assert helene.get("/lookup/holders").text.count("data-value") == 12
    assert str(world.id_of("helene")) not in helene.get("/lookup/holders?q=helene").text


def test_a_task_is_shared_with_several_and_a_refusal_keeps_who_was_chosen(
    sits: Sits, asked: dict[str, UUID], world: World
) -> None:
    helene = sits("helene")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    refused = helene.post(f"/inbox/do/ask?ids={task}", {"sure": "1", "to": str(world.id_of("james"))})
    assert refused.status_code == 422
    assert '<span class="one-line" data-title>James James</span>' in refused.text
    several = {"sure": "1", "to": [str(world.id_of("james")), str(world.id_of("stranger"))]}
    assert helene.post(f"/inbox/do/share?ids={task}", several).status_code == 200
    for login in ("james", "stranger"):
        assert lines(sits(login).get("/inbox?tab=shared").text) == ["Look at offers"]


def test_months_keep_their_capital_within_a_sentence(world: World) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    formats = Formats(world.database.words, "en", ZoneInfo("UTC"), lambda: now)
    said = [formats.relative(now + timedelta(days=days), inside=True).replace("\u00a0", " ") for days in (0, 1, 4)]
    assert said == ["today 09:00", "tomorrow 09:00", "27 Nov"]


def test_who_comes_second_is_told_who_was_first_and_keeps_what_was_typed(sits: Sits, asked: dict[str, UUID]) -> None:
    helene = sits("helene")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    answer = f"/inbox/do/complete?ids={task}&from=mine&outcome=ok"
    beside = {"HX-Target": "div#task-pane"}
    assert helene.post(answer, {"sure": "1"}, headers=beside).status_code == 200
    second = helene.post(answer, {"sure": "1", "comment": "A second thought"}, headers=beside)
    assert second.status_code == 422
    assert re.search(r"done by Hélène Helene, (23 Nov|11/23|23/11|23/11/2026)[^.]*\d\d:\d\d\.", second.text)
    assert re.search(r"<textarea[^>]* readonly>A second thought</textarea>", second.text)


def test_who_is_asked_sees_what_the_asker_shows_him_and_is_told_why_not_the_rest(
    sits: Sits, asked: dict[str, UUID], world: World
) -> None:
    with world.system() as tx:
        save(tx, "lead", {"company_name": "Serres du Lis"}, id=asked["offers"])
    helene, stranger = sits("helene"), sits("stranger")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    assert "Show what it is about" in helene.get(f"/inbox/do/ask?ids={task}").text
    wish = {"sure": "1", "to": str(world.id_of("stranger")), "question": "Do you know them?"}
    helene.post(f"/inbox/do/ask?ids={task}", {**wish, "shown": "0"})
    pane = stranger.get(f"/inbox?tab=asked&open=task:{task}").text
    assert "Do you know them?" in pane
    assert "is not open to you" in pane
    assert "Hélias" not in pane
    assert "Serres du Lis" not in pane
    helene.post(f"/inbox/do/withdraw_question?ids={task}")
    helene.post(f"/inbox/do/ask?ids={task}", {**wish, "shown": ["0", "1"]})
    pane = stranger.get(f"/inbox?tab=asked&open=task:{task}").text
    assert "Serres du Lis" in pane
    assert "Hélias</h3>" in pane
    assert "Hélène Helene shows you this for the question" in pane
    assert f"/leads/{asked['offers']}" not in pane
    assert stranger.get(f"/leads/{asked['offers']}").status_code == 404
    stranger.post(f"/inbox/do/answer?ids={task}", {"sure": "1", "comment": "No"})
    assert "Serres du Lis" not in stranger.get(f"/inbox?tab=asked&open=task:{task}").text


def test_only_who_may_share_a_record_shows_it_with_his_question(
    sits: Sits, asked: dict[str, UUID], world: World
) -> None:
    helene, stranger = sits("helene"), sits("stranger")
    task = re.findall(r"ids=([0-9a-f-]{36})", opened(helene, "mine", "offers"))[0]
    wish = {"sure": "1", "to": str(world.id_of("stranger")), "question": "Do you know them?", "shown": ["0", "1"]}
    helene.post(f"/inbox/do/ask?ids={task}", wish)
    assert "Hélias</h3>" in stranger.get(f"/inbox?tab=asked&open=task:{task}").text
    with world.system() as tx:
        role = find(tx, "role", seed_id("role", "sales_manager"))
        grants = {name: {**lines, "share": "none"} for name, lines in role["grants"].items()}
        save(tx, "role", {"grants": grants}, id=role.id)
    assert "Hélias" not in stranger.get(f"/inbox?tab=asked&open=task:{task}").text
    helene.post(f"/inbox/do/withdraw_question?ids={task}")
    refused = helene.post(f"/inbox/do/ask?ids={task}", wish)
    assert refused.status_code == 422
    assert "not yours to show" in refused.text
    assert "Do you know them?" in refused.text


def test_a_task_due_on_a_day_is_due_on_that_day_and_not_on_the_next(sits: Sits, world: World) -> None:
    with world.system() as tx:
        today = tx.clock.now().date()
    lead = world.has("lead", "helene", last_name="Hélias", owner=world.id_of("helene"))
    about = {"entity": "lead", "id": lead}
    world.has("task", "helene", subject="Ring today", owner=world.id_of("helene"), due_on=today, regarding=about)
    later = today + timedelta(days=4)
    task = world.has("task", "helene", subject="Ring later", owner=world.id_of("helene"), due_on=later, regarding=about)
    helene = sits("helene")
    page = helene.get("/inbox").text.replace("\u00a0", " ")
    assert re.findall(r"Due ([^<]+)</span>", page) == ["today", "27 Nov"]
    for place in (f"/inbox?open=task:{task}", f"/leads/{lead}", "/"):
        assert "28 Nov" not in helene.get(place).text.replace("\u00a0", " "), place


def test_the_list_asks_for_news_and_what_is_open_only_for_what_was_done_here(
    sits: Sits, asked: dict[str, UUID]
) -> None:
    """Both at one request, what is open stayed as it was when news came at the moment of one's own deed."""
    found = sits("helene").get(f"/inbox?record={asked['offers']}").text
    listed, opened = [
        part for part in found.split("<") if "record-saved from:body" in part and 'hx-get="/inbox' in part
    ]
    assert "live" in listed
    assert "#inbox-tabs" in listed
    assert 'id="inbox-detail"' in opened
    assert 'hx-trigger="record-saved from:body"' in opened
