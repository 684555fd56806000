"""What happens around records over HTTP: notes and calls, files, following, the inbox, the palette, the first page."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from entente import job_worker
from entente.kernel.jobs.followers import dispatch
from entente.kernel.records.query import find
from entente.services.stream.following import my_level
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

Sits = Callable[[str], Browser]
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def sits(client: Client, world: World) -> Sits:
    return lambda login: Browser(client, world, login)


@pytest.fixture
def lead(world: World) -> UUID:
    return world.has("lead", "james", first_name="Zoé", last_name="Hélias", company_name="Serres du Lis")


def tell_everyone(world: World) -> None:
    while dispatch(world.database, "main", job_worker.all_followers()):
        pass


def value_of(form: str, name: str) -> str:
    control = next(each for each in re.findall(r"<input[^>]*>", form) if f'name="{name}"' in each)
    return str(re.findall(r'value="([^"]*)"', control)[0])


def chosen_in(form: str, name: str) -> str:
    control = next(each for each in re.findall(r"<select.*?</select>", form, re.DOTALL) if f'name="{name}"' in each)
    return str(re.findall(r'value="(\w+)" selected', control)[0])


def test_the_inbox_counts_what_it_lists(sits: Sits, world: World, lead: UUID) -> None:
    world.has("task", "helene", subject="Prepare", regarding=f"lead:{lead}")
    world.has("call", "helene", subject="Ring", regarding=f"lead:{lead}")
    inbox = sits("helene").get("/inbox?tab=mine").text
    assert sorted(re.findall(r"open=(task|call):", inbox)) == ["call", "task"]
    for tab in ("mine", "notifications", "groups"):
        page = sits("helene").get(f"/inbox?tab={tab}").text
        mine = re.search(r'href="/inbox\?tab=mine"[^>]*>.*?</a>', page, re.DOTALL)
        assert mine
        assert re.search(r">\s*2\s*<", mine[0])


def test_an_opened_line_leads_back_to_its_list(sits: Sits, world: World, lead: UUID) -> None:
    call = world.has("call", "helene", subject="Ring", regarding=f"lead:{lead}")
    task = world.has("task", "helene", subject="Prepare", regarding=f"lead:{lead}")
    beside = sits("helene").get(f"/inbox?open=call:{call}").text
    assert re.search(r'<a class="[^"]*only-phone" href="/inbox">', beside)
    pane = sits("helene").get(f"/inbox?tab=people&open=task:{task}").text
    assert re.search(r'<a class="[^"]*only-phone" href="/inbox\?tab=people">', pane)


def test_one_says_that_one_is_away_in_one_step(sits: Sits, world: World) -> None:
    url = re.search(r'hx-get="(/absences/new[^"]*)"', sits("james").get("/inbox").text)
    assert url
    form = sits("james").get(url[1]).text
    assert f'value="{world.id_of("james")}"' in form


def counted(browser: Browser) -> dict[str, str]:
    """What the side bar, the phone's bar and the bell say."""
    return dict(re.findall(r'hx-target="#([^"]+)"[^>]*>([^<]*)<', browser.get("/inbox/count").text))


def test_a_note_mentions_its_reader(sits: Sits, world: World, lead: UUID) -> None:
    world.has("task", "helene", subject="Prepare", regarding={"entity": "lead", "id": str(lead)})
    sent = {"body": "Please call <b>back</b>\n\nThanks", "mentions": str(world.id_of("helene"))}
    answer = sits("james").post(f"/leads/{lead}/composer?kind=note", sent)
    assert answer.status_code == 200
    assert "timeline-changed" in answer.headers["hx-trigger"]
    tell_everyone(world)
    manager = sits("helene")
    timeline = manager.get(f"/leads/{lead}/timeline").text
    assert "&lt;b&gt;back&lt;/b&gt;" in timeline
    assert "<p>Thanks</p>" in timeline
    inbox = manager.get("/inbox?tab=notifications").text
    assert "James James mentioned you" in inbox
    assert counted(manager)["count-notifications"] == "1"
    assert counted(manager)["count-inbox"] == counted(manager)["phone-count-inbox"] == "1", "the task, not the news"
    opened = re.search(r'href="(/inbox/notifications/[^"]+)"', inbox)
    assert opened
    assert manager.get(opened[1]).headers["location"] == f"/leads/{lead}"
    assert counted(manager)["count-notifications"] == ""
    assert counted(manager)["count-inbox"] == "1"
    assert re.search(r'<span class="count waiting">1</span>', manager.get("/inbox").text), "the heading says the same"


