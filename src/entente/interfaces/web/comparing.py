"""The comparisons that a filter offers, by kind of field: what each means, and how its value reads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.tables import Field

Kind = Literal["text", "number", "date", "choice", "link", "boolean"]
Json = dict[str, Any]

KINDS: Mapping[str, Kind] = {
    "text": "text", "long_text": "text", "rich_text": "text", "url": "text", "person_name": "text",
    "auto_number": "text", "email_set": "text", "phone_set": "text", "address": "text",
    "integer": "number", "decimal": "number", "money": "number", "percent": "number", "duration": "number",
    "date": "date", "datetime": "date", "choice": "choice", "multi_choice": "choice",
    "link": "link", "links": "link", "polymorphic": "link", "boolean": "boolean",
}  # fmt: skip
OPS: Mapping[Kind, tuple[str, ...]] = {
    "text": ("contains", "not_contains", "starts_with", "eq", "empty", "not_empty"),
    "number": ("eq", "ne", "ge", "le", "between", "empty", "not_empty"),
    "date": ("period", "last_days", "next_days", "on", "before", "after", "between", "overdue", "empty", "not_empty"),
    "choice": ("in", "not_in", "empty", "not_empty"),
    "link": ("in", "not_in", "me", "my_team", "empty", "not_empty"),
    "boolean": ("yes", "no"),
}


def kind_of(field: Field) -> Kind | None:
    """The kind of comparisons that a field takes; nothing when it cannot be filtered by."""
    return KINDS.get(field.type.key)


def comparison(tx: Tx, field: Field, op: str, value: Any) -> Json:
    """The condition in the words of the expression language's filters; Refused when the field has no such one."""
    kind = kind_of(field)
    if kind is None or op not in OPS[kind]:
        raise Refused("filter_malformed", detail=op[:60])
    if op in ("empty", "not_empty"):
        return _emptiness(field, op)
    return _MEANINGS[kind](tx, field, op, value)


def _emptiness(field: Field, op: str) -> Json:
    if not field.type.virtual:
        return {"field": field.name, "op": op}
    some = {"some": field.name}
    return {"not": some} if op == "empty" else some


def _or_empty(field: Field, condition: Json) -> Json:
    """The condition, or no value at all: who asks for all but some means those without a value too."""
    return {"any": [condition, {"field": field.name, "op": "empty"}]}


def _text(tx: Tx, field: Field, op: str, value: Any) -> Json:
    found = {"field": field.name, "op": op, "value": str(value or "")}
    return _or_empty(field, found) if op == "not_contains" else found


def _number(tx: Tx, field: Field, op: str, value: Any) -> Json:
    if op == "between":
        return _ends(field, value, lambda text: {"number": text}, "le")
    found = {"field": field.name, "op": op, "value": {"number": str(value)}}
    return _or_empty(field, found) if op == "ne" else found


def _ends(field: Field, value: Any, read: Callable[[str], Any], upper: str) -> Json:
    """Between two ends, of which one may be left open."""
    low, high = (str(each or "") for each in value) if isinstance(value, list) and len(value) == 2 else ("", "")
    found = [{"field": field.name, "op": "ge", "value": read(low)}] if low else []
    if high:
        found.append({"field": field.name, "op": upper, "value": read(high)})
    if not found:
        raise Refused("filter_malformed", detail=field.name)
    return {"all": found}


def _date(tx: Tx, field: Field, op: str, value: Any) -> Json:
    moments = field.type.key == "datetime"
    marked = {"field": field.name, "moments": True} if moments else {"field": field.name}
    if op == "overdue":
        return {**marked, "op": "lt", "value": {"days": 0}}
    if op in ("last_days", "next_days"):
        days = str(value)
        return {**marked, "op": op, "value": int(days) if days.isdigit() else None}
    if op == "period":
        return {**marked, "op": op, "value": value}
    return _on_days(tx, field, op, value)


