"""Assignment rules: the first rule whose condition holds names the owner of a record that has none.

A rule draws from its people, its team, or else from everyone who may work on such records. Each choice keeps its reason
in words, in the language of the one who receives the record.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry, cause_after
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.formulas import holds
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import lock, save
from entente.services.automation.workforce import Person, workforce

RULE = "assignment_rule"
REASON = "assignment_reason"
LONGEST_REASON = 500
MOST_RULES = 200


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Who should get a record, by which rule and why; nobody when no rule speaks of it or nobody is free."""

    record: UUID
    owner: UUID | None = None
    name: str = ""
    reason: str = ""
    rule: UUID | None = None


class _Bench(msgspec.Struct):
    """The rules and the people of an entity while records are handed out: loads and turns move on as they are."""

    rules: list[Record]
    people: dict[UUID, Person]
    last: dict[UUID, UUID | None]


def propose(tx: Tx, entity: str, records: Sequence[Record]) -> list[Proposal]:
    """What the rules say for each record in turn, nothing written."""
    made = tx.catalog.entity(entity)
    bench = _bench(tx, made)
    return [_chosen(tx, made, bench, record) for record in records]


def take_turns(tx: Tx, entity: str, proposals: Sequence[Proposal]) -> None:
    """Note whose turn it was under each rule, so that the next record goes to the next person."""
    last = {each.rule: each.owner for each in proposals if each.rule and each.owner}
    for rule, owner in last.items():
        save(tx.acting_as(system(RULE)), RULE, {"last_assignee": owner}, id=rule, trusted=True)


def assign_created(tx: Tx, entries: Sequence[Entry]) -> None:
    """Give every record that was created without owner to whom the rules name; being told twice changes nothing."""
    for entry in entries:
        entity = tx.catalog.entities.get(entry.entity)
        if entry.deed != "create" or entity is None or entity.definition.access != "owned":
            continue
        if "owner" not in entry.changes and _has_rules(tx, entity.name):
            under = tx.acting_as(system(RULE), cause_after(entry, f"{entity.name}.assign"))
            _assign_one(under, entity, entry.record)


def _has_rules(tx: Tx, entity: str) -> bool:
    return RULE in tx.catalog.entities and bool(_rules(tx.acting_as(system(RULE)), entity, most=1))


def _assign_one(tx: Tx, entity: Entity, identity: UUID) -> None:
    try:
        record = lock(tx, entity, identity, "update", trusted=True)
    except NotFound:
        return
    if record["owner"] is not None or _was_owned(tx, entity, identity):
        return
    bench = _bench(tx, entity, locked=True)
    proposal = _chosen(tx, entity, bench, record)
    if proposal.owner is None:
        return
    reason = {REASON: proposal.reason} if REASON in entity.fields else {}
    save(tx, entity.name, {"owner": proposal.owner, **reason}, id=identity, trusted=True)
    take_turns(tx, entity.name, [proposal])


def _was_owned(tx: Tx, entity: Entity, identity: UUID) -> bool:
    """Whether somebody has decided about the owner already: the rules speak once, at the beginning."""
    return any("owner" in entry.changes for entry in history(tx, entity.name, identity))


def _rules(tx: Tx, entity: str, most: int = MOST_RULES) -> list[Record]:
    sort = (Sort("position"), Sort("created_at"))
    return page(tx, Ask(entity=RULE, filter=f'active and entity = "{entity}"', sort=sort, limit=most)).records


def _bench(tx: Tx, entity: Entity, *, locked: bool = False) -> _Bench:
    """The rules and the people as they are; locked, so that two records created at once take two turns."""
    everything = tx.acting_as(system(RULE))
    rules = _rules(everything, entity.name)
    if locked:
        for rule in rules:
            lock(everything, tx.catalog.entity(RULE), rule.id, "update", trusted=True)
        rules = [find(everything, RULE, rule.id) for rule in rules]
    return _Bench(rules, workforce(tx, entity.name), {rule.id: rule["last_assignee"] for rule in rules})


def _chosen(tx: Tx, entity: Entity, bench: _Bench, record: Record) -> Proposal:
    for rule in bench.rules:
        if _speaks_of(tx, entity, rule, record):
            return _by_rule(tx, bench, rule, record)
    return Proposal(record=record.id)


def _speaks_of(tx: Tx, entity: Entity, rule: Record, record: Record) -> bool:
    try:
        return not rule["condition"] or holds(tx.acting_as(system(RULE)), entity, rule["condition"], record)
    except Refused:
        # A condition that no longer fits the entity must not stop the rules behind it.
        return False


def _by_rule(tx: Tx, bench: _Bench, rule: Record, record: Record) -> Proposal:
    free = [each for each in _pool(bench, rule) if _is_free(rule, each)]
    person = _picked(bench, rule, free)
    how = rule["method"]
    if person is None and rule["fallback"] in bench.people:
        person, how = bench.people[rule["fallback"]], "fallback"
    if person is None:
        return Proposal(record=record.id, reason=tx.say("assignment.nobody_free", rule=rule["name"]), rule=rule.id)
    reason = tx.words.say(person.language, f"assignment.by_{how}", rule=rule["name"], count=person.load)
    bench.people[person.id] = msgspec.structs.replace(person, load=person.load + 1)
    if how != "fallback":
        bench.last[rule.id] = person.id
    turn = rule.id if how == "round_robin" else None
    return Proposal(record=record.id, owner=person.id, name=person.name, reason=reason[:LONGEST_REASON], rule=turn)


def _pool(bench: _Bench, rule: Record) -> list[Person]:
    """Those whom a rule draws from; administrators only when they are named."""
    if rule["method"] == "fixed":
        named = bench.people.get(rule["assignee"])
        return [named] if named else []
    if rule["pool"]:
        return [person for person in bench.people.values() if person.id in rule["pool"]]
    if rule["pool_team"]:
        return [person for person in bench.people.values() if rule["pool_team"] in person.teams]
    return [person for person in bench.people.values() if not person.is_admin]


def _is_free(rule: Record, person: Person) -> bool:
    if rule["skip_absent"] and person.absent_until is not None:
        return False
    return not (rule["within_capacity"] and person.is_full)


def _picked(bench: _Bench, rule: Record, free: Sequence[Person]) -> Person | None:
    if not free:
        return None
    if rule["method"] == "least_busy":
        return min(free, key=lambda person: person.load)
    return _next_after(bench, rule, free)


def _next_after(bench: _Bench, rule: Record, free: Sequence[Person]) -> Person:
    """The free person who follows the last one in the order of the whole pool, the first again after the last."""
    order = [person.id for person in _pool(bench, rule)]
    last = bench.last[rule.id]
    after = order.index(last) + 1 if last in order else 0
    known = {person.id: person for person in free}
    return next(known[each] for each in [*order[after:], *order[:after]] if each in known)
