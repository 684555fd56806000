"""What is nothing but a part of another record is added by those who may change that record, by nobody else."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, NotFound
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.documents.versions import add_version, attach_document

DEAL = {"name": "Serres", "close_date": "2027-01-15", "amount": {"amount": "900", "currency": "EUR"}}


def adds(world: World, login: str, entity: str, **values: Any) -> None:
    with world.acts(login) as tx:
        save(tx, entity, values)


@pytest.fixture
def contact(world: World) -> UUID:
    return world.has("contact", "james", last_name="Berthier")


def test_reader_gives_no_contact_a_new_employer(world: World, contact: UUID) -> None:
    account = world.has("account", "james", name="Lisière")
    with pytest.raises(Forbidden):
        adds(world, "rita", "account_contact", account=account, contact=contact, start_date=date(2026, 1, 1))
    with pytest.raises(NotFound):
        adds(world, "stranger", "account_contact", account=account, contact=contact)
    adds(world, "james", "account_contact", account=account, contact=contact)


def test_reader_adds_nobody_to_a_deal(world: World, contact: UUID) -> None:
    deal = world.has("opportunity", "james", **DEAL)
    with pytest.raises(Forbidden):
        adds(world, "rita", "opportunity_contact", opportunity=deal, contact=contact)
    adds(world, "james", "opportunity_contact", opportunity=deal, contact=contact)


def test_a_part_moves_only_to_what_its_mover_may_change(world: World, contact: UUID) -> None:
    mine, theirs = world.has("opportunity", "james", **DEAL), world.has("opportunity", "nadia", **DEAL)
    with world.acts("james") as tx:
        part = save(tx, "opportunity_contact", {"opportunity": mine, "contact": contact})
    with pytest.raises((Forbidden, NotFound)), world.acts("james") as tx:
        save(tx, "opportunity_contact", {"opportunity": theirs}, id=part.id)


def test_reader_replaces_no_document(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        document = attach_document(tx, Ref("lead", lead), "offre.txt", b"Offre")
    with pytest.raises(Forbidden), world.acts("rita") as tx:
        add_version(tx, document.id, "offre.txt", b"Autre")
    with world.acts("rita") as tx:
        current = find(tx, "document", document.id)["current_version"]
        assert find(tx, "document_version", current)["number"] == 1
