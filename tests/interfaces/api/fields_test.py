"""Hidden and masked fields: the same through every option, and unreadable records are as if they were not there."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from entente.kernel.records.save import save
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

BORN = "1980-02-29"


@pytest.fixture(scope="module")
def contact(world: World) -> str:
    with world.system() as tx:
        values = {"first_name": "Maud", "last_name": "Quillivic", "birth_date": BORN, "owner": world.id_of("nadia")}
        record = save(tx, "contact", values)
        save(tx, "contact", {"birth_date": "1980-03-01"}, id=record.id)
    return str(record.id)


@pytest.fixture(scope="module")
def masked(asks: Callable[[str], Ask]) -> Ask:
    return asks("sam")


@pytest.fixture(scope="module")
def hidden(asks: Callable[[str], Ask]) -> Ask:
    return asks("rita")


READS = (
    {"$filter": "birth_date eq 1980-03-01"},
    {"$filter": "last_name eq 'x' or birth_date ne null"},
    {"$orderby": "birth_date"},
    {"$apply": "groupby((birth_date))"},
    {"$apply": "aggregate(birth_date with max as oldest)"},
    {"$apply": "filter(birth_date gt 1970-01-01)/aggregate($count as number)"},
)


def test_masked_field_shows_that_it_is_masked(masked: Ask, contact: str) -> None:
    for url in (f"/contacts/{contact}", f"/contacts/{contact}?$select=birth_date"):
        body = masked("GET", url).json()
        assert body["birth_date"] is None
        assert body["birth_date@entente.masked"] is True


def test_hidden_field_is_not_there(hidden: Ask, contact: str) -> None:
    assert not [name for name in hidden("GET", f"/contacts/{contact}").json() if name.startswith("birth_date")]
    assert hidden("GET", f"/contacts/{contact}?$select=birth_date").status_code == 400
    assert "birth_date" not in hidden("GET", "/$metadata?$format=json").json()["Entente"]["contact"]
    schemas = hidden("GET", "/api/openapi.json").json()["components"]["schemas"]
    assert "birth_date" not in schemas["contact"]["properties"]
    assert "birth_date" not in schemas["contact.new"]["properties"]


@pytest.mark.parametrize("who", ["sam", "rita"])
@pytest.mark.parametrize("options", READS)
def test_closed_field_is_like_an_unknown_one(asks: Callable[[str], Ask], who: str, options: dict[str, str]) -> None:
    closed = asks(who)("GET", "/contacts", params=options)
    unknown = {name: value.replace("birth_date", "no_such_field") for name, value in options.items()}
    other = asks(who)("GET", "/contacts", params=unknown)
    assert closed.status_code in (400, 422)
    assert (closed.status_code, closed.json()["code"]) == (other.status_code, other.json()["code"])


@pytest.mark.parametrize("who", ["sam", "rita"])
def test_history_keeps_closed_fields_closed(asks: Callable[[str], Ask], who: str, contact: str) -> None:
    answer = asks(who)("GET", f"/contacts/{contact}/history")
    assert answer.status_code == 200
    assert "1980" not in answer.text


def test_closed_field_is_not_reached_through_a_link(asks: Callable[[str], Ask], contact: str, world: World) -> None:
    with world.system() as tx:
        regarding = f"contact:{contact}"
        save(tx, "task", {"subject": "Ring", "regarding": regarding, "owner": world.id_of("sam")}, trusted=True)
    answer = asks("sam")("GET", "/tasks?$expand=regarding&$filter=subject eq 'Ring'")
    assert answer.status_code == 200, answer.text
    [row] = answer.json()["value"]
    assert row["regarding"]["last_name"] == "Quillivic"
    assert "1980" not in answer.text


def test_closed_field_cannot_be_written(masked: Ask, contact: str) -> None:
    answer = masked("POST", "/contacts", {"last_name": "New", "birth_date": BORN})
    assert answer.status_code in (403, 422)
    assert "1980" not in masked("GET", f"/contacts/{contact}").text


def test_unreadable_record_is_not_there(asks: Callable[[str], Ask], nadia: Ask) -> None:
    made = nadia("POST", "/leads", {"last_name": "Secret", "company_name": "Whisper"}).json()
    stranger = asks("stranger")
    place = f"/leads/{made['id']}"
    nowhere = f"/leads/{uuid4()}"
    deeds: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"job_title": "x"}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("GET", "/why", None),
        ("POST", "/restore", None),
        ("POST", "/disqualify", {"disqualify_reason": "spam"}),
    ]
    for method, rest, body in deeds:
        answer = stranger(method, place + rest, body, {"If-Match": "*"})
        absent = stranger(method, nowhere + rest, body, {"If-Match": "*"})
        assert answer.status_code == absent.status_code == 404, (method, rest, answer.text)
        assert answer.json() == absent.json()
    found = stranger("GET", "/leads?$filter=company_name eq 'Whisper'&$count=true").json()
    assert (found["@odata.count"], found["value"]) == (0, [])
    assert stranger("GET", "/leads", params={"$search": "Whisper"}).json()["value"] == []
    figures = stranger("GET", "/leads", params={"$apply": "aggregate($count as number)"}).json()
    assert figures["value"] == [{"number": 0}]


def test_linked_record_that_may_not_be_read_stays_closed(asks: Callable[[str], Ask], nadia: Ask) -> None:
    made = nadia("POST", "/leads", {"last_name": "Secret"}).json()
    answer = asks("stranger")("POST", "/tasks", {"subject": "Peek", "regarding": {"entity": "lead", "id": made["id"]}})
    assert answer.status_code in (403, 422)
