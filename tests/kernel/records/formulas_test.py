"""Expressions over one record: links looked through within one's rights, and the same answer as the database's."""

from typing import Any

import pytest
from tests.world.cast import World

from entente.kernel.records.formulas import evaluate, holds
from entente.kernel.records.query import Ask, find, page


def value(world: World, login: str, entity: str, record: Any, text: str) -> Any:
    with world.acts(login) as tx:
        return evaluate(tx, tx.catalog.entity(entity), text, find(tx, entity, record))


def test_path_through_a_link_is_read_with_the_asker_s_rights(world: World) -> None:
    account = world.has("account", "james", name="Lisière")
    contact = world.has("contact", "james", last_name="Berthier", account=account)
    assert value(world, "james", "contact", contact, "account.name") == "Lisière"
    assert value(world, "james", "contact", contact, "record.account.owner.login") == "james"
    with world.acts("stranger") as tx:
        entity = tx.catalog.entity("contact")
        assert evaluate(tx, entity, "account.name", {"account": account}) is None


def test_unknown_counts_as_no(world: World) -> None:
    with world.acts("james") as tx:
        lead = tx.catalog.entity("lead")
        assert not holds(tx, lead, "score > 3", {"score": None})
        assert not holds(tx, lead, "not(score > 3)", {"score": None})


def test_old_value_is_known_beside_the_new(world: World) -> None:
    with world.acts("james") as tx:
        lead = tx.catalog.entity("lead")
        assert holds(tx, lead, "old.score < score", {"score": 4}, {"score": 3})


@pytest.mark.parametrize(
    "text",
    [
        'owner = user.id and status in ("new", "assigned")',
        'address.city = "Quimper"',
        'address.postal_code = "29000"',
        "budget > 99 and score between 1 and 9",
        'contains(lower case(company_name), "lis")',
        'existing_account.name = "Lisière"',
        'created_at > now() - duration("P1D") and recycle_on = null',
        'existing_account.industry = null or emails = "a@lisiere.example"',
        "user.team = team and user.unit in user.units",
    ],
)
def test_python_and_database_give_the_same_rows(world: World, text: str) -> None:
    account = world.has("account", "james", name="Lisière")
    given = {"company_name": "LISIÈRE", "address": {"city": "Quimper", "postal_code": "29000"}, "budget": "100"}
    record = world.has(
        "lead", "james", last_name="Berthier", score=3, existing_account=account, emails="a@lisiere.example", **given
    )
    other = world.has("lead", "james", last_name="Vide", status="nurturing")
    with world.acts("james") as tx:
        lead = tx.catalog.entity("lead")
        both = (record, other)
        in_python = {each for each in both if holds(tx, lead, text, find(tx, "lead", each))}
        in_sql = {each.id for each in page(tx, Ask(entity="lead", filter=text, ids=both)).records}
        assert record in in_sql
        assert in_python == in_sql
