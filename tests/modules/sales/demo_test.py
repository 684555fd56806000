"""The invented past: enough of it, coherent, the same every time, and nobody real in it."""

import json
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from stdnum.fr import siren
from tests.world.cast import World

from entente.interfaces.web.conditions import node_of
from entente.kernel.kit.normal import company_key
from entente.kernel.records.save import Write, save_many
from entente.kernel.seeding import seed_id
from entente.modules.base.demo.companies import FICTION, MOBILE
from entente.modules.base.demo.people import organisation
from entente.modules.base.demo.play import Deed, Past, play
from entente.modules.base.lookup import matching
from entente.modules.sales.demo import past
from entente.modules.sales.demo.forms import design_forms
from entente.modules.sales.demo.paper_files import as_sheet
from entente.modules.sales.demo.papers import read_papers, show_papers
from entente.modules.sales.invented import names_of_invented
from entente.services.documents.versions import current_file, versions
from entente.services.forms.companies import suggest
from entente.services.forms.published import form_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> Past:
    return past(NOW)


def _texts(deed: Deed, name: str) -> list[str]:
    return [entry["value"] for entry in deed.values.get(name) or []]


def test_there_is_enough_to_look_at(made: Past) -> None:
    count = Counter(deed.entity for deed in made.stock)
    assert count["lead"] >= 320
    assert count["account"] >= 125
    assert count["contact"] >= 260
    assert count["opportunity"] >= 85
    processes = {deed.values["pipeline"] for deed in made.stock if deed.entity == "opportunity"}
    assert processes == {"@pipeline:sale", "@pipeline:renewal"}


def test_same_moment_gives_same_past(made: Past) -> None:
    assert past(NOW) == made


def test_every_record_has_its_own_key(made: Past) -> None:
    keys = Counter((deed.entity, deed.key) for deed in (*made.stock, *made.story) if deed.new)
    assert [key for key, count in keys.items() if count > 1] == []


def test_links_lead_to_records_of_the_past(made: Past) -> None:
    known = {f"@{deed.entity}:{deed.key}" for deed in (*made.stock, *made.story) if deed.new}
    seeded = ("@role:", "@currency:", "@pipeline:", "@pipeline_stage:", "@web_form:")
    for deed in (*made.stock, *made.story):
        for value in deed.values.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each.startswith("@") and not each.startswith(seeded):
                    assert each in known, (deed.entity, deed.key, each)


def test_nothing_was_done_before_its_record_was_there(made: Past) -> None:
    since = {(deed.entity, deed.key): deed.at for deed in made.stock}
    for deed in made.story:
        target = str(deed.values.get("regarding", "")).removeprefix("@").partition(":")
        at = since.get((deed.entity, deed.key)) or since.get((target[0], target[2]))
        assert at is None or at <= deed.at, (deed.entity, deed.key)


def test_nothing_lies_in_the_future(made: Past) -> None:
    assert all(deed.at <= NOW for deed in (*made.stock, *made.story))


def test_addresses_and_numbers_are_reserved_ones(made: Past) -> None:
    ranges = (MOBILE, *FICTION.values())
    for deed in made.stock:
        assert all(address.endswith(".example") for address in _texts(deed, "emails"))
        assert all(number.startswith(ranges) for number in _texts(deed, "phones"))


def test_official_numbers_pass_their_check_digit(made: Past) -> None:
    numbers = [deed.values["siren"] for deed in made.stock if "siren" in deed.values]
    assert numbers
    assert all(siren.is_valid(number) for number in numbers)
    assert len(numbers) == len(set(numbers))


def test_public_form_offers_companies_that_tell_nothing_of_our_own(made: Past, world: World) -> None:
    with world.system() as tx:
        design_forms(tx)
        offered = form_of(tx, "contact").definition.companies
        assert suggest(form_of(tx, "contact"), "pepinieres") == ["Pépinières de Grandval"]
    ours = {company_key(each.values["name"]) for each in made.stock if each.entity == "account"}
    assert offered
    assert ours
    assert not ours & {company_key(name) for name in offered}


def test_views_are_saved_for_oneself_for_a_team_and_for_everyone(made: Past, world: World) -> None:
    views = [deed for deed in made.stock if deed.entity == "saved_view"]
    kinds = {(deed.values["entity"], deed.values["visibility"]) for deed in views}
    ways = ("private", "team", "everyone")
    assert kinds == {(entity, way) for entity in ("lead", "account", "opportunity") for way in ways}
    names = names_of_invented()
    with world.acts("james") as tx:
        for deed in views:
            shape, entity = deed.values["definition"], tx.catalog.entity(deed.values["entity"])
            assert node_of(tx, entity, json.dumps(shape["conditions"])) is not None, deed.key
            assert set(shape["columns"]) <= set(entity.fields), deed.key
            assert set(names[seed_id("saved_view", deed.key)]) == {"en", "fr"}


def test_documents_hang_on_records_of_the_past(made: Past) -> None:
    known = {f"{deed.entity}:{deed.key}" for deed in made.stock}
    assert {paper.about for paper in read_papers()} <= known


def test_documents_have_two_versions_in_the_language_of_who_looks_after_them(world: World) -> None:
    with world.system() as tx:
        play(tx, Past(stock=tuple(deed for deed in organisation(NOW) if deed.key != "admin")))
        james = seed_id("user", "james.faircloth")
        on = {paper.regarding.id for paper in read_papers() if paper.regarding.entity == "account"}
        save_many(tx, "account", [Write(values={"name": "Lisière", "owner": james}, id=key, create=True) for key in on])
        show_papers(tx)
        kept = {each["name"]: each for each in matching(tx, "document", "")}
        assert set(kept) == {"confidentiality-agreement.pdf", "access-instructions.txt", "specification.docx"}
        for document in kept.values():
            assert [each.number for each in versions(tx, document.id)] == [2, 1]
        assert b"Open from 7:30" in current_file(tx, kept["access-instructions.txt"].id)[1]


def test_invented_workbook_can_be_read() -> None:
    book = load_workbook(BytesIO(as_sheet("Prix", ["Passage", "Astreinte"])))
    assert [row[:2] for row in book.worksheets[0].values] == [("Prix", None), ("Passage", 9600), ("Astreinte", 12000)]
