"""Expressions over records: conditions and stored formulas, evaluated in Python for one record."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from entente.kernel.access.predicate import guarded
from entente.kernel.db.tx import Tx, row
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.nodes import Member, Name, Node, path_of
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.money import Money
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.metadata.types.sets import primary
from entente.kernel.records.reading import columns_of, record_of

AROUND = ("record", "user", "old", "id")


@lru_cache(maxsize=2048)
def _compiled(catalog: Catalog, entity: str, text: str) -> Any:
    return compile_python(_joined(parse(text), catalog.entity(entity)))


def _joined(node: Any, entity: Entity) -> Any:
    """The tree with paths through links and into addresses as single names, which the record's context looks up."""
    if isinstance(node, Member):
        path = path_of(node)
        if path and len(path) > 1 and _leads_on(entity, path):
            return Name(".".join(path))
    if isinstance(node, msgspec.Struct):
        parts = {name: _joined(getattr(node, name), entity) for name in node.__struct_fields__}
        return msgspec.structs.replace(node, **parts)
    return tuple(_joined(each, entity) for each in node) if isinstance(node, tuple) else node


def _leads_on(entity: Entity, path: tuple[str, ...]) -> bool:
    first = path[1] if path[0] in ("record", "old") else path[0]
    field = entity.fields.get(first)
    return field is not None and field.type.key in ("link", "address") and path[-1] != first


def evaluate(tx: Tx, entity: Entity, text: str, values: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression over a record."""
    return _compiled(tx.catalog, entity.name, text)(context_of(tx, entity, values, old))


def holds(tx: Tx, entity: Entity, text: str, values: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> bool:
    """Whether a condition is true of a record; unknown counts as no."""
    return evaluate(tx, entity, text, values, old) is True


def worked_out(tx: Tx, entity: Entity, field: Field, values: Mapping[str, Any]) -> Any:
    """The value of a stored formula."""
    return field.type.clean(field.name, field.definition, evaluate(tx, entity, str(field.definition.computed), values))


def context_of(tx: Tx, entity: Entity, values: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Context:
    """The values and the moment that an expression over a record is evaluated in."""
    return Context(RecordValues(tx, entity, values, old), moment_of(tx))


def moment_of(tx: Tx) -> Moment:
    """The transaction's moment in the principal's time zone."""
    return Moment(tx.clock.now(), ZoneInfo(tx.principal.timezone))


def user_values(tx: Tx) -> dict[str, Any]:
    """What `user` means in an expression."""
    person = tx.principal
    return {
        "id": str(person.user_id) if person.user_id else None,
        "name": person.name,
        "login": person.login,
        "team": str(person.team_ids[0]) if person.team_ids else None,
        "teams": [str(team) for team in person.team_ids],
        "unit": str(person.unit_id) if person.unit_id else None,
        "units": [str(unit) for unit in person.units_below],
        "groups": [str(team) for team in person.team_ids],
        "language": person.language,
    }


class RecordValues(Mapping[str, Any]):
    """A record as expressions see it: links by id and, on demand, the fields behind them."""

    def __init__(self, tx: Tx, entity: Entity, values: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
        self._tx = tx
        self._entity = entity
        self._values = values
        self._old = old

    def __getitem__(self, name: str) -> Any:
        """The value of a field, of `record`, `old`, `user`, or of a path through links."""
        match name:
            case "record":
                return self
            case "user":
                return user_values(self._tx)
            case "old":
                return RecordValues(self._tx, self._entity, self._old, None) if self._old is not None else None
            case "id":
                return str(getattr(self._values, "id", "")) or None
        if "." in name:
            return self._behind(name.removeprefix("record.").split("."))
        field = self._entity.fields.get(name)
        if field is None:
            raise KeyError(name)
        return plain_value(field, self._values.get(name))

    def __contains__(self, name: object) -> bool:
        """Whether the name is one of a field or of what surrounds them, without reading its value."""
        return name in AROUND or name in self._entity.fields or ("." in str(name) and super().__contains__(name))

    def _behind(self, path: list[str]) -> Any:
        if path[0] == "old":
            return RecordValues(self._tx, self._entity, self._old or {}, None)[".".join(path[1:])]
        if len(path) == 1:
            return self[path[0]]
        field = self._entity.field(path[0])
        if field.type.key == "address":
            return getattr(self._values.get(path[0]), path[1], None) or None
        target = self._tx.catalog.entity(targets(field.definition)[0])
        identity = self._values.get(path[0])
        found = self._linked(target, identity, path[1]) if identity else None
        return found[".".join(path[1:])] if found is not None else None

    def _linked(self, target: Entity, identity: Any, name: str) -> "RecordValues | None":
        field = target.field(name)
        statement = sa.select(*columns_of(target, [field])).where(target.table.c.id == identity)
        found = row(self._tx, guarded(self._tx, statement, target))
        if found is None:
            return None
        return RecordValues(self._tx, target, record_of(self._tx, target, found, [field]), None)

    def __iter__(self) -> Iterator[str]:
        """The names of the fields and of what surrounds them."""
        yield from self._entity.fields
        yield from AROUND

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._entity.fields) + len(AROUND)


def plain_value(field: Field, value: Any) -> Any:
    """A field's value as expressions know it: money by its base amount, sets by their primary value, links by id."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Money):
        return value.base if value.base is not None else value.amount
    if isinstance(value, Ref):
        return str(value.id)
    if field.type.key in ("email_set", "phone_set"):
        return primary(value)
    if field.type.key == "address":
        return value.city or None
    return [str(each) for each in value] if isinstance(value, tuple) else value


__all__ = ["Node", "context_of", "evaluate", "holds", "moment_of", "plain_value", "user_values", "worked_out"]
