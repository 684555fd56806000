"""Order and keyset paging: the next page starts behind the last row seen, however large the table is."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field

NEWEST = (Sort("created_at", descending=True),)
NEVER_NULL = ("created_at", "modified_at", "version")
FOLDED = ("text", "person_name", "auto_number", "url", "email_set", "phone_set", "address")


class Order:
    """One term of an order: the expression, its direction, the column that shows it for the cursor."""

    def __init__(self, at: int, expression: sa.ColumnElement[Any], descending: bool, field: Field | None) -> None:
        self.expression = expression
        self.descending = descending
        self.field = field
        self.nullable = field is not None and field.name not in NEVER_NULL
        self.name = f"sort_{at}"

    @property
    def shown(self) -> sa.ColumnElement[Any]:
        """The column that shows the term."""
        return self.expression.label(self.name)

    @property
    def ordering(self) -> sa.ColumnElement[Any]:
        """The term for ORDER BY; empty values come last, whatever the direction."""
        made = self.expression.desc() if self.descending else self.expression.asc()
        return made.nulls_last() if self.nullable else made

    def beyond(self, value: Any) -> sa.ColumnElement[bool]:
        """The condition that a row comes after the value."""
        if value is None:
            return sa.false()
        bound = sa.literal(value, self.expression.type)
        made = self.expression < bound if self.descending else self.expression > bound
        return sa.or_(made, self.expression.is_(None)) if self.nullable else made

    def level_with(self, value: Any) -> sa.ColumnElement[bool]:
        """The condition that a row has the very value."""
        return (
            self.expression.is_(None) if value is None else self.expression == sa.literal(value, self.expression.type)
        )


def order_by(tx: Tx, entity: Entity, sort: Sequence[Sort]) -> list[Order]:
    """The terms of an order, made total by the id; Refused when a field may not be read or sorted by."""
    terms: list[Order] = []
    for term in sort or NEWEST:
        field = entity.fields.get(term.field)
        if field is None or not may_use(tx, entity.name, term.field):
            raise Refused("field.unknown", field=term.field)
        if not field.type.sortable:
            raise Refused("field.not_sortable", field=term.field)
        column = entity.table.c[field.column]
        folded = sa.func.public.fold(column, type_=sa.Text()) if field.type.key in FOLDED else column
        terms.append(Order(len(terms), folded, term.descending, field))
    if sort and entity.field(sort[-1].field).type.key == "choice":
        terms.append(Order(len(terms), entity.table.c.created_at, terms[0].descending, entity.fields["created_at"]))
    return [*terms, Order(len(terms), entity.table.c.id, terms[0].descending, None)]


def cursor_of(order: Sequence[Order], row: Mapping[str, Any]) -> str:
    """The cursor that stands behind a row."""
    body = msgspec.json.encode([row[term.name] for term in order])
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def past(order: Sequence[Order], cursor: str) -> sa.ColumnElement[bool]:
    """The condition that a row comes after the cursor; Refused when the cursor is not of this order."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        typed = [_typed(term, value) for term, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, msgspec.MsgspecError):
        raise Refused("page.bad_cursor") from None
    if not any(term.nullable for term in order) and len({term.descending for term in order}) == 1:
        left = sa.tuple_(*(term.expression for term in order))
        right = sa.tuple_(*(sa.literal(value, term.expression.type) for term, value in zip(order, typed, strict=True)))
        return left < right if order[0].descending else left > right
    made: sa.ColumnElement[bool] = sa.false()
    for term, value in reversed(list(zip(order, typed, strict=True))):
        made = sa.or_(term.beyond(value), sa.and_(term.level_with(value), made))
    return made


def _typed(term: Order, value: Any) -> Any:
    kind = term.expression.type.python_type
    return None if value is None else msgspec.convert(value, kind, strict=False)