def _on_days(tx: Tx, field: Field, op: str, value: Any) -> Json:
    """Comparisons with named days: a moment lies on a day from its midnight to the next one."""

    def starts(text: str) -> Json:
        return {"at": _edge(tx, field, text, 0)}

    def ends(text: str) -> Json:
        return {"at": _edge(tx, field, text, 1)}

    name = field.name
    match op:
        case "before":
            return {"field": name, "op": "lt", "value": starts(str(value))}
        case "after":
            return {"field": name, "op": "ge", "value": ends(str(value))}
        case "on":
            value = [value, value]
    pair = value if isinstance(value, list) and len(value) == 2 else [None, None]
    found = [{"field": name, "op": "ge", "value": starts(str(pair[0]))}] if pair[0] else []
    found += [{"field": name, "op": "lt", "value": ends(str(pair[1]))}] if pair[1] else []
    if not found:
        raise Refused("filter_malformed", detail=name)
    return {"all": found}


def _edge(tx: Tx, field: Field, text: str, days: int) -> str:
    """The day some days after a text's day, for moments its midnight where the asker is."""
    day = _day(text) + timedelta(days=days)
    if field.type.key == "date":
        return day.isoformat()
    return datetime.combine(day, time(), ZoneInfo(tx.principal.timezone)).isoformat()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("filter_malformed", detail=text[:60]) from None


def _choice(tx: Tx, field: Field, op: str, value: Any) -> Json:
    keys = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    if field.type.key == "multi_choice":
        some = {"any": [{"field": field.name, "op": "has", "value": key} for key in keys]}
        return some if op == "in" else _or_empty(field, {"not": some})
    found = {"field": field.name, "op": op, "value": keys}
    return _or_empty(field, found) if op == "not_in" else found


def _link(tx: Tx, field: Field, op: str, value: Any) -> Json:
    if op == "me":
        ids: list[Any] = [{"me": True}]
    elif op == "my_team":
        ids = [str(team) for team in tx.principal.team_ids]
    else:
        chosen = value if isinstance(value, list) else [value]
        ids = [str(each["id"] if isinstance(each, dict) else each).rpartition(":")[2] for each in chosen]
    if field.type.virtual:
        some = {"some": field.name, "where": {"field": "id", "op": "in", "value": ids}}
        return {"not": some} if op == "not_in" else some
    found = {"field": field.name, "op": "in", "value": ids}
    return _or_empty(field, {**found, "op": "not_in"}) if op == "not_in" else found


def _boolean(tx: Tx, field: Field, op: str, value: Any) -> Json:
    return {"field": field.name, "op": "eq" if op == "yes" else "ne", "value": True}


_MEANINGS: Mapping[Kind, Callable[[Tx, Field, str, Any], Json]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "link": _link,
    "boolean": _boolean,
}


def value_words(tx: Tx, field: Field, op: str, value: Any, called: Mapping[str, str]) -> str:
    """What a condition compares with, in words; empty when the comparison says it all."""
    if value in (None, "", []):
        return ""
    if op == "period":
        return tx.say(f"filter.period.{value}")
    if op in ("last_days", "next_days"):
        days = str(value)
        return tx.say("filter.days", count=int(days) if days.isdigit() else 0)
    listed = value if isinstance(value, list) else [value]
    if op == "between":
        first, last = (_one(tx, field, each, called) or "…" for each in [*listed, None, None][:2])
        return tx.say("filter.from_to", first=first, last=last)
    return ", ".join(text for each in listed if (text := _one(tx, field, each, called)))


def _one(tx: Tx, field: Field, value: Any, called: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        return called.get(str(value.get("id")), tx.say("filter.unreadable"))
    text = str(value or "")
    label = next((each.label for each in field.definition.choices if each.key == text), None)
    if label is not None:
        return label.to(tx.language)
    try:
        return formats_of(tx).day(date.fromisoformat(text))
    except ValueError:
        return text
