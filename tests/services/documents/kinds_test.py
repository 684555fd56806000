"""What bytes are, whatever they are called; names that hide something; how files leave the house."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tests.services.documents.samples import EXECUTABLE, HTML, PDF, SVG, archive, bomb, picture, word_file

from entente.kernel.kit.refusal import Refused
from entente.services.documents.files import StoredFile
from entente.services.documents.kinds import OFFICE, kind_of
from entente.services.documents.names import clean_name
from entente.services.documents.serving import serving_headers

HONEST = [
    ("offre.pdf", PDF, "application/pdf", "application/pdf"),
    ("logo.png", picture(), "image/png", "image/png"),
    ("photo.JPG", picture("JPEG"), "image/jpg", "image/jpeg"),
    ("lettre.docx", word_file(), None, OFFICE + "wordprocessingml.document"),
    ("liste.csv", "nom;prénom\nLe Gall;Anaïs".encode("latin-1"), "application/vnd.ms-excel", "text/csv"),
    ("note.txt", b"BM is how this text begins", None, "text/plain"),
    ("page.html", HTML, "text/html", "text/html"),
    ("dessin.svg", SVG, "image/svg+xml", "image/svg+xml"),
    ("donnees.xyz", b"\x00\x01\x02", None, "application/octet-stream"),
    ("sans extension", PDF, None, "application/pdf"),
]
LYING = [
    ("photo.png", HTML, None),
    ("photo.png", picture("JPEG"), None),
    ("facture.pdf", EXECUTABLE, None),
    ("facture.pdf", HTML, "application/pdf"),
    ("notes.txt", EXECUTABLE, "text/plain"),
    ("lettre.docx", archive({"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<Types/>"}), None),
    ("lettre.odt", archive({"mimetype": b"application/zip"}), None),
    ("page.html", HTML, "image/png"),
    ("dessin.svg", SVG, "image/png; charset=x"),
    ("lettre.docx", b"PK\x03\x04 and then nothing", None),
    ("lettre.docx", bomb(), None),
]


@pytest.mark.parametrize(("name", "data", "declared", "expected"), HONEST, ids=[row[0] for row in HONEST])
def test_honest_files_have_their_kind(name: str, data: bytes, declared: str | None, expected: str) -> None:
    assert kind_of(name, data, declared) == expected


@pytest.mark.parametrize(("name", "data", "declared"), LYING)
def test_files_that_lie_are_refused(name: str, data: bytes, declared: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        kind_of(name, data, declared)
    assert refusal.value.code in ("file.kind_mismatch", "file.broken_archive", "file.archive_too_large")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\moi\Offre été.pdf", "Offre été.pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        (".ht\u200baccess", "htaccess"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("   ", "file"),
        ("...", "file"),
        ("x" * 400 + ".docx", "x" * 175 + ".docx"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def stored(name: str, mime: str) -> StoredFile:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return StoredFile(
        id=uuid4(), sha256=b"\x01", name=name, mime=mime, size=1, entity=None, record=None, created_at=at,
        created_by=None,
    )  # fmt: skip


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "text/javascript", "application/xml", "text/css"])
def test_nothing_active_is_served_as_itself(mime: str) -> None:
    headers = serving_headers(stored("x", mime))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize("mime", ["text/html", "image/png", "application/pdf", "text/plain"])
def test_every_file_is_served_in_a_sandbox(mime: str) -> None:
    headers = serving_headers(stored("x", mime))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_only_redrawn_pictures_are_shown_in_place() -> None:
    assert serving_headers(stored("a.png", "image/png"))["Content-Disposition"].startswith("inline;")
    assert serving_headers(stored("a.png", "image/png"), download=True)["Content-Disposition"].startswith("attachment")
    assert serving_headers(stored("a.pdf", "application/pdf"))["Content-Disposition"].startswith("attachment;")


def test_name_cannot_leave_its_header() -> None:
    shown = serving_headers(stored('été "x";.pdf', "application/pdf"))["Content-Disposition"]
    assert shown == "attachment; filename=\"_t_ _x_;.pdf\"; filename*=UTF-8''%C3%A9t%C3%A9%20%22x%22%3B.pdf"
