"""Expressions are proved when declared and when saved: wrong names, wrong types, fields one may not read."""

from typing import Any

import msgspec
import pytest
from tests.world.cast import World

from entente import product
from entente.kernel.expressions.check import check
from entente.kernel.expressions.parser import parse
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.entity import Extension, FieldDef
from entente.kernel.metadata.screens import ListDef
from entente.kernel.proving import EntityScope, prove_catalog, prove_condition, prove_filter
from entente.kernel.records.columns import condition
from entente.kernel.records.save import save

SOURCES = product.all_sources()
CATALOG = Catalog(SOURCES, schema="org_t", version=1)
LEAD = CATALOG.entity("lead")
LABEL = Text("A", "A")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("score + 1", "number"),
        ("estimated_amount", "number"),
        ("owner", "id"),
        ("owner.unit.name", "string"),
        ("existing_account.parent.name", "string"),
        ("address", "string"),
        ("address.city", "string"),
        ("created_at", "datetime"),
        ("recycle_on", "date"),
        ("user.team", "id"),
        ("record.score", "number"),
        ("count(opportunities)", "number"),
        ("sum(opportunities[amount > 3].amount)", "number"),
        ('some tag in tags satisfies tag.name = "x"', "boolean"),
    ],
)
def test_paths_of_a_filter_have_their_types(text: str, kind: str) -> None:
    assert str(check(parse(text), EntityScope(CATALOG, LEAD, lists=True))) == kind


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ghost = 1", "expression_unknown_field"),
        ("owner.ghost = 1", "expression_unknown_field"),
        ("address.planet = 1", "expression_unknown_field"),
        ("user.salary > 1", "expression_unknown_field"),
        ("old.score > 1", "expression_unknown_field"),
        ('changed("score")', "expression_unknown_field"),
        ('score = "high"', "expression_types_differ"),
        ("recycle_on > 3", "expression_types_differ"),
        ("score + 1", "expression_wrong_type"),
        ("explode(score)", "expression_unknown_function"),
        ("count(opportunities) > 1", "expression_unknown_field"),
        ("score >", "expression_unfinished"),
    ],
)
def test_wrong_condition_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        prove_condition(CATALOG, LEAD, text)
    assert refusal.value.code == code


def test_history_is_known_where_there_is_one() -> None:
    prove_condition(CATALOG, LEAD, 'changed("score") and old.score < score', history=True)


def test_product_as_shipped_is_proved() -> None:
    prove_catalog(CATALOG)


def test_every_shipped_list_has_sql(world: World) -> None:
    with world.acts("james") as tx:
        for screens in SOURCES.screens:
            for made in screens.lists:
                if made.filter:
                    assert condition(tx, tx.catalog.entity(screens.screens), made.filter) is not None


def act(tx: Any, record: Any) -> None:
    """Nothing."""


def field(**options: Any) -> dict[str, Any]:
    made = FieldDef(type="integer", label=LABEL, **options)
    return {"extensions": (*SOURCES.extensions, Extension(extends="lead", fields={"extra": made}))}


WRONG_LIST = ListDef(key="wrong", label=LABEL, columns=("name",), filter="gost = 1")
LEADS = next(made for made in SOURCES.screens if made.screens == "lead")


@pytest.mark.parametrize(
    "sources",
    [
        field(show_if="gost = 1"),
        field(required_if="score"),
        field(computed='"three"'),
        {"screens": (msgspec.structs.replace(LEADS, lists=(*LEADS.lists, WRONG_LIST)),)},
        {"actions": (ActionDef(entity="lead", name="wrong", function=act, show_if="gost = 1"),)},
    ],
)
def test_wrong_declaration_does_not_boot(sources: dict[str, Any]) -> None:
    catalog = Catalog(msgspec.structs.replace(SOURCES, **sources), schema="org_t", version=1)
    with pytest.raises(ValueError, match="expression_"):
        prove_catalog(catalog)


def test_filter_may_not_read_what_its_writer_may_not(world: World) -> None:
    limited = msgspec.structs.replace(
        world.principal("james"), field_rules={"lead": {"need": "masked"}, "user": {"login": "hidden"}}
    )
    with world.database.begin(limited) as tx:
        entity = tx.catalog.entity("lead")
        for text in ('contains(need, "x")', 'owner.login = "x"'):
            with pytest.raises(Refused) as refusal:
                prove_filter(tx, entity, text)
            assert refusal.value.code == "expression_unknown_field"


@pytest.mark.parametrize(
    ("entity", "values", "field"),
    [
        ("saved_view", {"name": "V", "entity": "lead", "filter": "gost = 1"}, "filter"),
        ("saved_view", {"name": "V", "entity": "lead", "filter": 'score = "x"'}, "filter"),
        ("saved_view", {"name": "V", "entity": "ghost"}, "entity"),
        ("assignment_rule", {"name": "R", "entity": "lead", "condition": "score >", "fallback": None}, "condition"),
        ("assignment_rule", {"name": "R", "entity": "lead", "condition": "score + 1"}, "condition"),
    ],
)
def test_wrong_expression_is_not_saved(world: World, entity: str, values: dict[str, Any], field: str) -> None:
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        save(tx, entity, values)
    faults = refusal.value.faults if isinstance(refusal.value, Invalid) else (refusal.value,)
    assert [fault.field for fault in faults] == [field]


def test_right_expressions_are_saved(world: World) -> None:
    with world.acts("admin") as tx:
        save(tx, "saved_view", {"name": "V", "entity": "lead", "filter": 'owner = user.id and state = "open"'})
        save(tx, "assignment_rule", {"name": "R", "entity": "lead", "condition": 'address.city = "Quimper"'})
