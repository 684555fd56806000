"""Files that a French Excel writes are read right; files that are no tables get a clear answer."""

import contextlib
import csv
import io
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.csv_reader import read_csv
from entente.services.transfer.encoding import guess_encoding
from entente.services.transfer.formats import open_sheet
from entente.services.transfer.sheet import Limits, SheetRow

FRENCH = (
    "Société;Téléphone;Prénom;Remarque\nL’Été à Noël;01 23 45 67 89;Hélène;Reçu à l’hôtel, déjà réglé\nÉcole;;Zoë;ç\n"
)


def read(source: bytes | Path, limits: Limits | None = None) -> tuple[tuple[str, ...], list[SheetRow]]:
    with open_sheet(source, limits=limits or Limits()) as sheet:
        return sheet.headers, list(sheet.rows)


def refusal(source: bytes | Path, limits: Limits | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        read(source, limits)
    return caught.value


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "cp850"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_that_excel_writes_is_understood(encoding: str, newline: str) -> None:
    text = FRENCH if encoding not in ("cp850",) else FRENCH.replace("’", "'")
    headers, rows = read(text.replace("\n", newline).encode(encoding))
    assert headers == ("Société", "Téléphone", "Prénom", "Remarque")
    assert [row.cells[2] for row in rows] == ["Hélène", "Zoë"]
    assert rows[0].cells[3] == text.splitlines()[1].split(";")[3]
    assert rows[1].cells[1] is None
    assert [row.number for row in rows] == [2, 3]


def test_accents_that_come_late_are_still_understood() -> None:
    source = "a;b\n" + "plain;text\n" * 40_000 + "Hélène;été\n"
    assert read(source.encode("cp1252"))[1][-1].cells == ("Hélène", "été")


def test_utf8_with_a_few_broken_signs_stays_utf8_and_says_which_cell() -> None:
    source = ("nom;note\n" + "Hélène;été\n" * 50).encode() + b"Zo\xeb;ok\n"
    _, rows = read(source)
    assert rows[0].cells == ("Hélène", "été")
    assert [(fault.code, fault.column) for fault in rows[-1].faults] == [("import.unreadable_sign", 0)]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_separator_is_guessed_although_others_occur_in_the_cells(separator: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([["name", "price", "note"], *[["Dupont; fils", f"{n},50", "a|b\tc, d"] for n in range(20)]])
    headers, rows = read(out.getvalue().encode())
    assert headers == ("name", "price", "note")
    assert rows[3].cells == ("Dupont; fils", "3,50", "a|b\tc, d")


@pytest.mark.parametrize(("separator", "code"), [(";", "import.read_as"), ("\t", "import.read_as_tabs")])
def test_how_a_file_was_read_is_told_in_words(separator: str, code: str) -> None:
    with open_sheet(f"a{separator}b\n1{separator}2\n".encode()) as sheet:
        assert [remark.code for remark in sheet.remarks] == [code]


def test_decimal_commas_do_not_win_over_semicolons() -> None:
    assert read(b"nom;prix\na;1,5\nb;2,5\n")[1][0].cells == ("a", "1,5")


def test_a_single_column_is_a_table() -> None:
    assert read(b"email\na@b.fr\nc@d.fr\n")[1][1].cells == ("c@d.fr",)


def test_excels_own_separator_line_is_obeyed() -> None:
    headers, rows = read(b"sep=|\r\na;b|c\r\n1;2|3\r\n")
    assert headers == ("a;b", "c")
    assert rows[0].cells == ("1;2", "3")


def test_line_breaks_and_doubled_quotes_inside_cells() -> None:
    _, rows = read(b'a;b\r\n"one\r\ntwo";"say ""hi"""\r\nx;y\r\n')
    assert rows[0].cells == ("one\ntwo", 'say "hi"')
    assert [row.number for row in rows] == [2, 3]


def test_an_unclosed_quote_is_named_by_its_line() -> None:
    fault = refusal(b'a;b\n1;2\n3;"open\n5;6\n')
    assert (fault.code, fault.values["line"]) == ("import.unclosed_quote", 3)


def test_an_unclosed_quote_is_named_although_a_later_quote_closes_it() -> None:
    fault = refusal(b'a;b\n1;2\n3;"open\n5;6\n7;"closed"\n')
    assert (fault.code, fault.values["line"]) == ("import.unclosed_quote", 3)


def test_an_unclosed_quote_before_many_rows_is_found_without_reading_them_all() -> None:
    fault = refusal(b'a;b\n3;"open\n' + b"5;6\n" * 200_000)
    assert (fault.code, fault.values["line"]) == ("import.unclosed_quote", 2)


def test_wrong_quotes_in_one_line_refuse_that_row_only() -> None:
    _, rows = read(b'a;b\n"x"y;2\n3;4\n')
    assert [fault.code for fault in rows[0].faults] == ["import.bad_quotes"]
    assert rows[1].cells == ("3", "4")


class Endless:
    """One gigabyte of the letter a without a line break."""

    size = 1 << 30

    def __init__(self) -> None:
        self.at = 0
        self.most = 0

    def read(self, size: int = -1) -> bytes:
        self.most = max(self.most, size)
        size = max(0, min(size, self.size - self.at))
        self.at += size
        return b"a" * size

    def seek(self, at: int, whence: int = 0) -> int:
        self.at = at
        return at


def test_a_one_gigabyte_line_is_refused_in_small_blocks() -> None:
    stream = Endless()
    with pytest.raises(Refused) as caught:
        read_csv(cast("BinaryIO", stream))
    assert caught.value.code == "import.line_too_long"
    assert stream.most <= 1 << 18


def test_a_file_of_one_endless_line_is_told_so_rather_than_called_too_large(tmp_path: Path) -> None:
    endless = tmp_path / "endless.csv"
    endless.write_bytes(b"a" * 5000)
    assert refusal(endless, Limits(line=1000, file_bytes=2000)).code == "import.line_too_long"
    endless.write_bytes(b"a;b\n" * 5000)
    assert refusal(endless, Limits(line=1000, file_bytes=2000)).code == "import.file_too_large"


def test_a_long_line_after_good_ones_is_named() -> None:
    fault = refusal(b"a;b\n1;2\n" + b"x" * 2000 + b"\n", Limits(line=1000))
    assert (fault.code, fault.values["line"]) == ("import.line_too_long", 3)


def test_a_cell_beyond_the_limit_refuses_only_its_row() -> None:
    _, rows = read(b"a;b\n" + b"x" * 300 + b";2\n3;4\n", Limits(cell=200))
    assert [fault.code for fault in rows[0].faults] == ["import.cell_too_long"]
    assert rows[1].faults == ()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "import.empty_file"),
        (b"\xef\xbb\xbf\r\n\r\n", "import.empty_file"),
        (b";;;\n", "import.empty_file"),
        (bytes(range(256)) * 40, "import.not_a_table"),
        (b"%PDF-1.7\n...", "import.not_a_table"),
        (b"\x89PNG\r\n\x1a\n", "import.not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "import.old_excel"),
        (b"name;e-mail;Name \n1;2;3\n", "import.duplicate_header"),
    ],
)
def test_what_is_no_table_gets_a_clear_answer(source: bytes, code: str) -> None:
    assert refusal(source).code == code


