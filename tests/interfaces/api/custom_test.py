"""A customer's own entity: table, lists, journal, rights and API like those that are shipped."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from entente import installing
from entente.kernel.db.database import Database
from entente.kernel.db.tx import in_schema
from entente.kernel.records.journal import history
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

BOAT: dict[str, Any] = {
    "entity": "boat",
    "label": {"en": "Boat", "fr": "Bateau"},
    "plural": {"en": "Boats", "fr": "Bateaux"},
    "path": "boats",
    "access": "owned",
    "timeline": True,
    "origin": "customer",
    "fields": {
        "name": {"type": "text", "label": {"en": "Name", "fr": "Nom"}, "required": True, "search": True, "index": True},
        "length": {"type": "decimal", "label": {"en": "Length", "fr": "Longueur"}, "min": 0},
        "price": {"type": "money", "label": {"en": "Price", "fr": "Prix"}},
        "skipper": {"type": "link", "to": "contact", "label": {"en": "Skipper", "fr": "Patron"}},
        "ports": {"type": "links", "to": "tag", "label": {"en": "Ports", "fr": "Ports"}},
    },
}
LEAD: dict[str, Any] = {
    "extends": "lead",
    "origin": "customer",
    "fields": {"boat": {"type": "link", "to": "boat", "label": {"en": "Boat", "fr": "Bateau"}}},
}


@pytest.fixture(scope="module", autouse=True)
def declared(database: Database) -> None:
    """The customer's layer as rows, applied as at every start."""
    rows = [("entity", "boat", BOAT), ("extension", "lead", LEAD)]
    with database.connection() as connection:
        for kind, name, doc in rows:
            statement = in_schema("org_main", "INSERT INTO {schema}.definition (kind, name, doc) VALUES (%s, %s, %s)")
            connection.execute(statement, (kind, name, Jsonb(doc)))
    installing.set_up(database, "main", "Main")


def test_own_entity_is_created_listed_searched_and_told(admin: Ask, world: World) -> None:
    made = admin("POST", "/boats", json={"name": "Le Zéphyr", "length": "12.50", "price": {"amount": "9000"}})
    assert made.status_code == 201, made.text
    boat = made.json()
    assert (boat["length"], boat["price"]["currency"]) == ("12.5", "EUR")
    for query in ("$filter=contains(tolower(name),'zéphyr')", "$search=zephyr", "$filter=length gt 12&$orderby=price"):
        assert [each["id"] for each in admin("GET", f"/boats?{query}").json()["value"]] == [boat["id"]]
    with world.system() as tx:
        assert [line.deed for line in history(tx, "boat", boat["id"])] == ["create"]


def test_own_field_of_a_shipped_entity_links_to_it(admin: Ask) -> None:
    boat = admin("POST", "/boats", json={"name": "L’Hermine"}).json()["id"]
    lead = admin("POST", "/leads", json={"last_name": "Berthier", "boat_id": boat}).json()
    found = admin("GET", "/leads?$filter=boat/name eq 'L’Hermine'").json()["value"]
    assert [each["id"] for each in found] == [lead["id"]]


def test_own_entity_is_described(admin: Ask) -> None:
    assert "/boats" in str(admin("GET", "/api/openapi.json").json()["paths"].keys())
    assert "Boat" in admin("GET", "/$metadata").text or "boat" in admin("GET", "/$metadata").text


def stranger_cannot_read_own_entity(admin: Ask, asks: Any) -> None:
    boat = admin("POST", "/boats", json={"name": "Le Secret"}).json()["id"]
    assert asks("stranger")("GET", f"/boats/{boat}").status_code == 404


def test_what_is_refused_names_its_field(admin: Ask) -> None:
    answer = admin("POST", "/boats", json={"length": "-1"})
    assert answer.status_code == 422
    assert {"length", "name"} & {each.get("field") for each in answer.json()["errors"]}
