"""Who can be given records of an entity, and how busy everyone is."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.identity.rights import grants_of
from entente.kernel.kit.grants import Grants, merge_grants
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask, aggregate, page
from entente.kernel.records.record import Record

ACTION = "assign"
MOST = 2000
PERSON = (
    "name", "language", "timezone", "unit", "team", "teams", "roles", "absent_from", "absent_until",
)  # fmt: skip


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who may own records: where he belongs, how many open ones he has and can follow (none: any number)."""

    id: UUID
    name: str
    language: str = "en"
    unit: UUID | None = None
    teams: tuple[UUID, ...] = ()
    load: int = 0
    capacity: int | None = None
    absent_until: date | None = None  # the last day of an absence that has begun
    is_admin: bool = False

    @property
    def is_full(self) -> bool:
        """Whether he has as many open records as he can follow."""
        return self.capacity is not None and self.load >= self.capacity


def open_filter(tx: Tx, entity: str) -> str:
    """The expression under which a record of the entity is open: the one under which it can be assigned."""
    action = tx.catalog.actions.get(f"{entity}.{ACTION}")
    return action.show_if or "" if action else ""


def workforce(tx: Tx, entity: str) -> dict[UUID, Person]:
    """The active people who may work on records of the entity, by id in the order of their names."""
    everything = tx.acting_as(system("workforce"))
    capacity = f"{entity}_capacity"
    fields = (*PERSON, *([capacity] if capacity in tx.catalog.entity("user").fields else ()))
    found = page(everything, Ask(entity="user", fields=fields, filter="active", limit=MOST)).records
    baseline, roles = _roles(everything)
    loads = _loads(everything, entity)
    absences = _absences(everything)
    made = {}
    for user in sorted(found, key=lambda each: str(each["name"] or "").casefold()):
        grants = merge_grants([*baseline, *(roles[each] for each in user["roles"] or () if each in roles)])
        if grants.is_admin or grants.depth(entity, "update") != "none":
            person = _person(tx, user, loads.get(user.id, 0), user.get(capacity), is_admin=grants.is_admin)
            until = absences.get(user.id)
            made[user.id] = msgspec.structs.replace(person, absent_until=until) if until else person
    return made


def _absences(tx: Tx) -> dict[UUID, date]:
    """The last day of each absence that has begun, by person."""
    now = "starts_at <= now() and ends_at > now()"
    found = page(tx, Ask(entity="absence", fields=("person", "ends_at"), filter=now, limit=MOST)).records
    return {each["person"]: each["ends_at"].date() for each in found}


def _roles(tx: Tx) -> tuple[list[Grants], dict[UUID, Grants]]:
    """What the roles that everyone has grant, and what each role grants."""
    found = page(tx, Ask(entity="role", limit=MOST)).records
    made = {role.id: grants_of(role) for role in found}
    return [made[role.id] for role in found if role["baseline"]], made


def _loads(tx: Tx, entity: str) -> Mapping[Any, int]:
    counted = aggregate(tx, Ask(entity=entity, filter=open_filter(tx, entity)), group_by="owner")
    return {each.key: each.count for each in counted if each.key}


def _person(tx: Tx, user: Record, load: int, capacity: int | None, *, is_admin: bool) -> Person:
    today = tx.clock.now().astimezone(ZoneInfo(user["timezone"] or "UTC")).date()
    away = user["absent_from"] is not None and user["absent_from"] <= today <= (user["absent_until"] or date.max)
    teams = dict.fromkeys([*([user["team"]] if user["team"] else []), *(user["teams"] or ())])
    return Person(
        id=user.id,
        name=str(user["name"] or ""),
        language=user["language"] or "en",
        unit=user["unit"],
        teams=tuple(teams),
        load=load,
        capacity=capacity,
        absent_until=(user["absent_until"] or date.max) if away else None,
        is_admin=is_admin,
    )
