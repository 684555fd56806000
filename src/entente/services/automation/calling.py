"""Rules that somebody calls: by a button on a record, by an address that another program posts to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.identity.secrets import open_vault
from entente.kernel.kit.ids import new_id, parse_id
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import Ask, exists, find, page
from entente.kernel.records.record import Record
from entente.services.automation.event import Event, in_scope
from entente.services.automation.log import RunLine
from entente.services.automation.rules import Rule, rule_of, rules_of
from entente.services.automation.running import run_rule

PURPOSE = "automation"
MOST_RECORDS = 100


def buttons_of(tx: Tx, entity: Entity, record: Record | None, place: str) -> list[Rule]:
    """The rules that stand as buttons in a place of an entity, on a record where it makes sense there."""
    return [
        rule
        for rule in rules_of(tx).rules
        if rule.trigger == "button"
        and rule.entity == entity.name
        and place in rule.settings.places
        and (record is None or _is_offered(tx, entity, rule, record))
    ]


def _is_offered(tx: Tx, entity: Entity, rule: Rule, record: Record) -> bool:
    if tx.principal.depth(entity.name, "update") == "none" or not in_scope(rule, record):
        return False
    return not rule.settings.show_if or holds(tx, entity, rule.settings.show_if, record)


def label_of(rule: Rule, language: str) -> str:
    """What the button of a rule is called."""
    return rule.settings.fr if language == "fr" else rule.settings.en


def press(tx: Tx, entity: Entity, record: UUID, automation: UUID) -> RunLine:
    """What a button did with a record; NotFound, Forbidden or Refused when it is not offered or its run failed."""
    rule = next((each for each in rules_of(tx).rules if each.id == automation), None)
    if rule is None or rule.trigger != "button" or rule.entity != entity.name:
        raise NotFound("automation.no_button")
    found = find(tx, entity.name, record)
    if not exists(tx, entity.name, record, "update"):
        raise Forbidden("access.update", entity=entity.label.to(tx.language))
    if not _is_offered(tx, entity, rule, found):
        raise Refused("automation.no_button")
    line = run_rule(tx, rule, _event(tx, rule, record, tx.cause.id))
    if line is None:
        raise Refused("automation.had_its_turn")
    if line.outcome == "skipped":
        raise Refused("automation.condition_not_met")
    return line


def _event(tx: Tx, rule: Rule, record: UUID, cause: UUID) -> Event:
    person = tx.principal
    return Event(
        occasion=rule.trigger,
        record=record,
        actor=None if person.is_system else person.user_id,
        actor_name="" if person.is_system else person.name,
        cause=cause,
    )


def address_of(tx: Tx, rule: Rule) -> str:
    """The address to which another program posts to set a rule off; it proves by itself that it is ours."""
    stamp = open_vault(tx.settings.data).stamp(PURPOSE, _stamped(rule.id, rule.settings.renewed)).hex()
    return f"{tx.settings.address}/hooks/{rule.id}/{stamp}"


def _stamped(identity: UUID, renewed: int) -> str:
    return f"{identity}:{renewed}"


def call(tx: Tx, identity: UUID, stamp: str, body: Mapping[str, Any]) -> list[RunLine]:
    """What a call of another program set off on the records it names; NotFound unless the address is a rule's own.

    The body names records by `record` or `records` (ids), or by `where`, a field and its value.
    """
    rule = rule_of(tx, identity)
    if rule is None or not rule.active or rule.trigger != "signal" or not _is_ours(tx, rule, stamp):
        raise NotFound("automation.no_such_address")
    lines = [run_rule(tx, rule, _event(tx, rule, each, new_id())) for each in _named(tx, rule, body)]
    return [line for line in lines if line is not None]


def _is_ours(tx: Tx, rule: Rule, stamp: str) -> bool:
    try:
        given = bytes.fromhex(stamp)
    except ValueError:
        return False
    return open_vault(tx.settings.data).is_stamp(PURPOSE, _stamped(rule.id, rule.settings.renewed), given)


def _named(tx: Tx, rule: Rule, body: Mapping[str, Any]) -> list[UUID]:
    given = body.get("records") or [body.get("record")]
    if isinstance(body.get("where"), Mapping):
        return _matching(tx, rule, body["where"])
    ids = [parse_id(str(each)) for each in given] if isinstance(given, list) else []
    found = [each for each in ids if each is not None]
    if not found or len(found) > MOST_RECORDS:
        raise Refused("automation.no_record_named", count=MOST_RECORDS)
    return list(dict.fromkeys(found))


def _matching(tx: Tx, rule: Rule, where: Mapping[str, Any]) -> list[UUID]:
    entity = tx.catalog.entity(rule.entity)
    tests = []
    for name, value in where.items():
        field = entity.fields.get(name)
        if field is None or not isinstance(value, str) or field.type.key not in ("text", "auto_number", "url"):
            raise Refused("automation.no_record_named", count=MOST_RECORDS)
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        tests.append(f'{name} = "{quoted}"')
    if not tests:
        raise Refused("automation.no_record_named", count=MOST_RECORDS)
    return [
        each.id for each in page(tx, Ask(entity=entity.name, filter=" and ".join(tests), limit=MOST_RECORDS)).records
    ]


def waiting_count(tx: Tx, rule: Rule) -> int:
    """How many runs of a rule wait for their time."""
    found = engine_row(
        tx, "SELECT count(*) AS n FROM {schema}.automation_waiting WHERE automation = %(rule)s", rule=rule.id
    )
    return int(found["n"]) if found else 0
