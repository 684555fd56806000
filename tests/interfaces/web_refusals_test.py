"""A rule that refuses a save names the field or itself in the reader's language, at every door; nothing is lost."""

from typing import Any
from uuid import UUID

import pytest

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.automation.log import read_runs
from entente.services.documents.files import read_file
from entente.services.transfer.import_jobs import import_rows
from entente.services.transfer.importing import run_import, start_import
from entente.services.transfer.refusals import refused_rows_file
from entente.services.transfer.uploads import keep_file
from tests.interfaces.api.conftest import token_of
from tests.interfaces.browser import Browser, Client, found
from tests.services.automation.setting import rule
from tests.sheets import first_sheet
from tests.world.cast import World

EN, FR = "{{ last_name }} needs a company", "{{ last_name }} doit avoir une société"
REFUSES = {"kind": "refuse", "en": EN, "fr": FR}


def refusing(world: World, **step: Any) -> UUID:
    return rule(
        world,
        name="Companies only",
        trigger="saved",
        timing="before",
        condition='is defined(last_name) and company_name = "None Ltd"',
        actions=[{**REFUSES, **step}],
    )


def speaks(world: World, login: str, language: str) -> None:
    with world.system() as tx:
        save(tx, "user", {"language": language}, id=world.id_of(login))


BERTHIER_EN, BERTHIER_FR = "Berthier needs a company", "Berthier doit avoir une société"
TYPED = {"last_name": "Berthier", "company_name": "None Ltd", "emails.0.value": "c@x.example", "first_name": "Camille"}


@pytest.mark.parametrize(("language", "text"), [("en", BERTHIER_EN), ("fr", BERTHIER_FR)])
def test_form_shows_the_words_beside_the_field_and_keeps_what_was_typed(
    client: Client, world: World, language: str, text: str
) -> None:
    refusing(world, field="company_name")
    speaks(world, "james", language)
    answer = Browser(client, world, "james").post("/leads/new", TYPED)
    assert answer.status_code == 422
    beside = answer.text[answer.text.index('value="None Ltd"') :]
    assert text in beside[: beside.index("</div>")]
    assert all(f'value="{value}"' in answer.text for value in TYPED.values())
    assert found(world, "lead") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "a company (automation “Companies only”)"),
        ("fr", "une société (automatisation «\xa0Companies only\xa0»)"),
    ],
)
def test_refusal_of_no_field_names_its_rule(client: Client, world: World, language: str, text: str) -> None:
    refusing(world)
    speaks(world, "james", language)
    answer = Browser(client, world, "james").post("/leads/new", TYPED)
    assert answer.status_code == 422
    assert text in answer.text
    assert 'value="Camille"' in answer.text


def test_change_in_the_form_and_in_a_cell_is_refused_and_nothing_changes(client: Client, world: World) -> None:
    refusing(world, field="company_name")
    who = world.has("lead", "james", last_name="Berthier", company_name="Lisière")
    james = Browser(client, world, "james")
    edited = james.post(f"/leads/{who}/edit", {"version": "1", **TYPED})
    celled = james.post(f"/leads/{who}/cell/company_name", {"version": "1", "company_name": "None Ltd"})
    for answer in (edited, celled):
        assert answer.status_code == 422
        assert "Berthier needs a company" in answer.text
        assert 'value="None Ltd"' in answer.text
    with world.system() as tx:
        assert find(tx, "lead", who)["company_name"] == "Lisière"
        assert [each.outcome for each in read_runs(tx)] == []


@pytest.mark.parametrize(("language", "text"), [("en", BERTHIER_EN), ("fr-FR", BERTHIER_FR)])
def test_program_gets_a_stable_code_the_field_and_the_words(
    client: Client, world: World, language: str, text: str
) -> None:
    refusing(world, field="company_name")
    headers = {"Authorization": f"Bearer {token_of(world, 'james')}", "Accept-Language": language}
    body = {"last_name": "Berthier", "company_name": "None Ltd"}
    answer = client.post("/api/v1/leads", json=body, headers=headers)
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["field"]) == ("automation.refused", "company_name")
    assert text in answer.text
    assert client.post("/api/v1/leads", json={**body, "company_name": "Lisière"}, headers=headers).status_code == 201


@pytest.mark.parametrize(("language", "text"), [("en", BERTHIER_EN), ("fr", BERTHIER_FR)])
def test_import_keeps_the_refused_row_with_its_reason_and_takes_the_others(
    world: World, language: str, text: str
) -> None:
    refusing(world, field="company_name")
    speaks(world, "james", language)
    rows = "Nom;Société\nBerthier;None Ltd\nDupré;Lisière\n"
    with world.acts("james") as tx:
        job = start_import(tx, keep_file(tx, "clients.csv", rows.encode()), "lead", "clients.csv")
        run_import(tx, job)
    import_rows(Run(world.database, "main", system("test"), new_cause("job")), job, world.id_of("james"))
    assert [each["last_name"] for each in found(world, "lead")] == ["Dupré"]
    with world.acts("james") as tx:
        kept = find(tx, "import_job", job)["refused_file"]
        sheet = first_sheet(read_file(tx, kept)[1])
        again = refused_rows_file(tx, job, "csv").data.decode("utf-8-sig")
    assert [cell.value for cell in list(sheet.iter_rows())[1]][1:3] == ["Berthier", "None Ltd"]
    reason = str(list(sheet.iter_rows())[1][-1].value)
    assert reason.startswith("Société")
    assert reason.endswith(text)
    assert reason in again


def test_the_dialog_of_an_action_names_everything_that_is_at_fault_each_at_its_field(
    client: Client, world: World
) -> None:
    deal = world.has(
        "opportunity", "james", name="Serres", close_date="2026-12-24", amount={"amount": "100", "currency": "EUR"}
    )
    james = Browser(client, world, "james")
    empty = james.post(f"/opportunities/{deal}/actions/sleep", {"sure": "1"})
    assert empty.status_code == 422
    assert 'id="field-wake_up_on-error"' in empty.text
    assert 'id="field-dormant_reason-error"' in empty.text
    typed = {"sure": "1", "wake_up_on": "some day", "dormant_reason": ""}
    wrong = james.post(f"/opportunities/{deal}/actions/sleep", typed)
    assert wrong.status_code == 422
    assert 'id="field-wake_up_on-error"' in wrong.text
    assert 'id="field-dormant_reason-error"' in wrong.text
    assert "some day" in wrong.text
    many = james.post("/opportunities/many/sleep", {**typed, "ids": f"{deal},{world.id_of('james')}"})
    assert many.status_code == 422
    assert 'id="field-wake_up_on-error"' in many.text
    assert found(world, "opportunity")[0]["result"] == "open"
