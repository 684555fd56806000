"""What a form's page needs to keep its rules while one types: as plain data, within what the reader may know."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from entente.interfaces.html.views.live import LiveRules
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.effects import names_read, read_by
from entente.kernel.metadata.forms import Rule, Section
from entente.kernel.metadata.tables import Field
from entente.kernel.records.formulas import plain_value, user_values


def live_rules(
    tx: Tx,
    sections: Iterable[Section],
    rules: Iterable[Rule],
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    *,
    readable: Callable[[str], bool] = lambda name: True,
) -> LiveRules | None:
    """The rules and conditions of a form with the stored values that they read; nothing when it has none."""
    known = tuple(rules)
    texts = [text for section in sections for text in section.conditions]
    if not known and not texts:
        return None
    names = set(names_read(known)).union(*(read_by(text) for text in texts))
    base = {
        name: told(plain_value(fields[name], values.get(name)))
        for name in sorted(names)
        if name in fields and readable(name)
    }
    return LiveRules(rules=tuple(_shown(tx, rule) for rule in known), base=base, user=user_values(tx))


def _shown(tx: Tx, rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {"when": rule.when, "then": rule.then, "fields": list(rule.fields)}
    if rule.options:
        made["options"] = list(rule.options)
    if rule.value:
        made["value"] = rule.value
    if rule.text:
        made["text"] = rule.text.to(tx.language)
    return made


def told(value: Any) -> Any:
    """A value of an expression as JSON; dates and moments say what they are."""
    match value:
        case Decimal():
            return float(value)  # for the eye only: the server counts with decimals
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case list() | tuple():
            return [told(each) for each in value]
        case str() | int() | bool() | None:
            return value
    return str(value)
