"""The team of an opportunity has access to it, for as long as it is the team."""

from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, NotFound
from entente.kernel.records.query import exists
from entente.kernel.records.save import delete, save
from entente.kernel.undoing import undo

DEAL = {"name": "Serres", "close_date": "2027-01-15", "amount": {"amount": "900", "currency": "EUR"}}


@pytest.fixture
def deal(world: World) -> UUID:
    return world.has("opportunity", "james", **DEAL)


def may(world: World, login: str, deal: UUID) -> tuple[bool, bool]:
    with world.acts(login) as tx:
        return exists(tx, "opportunity", deal), exists(tx, "opportunity", deal, "update")


def joins(world: World, deal: UUID, level: str = "edit") -> tuple[UUID, UUID]:
    values = {"opportunity": deal, "member": world.id_of("nadia"), "role": "Avant-vente", "level": level}
    with world.acts("james") as tx:
        return save(tx, "opportunity_member", values).id, tx.cause.id


def test_member_may_do_what_was_said_until_he_leaves(world: World, deal: UUID) -> None:
    assert may(world, "nadia", deal) == (False, False)
    member, _ = joins(world, deal, "read")
    assert may(world, "nadia", deal) == (True, False)
    with world.acts("james") as tx:
        save(tx, "opportunity_member", {"level": "edit"}, id=member)
    assert may(world, "nadia", deal) == (True, True)
    with world.acts("james") as tx:
        delete(tx, "opportunity_member", member)
    assert may(world, "nadia", deal) == (False, False)


def test_joining_is_undone_with_the_access(world: World, deal: UUID) -> None:
    _, cause = joins(world, deal)
    with world.acts("james") as tx:
        undo(tx, cause)
    assert may(world, "nadia", deal) == (False, False)


def test_leaving_is_undone_with_the_access(world: World, deal: UUID) -> None:
    member, _ = joins(world, deal)
    with world.acts("james") as tx:
        delete(tx, "opportunity_member", member)
        cause = tx.cause.id
    assert may(world, "nadia", deal) == (False, False)
    with world.acts("james") as tx:
        undo(tx, cause)
    assert may(world, "nadia", deal) == (True, True)


def test_only_who_may_share_an_opportunity_adds_to_its_team(world: World, deal: UUID) -> None:
    with world.acts("admin") as tx:
        save(tx, "opportunity", {"owner": world.id_of("bastien")}, id=deal)
    with pytest.raises((Forbidden, NotFound)), world.acts("james") as tx:
        save(tx, "opportunity_member", {"opportunity": deal, "member": world.id_of("nadia")})
