"""Values as the journal keeps them, in the reader's words: labels, titles, amounts and days."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import lent_by, visible
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.tables import Field, targets

Titles = Mapping[tuple[str, UUID], str]
LONGEST = 300
NARROW = "\u202f"


def links_in(field: Field, value: Any) -> list[tuple[str, UUID]]:
    """The records that a plain value points to."""
    if field.type.key == "polymorphic":
        identity = parse_id(value.get("id")) if isinstance(value, Mapping) else None
        return [(str(value.get("entity")), identity)] if identity else []
    if field.type.key not in ("link", "links"):
        return []
    target = targets(field.definition)[0]
    found = (parse_id(each) for each in (value if isinstance(value, list) else [value]))
    return [(target, identity) for identity in found if identity]


def titles_of(tx: Tx, wanted: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """What records of any entities are called, in one statement; those that may not be read are left out."""
    by_entity: dict[str, set[UUID]] = {}
    for name, identity in wanted:
        if name in tx.catalog.entities and may_use(tx, name, tx.catalog.entity(name).definition.title):
            by_entity.setdefault(name, set()).add(identity)
    parts, marks = [], set()
    for name, identities in by_entity.items():
        entity = tx.catalog.entity(name)
        table = entity.table
        title = table.c[entity.field(entity.definition.title).column]
        ids = sa.literal(list(identities), sa.ARRAY(table.c.id.type))
        parts.append(
            sa.select(sa.literal(name).label("entity"), table.c.id, sa.cast(title, sa.Text()).label("title")).where(
                table.c.id == sa.any_(ids), visible(tx, entity)
            )
        )
        marks |= set(lent_by(tx, entity))
    if not parts:
        return {}
    statement = parts[0] if len(parts) == 1 else sa.union_all(*parts)
    return {(each["entity"], each["id"]): each["title"] or "" for each in rows(tx, marked(statement, *marks))}


def in_words(tx: Tx, field: Field, value: Any, titles: Titles) -> str:
    """A plain value of a field in the reader's words; empty when it says nothing."""
    if value is None or value in ("", [], {}):
        return ""
    written = _written(tx, field, value, titles)
    return written if len(written) <= LONGEST else written[: LONGEST - 1].rstrip() + "…"


def _written(tx: Tx, field: Field, value: Any, titles: Titles) -> str:
    match field.type.key:
        case "choice" | "multi_choice":
            labels = {choice.key: choice.label.to(tx.language) for choice in field.definition.choices}
            return ", ".join(labels.get(key, str(key)) for key in (value if isinstance(value, list) else [value]))
        case "link" | "links" | "polymorphic":
            hidden = tx.say("stream.hidden_record")
            return ", ".join(titles.get(end) or hidden for end in links_in(field, value))
        case "boolean":
            return tx.say("stream.yes" if value else "stream.no")
        case "email_set" | "phone_set":
            return ", ".join(str(entry.get("value", "")) for entry in value)
        case "address":
            return ", ".join(
                str(value[part]) for part in ("street", "postal_code", "city", "country") if value.get(part)
            )
        case "rich_text":
            return " ".join(plain_text(str(value)).split())
        case "file" | "image":
            return tx.say("stream.a_file")
        case "checklist":
            return ", ".join(("✓ " if step.get("done") else "") + str(step.get("text", "")) for step in value)
        case "json":
            return tx.say("stream.details")
        case kind:
            return _figure(tx, kind, value)


def _figure(tx: Tx, kind: str, value: Any) -> str:
    match kind:
        case "money":
            return amount_in_words(tx, Decimal(str(value["amount"])), str(value["currency"]))
        case "date":
            return day_in_words(tx, date.fromisoformat(str(value)))
        case "datetime":
            return moment_in_words(tx, datetime.fromisoformat(str(value)))
        case "percent":
            return number_in_words(tx, value) + (f"{NARROW}%" if tx.language == "fr" else "%")
        case "integer" | "decimal":
            return number_in_words(tx, value)
        case "duration":
            hours, minutes = divmod(int(value), 60)
            return f"{hours}\u00a0h\u00a0{minutes:02}" if hours else f"{minutes}\u00a0min"
        case _:
            return str(value)


def number_in_words(tx: Tx, value: Any) -> str:
    """A number with the reader's signs."""
    return format_decimal(Decimal(str(value)), locale=tx.language)


def amount_in_words(tx: Tx, amount: Decimal, currency: str) -> str:
    """An amount with its currency as the reader writes it."""
    return format_currency(amount, currency or "EUR", locale=tx.language)


def day_in_words(tx: Tx, day: date) -> str:
    """A day in figures (French) or with the month's short name (English)."""
    return format_date(day, "dd/MM/yyyy" if tx.language == "fr" else "d MMM yyyy", locale=tx.language)


def moment_in_words(tx: Tx, moment: datetime) -> str:
    """A day and time of day in the reader's time zone."""
    local = moment.astimezone(ZoneInfo(tx.principal.timezone))
    return f"{day_in_words(tx, local.date())} {format_time(local, 'HH:mm', tzinfo=local.tzinfo, locale=tx.language)}"
