"""Possible duplicates: what is already known that looks like a record, by the rules, in one statement.

Records that the asker may not read are counted, never shown (`reference/crm.md` 1.1).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from rapidfuzz.fuzz import token_sort_ratio
from sqlalchemy.dialects.postgresql import ARRAY

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import lent_by, visible
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.duplicate_rules import COMPARABLE, Consequence, Rule, Scope
from entente.kernel.metadata.tables import MATCH
from entente.kernel.records.match_keys import keys_of, normal_values, rules_of
from entente.kernel.records.record import Draft

Values = Mapping[str, Any]
Keyed = Sequence[tuple[Rule, set[str]]]
MOST = 25
SCOPE_OF_DOOR: Mapping[str, Scope] = {"import": "import", "form": "capture"}


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A record that looks like the one asked about: by which rule, how surely (1 to 100), with what consequence."""

    entity: str
    id: UUID
    title: str
    rule: str
    score: int
    action: Consequence
    values: dict[str, Any]


class Matches(msgspec.Struct, frozen=True):
    """The matches that may be read, surest first, and how many more there are that may not."""

    found: list[Match]
    hidden: int
    hidden_action: Consequence | None = None

    @property
    def worst(self) -> Consequence | None:
        """The sternest consequence of all matches."""
        said = {match.action for match in self.found} | ({self.hidden_action} if self.hidden_action else set())
        return next((each for each in ("block", "warn", "hint") if each in said), None)


def find_duplicates(
    tx: Tx, entity: Entity, values: Values, *, itself: UUID | None = None, scope: Scope | None = None
) -> Matches:
    """What is known that looks like a record with these values; at most 25 per entity are looked at."""
    rules = [rule for rule in rules_of(tx) if rule.source == entity.name and (scope is None or scope in rule.scopes)]
    return found_by(tx, rules, entity, values, itself)


def found_by(tx: Tx, rules: Sequence[Rule], entity: Entity, values: Values, itself: UUID | None = None) -> Matches:
    """What some of the active rules find that looks like a record with these values."""
    keyed = [(rule, keys) for rule in rules if (keys := keys_of(rule, entity, values, target=False))]
    wanted: dict[str, set[str]] = {}
    for rule, keys in keyed:
        wanted.setdefault(rule.target, set()).update(keys)
    if not wanted:
        return Matches([], 0)
    return _judged(tx, entity, values, keyed, _candidates(tx, wanted, itself))


def _candidates(tx: Tx, wanted: Mapping[str, set[str]], itself: UUID | None) -> list[dict[str, Any]]:
    names = tuple(sorted(wanted))
    binds: dict[str, Any] = {f"keys_{name}": sorted(wanted[name]) for name in names}
    return rows(tx, prepared(tx, ("duplicates", names), partial(_look_up, tx, names)), itself=itself, **binds)


def _look_up(tx: Tx, names: Sequence[str]) -> sa.sql.ClauseElement:
    parts = []
    marks: set[str] = set()
    for name in names:
        target = tx.catalog.entity(name)
        table = target.table
        part = (
            sa.select(
                sa.literal(name).label("entity"),
                sa.func.to_jsonb(table.table_valued()).label("row"),
                table.c.id,
                table.c[MATCH].label("keys"),
                visible(tx, target).label("readable"),
            )
            .where(
                table.c[MATCH].overlap(sa.bindparam(f"keys_{name}", type_=ARRAY(sa.Text()))),
                table.c.deleted_at.is_(None),
                table.c.id.is_distinct_from(sa.bindparam("itself", type_=table.c.id.type)),
            )
            .limit(MOST)
        )
        parts.append(sa.select(part.subquery()))
        marks |= {*lent_by(tx, target), name}
    made: sa.sql.ClauseElement = marked(parts[0] if len(parts) == 1 else sa.union_all(*parts), *marks)
    return made


def _judged(tx: Tx, entity: Entity, values: Values, keyed: Keyed, candidates: Sequence[Values]) -> Matches:
    best: dict[UUID, Match] = {}
    hidden: dict[UUID, Consequence] = {}
    for candidate in candidates:
        target = tx.catalog.entity(candidate["entity"])
        theirs = _values(target, candidate["row"])
        for rule, keys in keyed:
            if rule.target != target.name or not keys & set(candidate["keys"]):
                continue
            alike = likeness(rule, entity, values, target, theirs)
            if alike is None:
                continue
            if not candidate["readable"]:
                hidden.setdefault(candidate["id"], rule.action)
            elif candidate["id"] not in best or best[candidate["id"]].score < round(rule.score * alike):
                best[candidate["id"]] = _match(tx, target, candidate["id"], theirs, rule, round(rule.score * alike))
    found = sorted(best.values(), key=lambda match: -match.score)
    worst = next((each for each in ("block", "warn", "hint") if each in hidden.values()), None)
    return Matches(found, len(hidden), worst)  # type: ignore[arg-type]


def _values(target: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
    """The compared fields of a row that came as JSON."""
    fields = (field for field in target.fields.values() if field.type.key in COMPARABLE)
    return {field.name: field.type.load(field.name, field.definition, row) for field in fields}


def _match(tx: Tx, target: Entity, identity: UUID, theirs: Mapping[str, Any], rule: Rule, score: int) -> Match:
    title = target.definition.title
    shown = {name: value for name, value in theirs.items() if may_use(tx, target.name, name)}
    return Match(
        entity=target.name,
        id=identity,
        title=target.fields[title].type.words(shown.get(title)),
        rule=rule.name,
        score=score,
        action=rule.action,
        values=shown,
    )


def likeness(rule: Rule, entity: Entity, values: Values, target: Entity, theirs: Values) -> float | None:
    """How alike (0 to 1) two records are under a rule, or nothing when a condition does not hold."""
    lowest = 1.0
    for condition in rule.conditions:
        ours = normal_values(condition, entity, values, condition.source_field)
        known = normal_values(condition, target, theirs, condition.target_field)
        if condition.threshold:
            alike = max((token_sort_ratio(a, b) / 100 for a in ours for b in known), default=0.0)
            if alike < condition.threshold:
                return None
            lowest = min(lowest, alike)
        elif not set(ours) & set(known):
            return None
    return lowest


def refuse_blocked(tx: Tx, entity: Entity, draft: Draft, *, creating: bool) -> None:
    """Refuse a record that a blocking rule finds to be there already; other rules only advise."""
    scope = SCOPE_OF_DOOR.get(tx.cause.via, "create" if creating else "update")
    rules = [rule for rule in rules_of(tx) if rule.source == entity.name and scope in rule.scopes]
    blocking = [rule for rule in rules if rule.action == "block"]
    if creating or any(draft.changes(each.source_field) for rule in blocking for each in rule.conditions):
        matches = found_by(tx, blocking, entity, draft, draft.id)
        if first := next(iter(matches.found), None):
            named = next(rule for rule in blocking if rule.name == first.rule)
            raise Refused("duplicate.blocked", field=named.conditions[0].source_field, title=first.title)
        if matches.hidden:
            named = next(rule for rule in blocking if keys_of(rule, entity, draft, target=False))
            raise Refused("duplicate.blocked_unseen", field=named.conditions[0].source_field)
