"""Two organisations in one database: whatever is done in one, nothing of it shows in the other."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import NOON
from tests.world.cast import World

from entente import installing
from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.identity.authenticate import authenticate, principal_of
from entente.kernel.identity.tokens import create_token, organisation_of
from entente.kernel.jobs.followers import Entry, Follower, dispatch
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, NotFound
from entente.kernel.records.duplicates import Matches, find_duplicates
from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.seeding import Seed, plant, seed_id

OTHER = "other"
PERSON = {"last_name": "Berthier", "company_name": "Lisière", "emails": "c.berthier@lisiere.example"}


@pytest.fixture
def both(world: World) -> Iterator[Database]:
    """The world's organisation, and beside it another with one administrator."""
    installing.set_up(world.database, OTHER, "Tanneries")
    values = {"login": "zoe", "last_name": "Zoé", "email": "zoe@tanneries.example", "roles": ["@role:administrator"]}
    with world.database.begin(system("test"), organisation=OTHER) as tx:
        plant(tx, [Seed(entity="user", key="zoe", values=values)])
    yield world.database
    world.database.forget_catalogs()


def zoe_begins(database: Database) -> Any:
    with database.begin(system("who"), organisation=OTHER) as tx:
        person = principal_of(tx, seed_id("user", "zoe"))
    assert person is not None
    return database.begin(person, organisation=OTHER)


def found_by(tx: Tx, values: Record) -> Matches:
    return find_duplicates(tx, tx.catalog.entity("lead"), values)


def test_records_stay_in_their_organisation(world: World, both: Database) -> None:
    lead = world.has("lead", "james", **PERSON)
    with world.acts("james") as tx:
        known = find(tx, "lead", lead)
        assert [match.id for match in found_by(tx, known).found] == [lead]
    with zoe_begins(both) as tx:
        assert page(tx, Ask(entity="lead")).records == []
        assert count(tx, Ask(entity="lead", search="berthier")).number == 0
        with pytest.raises(NotFound):
            find(tx, "lead", lead)
        with pytest.raises(NotFound):
            save(tx, "lead", {"job_title": "Directrice"}, id=lead)
        assert not found_by(tx, known).found
        assert found_by(tx, known).hidden == 0


def test_a_link_cannot_reach_into_another_organisation(world: World, both: Database) -> None:
    account = world.has("account", "james", name="Lisière")
    with zoe_begins(both) as tx, pytest.raises(Invalid):
        save(tx, "contact", {"last_name": "Berthier", "account": account})


def test_a_token_opens_only_its_own_organisation(world: World, both: Database) -> None:
    with both.begin(system("test"), organisation=OTHER) as tx:
        token = create_token(tx, seed_id("user", "zoe"), "test", 1)
    assert organisation_of(token) == OTHER
    with both.connection() as connection:
        assert authenticate(connection, schema_of(OTHER), "token", token, NOON) is not None
        assert authenticate(connection, schema_of("main"), "token", token, NOON) is None


def test_changes_are_told_in_their_own_organisation(world: World, both: Database) -> None:
    told: dict[str, set[UUID]] = {}

    def listen(tx: Tx, entries: list[Entry]) -> None:
        told.setdefault(tx.catalog.schema, set()).update(entry.record for entry in entries)

    ours = world.has("lead", "james", **PERSON)
    with zoe_begins(both) as tx:
        theirs = save(tx, "lead", {"last_name": "Quesnel"}).id
    for organisation in ("main", OTHER):
        while dispatch(both, organisation, [Follower("listener", listen)]):
            pass
    assert ours in told[schema_of("main")] - told[schema_of(OTHER)]
    assert theirs in told[schema_of(OTHER)] - told[schema_of("main")]


def test_every_statement_names_its_schema(world: World, both: Database) -> None:
    """No table is found by a search path: a connection of the pool cannot carry one organisation into another."""
    with both.begin(system("test"), organisation=OTHER) as tx:
        path = engine_rows(tx, "SHOW search_path")[0]["search_path"]
        assert "org_" not in path
        assert {made.table.schema for made in tx.catalog.entities.values()} == {schema_of(OTHER)}
        assert {pair.schema for made in tx.catalog.entities.values() for pair in made.pairs.values()} == {
            schema_of(OTHER)
        }


def test_numbers_and_rights_are_counted_apart(world: World, both: Database) -> None:
    for _ in range(3):
        world.has("lead", "james", **PERSON)
    with zoe_begins(both) as tx:
        assert save(tx, "lead", {"last_name": "Quesnel"})["number"].endswith("00001")
        rights = engine_rows(tx, "SELECT access_version FROM {schema}.state")[0]["access_version"]
        save(tx, "business_unit", {"name": "Nord"})
        assert engine_rows(tx, "SELECT access_version FROM {schema}.state")[0]["access_version"] > rights
    before = world.principal("james")
    assert world.principal("james") is before
