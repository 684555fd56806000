"""Who may see and do what, told a second time: in plain loops over all rows, after the design."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from tests.kernel.access.facts import NOON, Data, Row

from entente.kernel.kit.grants import Grants

FARTHER = ["none", "own", "team", "unit", "below", "all"]
WIDER = ["hidden", "masked", "read", "edit"]
OWNED = ("asset", "dossier")
THROUGH = {"piece": "asset", "dossier": "asset", "remark": "about"}


class Unreadable(Exception):  # noqa: N818 - a verdict
    """A filter, order or sum reads what may not be read."""


class Asker(msgspec.Struct, frozen=True):
    """A person as the reference knows him: his roles one by one, his teams, his own unit."""

    user: UUID
    roles: tuple[Grants, ...]
    teams: tuple[UUID, ...]
    unit: UUID | None

    @property
    def rules(self) -> bool:
        """Whether he is an administrator."""
        return any(role.is_admin for role in self.roles)

    def depth(self, entity: str, privilege: str) -> str:
        """The farthest that any of his roles reaches."""
        reached = ["none"]
        for role in self.roles:
            line: Any = role.entities[entity] if entity in role.entities else role.entities.get("*", {})
            reached.append(line.get(privilege, "none"))
        return "all" if self.rules else max(reached, key=FARTHER.index)

    def may_use(self, entity: str, field: str) -> bool:
        """Whether he may read the values of a field."""
        return self.level(entity, field) in ("read", "edit")

    def level(self, entity: str, field: str) -> str:
        """The widest level that his reading roles give to a field; without any reading role, all his roles."""
        if self.rules:
            return "edit"
        reading = [role for role in self.roles if Asker(self.user, (role,), (), None).depth(entity, "read") != "none"]
        levels: list[str] = [role.fields.get(entity, {}).get(field, "edit") for role in reading or self.roles]
        return max(levels, key=WIDER.index)


def may(data: Data, asker: Asker, privilege: str, entity: str, row: Row) -> bool:
    """Whether somebody has a privilege on a row."""
    if asker.rules:
        return True
    depth = asker.depth(entity, privilege)
    if entity == "poster" and privilege == "read":
        return True
    if entity in ("poster", "shelf"):
        return depth != "none"
    if entity in OWNED:
        reached = _reaches(data, asker, depth, row) or _lent(data, asker, privilege, entity, row)
        through = entity in THROUGH and privilege == "read" and depth != "none" and _parent(data, asker, "read", row)
        return reached or through
    if depth == "none":
        return False
    if depth == "own" and privilege in ("update", "delete") and row["created_by"] != asker.user:
        return False
    changes = privilege in ("create", "update", "delete") and entity != "remark"
    return _parent(data, asker, "update" if changes else "read", row)


def _parent(data: Data, asker: Asker, privilege: str, row: Row) -> bool:
    entity, field = (row["about_type"], "about") if "about" in row else ("asset", "asset")
    return row[field] is not None and may(data, asker, privilege, entity, data.tables[entity][row[field]])


def _reaches(data: Data, asker: Asker, depth: str, row: Row) -> bool:
    if depth == "all":
        return True
    if depth == "none":
        return False
    ways = [row["owner"] == asker.user]
    if depth != "own":
        ways.append(row["team"] in asker.teams)
    if depth == "unit":
        ways.append(row["unit"] is not None and row["unit"] == asker.unit)
    if depth == "below":
        ways.append(asker.unit in _lineage(data, row["unit"]))
    return any(ways)


def _lineage(data: Data, unit: UUID | None) -> list[UUID]:
    climbed = []
    while unit is not None:
        climbed.append(unit)
        unit = data.tables["business_unit"][unit]["parent"]
    return climbed


def _lent(data: Data, asker: Asker, privilege: str, entity: str, row: Row) -> bool:
    return any(
        share["entity"] == entity
        and privilege in share["privileges"]
        and (share["until"] is None or share["until"] > NOON)
        and (share["user_id"] == asker.user or share["team_id"] in asker.teams)
        for share in data.shares_of.get(row["id"], ())
    )


class Question(msgspec.Struct, frozen=True):
    """What is asked of an entity: the filter as the product reads it, the fields it reads, the same test in Python."""

    filter: str
    reads: tuple[tuple[str, str], ...]
    test: Callable[[Data, Asker, Row], bool | None]


def _behind(link: str, data: Data, asker: Asker, row: Row) -> Any:
    """The rank behind a link, which is unknown when the linked asset may not be read or was thrown away."""
    target = data.tables["asset"].get(row[link])
    if target is None or target["deleted_at"] or not may(data, asker, "read", "asset", target):
        return None
    return target["rank"]


def _above(value: int | None, limit: int) -> bool | None:
    return None if value is None else value > limit


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def questions(entity: str) -> list[Question]:
    """What the model asks of an entity."""
    made = [
        Question("", (), lambda data, asker, row: True),
        Question("rank > 4", ((entity, "rank"),), lambda data, asker, row: _above(row["rank"], 4)),
        Question('kind = "a"', ((entity, "kind"),), lambda data, asker, row: row["kind"] == "a"),
    ]
    link = {"asset": "holder", "piece": "asset", "dossier": "asset"}.get(entity)
    if link:
        reads = ((entity, link), ("asset", "rank"))
        made += [
            Question(f"{link}.rank > 3", reads, lambda data, asker, row: _above(_behind(link, data, asker, row), 3)),
            Question(
                f"not({link}.rank > 3)",
                reads,
                lambda data, asker, row: _not(_above(_behind(link, data, asker, row), 3)),
            ),
        ]
    return made


def found(data: Data, asker: Asker, privilege: str, entity: str, question: Question, word: str = "") -> list[Row]:
    """The live rows that somebody is to get; Unreadable when the question reads what he may not."""
    if not all(asker.may_use(*read) for read in question.reads):
        raise Unreadable
    return [
        row
        for row in data.tables[entity].values()
        if row["deleted_at"] is None
        and may(data, asker, privilege, entity, row)
        and question.test(data, asker, row) is True
        and (not word or any(word in row[field] for field in ("code", "note") if asker.may_use(entity, field)))
    ]


def sums(asker: Asker, entity: str, rows: list[Row], group: str | None) -> dict[Any, tuple[Any, ...]]:
    """Number, sum and weighted sum by group; a figure that may not be read is nothing."""
    if group and not asker.may_use(entity, group):
        raise Unreadable
    made: dict[Any, tuple[Any, ...]] = {}
    for key in {row[group] for row in rows} if group else {None}:
        own = [row for row in rows if not group or row[group] == key]
        worth = [row["worth"] for row in own if row["worth"] is not None]
        weighed = [row for row in own if row["worth"] is not None and row["odds"] is not None]
        weighted = sum((row["worth"] * row["odds"] for row in weighed), Decimal(0)) / 100 if weighed else None
        readable = asker.may_use(entity, "worth")
        both = readable and asker.may_use(entity, "odds")
        made[key] = (len(own), sum(worth) if worth and readable else None, weighted if both else None)
    return made