def test_a_refused_note_keeps_who_was_mentioned(sits: Sits, world: World, lead: UUID) -> None:
    mentioned = str(world.id_of("helene"))
    answer = sits("james").post(f"/leads/{lead}/composer?kind=note", {"body": " ", "mentions": mentioned})
    assert answer.status_code == 422
    assert f'name="mentions" value="{mentioned}"' in answer.text
    assert found(world, "note") == []


def test_a_call_is_logged_as_held(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")
    form = page.get(f"/leads/{lead}/composer?kind=call").text
    values = {name: value_of(form, name) for name in ("subject", "start_at")}
    chosen = {name: chosen_in(form, name) for name in ("status", "direction")}
    assert values["subject"] == "Call: Zoé Hélias"
    assert chosen == {"status": "held", "direction": "outbound"}
    assert page.post(f"/leads/{lead}/composer?kind=call", {**values, **chosen}).status_code == 200
    call = found(world, "call")[0]
    assert (call["status"], call["regarding"].id, call["owner"]) == ("held", lead, world.id_of("james"))


def test_a_task_waits_on_the_record_and_in_the_inbox(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")
    page.post(f"/leads/{lead}/composer?kind=task", {"subject": "Send the quote", "due_on": "2026-11-20"})
    assert "task-card" in page.get(f"/leads/{lead}").text
    task = found(world, "task")[0].id
    detail = page.get(f"/inbox?open=task:{task}").text
    assert f"/complete?ids={task}" in detail
    home = page.get("/").text
    assert "Send the quote" in home
    assert "one late" in home
    assert page.post(f"/tasks/{task}/actions/complete", {"sure": "1"}).status_code == 200
    assert f"item-task-{task}" not in page.get("/inbox").text


def test_a_file_becomes_a_document_with_its_version(sits: Sits, lead: UUID) -> None:
    page = sits("james")
    answer = page.post(f"/leads/{lead}/files", files={"file": ("Plan.pdf", PDF, "application/pdf")})
    assert answer.status_code == 200
    address = re.search(r'href="(/files/[^"]+)"', answer.text)
    assert address
    assert "/documents/" in answer.text
    served = page.get(address[1])
    assert served.content == PDF
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert sits("stranger").get(address[1]).status_code == 404


def test_versions_of_a_document_are_added_shown_and_brought_back(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")
    page.post(f"/leads/{lead}/files", files={"file": ("Plan.pdf", PDF, "application/pdf")})
    document = f"/documents/{found(world, 'document')[0].id}"
    assert "Drop a new version here" in page.get(document).text
    answer = page.post(f"{document}/files", files={"file": ("Plan 2.pdf", PDF + b"2", "application/pdf")})
    assert [*re.findall(r">(\d) · (Plan[^<]*)<", answer.text)] == [("2", "Plan 2.pdf"), ("1", "Plan.pdf")]
    assert "James" in answer.text
    (restore,) = re.findall(r'hx-post="(/documents/[^"]+/restore)"', answer.text)
    assert sits("stranger").post(restore).status_code == 404
    assert sits("rita").post(restore).status_code == 403
    again = page.post(restore).text
    assert next(iter(re.findall(r">(\d) · (Plan[^<]*)<", again))) == ("3", "Plan.pdf")
    assert "Version 1 restored" in again
    newest = re.search(r'href="(/files/[^"]+)"', again)
    assert newest
    assert page.get(newest[1]).content == PDF
    seen = sits("rita").get(document).text
    assert "Plan 2.pdf" in seen
    assert "/restore" not in seen
    assert "Drop a new version" not in seen


def test_a_name_that_is_taken_asks_whether_the_file_is_a_new_version(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")

    def bring(content: bytes, **choice: str) -> Any:
        files = {"file": ("Plan.PDF" if choice else "Plan.pdf", content, "application/pdf")}
        return page.post(f"/leads/{lead}/files", choice, files=files)

    assert bring(PDF).status_code == 200
    asked = bring(PDF + b"2")
    assert asked.status_code == 409
    assert "Add as version 2" in asked.text
    assert len(found(world, "document_version")) == 1
    assert bring(PDF + b"2", same_name="version").status_code == 200
    assert (len(found(world, "document")), len(found(world, "document_version"))) == (1, 2)
    assert bring(PDF, same_name="both").status_code == 200
    assert (len(found(world, "document")), len(found(world, "document_version"))) == (2, 3)
    named = {"file": ("Plan.pdf", PDF, "application/pdf")}
    assert "Plan.pdf" not in sits("stranger").post(f"/leads/{lead}/files", files=named).text


def test_a_version_is_brought_back_on_its_own_document_only(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")
    for name in ("Plan.pdf", "Devis.pdf"):
        page.post(f"/leads/{lead}/files", files={"file": (name, PDF, "application/pdf")})
    one, other = (f"/documents/{each.id}" for each in found(world, "document"))
    page.post(f"{one}/files", files={"file": ("Plan 2.pdf", PDF + b"2", "application/pdf")})
    (restore,) = re.findall(r'hx-post="(/documents/[^"]+/restore)"', page.get(one).text)
    assert page.post(restore.replace(one, other)).status_code == 404
    assert page.post(restore.replace(one, f"/leads/{lead}")).status_code == 404


def test_a_stranger_sees_nothing_of_a_record(sits: Sits, lead: UUID) -> None:
    sits("james").post(f"/leads/{lead}/composer?kind=note", {"body": "Secret words"})
    stranger = sits("stranger")
    for place in ("", "/timeline", "/composer", "/preview"):
        assert stranger.get(f"/leads/{lead}{place}").status_code == 404
    for deed in ("composer", "follow", "files"):
        assert stranger.post(f"/leads/{lead}/{deed}", {"body": "x"}).status_code == 404
    assert "Hélias" not in stranger.get("/search/palette?q=helias").text
    assert "Hélias" not in stranger.get("/").text


def test_palette_offers_the_deed_of_the_open_record_before_places_of_that_name(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Hélias", language="en")
    james = Browser(client, world, "james")
    at = f"/leads/{lead}"
    here = james.get(f"/search/palette?q=disq&at={at}").text
    assert here.index(f"{at}/actions/disqualify") < here.index("/leads?view=")
    elsewhere = james.get("/search/palette?q=disq&at=/leads").text
    assert "/actions/disqualify" not in elsewhere
    assert "/leads?view=" in elsewhere


def test_the_palette_finds_without_accents(sits: Sits, lead: UUID) -> None:
    page = sits("james")
    found_here = page.get("/search/palette?q=HELIAS").text
    assert f'href="/leads/{lead}"' in found_here
    assert "<mark>Hélias</mark>" in found_here
    here = page.get(f"/search/palette?q=>&at=/leads/{lead}").text
    assert f"/leads/{lead}/actions/" in here
    assert "Hélias" not in here
    people = page.get("/search/palette?q=@nadia").text
    assert "/users/" in people
    assert "/leads" not in people


def test_people_are_found_for_mentions(sits: Sits, world: World) -> None:
    options = sits("james").get("/search/people?q=helene").text
    assert f'data-value="{world.id_of("helene")}"' in options
    assert str(world.id_of("nadia")) not in options


def test_following_is_switched(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("helene")
    for level in ("all", "mute"):
        assert page.post(f"/leads/{lead}/follow").status_code == 200
        with world.acts("helene") as tx:
            assert my_level(tx, "lead", lead) == level
    page.post(f"/leads/{lead}/follow")
    assert "Zoé Hélias" in page.get("/inbox?tab=followed").text


def test_a_pinned_note_stays_on_top(sits: Sits, world: World, lead: UUID) -> None:
    page = sits("james")
    for text in ("First of all", "Second to none"):
        page.post(f"/leads/{lead}/composer?kind=note", {"body": text})
    first = next(note for note in found(world, "note") if "First" in note["body"])
    page.post(f"/notes/{first.id}/pin")
    timeline = page.get(f"/leads/{lead}/timeline").text
    assert timeline.index("First of all") < timeline.index("Second to none")
    assert timeline.count("First of all") == 1


def test_the_look_is_remembered(sits: Sits, world: World) -> None:
    page = sits("james")
    assert page.post("/settings/appearance", {"theme": "dark", "density": "huge"}).status_code == 204
    shown = page.get("/inbox").text
    assert 'data-theme="dark"' in shown
    assert 'data-density=""' in shown
    with world.system() as tx:
        assert find(tx, "user", world.id_of("james"))["preferences"] == {"theme": "dark"}


def test_what_may_be_created_is_offered(sits: Sits) -> None:
    assert "/leads/new" in sits("james").get("/create").text
    assert "/leads/new" not in sits("rita").get("/create").text


def test_first_steps_are_shown_while_there_is_nothing(sits: Sits, world: World) -> None:
    assert "/imports/new?entity=lead" in sits("admin").get("/").text
    world.has("lead", "james", last_name="First")
    home = sits("admin").get("/").text
    assert "/imports/new?entity=lead" not in home


def test_an_empty_list_offers_to_create_and_to_import(sits: Sits) -> None:
    empty = sits("admin").get("/leads?view=all").text.partition('class="empty')[2]
    assert "/leads/new" in empty
    assert "/imports/new?entity=lead" in empty
    assert "/imports/new" not in sits("rita").get("/leads?view=all").text.partition('class="empty')[2]
