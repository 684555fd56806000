"""The pages of an import: stopped, its records listed, what the undo left named, refused rows shown."""

import re
from html import unescape
from uuid import UUID

import pytest

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.records.save import save
from entente.services.transfer import import_jobs
from entente.services.transfer.import_jobs import import_rows, undo_rows
from entente.services.transfer.importing import plan_import, run_import, start_import
from entente.services.transfer.plan import state_of
from entente.services.transfer.uploads import keep_file
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

CSV = "Nom;Prénom;E-mail;Effectif\r\n" + "".join(
    f"{name};Camille;{name.lower()}@lisiere.example;{number}\r\n"
    for name, number in (("Berthier", "12"), ("Dupré", "beaucoup"), ("Guivarc’h", "7"), ("Ouellet", "3"))
)


def started(world: World, text: str = CSV, *, run: bool = True) -> str:
    with world.acts("james") as tx:
        job = start_import(tx, keep_file(tx, "salon.csv", text.encode("utf-8-sig")), "lead", "salon.csv")
        plan_import(tx, job, state_of(tx, job).plan)
        if run:
            run_import(tx, job)
    return str(job)


def work(world: World, job: str, *, undo: bool = False) -> None:
    deed = undo_rows if undo else import_rows
    deed(Run(world.database, "main", system("job"), new_cause("job")), UUID(job), world.id_of("james"))


def titles(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<a class="one-line" href="/leads/[^"]*">([^<]*)<', page)]


def test_an_import_is_stopped_on_its_page_and_gone_on_with(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 2)
    james = Browser(client, world, "james")
    job = started(world)
    assert f'hx-post="/imports/{job}/stop"' in james.get(f"/imports/{job}").text
    assert "Stopped: 0 lines of 4 are done and stay" in james.post(f"/imports/{job}/stop").text
    work(world, job)
    stopped = james.get(f"/imports/{job}").text
    assert found(world, "lead") == []
    assert f'hx-post="/imports/{job}/run"' in stopped
    assert f'hx-post="/imports/{job}/stop"' not in stopped
    james.post(f"/imports/{job}/run")
    work(world, job)
    assert len(found(world, "lead")) == 3


def test_the_list_opens_with_the_records_of_an_import_alone(client: Client, world: World) -> None:
    world.has("lead", "james", last_name="Ancien", emails=["ouellet@lisiere.example"])
    world.has("lead", "james", last_name="Ailleurs")
    job = started(world, CSV)
    with world.acts("james") as tx:
        state = state_of(tx, UUID(job))
    assert state.plan.duplicates == "skip"
    work(world, job)
    james = Browser(client, world, "james")
    done = unescape(james.get(f"/imports/{job}").text)
    (url,) = re.findall(r'href="(/leads\?import=[^"]+created)"', done)
    listed = james.get(url).text
    assert sorted(titles(listed)) == ["Camille Berthier", "Camille Guivarc’h"]
    assert "Records that the import of “salon.csv” created" in listed
    assert f'href="/imports/{job}"' in listed
    assert f"import={job}" in unescape(re.findall(r'name="matching" value="([^"]*)"', listed)[0])
    assert b"Ailleurs" not in james.get(url.replace("/leads?", "/leads/export.csv?")).content
    assert Browser(client, world, "nadia").get(url).status_code == 404


def test_the_undo_names_the_records_that_it_left(client: Client, world: World) -> None:
    job = started(world)
    work(world, job)
    (lead,) = [each for each in found(world, "lead") if each["last_name"] == "Berthier"]
    with world.acts("helene") as tx:
        save(tx, "lead", {"job_title": "Gérante"}, id=lead.id)
    james = Browser(client, world, "james")
    james.post(f"/imports/{job}/undo")
    work(world, job, undo=True)
    page = james.get(f"/imports/{job}").text
    assert f'<a class="link" href="/leads/{lead.id}">Camille Berthier</a>' in page
    assert "The record was changed since." in page
    assert "Hélène" in page


def test_the_preview_shows_refused_and_known_rows_as_they_stand_in_the_file(client: Client, world: World) -> None:
    known = world.has("lead", "james", last_name="Ouellet", emails=["ouellet@lisiere.example"])
    job = started(world, run=False)
    james = Browser(client, world, "james")
    james.send(f"/imports/{job}/duplicates", {"duplicates": "skip", "rules": "1"})
    page = unescape(james.get(f"/imports/{job}?step=check").text)
    assert re.search(r"<s>beaucoup</s><br><span class=\"small\">[^<]+</span>", page)
    assert re.search(r"<td[^>]*>\s*Dupré\s*</td>", page)
    assert re.search(rf'skipped <a class="link" href="/leads/{known}">', page)


def test_a_notice_of_an_import_leads_to_it(client: Client, world: World) -> None:
    job = started(world)
    work(world, job)
    james = Browser(client, world, "james")
    page = james.get("/inbox?tab=notifications").text
    (url,) = re.findall(r'href="(/inbox/notifications/[^"]+)"', page)
    assert james.get(url).headers["location"] == f"/imports/{job}"
