"""A duplicate rule tried on a record or on typed values: what it finds among what the asker may read, and why."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from rapidfuzz.fuzz import token_sort_ratio

from entente.interfaces.html.views.duplicates import Compared, Found, Trial
from entente.interfaces.html.views.fields import Names
from entente.interfaces.web.fields import names_of, title_of
from entente.interfaces.web.wording import formats_of, in_words
from entente.kernel.access.fields import MASK, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import pending_arguments
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.duplicate_rules import Condition, Rule
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.duplicates import Match, Matches, found_by, likeness
from entente.kernel.records.match_keys import RULES, normal_values
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

Values = Mapping[str, Any]
HUES = {"hint": "blue", "warn": "orange", "block": "red"}
SAMPLE = 500


def rule_in(record: Record) -> Rule:
    """The rule that a record of one holds."""
    return msgspec.convert({name: record[name] for name in Rule.__struct_fields__}, Rule)


def trial_of(tx: Tx, record: Record, values: Values, itself: UUID | None = None, again_url: str = "") -> Trial:
    """What the rule finds that looks like these values; one at rest is tried on what was changed last.

    While records are still being prepared for the rule it says so, and is to be asked again at an address.
    """
    rule = rule_in(record)
    source, target = tx.catalog.entity(rule.source), tx.catalog.entity(rule.target)
    unsaid = _unsaid(tx, rule, source, values)
    if unsaid:
        return Trial(text=tx.say("duplicates.unsaid", fields=unsaid), hue="gray")
    rests = not record["active"]
    matches = (
        _among_last(tx, rule, source, target, values, itself) if rests else found_by(tx, [rule], source, values, itself)
    )
    count, ready = len(matches.found) + matches.hidden, None if rests else _prepared(tx, target.name)
    effects = {
        each.key: each.label.to(tx.language) for each in tx.catalog.entity(RULES).field("action").definition.choices
    }
    names = names_of(tx, target, [match.values for match in matches.found], _compared(rule, target))
    ours = names_of(tx, source, [values], [each.source_field for each in rule.conditions])
    both = Names(titles=names.titles | ours.titles, paths=names.paths)
    return Trial(
        text=tx.say("duplicates.found", count=count, effect=effects[rule.action])
        if count
        else tx.say("duplicates.none"),
        hue=HUES[rule.action] if count else "green",
        found=tuple(_found(tx, rule, (source, target), values, match, both) for match in matches.found),
        hidden=matches.hidden,
        note=_note(tx, target, rests=rests, ready=ready),
        again_url="" if ready is None else again_url,
    )


def _prepared(tx: Tx, entity: str) -> int | None:
    """How many records of an entity are prepared for the rules of now; nothing when all are."""
    going = pending_arguments(tx, "records.rematch")
    return min((each.get("done", 0) for each in going if each["entity"] == entity), default=None)


def _note(tx: Tx, target: Entity, *, rests: bool, ready: int | None) -> str:
    """Why more may be known than what was found."""
    if rests:
        return tx.say("duplicates.rests", count=SAMPLE)
    if ready is None:
        return ""
    known = formats_of(tx).number(ready)
    return tx.say("duplicates.being_prepared", ready=known, target=target.plural.to(tx.language).lower())


def _compared(rule: Rule, target: Entity) -> list[str]:
    return [each.target_field for each in rule.conditions if each.target_field in target.fields]


def _unsaid(tx: Tx, rule: Rule, source: Entity, values: Values) -> str:
    """The fields without which the rule compares nothing."""
    empty = (each for each in rule.conditions if not normal_values(each, source, values, each.source_field))
    return ", ".join(dict.fromkeys(source.field(each.source_field).definition.label.to(tx.language) for each in empty))


def _among_last(tx: Tx, rule: Rule, source: Entity, target: Entity, values: Values, itself: UUID | None) -> Matches:
    """What the rule would find among the records changed last: nothing is prepared for it while it rests."""
    read = [name for name in dict.fromkeys(_compared(rule, target)) if may_use(tx, target.name, name)]
    fields = (*read, *([target.definition.title] if target.definition.title not in read else []))
    ask = Ask(entity=target.name, fields=fields, sort=(Sort("modified_at", descending=True),), limit=SAMPLE)
    found = []
    for known in page(tx, ask).records:
        alike = likeness(rule, source, values, target, known) if known.id != itself else None
        if alike is not None:
            match = Match(
                entity=target.name,
                id=known.id,
                title=title_of(tx, target, known),
                rule=rule.name,
                score=round(rule.score * alike),
                action=rule.action,
                values=dict(known),
            )
            found.append(match)
    return Matches(sorted(found, key=lambda each: -each.score), 0)


def _found(tx: Tx, rule: Rule, ends: tuple[Entity, Entity], values: Values, match: Match, names: Names) -> Found:
    return Found(
        title=match.title or tx.say("record.untitled"),
        url=names.url(match.entity, match.id),
        score=match.score,
        pairs=tuple(_pair(tx, each, ends, values, match.values, names) for each in rule.conditions),
    )


def _pair(
    tx: Tx, condition: Condition, ends: tuple[Entity, Entity], values: Values, theirs: Values, names: Names
) -> Compared:
    """Two values side by side, and in what they agree; nothing of a field that the asker may not read."""
    source, target = ends
    field = target.field(condition.target_field)
    label = field.definition.label.to(tx.language)
    if field.name not in theirs or theirs[field.name] == MASK:
        return Compared(label=label, ours="", theirs=tx.say("ui.masked"), form="", likeness="")
    ours = normal_values(condition, source, values, condition.source_field)
    known = normal_values(condition, target, theirs, condition.target_field)
    share = max((token_sort_ratio(a, b) for a in ours for b in known), default=0.0)
    same = [each for each in ours if each in known]
    return Compared(
        label=label,
        ours=in_words(tx, source.field(condition.source_field), values.get(condition.source_field), names),
        theirs=in_words(tx, field, theirs[field.name], names),
        form=same[0] if same and field.type.key != "link" else "",
        likeness=tx.say("duplicates.same")
        if same
        else tx.say("duplicates.alike", percent=formats_of(tx).number(round(share))),
    )
