"""Who takes part in a meeting: colleagues, contacts and leads, each with an answer."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, NotFound
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.save import delete, save
from entente.modules.base.lookup import matching

START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def answers(world: World, meeting: UUID) -> dict[str, str]:
    with world.system() as tx:
        rows = matching(tx, "meeting_attendee", f'meeting = "{meeting}"')
        return {f"{row['attendee'].entity}:{row['name']}": row["answer"] for row in rows}


@pytest.fixture
def contact(world: World) -> UUID:
    return world.has("contact", "james", last_name="Berthier")


@pytest.fixture
def meeting(world: World, contact: UUID) -> UUID:
    colleagues = [str(world.id_of("bastien"))]
    return world.has(
        "meeting", "james", subject="Visite", start_at=START, attendees=colleagues, contacts=[str(contact)]
    )


def test_colleagues_and_contacts_of_a_meeting_are_its_attendees(world: World, meeting: UUID, contact: UUID) -> None:
    invited = {"user:Bastien Bastien": "none", "contact:Berthier": "none"}
    assert answers(world, meeting) == invited
    with world.acts("james") as tx:
        save(tx, "meeting", {"contacts": []}, id=meeting)
    assert answers(world, meeting) == {"user:Bastien Bastien": "none"}


def test_leads_attend_too_and_stay_when_the_lists_change(world: World, meeting: UUID) -> None:
    lead = world.has("lead", "james", last_name="Kerbrat")
    with world.acts("james") as tx:
        row = save(tx, "meeting_attendee", {"meeting": meeting, "attendee": Ref("lead", lead), "answer": "tentative"})
        assert row["answered_at"] == tx.clock.now()
        save(tx, "meeting", {"contacts": [], "attendees": []}, id=meeting)
    assert answers(world, meeting) == {"lead:Kerbrat": "tentative"}


def test_attendee_added_or_removed_by_hand_is_on_the_list_or_not(world: World, meeting: UUID) -> None:
    nadia = world.id_of("nadia")
    with world.acts("james") as tx:
        row = save(tx, "meeting_attendee", {"meeting": meeting, "attendee": Ref("user", nadia)})
        assert nadia in find(tx, "meeting", meeting)["attendees"]
    with world.acts("james") as tx:
        delete(tx, "meeting_attendee", row.id)
        assert nadia not in find(tx, "meeting", meeting)["attendees"]


def test_attendee_answers_for_himself_and_nobody_else_does(world: World, meeting: UUID) -> None:
    with world.acts("bastien") as tx:
        perform(tx, "meeting", "decline", [meeting])
    assert answers(world, meeting)["user:Bastien Bastien"] == "declined"
    for login in ("james", "rita"):
        with pytest.raises((Forbidden, NotFound)), world.acts(login) as tx:
            perform(tx, "meeting", "accept", [meeting])
