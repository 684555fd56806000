"""Records over HTTP: created, read, changed, deleted, restored; lost writes refused; statements counted."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.interfaces.api.conftest import Ask, Counter
from tests.world.cast import World


def created(ask: Ask, **values: Any) -> Any:
    answer = ask("POST", "/leads", {"last_name": "Martin", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_new_record_has_an_address_and_a_tag(nadia: Ask, world: World) -> None:
    answer = nadia("POST", "/leads", {"last_name": "Martin", "emails": "a.martin@example.com", "source": "email"})
    body = answer.json()
    assert answer.status_code == 201, body
    assert answer.headers["location"] == f"/api/v1/leads/{body['id']}"
    assert answer.headers["etag"] == body["@odata.etag"] == 'W/"1"'
    assert body["name"] == "Martin"
    assert body["owner_id"] == str(world.id_of("nadia"))
    assert body["emails"] == [{"value": "a.martin@example.com", "primary": True}]
    assert nadia("GET", f"/leads/{body['id']}").json()["company_name"] is None


def test_amounts_are_exact_texts(nadia: Ask) -> None:
    money = {"amount": "1234567890.10", "currency": "EUR"}
    made = created(nadia, estimated_amount=money)
    assert nadia("GET", f"/leads/{made['id']}").json()["estimated_amount"] == {
        **money,
        "rate": "1",
        "base": "1234567890.1",
    }
    bare = created(nadia, estimated_amount=12.5)
    assert bare["estimated_amount"] == {"amount": "12.50", "currency": "EUR", "rate": "1", "base": "12.5"}


def test_links_are_written_by_either_name(nadia: Ask, world: World) -> None:
    bastien = str(world.id_of("bastien"))
    first = nadia("POST", "/tasks", {"subject": "Call back", "owner_id": str(world.id_of("nadia"))})
    assert first.status_code == 201, first.text
    twice = nadia("POST", "/tasks", {"subject": "Call back", "owner": bastien, "owner_id": bastien})
    assert twice.status_code == 422
    assert twice.json()["errors"][0]["code"] == "api.member_twice"


def test_unknown_members_are_named(nadia: Ask) -> None:
    answer = nadia("POST", "/leads", {"last_name": "Martin", "colour": "red", "id": str(uuid4()), "version": 3})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {(fault["field"], fault["code"]) for fault in answer.json()["errors"]} == {
        ("colour", "field.unknown"),
        ("id", "field.read_only"),
    }


def test_change_needs_the_version_that_was_seen(nadia: Ask) -> None:
    made = created(nadia)
    place = f"/leads/{made['id']}"
    missing = nadia("PATCH", place, {"job_title": "Buyer"})
    assert missing.status_code == 428
    assert missing.json()["code"] == "api.if_match_needed"
    changed = nadia("PATCH", place, {"job_title": "Buyer"}, {"If-Match": made["@odata.etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == 'W/"2"'
    assert nadia("DELETE", place).status_code == 428


def test_stale_change_learns_what_others_did(asks: Callable[[str], Ask]) -> None:
    mine, other = asks("nadia"), asks("admin")
    made = created(mine)
    place = f"/leads/{made['id']}"
    assert other("PATCH", place, {"job_title": "Buyer"}, {"If-Match": 'W/"1"'}).status_code == 200
    stale = mine("PATCH", place, {"job_title": "Director"}, {"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert stale.json()["version"] == 2
    [theirs] = stale.json()["theirs"]
    assert (theirs["field"], theirs["old"], theirs["new"]) == ("job_title", None, "Buyer")
    assert theirs["by"] == other("GET", "/me").json()["name"]
    assert mine("GET", place).json()["job_title"] == "Buyer"


def test_deleted_record_can_be_restored(nadia: Ask, admin: Ask) -> None:
    made = created(admin)
    place = f"/leads/{made['id']}"
    assert admin("DELETE", place, headers={"If-Match": "*"}).status_code == 204
    assert admin("GET", place).status_code == 404
    restored = admin("POST", f"{place}/restore")
    assert restored.status_code == 200
    assert restored.json()["id"] == made["id"]


def test_known_version_is_not_sent_again(nadia: Ask) -> None:
    made = created(nadia)
    same = nadia("GET", f"/leads/{made['id']}", headers={"If-None-Match": made["@odata.etag"]})
    assert same.status_code == 304
    assert same.content == b""


def test_history_tells_who_changed_what(nadia: Ask) -> None:
    made = created(nadia)
    nadia("PATCH", f"/leads/{made['id']}", {"job_title": "Buyer"}, {"If-Match": "*"})
    latest, first = nadia("GET", f"/leads/{made['id']}/history").json()["value"]
    assert latest["changes"] == [{"field": "job_title", "old": None, "new": "Buyer"}]
    assert latest["via"] == "api"
    assert first["deed"] == "create"


def test_why_is_told_in_words(asks: Callable[[str], Ask], world: World) -> None:
    made = created(asks("nadia"))
    mine = asks("nadia")("GET", f"/leads/{made['id']}/why?privilege=update").json()
    assert mine["allowed"] is True
    stranger = world.id_of("stranger")
    theirs = asks("admin")("GET", f"/leads/{made['id']}/why?user={stranger}", headers={"Accept-Language": "fr"}).json()
    assert theirs["allowed"] is False
    assert any("Aucun rôle" in reason["text"] for reason in theirs["reasons"])
    assert asks("nadia")("GET", f"/leads/{made['id']}/why?user={stranger}").status_code == 403


def test_everything_at_one_stroke_is_undone(nadia: Ask) -> None:
    made = created(nadia)
    cause = nadia("GET", f"/leads/{made['id']}/history").json()["value"][0]["cause"]
    assert nadia("POST", f"/undo/{cause}").json() == {"count": 1, "left": []}
    assert nadia("GET", f"/leads/{made['id']}").status_code == 404


def test_language_follows_the_request(nadia: Ask) -> None:
    french = nadia("GET", f"/leads/{uuid4()}", headers={"Accept-Language": "de, fr-FR;q=0.9, en;q=0.1"})
    english = nadia("GET", f"/leads/{uuid4()}")
    assert "Cette fiche" in french.json()["title"]
    assert "This record" in english.json()["title"]


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b'{"json":' + b"[" * 60 + b"]" * 60 + b"}", "application/json", 400),
    ],
)
def test_bodies_that_are_no_object_are_refused(nadia: Ask, body: bytes, media: str, status: int) -> None:
    answer = nadia("POST", "/leads", content=body, headers={"Content-Type": media})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_one_statement_each_proves_and_reads(nadia: Ask, statements: Counter) -> None:
    made = created(nadia)
    nadia("GET", f"/leads/{made['id']}")
    statements.sent.clear()
    assert nadia("GET", f"/leads/{made['id']}").status_code == 200
    assert len(statements) == 2, statements.sent
    statements.sent.clear()
    assert nadia("GET", "/leads?$count=true&$top=10").status_code == 200
    assert len(statements) == 3, statements.sent
    statements.sent.clear()
    created(nadia, company_name="Breizh", emails="x@example.com")
    assert len(statements) <= 8, statements.sent
    statements.sent.clear()
    nadia("PATCH", f"/leads/{made['id']}", {"job_title": "Buyer"}, {"If-Match": "*"})
    assert len(statements) <= 7, statements.sent
