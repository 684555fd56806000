"""A list leaves as a file with what its reader may see, and comes back unchanged."""

import csv
import io
from typing import Any

import msgspec
import pytest
from tests.services.transfer.importing_test import record, work
from tests.sheets import first_sheet
from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.transfer import exporting
from entente.services.transfer.exporting import export_csv, export_xlsx
from entente.services.transfer.import_jobs import import_rows
from entente.services.transfer.importing import check_import, plan_import, run_import, start_import
from entente.services.transfer.plan import state_of
from entente.services.transfer.uploads import keep_file

COLUMNS = ("name", "emails", "phones", "address", "status", "account", "do_not_call", "birth_date", "owner")
BY_NAME = (Sort("last_name"),)


@pytest.fixture
def people(world: World) -> list[Record]:
    with world.acts("james") as tx:
        account = save(tx, "account", {"name": "Kervella; SA"})
        made = [
            save(
                tx,
                "contact",
                {
                    "first_name": "Hélène",
                    "last_name": "Le Gall",
                    "emails": ["helene@x.example", "h@x.example"],
                    "phones": "0144556677",
                    "address": {"city": "Brest", "postal_code": "29200", "country": "FR"},
                    "account": account.id,
                    "birth_date": "1980-02-29",
                },
            ),
            save(tx, "contact", {"last_name": "=1+1", "do_not_call": True}),
        ]
    with world.acts("nadia") as tx:
        save(tx, "contact", {"last_name": "Zut"})
    return made


def as_csv(tx: Tx, ask: Ask, **given: Any) -> list[list[str]]:
    text = b"".join(export_csv(tx, ask, **given)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if tx.language == "fr" else ","))


def test_a_list_is_exported_in_words(world: World, people: list[Record]) -> None:
    with world.acts("james") as tx:
        rows = as_csv(tx, Ask(entity="contact", fields=COLUMNS, sort=BY_NAME))
    assert rows[0][:3] == ["Name", "E-mails", "Phones"]
    assert rows[0][3:8] == [f"Address: {part}" for part in ("street", "postal code", "city", "region", "country")]
    assert rows[1][0] == "'=1+1"
    assert rows[2] == [
        "Hélène Le Gall", "helene@x.example; h@x.example", "+33 1 44 55 66 77", "", "29200", "Brest", "", "FR",
        "Active", "Kervella; SA", "No", "1980-02-29", "James James",
    ]  # fmt: skip
    assert len(rows) == 3


def test_pages_follow_each_other_without_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 7)
    with world.acts("james") as tx:
        for number in range(25):
            save(tx, "contact", {"last_name": f"N{number:02}"})
        rows = as_csv(tx, Ask(entity="contact", fields=("last_name",), sort=BY_NAME))
    assert [row[0] for row in rows[1:]] == [f"N{number:02}" for number in range(25)]


def test_a_workbook_keeps_types_and_holds_no_formula(world: World, people: list[Record]) -> None:
    with world.acts("james") as tx:
        made = export_xlsx(tx, Ask(entity="contact", fields=COLUMNS, sort=BY_NAME), with_id=True)
    sheet = first_sheet(made.data)
    assert sheet["B2"].value == "=1+1"
    assert sheet["B2"].data_type == "s"
    assert sheet.column_dimensions["A"].hidden
    assert sheet["A3"].value == str(people[0].id)
    assert sheet["M3"].value.year == 1980


def test_an_exported_workbook_comes_back_without_changing_anything(world: World, people: list[Record]) -> None:
    with world.acts("james") as tx:
        fields = (*COLUMNS, "first_name", "last_name")
        made = export_xlsx(tx, Ask(entity="contact", fields=fields, sort=BY_NAME), with_id=True)
        job = start_import(tx, keep_file(tx, made.name, made.data), "contact", made.name)
        columns = {column.header: column.target for column in state_of(tx, job).plan.columns.columns}
        assert columns["id"] == "id"
        assert columns["Address: city"] == "address.city"
        run_import(tx, job)
    work(world, import_rows, job)
    assert (record(world, job)["updated_count"], record(world, job)["refused_count"]) == (2, 0)
    with world.system() as tx:
        assert [find(tx, "contact", each.id).version for each in people] == [each.version for each in people]


def test_stranger_cannot_export_and_a_reader_exports_only_what_he_sees(world: World, people: list[Record]) -> None:
    with world.acts("stranger") as tx, pytest.raises(Forbidden):
        export_csv(tx, Ask(entity="contact"))
    with world.acts("rita") as tx, pytest.raises(Forbidden):
        export_xlsx(tx, Ask(entity="contact"))
    with world.acts("nadia") as tx:
        assert [row[0] for row in as_csv(tx, Ask(entity="contact", fields=("last_name",)))[1:]] == ["Zut"]


def test_hidden_fields_stay_hidden_and_masked_ones_masked(world: World, people: list[Record]) -> None:
    with world.acts("james") as tx:
        rules = {"contact": {"birth_date": "hidden", "emails": "masked"}}
        limited = tx.acting_as(msgspec.structs.replace(tx.principal, field_rules=rules))
        rows = as_csv(limited, Ask(entity="contact", fields=("last_name", "birth_date", "emails"), sort=BY_NAME))
        assert rows[0] == ["Last name", "E-mails"]
        assert rows[2] == ["Le Gall", "•••"]
        with pytest.raises(Refused):
            export_csv(limited, Ask(entity="contact", fields=("birth_date",)))


def test_french_files_use_semicolons_and_decimal_commas(world: World) -> None:
    with world.acts("james") as tx:
        tx.language = "fr"
        save(tx, "account", {"name": "A", "annual_revenue": {"amount": "1234.5", "currency": "EUR"}})
        rows = as_csv(tx, Ask(entity="account", fields=("name", "annual_revenue")))
    assert rows[1][1:] == ["1234,50", "EUR"]


def test_a_check_of_an_export_finds_nothing_to_refuse(world: World, people: list[Record]) -> None:
    with world.acts("james") as tx:
        text = b"".join(export_csv(tx, Ask(entity="contact", fields=COLUMNS), with_id=True))
        job = start_import(tx, keep_file(tx, "c.csv", text), "contact", "c.csv")
        plan_import(tx, job, state_of(tx, job).plan)
        assert check_import(tx, job).counts.refused == 0
