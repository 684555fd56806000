"""Many records written together are those that one at a time would have been, journal and outbox included."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import BULK
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.others import Address
from entente.kernel.records.journal import MANY
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save, save_many
from entente.kernel.undoing import undo

ODD = 'a\tb\\N "q" {x,y} œ\u202f! \\.'
TWO_LINES = "first\nsecond\\n\r\nthird\tend"
FULL = {
    "last_name": ODD, "first_name": "Zoé", "company_name": "\\N", "emails": ["a@x.example", "b+c@x.example"],
    "phones": "06 39 98 12 34", "description": TWO_LINES, "estimated_amount": {"amount": "1234.56", "currency": "EUR"},
    "employees": 12, "do_not_call": True, "website": "https://x.example/a?b={c}", "probability": "12.5",
    "address": {"street": "1, rue « d’Ici »", "city": "Évian", "country": "FR"},
}  # fmt: skip
OWN = ("number", "name", "version", "created_at", "modified_at")


def kept(tx: Tx, cause: Any) -> dict[str, Mapping[str, Any]]:
    """The journal's lines of a cause by record, each with an outbox row."""
    found = engine_rows(
        tx,
        "SELECT j.*, o.entry IS NOT NULL AS told FROM {schema}.journal j LEFT JOIN {schema}.outbox o ON o.entry = j.id"
        " WHERE j.cause = %(cause)s ORDER BY j.id",
        cause=cause,
    )
    return {str(line["record"]): line for line in found}


def as_read(tx: Tx, made: list[Record]) -> dict[Any, Record]:
    ids = tuple(record.id for record in made)
    return {record.id: record for record in page(tx, Ask(entity="lead", ids=ids, limit=len(ids))).records}


def test_odd_texts_and_every_kind_of_value_come_back_as_one_at_a_time(world: World) -> None:
    with world.acts("james") as tx:
        alone = save(tx, "lead", FULL)
        many = save_many(tx, "lead", [Write(values=FULL)] * MANY)
        read = as_read(tx, [alone, *many])
        lines = kept(tx, tx.cause.id)
    for record in many:
        for name, value in read[alone.id].items():
            assert name in OWN or read[record.id][name] == value, name
        line, other = lines[str(record.id)], lines[str(alone.id)]
        assert {name: value for name, value in line["changes"].items() if name != "number"} == {
            name: value for name, value in other["changes"].items() if name != "number"
        }
        assert (line["title"], line["actor_name"], line["told"]) == (other["title"], other["actor_name"], True)
    assert read[alone.id]["last_name"] == ODD.replace("\t", " ").replace("\u202f", " ")
    assert read[many[0].id]["estimated_amount"] == Money(Decimal("1234.56"), "EUR", Decimal(1), Decimal("1234.56"))
    assert read[many[0].id]["address"] == Address(street="1, rue « d’Ici »", city="Évian", country="FR")
    assert len({read[record.id]["number"] for record in many}) == MANY


def test_many_written_together_are_undone_together(world: World) -> None:
    with world.acts("james") as tx:
        made = save_many(tx, "lead", [Write(values={"last_name": f"Row {at}"}) for at in range(MANY)])
        undo(tx, tx.cause.id)
        assert as_read(tx, made) == {}


def test_what_is_written_in_bulk_lets_the_rest_pass(world: World) -> None:
    """A portion of an import waits behind single changes; a manager who assigns some dozens does not."""
    told = "SELECT count(*) FILTER (WHERE bulk) AS bulk, count(*) AS all FROM {schema}.outbox WHERE entry > %(since)s"
    with world.acts("james") as tx:
        (last,) = engine_rows(tx, "SELECT coalesce(max(entry), 0) AS entry FROM {schema}.outbox")
        save_many(tx, "tag", [Write(values={"name": f"Few {at}"}) for at in range(BULK - 1)])
        (few,) = engine_rows(tx, told, since=last["entry"])
        save_many(tx, "tag", [Write(values={"name": f"Bulk {at}"}) for at in range(BULK)])
        (both,) = engine_rows(tx, told, since=last["entry"])
    assert (few, both) == ({"bulk": 0, "all": BULK - 1}, {"bulk": BULK, "all": 2 * BULK - 1})


@pytest.mark.parametrize("odd", [{"owner": new_id()}, {"last_name": "x" * 101}])
def test_one_refused_value_refuses_all(world: World, odd: dict[str, Any]) -> None:
    with world.acts("admin") as tx:
        with pytest.raises((Invalid, Refused)), tx.connection.transaction():
            save_many(tx, "lead", [*[Write(values={"last_name": "Whole"})] * MANY, Write(values={**FULL, **odd})])
        assert page(tx, Ask(entity="lead", filter='last_name = "Whole"')).records == []


def test_a_taken_value_names_its_field_among_many(world: World) -> None:
    with world.acts("admin") as tx:
        with pytest.raises(Refused) as refusal, tx.connection.transaction():
            save_many(tx, "tag", [Write(values={"name": f"Tag {at // 2}"}) for at in range(MANY)])
        assert (refusal.value.code, refusal.value.field) == ("field.taken", "name")
