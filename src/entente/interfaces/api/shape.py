"""Records as JSON and JSON as values: links end in `_id`, decimals are texts, masked fields are null and marked."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from entente.interfaces.api.call import etag
from entente.kernel.access.fields import level
from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.base import FieldType
from entente.kernel.records.record import Record

MASKED = "@entente.masked"
TITLE = "@entente.title"
SYSTEM = frozenset({"id"})

Turn = Callable[[Any], Any]


class _Writers(NamedTuple):
    """The members of some fields; those whose values are turned into JSON, and whether nothing is turned too."""

    keys: tuple[str, ...]
    turned: tuple[tuple[str, Turn, bool], ...]


def member(field: Field) -> str:
    """The name of a field in JSON: `owner_id` for a link to one record, `tag_ids` for `tags` to many."""
    if field.type.key == "link":
        return f"{field.name}_id"
    return f"{field.name.removesuffix('s')}_ids" if field.type.key == "links" else field.name


@lru_cache(maxsize=512)
def members(entity: Entity) -> Mapping[str, Field]:
    """The fields of an entity by every name that they have in JSON: links also go by their plain name."""
    named = {member(field): field for field in entity.fields.values()}
    return {**{field.name: field for field in entity.fields.values()}, **named}


@lru_cache(maxsize=2048)
def _writers(entity: Entity, names: tuple[str, ...]) -> _Writers:
    fields = [entity.fields[name] for name in names]
    turned = [field for field in fields if type(field.type).plain is not FieldType.plain]
    turns = tuple((member(field), _turn(field), field.type.plain(None) is not None) for field in turned)
    return _Writers(tuple(map(member, fields)), turns)


def _turn(field: Field) -> Turn:
    return _money if field.type.key == "money" else field.type.plain


def _money(value: Money) -> dict[str, str | None]:
    """Amount and currency with the rate that was stored with them, and what they are in the base currency."""
    more = {"rate": value.rate, "base": value.base}
    told = {name: None if each is None else format(each.normalize(), "f") for name, each in more.items()}
    return {"amount": format(value.amount, "f"), "currency": value.currency, **told}


def shown(tx: Tx, entity: Entity) -> tuple[str, ...]:
    """The names of the fields that a record shows when nothing is selected: all but lists of links and hidden ones."""
    if tx.principal.is_system or tx.principal.is_admin or not tx.principal.field_rules.get(entity.name):
        return _stored(entity)
    return tuple(name for name in _stored(entity) if level(tx, entity.name, name) != "hidden")


@lru_cache(maxsize=512)
def _stored(entity: Entity) -> tuple[str, ...]:
    return tuple(field.name for field in entity.fields.values() if not field.type.virtual)


def to_json(tx: Tx, entity: Entity, record: Record, names: tuple[str, ...]) -> dict[str, Any]:
    """The record as its reader may see it; `names` are fields that he may see at least masked."""
    keys, turned = _writers(entity, names)
    made: dict[str, Any] = {
        "@odata.etag": etag(record.version),
        "id": record.id,
        **dict(zip(keys, record.read(names), strict=True)),
    }
    masked = _masked(tx, entity).intersection(names)
    hidden = {member(entity.fields[name]) for name in masked}
    for key, turn, always in turned:
        value = made[key]
        if (value is not None or always) and key not in hidden:
            made[key] = turn(value)
    for key in hidden:
        made[key] = None
        made[key + MASKED] = True
    return made


def _masked(tx: Tx, entity: Entity) -> frozenset[str]:
    rules = tx.principal.field_rules.get(entity.name)
    if not rules or tx.principal.is_admin or tx.principal.is_system:
        return frozenset()
    return frozenset(name for name, allowed in rules.items() if allowed == "masked")


def from_json(entity: Entity, body: Mapping[str, Any], identity: UUID | None = None) -> dict[str, Any]:
    """The values of a body by field; Invalid names every member that is no field, or the id of another record.

    Control information (members with `@`) says nothing about the record and is passed over.
    """
    known = members(entity)
    values: dict[str, Any] = {}
    faults: list[Refused] = []
    for key, value in body.items():
        if "@" in key or (key == "id" and identity is not None and value == str(identity)):
            continue
        field = known.get(key)
        if field is None:
            faults.append(Refused("field.read_only" if key in SYSTEM else "field.unknown", field=key))
        elif field.name in values:
            faults.append(Refused("api.member_twice", field=key))
        else:
            values[field.name] = value
    if faults:
        raise Invalid(faults)
    return values


def annotate_titles(
    page: Iterable[dict[str, Any]], fields: Iterable[Field], titles: Callable[[str, list[UUID]], Mapping[UUID, str]]
) -> None:
    """Add to each link what the linked record is called, as far as the reader may know."""
    rows = list(page)
    for field in fields:
        key = member(field)
        wanted = [UUID(row[key]) for row in rows if row.get(key)]
        named = titles(str(field.definition.to), wanted) if wanted else {}
        for row in rows:
            if row.get(key):
                row[key + TITLE] = named.get(UUID(row[key]))
