"""Workbooks are read with their types; forged, huge and formula-laden ones get a clear answer."""

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.sheets import sheet_of

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.formats import open_sheet
from entente.services.transfer.sheet import Limits, Sheet, SheetRow


def book(rows: Iterable[Iterable[Any]], prepare: Callable[[Workbook], None] | None = None) -> bytes:
    made = Workbook()
    sheet = sheet_of(made)
    for row in rows:
        sheet.append(list(row))
    if prepare:
        prepare(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read(source: bytes, **given: Any) -> tuple[Sheet, list[SheetRow]]:
    with open_sheet(source, **given) as sheet:
        return sheet, list(sheet.rows)


def refusal(source: bytes, **given: Any) -> str:
    with pytest.raises(Refused) as caught:
        read(source, **given)
    return caught.value.code


def rezip(source: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return out.getvalue()


MOMENT = datetime(2026, 3, 1, 14, 30)  # noqa: DTZ001 - a workbook's moments have no zone
GOOD = book([["Nom", "Prix", "Le", "À", "Actif"], ["Été", 12.5, date(2026, 3, 1), MOMENT, True]])


def test_cells_keep_their_types() -> None:
    sheet, rows = read(GOOD)
    assert sheet.headers == ("Nom", "Prix", "Le", "À", "Actif")
    assert rows[0].cells == ("Été", Decimal("12.5"), date(2026, 3, 1), MOMENT, True)
    assert rows[0].number == 2


def test_numbers_lose_the_noise_of_the_binary_form() -> None:
    assert read(book([["n"], [0.1 + 0.2], [1e3], [33600000000.0]]))[1][0].cells == (Decimal("0.3"),)
    assert read(book([["n"], [1e3]]))[1][0].cells == (1000,)


def test_a_formula_is_refused_in_its_cell_and_the_text_that_looks_like_one_is_not() -> None:
    def prepare(made: Workbook) -> None:
        cell = sheet_of(made)["B3"]
        cell.value = "=not a formula"
        cell.data_type = "s"

    _, rows = read(book([["a", "b"], ["x", "=1+1"], ["y", None], ["#N/A", "z"]], prepare))
    assert [(fault.code, fault.column) for fault in rows[0].faults] == [("import.formula_cell", 1)]
    assert rows[0].cells == ("x", None)
    assert rows[1].cells == ("y", "=not a formula")
    assert rows[1].faults == ()
    assert [(fault.code, fault.column) for fault in rows[2].faults] == [("import.error_cell", 0)]


def test_a_formula_as_header_is_refused() -> None:
    assert refusal(book([["a", "=1+1"], ["x", "y"]])) == "import.formula_header"


def test_merged_cells_and_other_sheets_are_remarked() -> None:
    def prepare(made: Workbook) -> None:
        sheet_of(made).merge_cells("A2:A3")
        made.create_sheet("Autre")
        made.create_sheet("Secret").sheet_state = "hidden"

    sheet, _ = read(book([["a", "b"], ["x", "y"], [None, "z"]], prepare))
    assert [remark.code for remark in sheet.remarks] == ["import.other_sheets", "import.merged_cells"]
    assert sheet.remarks[0].values["others"] == "Autre"
    assert sheet.remarks[1].values["count"] == 1


def test_a_named_sheet_is_read_and_an_unknown_one_refused() -> None:
    def prepare(made: Workbook) -> None:
        made.create_sheet("Clients").append(["Code"])

    source = book([["a"]], prepare)
    assert read(source, sheet="Clients")[0].headers == ("Code",)
    assert refusal(source, sheet="Nulle part") == "import.no_such_sheet"


def test_a_wrong_dimension_does_not_hide_rows() -> None:
    source = rezip(GOOD, lambda name, data: data.replace(b'ref="A1:E2"', b'ref="A1"'))
    assert len(read(source)[1][0].cells) == 5


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
        bomb.writestr("[Content_Types].xml", "<Types/>")
        with bomb.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(100):
                part.write(b"<row>" * 200_000)
    assert len(out.getvalue()) < 1_000_000
    assert refusal(out.getvalue()) == "import.archive_too_large"


def test_an_archive_of_too_many_entries_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as many:
        for number in range(3000):
            many.writestr(f"xl/{number}", b"")
    assert refusal(out.getvalue()) == "import.archive_too_large"


def test_overlapping_entries_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", b"x" * 1000)
        made.writestr("xl/one.xml", b"y" * 1000)
    data = bytearray(out.getvalue())
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)
    assert refusal(bytes(data)) == "import.archive_overlaps"


def test_a_lie_about_the_size_of_an_entry_is_refused() -> None:
    data = bytearray(GOOD)
    at = data.rfind(b"PK\x01\x02", 0, data.find(b"xl/worksheets/sheet1.xml", data.find(b"PK\x01\x02")))
    struct.pack_into("<L", data, at + 24, 10)
    assert refusal(bytes(data)).startswith("import.broken")


def test_entities_in_xml_are_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    source = rezip(GOOD, lambda name, data: bomb + data.partition(b"?>")[2] if name.endswith("workbook.xml") else data)
    assert refusal(source) == "import.broken_workbook"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"PK\x03\x04 and nothing more", "import.broken_archive"),
        (GOOD[: len(GOOD) // 2], "import.broken_archive"),
        (rezip(GOOD, lambda name, data: b"<worksheet" if "sheet1" in name else data), "import.broken_workbook"),
        (book([]), "import.empty_file"),
        (book([["a", "A"]]), "import.duplicate_header"),
        (book([[f"c{n}" for n in range(600)]]), "import.too_many_columns"),
    ],
)
def test_what_is_no_workbook_gets_a_clear_answer(source: bytes, code: str) -> None:
    assert refusal(source) == code


def test_another_kind_of_archive_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("word/document.xml", "<x/>")
    assert refusal(out.getvalue()) == "import.not_a_workbook"


def test_too_many_rows_are_refused() -> None:
    assert refusal(book([["a"], *[[n] for n in range(20)]]), limits=Limits(rows=10)) == "import.too_many_rows"


@pytest.mark.slow
def test_a_workbook_that_needs_too_much_memory_is_refused() -> None:
    texts = [[f"{n}" * 200] for n in range(20_000)]
    assert refusal(book([["a"], *texts]), limits=Limits(memory_bytes=80 * 1024 * 1024)).startswith("import.")


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=12)):
        damaged[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        sheet, rows = read(bytes(damaged))
        assert all(len(row.cells) == len(sheet.headers) for row in rows)
