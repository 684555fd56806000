"""Tables, on a record's page, of the records that are parts of it: every one with its columns, written in place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.records import NewLine, RelatedTable, TableColumn, TableLine
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.related import may_add, may_see
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Related
from entente.kernel.metadata.tables import Field
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.modules.base.currency import usual_currency

MOST = 500
FIGURES = ("integer", "decimal", "percent", "money", "duration")
NEW = "new."  # before the names of the inputs of a new line, so that they are told from those of a dialog


def related_tables(tx: Tx, entity: Entity, record: Record) -> tuple[RelatedTable, ...]:
    """The tables that the entity declares, with all their lines; empty ones only for whoever may add to them."""
    found = [table_view(tx, record, made, target) for made, target in _declared(tx, entity)]
    return tuple(each for each in found if each.lines or each.new)


def table_of(tx: Tx, entity: Entity, key: str) -> tuple[Related, Entity] | None:
    """The declaration of a table and its entity, by its key."""
    return next((each for each in _declared(tx, entity) if key_of(each[0]) == key), None)


def is_line(tx: Tx, entity: Entity) -> bool:
    """Whether records of the entity are lines in the table of another, which they are added to and taken from."""
    every = (made for screens in tx.catalog.screens.values() for made in screens.related)
    return any(made.kind == "table" and made.entity == entity.name for made in every)


def belongs_elsewhere(tx: Tx, entity: Entity) -> bool:
    """Whether records of the entity are met on the page of another: its lines, and parts of it without a menu entry."""
    listed = any(entity.name in menu.entities for menu in tx.catalog.menus)
    definitions = (field.definition for field in entity.fields.values() if field.type.key == "link")
    is_part = any(each.required and each.on_delete == "cascade" for each in definitions)
    return is_line(tx, entity) or (is_part and not listed)


def key_of(made: Related) -> str:
    """What tells a table from the others of the page."""
    return f"{made.entity}-{made.field}"


def _declared(tx: Tx, entity: Entity) -> list[tuple[Related, Entity]]:
    screens = tx.catalog.screens.get(entity.name)
    tables = [made for made in (screens.related if screens else ()) if made.kind == "table"]
    pairs = [(made, tx.catalog.entity(made.entity)) for made in tables]
    return [(made, target) for made, target in pairs if may_see(tx, target) and shown(tx, target, made.field)]


def table_view(
    tx: Tx,
    record: Record,
    made: Related,
    target: Entity,
    typed: Mapping[str, Any] = MappingProxyType({}),
    errors: Mapping[str, str] = MappingProxyType({}),
) -> RelatedTable:
    """A table with the line to come, in which stands what was typed and what is wrong with it."""
    fields = _fields(tx, made, target)
    ask = Ask(entity=target.name, filter=f'{made.field} = "{record.id}"', sort=made.sort, limit=MOST)
    found = page(tx, ask).records
    open_ = is_open(tx, record, made, target)
    base = f"/{target.definition.path}"
    return RelatedTable(
        key=key_of(made),
        label=made.label.to(tx.language),
        icon=target.definition.icon,
        columns=tuple(
            TableColumn(label=field.definition.label.to(tx.language), is_number=field.type.key in FIGURES)
            for field in fields
        ),
        lines=tuple(_line(tx, target, each, fields, open_=open_) for each in found),
        names=names_of(tx, target, found, [field.name for field in fields]),
        new=_new_line(tx, record, made, target, typed, errors) if open_ else None,
        add=Action(label=tx.say("record.add"), url=f"{base}/new?{made.field}={record.id}") if open_ else None,
    )


def is_open(tx: Tx, record: Record, made: Related, target: Entity) -> bool:
    """Whether lines are added to the record now: what could not be deleted again is not offered either."""
    kept = target.definition.kept_while
    return may_add(tx, record, made, target) and not (kept and holds(tx, target, kept, {made.field: record.id}))


def _fields(tx: Tx, made: Related, target: Entity) -> list[Field]:
    return [field for name in made.columns if (field := shown(tx, target, name))]


def _line(tx: Tx, target: Entity, line: Record, fields: list[Field], *, open_: bool) -> TableLine:
    url = f"/{target.definition.path}/{line.id}"
    kinds = (line.get(field.name) for field in target.fields.values() if field.type.key == "choice")
    edit = Action(label=tx.say("record.edit"), url=f"{url}/edit", icon="pencil")
    delete = Action(label=tx.say("record.delete"), url=f"{url}/delete", way="post", icon="trash", tone="danger")
    return TableLine(
        id=str(line.id),
        kind=str(next(kinds, None) or ""),
        cells=tuple(_cell(tx, target, line, field, open_=open_) for field in fields),
        actions=(edit, delete) if open_ else (),
    )


def _cell(tx: Tx, target: Entity, line: Record, field: Field, *, open_: bool) -> FieldView | None:
    """A value of a line; nothing where the field has no meaning for it."""
    asked = field.definition.show_if
    if asked and not holds(tx, target, asked, line):
        return None
    return field_view(tx, target, field, line.get(field.name), record=line if open_ else None)


def _new_line(
    tx: Tx, record: Record, made: Related, target: Entity, values: Mapping[str, Any], errors: Mapping[str, str]
) -> NewLine:
    """The inputs of a line to come, with what was typed and what is wrong with it."""
    constants = target.facets.constants
    fields = [field for field in _fields(tx, made, target) if editable(tx, target, field)]
    currency = usual_currency(tx, target, {made.field: record.id})
    views = [
        field_view(
            tx,
            target,
            field,
            values.get(field.name, constants.get(field.name)),
            error=errors.get(field.name, ""),
            form=True,
        )
        for field in fields
    ]
    known = {field.name for field in fields}
    return NewLine(
        url=f"/{tx.catalog.entity(record.entity).definition.path}/{record.id}/lines/{key_of(made)}",
        fields=tuple(
            msgspec.structs.replace(
                view,
                name=NEW + view.name,
                help="",
                currencies=(currency,) if view.currencies and target.definition.currency else view.currencies,
            )
            for view in views
        ),
        names=names_of(tx, target, [values], [field.name for field in fields]),
        error=" ".join(text for name, text in errors.items() if name not in known),
    )
