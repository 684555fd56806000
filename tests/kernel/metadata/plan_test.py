"""From one shape to the next: what comes by itself, what is refused, in which order."""

import pytest

from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Catalog, Sources
from entente.kernel.metadata.entity import EntityDef, Extension, FieldDef, UniqueRule
from entente.kernel.metadata.indexed import index_condition
from entente.kernel.metadata.plan import Destructive, Step, plan, shape_of

LABEL = Text("Boat", "Bateau")


def boat(**fields: FieldDef) -> EntityDef:
    own = {"name": FieldDef(type="text", label=LABEL, search=True), **fields}
    return EntityDef(entity="boat", label=LABEL, plural=LABEL, path="boats", access="open", fields=own)


def catalog(*entities: EntityDef, extensions: tuple[Extension, ...] = ()) -> Catalog:
    user = EntityDef(
        entity="user", label=LABEL, plural=LABEL, path="users", access="open",
        fields={"name": FieldDef(type="text", label=LABEL)},
    )  # fmt: skip
    return Catalog(Sources(entities=(user, *entities), extensions=extensions), schema="org_t", version=1)


def steps(old: Catalog, new: Catalog) -> list[Step]:
    return plan("org_t", shape_of(old), shape_of(new))


def test_nothing_changes_nothing() -> None:
    assert steps(catalog(boat()), catalog(boat())) == []


def test_new_entity_is_created_with_its_indexes_and_keys() -> None:
    made = steps(catalog(), catalog(boat(owner=FieldDef(type="link", to="user", label=LABEL))))
    assert made[0].kind == "create"
    assert 'CREATE TABLE "org_t"."boat"' in made[0].sql
    assert {step.kind for step in made[1:]} == {"index", "constrain"}
    assert any('REFERENCES "org_t"."user"' in step.sql for step in made if step.kind == "constrain")


def test_new_field_is_added_without_touching_rows() -> None:
    made = steps(catalog(boat()), catalog(boat(length=FieldDef(type="decimal", label=LABEL))))
    assert [step.sql for step in made] == ['ALTER TABLE "org_t"."boat" ADD COLUMN "length" NUMERIC(24, 6)']


def test_removed_field_keeps_its_column() -> None:
    assert steps(catalog(boat(length=FieldDef(type="decimal", label=LABEL))), catalog(boat())) == []


def test_changed_type_is_refused_by_name() -> None:
    before = catalog(boat(length=FieldDef(type="decimal", label=LABEL)))
    with pytest.raises(Destructive) as refusal:
        steps(before, catalog(boat(length=FieldDef(type="text", label=LABEL))))
    assert refusal.value.what == ["boat.length: NUMERIC(24, 6) -> TEXT"]


def test_index_that_is_no_longer_wanted_goes() -> None:
    before = catalog(boat(length=FieldDef(type="decimal", label=LABEL, index=True)))
    made = steps(before, catalog(boat(length=FieldDef(type="decimal", label=LABEL))))
    assert [(step.kind, step.sql) for step in made] == [("drop_index", 'DROP INDEX IF EXISTS "org_t"."boat_length_ix"')]


def test_indexed_text_is_also_indexed_in_small_letters() -> None:
    made = steps(catalog(boat()), catalog(boat(port=FieldDef(type="text", label=LABEL, index=True))))
    assert [step.sql for step in made if "lower" in step.sql] == [
        'CREATE INDEX "boat_port_lower_ix" ON "org_t"."boat"'
        ' USING gin (lower(port COLLATE pg_c_utf8) COLLATE "C" public.gin_trgm_ops)'
    ]


def test_condition_of_a_unique_rule_is_an_expression() -> None:
    made = boat(active=FieldDef(type="boolean", label=LABEL))
    found = catalog(made).entity("boat")
    assert index_condition(found, "active = true and name != \"Le 'Zéphyr'; DROP TABLE x\"") == (
        "((active = true) AND (name IS DISTINCT FROM 'Le ''Zéphyr''; DROP TABLE x'))"
    )


def test_unique_rule_becomes_a_unique_index_over_live_rows() -> None:
    base = boat(active=FieldDef(type="boolean", label=LABEL))
    ruled = EntityDef(
        entity="boat", label=LABEL, plural=LABEL, path="boats", access="open", fields=base.fields,
        unique=(UniqueRule(fields=("name",), where="active = true"),),
    )  # fmt: skip
    made = steps(catalog(base), catalog(ruled))
    assert [step.sql for step in made] == [
        'CREATE UNIQUE INDEX "boat_unique_0" ON "org_t"."boat"'
        ' (lower("name")) WHERE deleted_at IS NULL AND ((active = true))'
    ]


def test_field_of_many_links_has_a_table_of_pairs() -> None:
    made = steps(catalog(boat()), catalog(boat(crew=FieldDef(type="links", to="user", label=LABEL))))
    assert made[0].sql == (
        'CREATE TABLE "org_t"."boat__crew" ("record" uuid, "target" uuid, PRIMARY KEY ("record", "target"))'
    )
