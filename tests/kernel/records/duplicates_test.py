"""Possible duplicates: found by rule, hidden ones only counted, refused when a rule says so."""

from typing import Any

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.duplicates import Matches, find_duplicates
from entente.kernel.records.save import save


def looked_for(world: World, login: str, **values: Any) -> Matches:
    with world.acts(login) as tx:
        entity = tx.catalog.entity("lead")
        clean = {name: entity.field(name).type.clean(name, entity.field(name).definition, raw)
                 for name, raw in values.items()}  # fmt: skip
        return find_duplicates(tx, entity, clean)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ({"emails": "C.Berthier+salon@Lisiere.example"}, {"emails": "c.berthier@lisiere.example"}),
        ({"phones": "06 39 98 44 55"}, {"phones": "+33639984455"}),
    ],
)
def test_equal_people_meet_under_their_normal_form(world: World, known: dict[str, str], asked: dict[str, str]) -> None:
    contact = world.has("contact", "james", last_name="Berthier", **known)
    found = looked_for(world, "james", **asked)
    assert [(match.entity, match.id, match.title) for match in found.found] == [("contact", contact, "Berthier")]
    assert found.worst == "warn"


def test_similar_company_is_a_hint(world: World) -> None:
    account = world.has("account", "james", name="Menuiserie Kermarrec SARL")
    found = looked_for(world, "james", company_name="MENUISERIE KERMARREC")
    assert [(match.id, match.action) for match in found.found] == [(account, "hint")]
    assert looked_for(world, "james", company_name="Menuiserie Bertrand").found == []


def test_what_may_not_be_read_is_only_counted(world: World) -> None:
    contact = world.has("contact", "james", last_name="Secret", emails="secret@lisiere.example")
    found = looked_for(world, "stranger", emails="secret@lisiere.example")
    assert (found.found, found.hidden, found.worst) == ([], 1, "warn")
    assert looked_for(world, "james", emails="secret@lisiere.example").found[0].id == contact


def test_record_is_no_duplicate_of_itself(world: World) -> None:
    contact = world.has("contact", "james", last_name="Seul", emails="seul@lisiere.example")
    with world.acts("james") as tx:
        entity = tx.catalog.entity("contact")
        entries = entity.field("emails").type.clean("emails", entity.field("emails").definition, "seul@lisiere.example")
        assert find_duplicates(tx, entity, {"emails": entries}, itself=contact).found == []


def test_blocking_rule_refuses_and_names_the_field(world: World) -> None:
    with world.acts("admin") as tx:
        rule = {
            "name": "Same site",
            "source": "account",
            "target": "account",
            "action": "block",
            "conditions": [{"source_field": "website", "target_field": "website", "normaliser": "domain"}],
            "scopes": ["create"],
        }
        save(tx, "duplicate_rule", {**rule, "active": True})
    world.database.forget_catalogs()
    world.has("account", "james", name="Pontaven", website="https://www.pontaven.example/fr")
    with world.acts("bastien") as tx, pytest.raises(Refused) as refusal:
        save(tx, "account", {"name": "Autre", "website": "pontaven.example"})
    assert told(refusal.value) == [("duplicate.blocked", "website")]


def told(refusal: Refused) -> list[tuple[str, str | None]]:
    """What was refused, and where."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    return [(fault.code, fault.field) for fault in faults]


@pytest.mark.parametrize(
    ("login", "number", "code"),
    [
        ("james", "FR83404833048", "duplicate.blocked"),
        ("nadia", "FR40303265045", "duplicate.blocked_unseen"),
    ],
)
def test_the_refusal_names_the_field_that_is_known_and_no_record_that_may_not_be_read(
    world: World, login: str, number: str, code: str
) -> None:
    world.has("account", "james", name="Ferronnerie Kerguelen", vat_number=number)
    with world.acts(login) as tx, pytest.raises(Refused) as refusal:
        save(tx, "account", {"name": "Autre", "vat_number": f"{number[:4]} {number[4:]}"})
    assert told(refusal.value) == [(code, "vat_number")]


def test_a_blocking_rule_holds_beside_a_surer_one_that_warns(world: World) -> None:
    values = {"name": "Tuilerie Sauvagnac", "billing_address": {"city": "Quimper"}, "siren": "732829320"}
    with world.acts("admin") as tx:
        rule = {
            "name": "Same name and city",
            "source": "account",
            "target": "account",
            "action": "warn",
            "score": 100,
            "conditions": [{"source_field": "name", "target_field": "name", "normaliser": "company_name"}],
            "position": 1,
        }
        save(tx, "duplicate_rule", rule)
    world.database.forget_catalogs()
    world.has("account", "james", **values)
    with world.acts("nadia") as tx, pytest.raises(Refused) as refusal:
        save(tx, "account", values)
    assert told(refusal.value) == [("duplicate.blocked_unseen", "siren")]
