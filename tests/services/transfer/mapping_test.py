"""Columns find their fields by what they are called and by what is in them."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.services.transfer.plain_world import plain_tx

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import Principal
from entente.kernel.kit.refusal import Refused
from entente.services.transfer.mapping import Column, ColumnMap, checked_map, guess_map, signature
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.targets import targets_of


def guess(headers: Sequence[str], *rows: Any, tx: Tx | None = None) -> tuple[dict[str, str | None], ColumnMap]:
    tx = tx or plain_tx()
    sample = [SheetRow(number, tuple(cells)) for number, cells in enumerate(rows, start=2)]
    made = guess_map(tx, tx.catalog.entity("visitor"), headers, sample)
    return {column.header: column.target for column in made.columns}, made


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Prénom", "first_name"),
        ("PRENOM", "first_name"),
        ("First Name", "first_name"),
        ("Nom", "last_name"),
        ("nom de famille", "last_name"),
        ("Raison sociale", "company_name"),
        ("Societe", "company_name"),
        ("Entreprise", "company_name"),
        ("E-mail", "emails"),
        ("Courriel", "emails"),
        ("Adresse e-mail", "emails"),
        ("Tél.", "phones"),
        ("Téléphone portable", "phones.mobile"),
        ("Tel fixe", "phones.office"),
        ("CP", "address.postal_code"),
        ("Code Postal", "address.postal_code"),
        ("Ville", "address.city"),
        ("Adresse", "address.street"),
        ("Pays", "address.country"),
        ("Secteur", "industry"),
        ("Secteur d'activité", "industry"),
        ("Date de naisance", "birth_date"),
        ("Budget", "budget"),
        ("Devise budget", "budget.currency"),
        ("Nom complet", "full_name"),
        ("Identifiant Entente", "id"),
        ("Score", ""),
        ("Signe du zodiaque", ""),
        ("", ""),
    ],
)
def test_headers_of_either_language_find_their_field(header: str, target: str) -> None:
    assert guess([header])[0] == {header: target}


def test_a_whole_french_file_finds_every_field_once() -> None:
    headers = ["Civilité", "Prénom", "Nom", "Société", "Email", "Téléphone", "Portable", "CP", "Ville", "Remarques"]
    found, _ = guess(headers)
    assert found == {
        "Civilité": "",
        "Prénom": "first_name",
        "Nom": "last_name",
        "Société": "company_name",
        "Email": "emails",
        "Téléphone": "phones",
        "Portable": "phones.mobile",
        "CP": "address.postal_code",
        "Ville": "address.city",
        "Remarques": "",
    }


def test_contents_name_a_column_that_its_header_does_not() -> None:
    found, _ = guess(
        ["Colonne 1", "Colonne 2", "Colonne 3"],
        ["a@b.fr", "01 44 55 66 77", "https://a.fr"],
        ["c@d.fr", 612345678, "www.b.fr"],
        ["e@f.fr", "+33 6 12 34 56 78", "c.fr"],
    )
    assert found == {"Colonne 1": "emails", "Colonne 2": "phones", "Colonne 3": "website"}


def test_numbers_that_nobody_has_are_telephone_numbers_where_the_header_says_so() -> None:
    numbers = (["06 39 98 11 22"], ["+33 6 39 98 20 39"], ["0639981124"])
    assert guess(["Téléphone"], *numbers)[0] == {"Téléphone": "phones"}
    assert guess(["Colonne 1"], *numbers)[0] == {"Colonne 1": ""}


def test_contents_overrule_a_header_that_lies() -> None:
    found, _ = guess(["Contact e-mail", "E-mail"], ["a@b.fr", "oui"], ["c@d.fr", "non"])
    assert found["E-mail"] == ""
    assert found["Contact e-mail"] == "emails"


def test_amounts_as_excel_writes_them_do_not_lose_their_column() -> None:
    assert guess(["Budget"], ["1 234,50 €"], ["1\u202f234 €"], ["CHF 12.50"])[0] == {"Budget": "budget"}


def test_a_column_that_is_called_like_its_field_is_kept_so_that_its_faults_are_told() -> None:
    assert guess(["Nom", "Budget"], ["Berthier", "à voir"])[0] == {"Nom": "last_name", "Budget": "budget"}


def test_words_of_a_choice_are_understood_with_accents_and_slips() -> None:
    _, made = guess(["Secteur"], ["sante"], ["Santé"], ["agro-alimentaire"], ["Agroalimentire"], ["espace"])
    assert made.columns[0].words == {"sante": "health", "agro-alimentaire": "food", "Agroalimentire": "food"}


def test_a_field_that_may_not_be_written_is_not_offered() -> None:
    person = Principal(user_id=None, field_rules={"visitor": {"budget": "read", "emails": "hidden"}})
    tx = plain_tx(person)
    offered = targets_of(tx, tx.catalog.entity("visitor"))
    assert not {"budget", "emails", "score", "created_at"} & set(offered)
    found, _ = guess(["E-mail", "Budget", "Nom"], tx=tx)
    assert found == {"E-mail": "", "Budget": "", "Nom": "last_name"}
    kept = checked_map(tx, tx.catalog.entity("visitor"), ColumnMap((Column("E", "emails"), Column("N", "last_name"))))
    assert [column.target for column in kept.columns] == ["", "last_name"]


def test_a_target_used_twice_and_a_map_to_nowhere_are_refused() -> None:
    tx = plain_tx()
    entity = tx.catalog.entity("visitor")
    with pytest.raises(Refused, match="target_twice"):
        checked_map(tx, entity, ColumnMap((Column("a", "emails"), Column("b", "emails"))))
    with pytest.raises(Refused, match="nothing_mapped"):
        checked_map(tx, entity, ColumnMap((Column("a", "id"), Column("b"))))


def test_files_with_the_same_headers_know_each_other() -> None:
    assert signature(["Prénom", "E-mail"]) == signature(["prenom", "E-MAIL"])
    assert signature(["Prénom", "E-mail"]) != signature(["E-mail", "Prénom"])