def test_too_many_columns_and_rows_are_refused() -> None:
    assert refusal(b";".join(b"c%d" % n for n in range(20)) + b"\n", Limits(columns=10)).code == (
        "import.too_many_columns"
    )
    assert refusal(b"a;b\n" + b"1;2\n" * 20, Limits(rows=10)).code == "import.too_many_rows"


def test_a_row_with_too_many_cells_is_a_fault_and_a_short_one_is_filled() -> None:
    _, rows = read(b"a;b;c\n1;2;3\n1;2;3;4\n1\n")
    assert [fault.code for fault in rows[1].faults] == ["import.too_many_cells"]
    assert rows[2].cells == ("1", None, None)


cell_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd", exclude_categories=("Cc", "Cs")))


@given(
    st.lists(st.lists(cell_text, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_writes_is_read_back(table: list[list[str]], separator: str, encoding: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *table])
    _, rows = read(out.getvalue().encode(encoding))
    expected = [[text if text.strip() else None for text in row] for row in table if any(t.strip() for t in row)]
    assert [list(row.cells) for row in rows] == expected


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused_and_nothing_else(source: bytes) -> None:
    with contextlib.suppress(Refused):
        headers, rows = read(source)
        assert all(len(row.cells) == len(headers) for row in rows)


@given(st.text(max_size=500))
def test_guessing_never_fails(text: str) -> None:
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    text.encode("utf-8", "replace").decode(guess_encoding(stream), "replace")
    assert stream.tell() == 0
