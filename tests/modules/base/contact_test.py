"""Contacts in several accounts, official numbers, documents, activities."""

from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.save import save
from entente.services.documents.versions import add_version


def _positions(tx: Tx, contact: UUID) -> dict[UUID, Any]:
    found = page(tx, Ask(entity="account_contact", filter=f'contact = "{contact}"')).records
    return {position["account"]: position for position in found}


def test_account_of_a_contact_is_its_main_position(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    contact = world.has("contact", "james", last_name="Corlay", account=account, job_title="Gérante")
    with world.acts("james") as tx:
        positions = _positions(tx, contact)
    assert [(made["is_primary"], made["job_title"]) for made in positions.values()] == [(True, "Gérante")]


def test_second_position_takes_the_mark_and_the_contact_follows(world: World) -> None:
    first, second = (world.has("account", "james", name=name) for name in ("Sorel", "Madec"))
    contact = world.has("contact", "james", last_name="Corlay", account=first)
    with world.acts("james") as tx:
        save(tx, "account_contact", {"contact": contact, "account": second, "is_primary": True, "job_title": "Conseil"})
        positions = _positions(tx, contact)
        made = find(tx, "contact", contact)
    assert {key: position["is_primary"] for key, position in positions.items()} == {first: False, second: True}
    assert (made["account"], made["job_title"], set(made["accounts"])) == (second, "Conseil", {first, second})


def test_main_mark_is_not_just_taken_away(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    contact = world.has("contact", "james", last_name="Corlay", account=account)
    with world.acts("james") as tx:
        position = _positions(tx, contact)[account]
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "account_contact", {"is_primary": False}, id=position.id)
    faults = caught.value.faults if isinstance(caught.value, Invalid) else (caught.value,)
    assert [fault.code for fault in faults] == ["account_contact.main_needed"]


def test_leaving_a_company_keeps_the_history(world: World) -> None:
    first, second = (world.has("account", "james", name=name) for name in ("Sorel", "Madec"))
    contact = world.has("contact", "james", last_name="Corlay", account=first)
    with world.acts("james") as tx:
        save(tx, "account_contact", {"contact": contact, "account": second})
        save(tx, "account_contact", {"end_date": "2026-11-22"}, id=_positions(tx, contact)[first].id)
        positions = _positions(tx, contact)
        assert find(tx, "contact", contact)["account"] == second
    assert (positions[first]["is_active"], positions[first]["is_primary"]) == (False, False)
    assert positions[second]["is_primary"]


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("siren", "732 829 320", "732829321"),
        ("siret", "732 829 320 00074", "73282932000075"),
        ("vat_number", "FR 44 732829320", "FR45732829320"),
        ("ide_number", "CHE-100.155.212", "CHE-100.155.213"),
    ],
)
def test_official_numbers_are_proved(world: World, field: str, right: str, wrong: str) -> None:
    with world.acts("james") as tx:
        made = save(tx, "account", {"name": "Sorel", field: right})
        assert made[field] == "".join(sign for sign in right if sign.isalnum())
        with pytest.raises(Refused):
            save(tx, "account", {"name": "Sorel", field: wrong})


def test_account_cannot_be_above_itself(world: World) -> None:
    head = world.has("account", "james", name="Groupe")
    below = world.has("account", "james", name="Filiale", parent=head)
    with world.acts("james") as tx, pytest.raises(Refused):
        save(tx, "account", {"parent": below}, id=head)


def test_versions_count_up_and_the_last_is_current(world: World) -> None:
    document = world.has("document", "james", name="Offre")
    with world.acts("james") as tx:
        made = [add_version(tx, document, "offre.txt", text) for text in (b"Offre", b"Offre revue")]
        assert [version["number"] for version in made] == [1, 2]
        assert find(tx, "document", document)["current_version"] == made[1].id


def test_completed_task_has_its_moment_and_reaches_the_account(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    contact = world.has("contact", "james", last_name="Corlay", account=account)
    task = world.has("task", "james", subject="Rappeler", regarding=Ref("contact", contact))
    with world.acts("james") as tx:
        assert find(tx, "task", task)["account"] == account
        perform(tx, "task", "complete", [task], {"result": "Fait", "time_spent": 15})
        done = find(tx, "task", task)
        assert find(tx, "account", account)["last_activity_at"] == done["done_at"]
        perform(tx, "task", "reopen", [task])
        assert find(tx, "task", task)["done_at"] is None
    assert (done["status"], done["result"], done["time_spent"]) == ("completed", "Fait", 15)


def test_note_is_called_by_its_first_words(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    with world.acts("james") as tx:
        note = save(tx, "note", {"body": "<p>Rappeler <b>demain</b></p>", "regarding": Ref("account", account)})
    assert note["title"] == "Rappeler demain"


def test_assigning_moves_team_and_unit(world: World) -> None:
    account = world.has("account", "helene", name="Sorel")
    with world.acts("helene") as tx:
        made = save(tx, "account", {"owner": world.id_of("nadia")}, id=account)
        nadia = find(tx, "user", world.id_of("nadia"))
    assert (made["team"], made["unit"]) == (nadia["team"], nadia["unit"])
