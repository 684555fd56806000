"""Contacts and their positions in accounts: several at once, exactly one of them the main one."""

from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import known, matching

# The deed of giving a contact that was made just now its first position: there can be no other to compare it with.
FIRST = "contact.first_position"


def _positions(tx: Tx, contact: UUID) -> list[Record]:
    return matching(tx, "account_contact", f'contact = "{contact}" and is_active = true')


@react("contact")
def main_account_has_a_position(tx: Tx, old: Record | None, contact: Record) -> None:
    """The contact’s account is its main position; the job title is the one of that position."""
    account = contact["account"]
    if account is None or (old is not None and old["account"] == account and old["job_title"] == contact["job_title"]):
        return
    held = _positions(tx, contact.id) if old is not None else []
    position = next((made for made in held if made["account"] == account), None)
    wanted = {"is_primary": True, "job_title": contact["job_title"]}
    if position is None:
        under = tx if old else tx.acting_as(tx.principal, msgspec.structs.replace(tx.cause, deed=FIRST))
        save(under, "account_contact", {"account": account, "contact": contact.id, **wanted}, trusted=True)
    elif any(position[name] != value for name, value in wanted.items()):
        save(tx, "account_contact", wanted, id=position.id, trusted=True)


@derive("account_contact", sets=("name",))
def position_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A position is called by its contact and its account."""
    contact = known(tx, "contact", new["contact"])
    account = known(tx, "account", new["account"])
    new["name"] = " – ".join(str(made["name"]) for made in (contact, account) if made) or None


@prepare("account_contact")
def first_position_is_main(tx: Tx, old: Record | None, new: Draft) -> None:
    """The first position of a contact is the main one; a position that ended is no longer active or main."""
    if new["end_date"] and new.changes("end_date") and new["end_date"] <= tx.clock.now().date():
        new["is_active"] = False
    if not new["is_active"]:
        new["is_primary"] = False
    elif old is None and new["contact"] and not new["is_primary"]:
        new["is_primary"] = not _positions(tx, new["contact"])


@check("account_contact")
def position_ends_after_start(tx: Tx, old: Record | None, new: Draft) -> None:
    """A position ends after it began."""
    if new["start_date"] and new["end_date"] and new["end_date"] < new["start_date"]:
        raise Refused("account_contact.ends_before_start", field="end_date")


@check("account_contact")
def one_position_stays_main(tx: Tx, old: Record | None, new: Draft) -> None:
    """The main mark is moved by marking another position, never by taking it away."""
    if old is None or not old["is_primary"] or new["is_primary"] or not new["is_active"]:
        return
    if not any(made["is_primary"] for made in _positions(tx, new["contact"]) if made.id != new.id):
        raise Refused("account_contact.main_needed", field="is_primary")


@react("account_contact")
def main_position_is_alone(tx: Tx, old: Record | None, position: Record) -> None:
    """A new main position takes the mark from the former one and becomes the contact’s account."""
    if position["is_primary"] and not (old and old["is_primary"]) and tx.cause.deed != FIRST:
        for other in _positions(tx, position["contact"]):
            if other["is_primary"] and other.id != position.id:
                save(tx, "account_contact", {"is_primary": False}, id=other.id, trusted=True)
    if position["is_primary"]:
        _bring_contact(tx, position["contact"], position["account"], position["job_title"])


@react("account_contact")
def next_position_becomes_main(tx: Tx, old: Record | None, position: Record) -> None:
    """When the main position ends, the oldest one left becomes the main one, or else the contact has no account."""
    if old is None or not old["is_primary"] or position["is_active"]:
        return
    left = [made for made in _positions(tx, position["contact"]) if made.id != position.id]
    if any(made["is_primary"] for made in left):
        return
    if left:
        save(tx, "account_contact", {"is_primary": True}, id=left[0].id, trusted=True)
    else:
        _bring_contact(tx, position["contact"], None, None)


def _bring_contact(tx: Tx, identity: UUID, account: UUID | None, job_title: str | None) -> None:
    contact = known(tx, "contact", identity)
    if contact is None:
        return
    wanted = {"account": account, "job_title": job_title or contact["job_title"]}
    if any(contact[name] != value for name, value in wanted.items()):
        save(tx, "contact", wanted, id=identity, trusted=True)
