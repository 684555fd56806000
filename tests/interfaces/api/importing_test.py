"""A program imports a file as a person does in the wizard: sent, mapped, checked, run, and taken back."""

from collections.abc import Callable
from typing import Any

import pytest

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.services.transfer.import_jobs import import_rows, undo_rows
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

CSV = "Nom;Société;Courriel;Xyz\nCourtois;Lisière;c@lisiere.example;un\nFaure;Corvin;pas une adresse;deux\n"


@pytest.fixture(scope="module")
def james(asks: Callable[[str], Ask]) -> Ask:
    return asks("james")


def sent(ask: Ask, text: str = CSV, name: str = "salon.csv") -> str:
    answer = ask("POST", f"/files?name={name}", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def begun(ask: Ask, **more: Any) -> Any:
    return ask("POST", "/import-jobs", json={"entity": "lead", "file": sent(ask), **more})


def run(world: World) -> Run:
    return Run(world.database, "main", system("job"), new_cause("job"))


def names(ask: Ask) -> list[str]:
    found = ask("GET", "/leads?$filter=last_name in ('Courtois','Faure')&$select=last_name").json()["value"]
    return [each["last_name"] for each in found]


def test_a_program_imports_a_file_from_its_sending_to_its_undo(james: Ask, world: World) -> None:
    answer = begun(james)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    place = f"/import-jobs/{made['id']}"
    assert answer.headers["location"] == f"/api/v1{place}"
    assert (made["name"], made["status"], made["total"]) == ("salon.csv", "waiting", 2)
    guessed = {each["header"]: each["target"] for each in made["plan"]["columns"]}
    assert guessed == {"Nom": "last_name", "Société": "company_name", "Courriel": "emails", "Xyz": ""}
    assert made["plan"]["columns"][0]["sample"] == ["Courtois", "Faure"]
    assert {"key": "description", "label": "Description"} in made["plan"]["targets"]

    assert james("GET", f"{place}/check").json()["code"] == "import.not_checked"
    columns = [{"number": 4, "target": "description"}]
    changed = james("POST", f"{place}/plan", json={"columns": columns, "duplicates": "create"}).json()
    assert (changed["duplicates"], changed["columns"][3]["target"]) == ("create", "description")
    assert james("GET", f"{place}/plan").json() == changed

    checked = james("POST", f"{place}/check").json()
    assert checked["counts"] == {"created": 1, "updated": 0, "skipped": 0, "refused": 1}
    assert checked["under_way"] is False
    assert checked["rows"][0]["values"]["description"] == "un"
    (refused,) = checked["refused"]
    assert (refused["number"], refused["faults"][0]["column"]) == (3, 3)
    assert james("GET", f"{place}/check").json() == checked
    assert names(james) == []

    started = james("POST", f"{place}/start")
    assert (started.status_code, started.json()["status"]) == (202, "running")
    import_rows(run(world), made["id"], world.id_of("james"))
    done = james("GET", place).json()
    assert [done[each] for each in ("status", "done", "created_count", "refused_count")] == ["done", 2, 1, 1]
    assert names(james) == ["Courtois"]
    rows = james("GET", f"{place}/refused")
    assert rows.headers["content-type"] == "text/csv; charset=utf-8"
    assert "pas une adresse" in rows.text
    assert "attachment" in rows.headers["content-disposition"]
    assert james("GET", f"{place}/refused?format=xlsx").content.startswith(b"PK")

    assert james("POST", f"{place}/undo").status_code == 200
    undo_rows(run(world), made["id"], world.id_of("james"))
    assert james("GET", place).json()["status"] == "undone"
    assert names(james) == []


def test_who_may_not_import_may_not_by_program(asks: Callable[[str], Ask], james: Ask) -> None:
    sam, bastien = asks("sam"), asks("bastien")
    assert sam("POST", "/import-jobs", json={"entity": "lead", "file": sent(sam)}).status_code == 403
    theirs = {"entity": "lead", "file": sent(james)}
    assert bastien("POST", "/import-jobs", json=theirs).status_code == 404
    place = f"/import-jobs/{begun(james).json()['id']}"
    for method, step in (("GET", "plan"), ("POST", "check"), ("GET", "check"), ("POST", "start"), ("GET", "refused")):
        assert bastien(method, f"{place}/{step}").status_code == 404, step
        assert sam(method, f"{place}/{step}").status_code == 403, step


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"columns": [{"number": 9, "target": "last_name"}]}, "import.no_such_column"),
        ({"columns": [{"number": 4, "target": "nowhere"}]}, "field.unknown"),
        ({"columns": [{"number": 4, "target": "last_name"}]}, "import.target_twice"),
        ({"duplicates": "sometimes"}, "invalid"),
        ({"colums": []}, "invalid"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(james: Ask, body: Any, code: str) -> None:
    answer = james("POST", f"/import-jobs/{begun(james).json()['id']}/plan", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_is_no_file_or_no_entity_is_refused(james: Ask) -> None:
    nothing = "00000000-0000-7000-8000-000000000000"
    assert james("POST", "/import-jobs", json={"entity": "lead", "file": nothing}).status_code == 404
    assert james("POST", "/import-jobs", json={"entity": "ghost", "file": sent(james)}).status_code == 404
    assert james("POST", "/import-jobs", json={"entity": "lead"}).json()["errors"][0]["code"] == "field.required"
    broken = {"entity": "lead", "file": sent(james, 'Nom\n"Ber', "b.csv")}
    assert james("POST", "/import-jobs", json=broken).status_code == 422


def test_the_steps_of_an_import_are_described(james: Ask) -> None:
    paths = james("GET", "/api/openapi.json").json()["paths"]
    begin = paths["/api/v1/import-jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert begin["required"] == ["file", "entity"]
    steps = {path.rpartition("/")[2]: set(ways) for path, ways in paths.items() if "/import-jobs/{id}/" in path}
    assert {"get", "post"} <= steps["plan"]
    assert {"get", "post"} <= steps["check"]
    assert "post" in steps["start"]
    assert "get" in steps["refused"]
