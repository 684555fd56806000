"""From one catalog's tables to the next one's: ordered DDL steps, computed without touching a database.

Additive steps come by themselves; what would lose data is refused until it is asked for by name.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from sqlalchemy.dialects import postgresql

from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.indexed import holds_lowered, index_condition, lowered_column
from entente.kernel.metadata.tables import MATCH, SEARCH, Field, pairs_name, targets

# Probed at every save: what waits in a list to be indexed would be read from its beginning each time.
AT_ONCE = "WITH (fastupdate = off)"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class TableShape(msgspec.Struct, frozen=True):
    """A table as the plan sees it: SQL types by column, the tail of CREATE INDEX by name, foreign keys by name."""

    columns: dict[str, str]
    indexes: dict[str, str] = {}
    foreign_keys: dict[str, str] = {}


Shape = dict[str, TableShape]


class Step(msgspec.Struct, frozen=True):
    """One DDL statement; `kind` says what it does to running users, `tail` what an index holds."""

    kind: Literal["create", "add", "index", "constrain", "drop_index"]
    table: str
    sql: str
    index: str = ""
    tail: str = ""
    is_unique: bool = False


def shape_of(catalog: Catalog) -> Shape:
    """The tables, columns, indexes and foreign keys that a catalog needs."""
    shape: Shape = {}
    for entity in catalog.entities.values():
        shape[entity.name] = _table_shape(catalog, entity)
        for name, pairs in entity.pairs.items():
            target = targets(entity.fields[name].definition)[0]
            shape[pairs.name] = TableShape(
                {"record": "uuid", "target": "uuid"},
                {f"{pairs.name}_target": "(target, record)"},
                {
                    f"{pairs.name}_record_fk": _reference(catalog, "record", entity.name, "CASCADE"),
                    f"{pairs.name}_target_fk": _reference(catalog, "target", target, "CASCADE"),
                },
            )
    return shape


def _table_shape(catalog: Catalog, entity: Entity) -> TableShape:
    columns = {column.name: column.type.compile(dialect=DIALECT) for column in entity.table.columns}
    keys = {
        f"{entity.name}_{field.name}_fk": _reference(catalog, field.name, targets(field.definition)[0], "NO ACTION")
        for field in entity.fields.values()
        if field.type.key == "link" and field.name not in ("created_by", "modified_by")
    }
    return TableShape(columns, dict(_indexes(entity)), keys)


def _reference(catalog: Catalog, column: str, target: str, on_delete: str) -> str:
    return f'("{column}") REFERENCES "{catalog.schema}"."{target}" (id) ON DELETE {on_delete}'


def _indexes(entity: Entity) -> Iterable[tuple[str, str]]:
    live = " WHERE deleted_at IS NULL"
    for field in entity.fields.values():
        found = _choice_index(entity, field) if field.type.key == "choice" else _field_index(field)
        if found:
            filled = f' AND "{field.column}" IS NOT NULL' if field.definition.sparse else ""
            yield f"{entity.name}_{field.name}_ix", found + live + filled
        if holds_lowered(field):
            yield f"{entity.name}_{field.name}_lower_ix", f"USING gin ({lowered_column(field)} public.gin_trgm_ops)"
        if field.definition.unique:
            yield f"{entity.name}_{field.name}_key", f"UNIQUE ({_unique_key(field)}){live}"
    for at, rule in enumerate(entity.definition.unique):
        keys = ", ".join(_unique_key(entity.field(name)) for name in rule.fields)
        where = f" AND ({index_condition(entity, rule.where)})" if rule.where else ""
        yield f"{entity.name}_unique_{at}", f"UNIQUE ({keys}){live}{where}"
    if SEARCH in entity.table.columns:
        yield f"{entity.name}_search_ix", f"USING gin ({SEARCH} public.gin_trgm_ops)"
    if MATCH in entity.table.columns:
        yield f"{entity.name}_match_ix", f"USING gin ({MATCH}) {AT_ONCE}"


def _unique_key(field: Field) -> str:
    return f'lower("{field.column}")' if field.type.key == "text" else f'"{field.column}"'


def _choice_index(entity: Entity, field: Field) -> str | None:
    """The newest of a choice come in order, and how many of them a person may read is counted in the index alone."""
    scope = ' INCLUDE ("owner", "team", "unit")' if entity.definition.access == "owned" else ""
    return f'("{field.column}", created_at, id){scope}' if field.definition.index else None


def _field_index(field: Field) -> str | None:
    kind = field.type.key
    if kind in ("email_set", "phone_set"):
        return f'USING gin ("{field.name}_keys")'
    if kind == "multi_choice":
        return f'USING gin ("{field.name}")' if field.definition.index else None
    if kind == "polymorphic":
        return f'("{field.name}", "{field.name}_type")'
    if kind == "link" or field.definition.index:
        folded = kind in ("text", "person_name", "auto_number")
        return f'(public.fold("{field.column}"), id)' if folded else f'("{field.column}", id)'
    return None


class Destructive(Exception):  # noqa: N818 - a refusal of the plan
    """The plan would lose data; `what` names the columns."""

    def __init__(self, what: list[str]) -> None:
        super().__init__(", ".join(what))
        self.what = what


def plan(schema: str, old: Shape, new: Shape) -> list[Step]:
    """The steps from one shape to the next; Destructive when a column's type would change."""
    changed = [
        f"{table}.{column}: {old[table].columns[column]} -> {kind}"
        for table, made in new.items()
        if table in old
        for column, kind in made.columns.items()
        if old[table].columns.get(column, kind) != kind
    ]
    if changed:
        raise Destructive(changed)
    steps = [_create(schema, table, made) for table, made in new.items() if table not in old]
    for table, made in new.items():
        before = old.get(table)
        if before:
            steps += _additions(schema, table, before.columns, made.columns)
        steps += _index_steps(schema, table, before.indexes if before else {}, made.indexes)
    for table, made in new.items():
        known = old[table].foreign_keys if table in old else {}
        steps += [
            Step("constrain", table, f'ALTER TABLE "{schema}"."{table}" ADD CONSTRAINT "{name}" FOREIGN KEY {text}')
            for name, text in made.foreign_keys.items()
            if name not in known
        ]
    return steps


def with_remains(old: Shape, new: Shape) -> Shape:
    """The new shape, with what the old one has besides: no plan drops tables, columns or foreign keys."""
    return {**old, **{table: _with_remains(old.get(table), made) for table, made in new.items()}}


def _with_remains(old: TableShape | None, new: TableShape) -> TableShape:
    if old is None:
        return new
    columns, keys = {**old.columns, **new.columns}, {**old.foreign_keys, **new.foreign_keys}
    return TableShape(columns, new.indexes, keys)


def _create(schema: str, table: str, made: TableShape) -> Step:
    lines = [f'"{name}" {kind}{_suffix(name)}' for name, kind in made.columns.items()]
    if "id" not in made.columns:
        lines.append("PRIMARY KEY (" + ", ".join(f'"{name}"' for name in made.columns) + ")")
    return Step("create", table, f'CREATE TABLE "{schema}"."{table}" (' + ", ".join(lines) + ")")


def _suffix(column: str) -> str:
    if column == "id":
        return " PRIMARY KEY"
    return " NOT NULL" if column in ("version", "created_at", "modified_at") else ""


def _additions(schema: str, table: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Step]:
    return [
        Step("add", table, f'ALTER TABLE "{schema}"."{table}" ADD COLUMN "{name}" {kind}')
        for name, kind in new.items()
        if name not in old
    ]


def _index_steps(schema: str, table: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Step]:
    steps = [
        Step("drop_index", table, f'DROP INDEX IF EXISTS "{schema}"."{name}"', name)
        for name, text in old.items()
        if new.get(name) != text
    ]
    for name, text in new.items():
        if old.get(name) == text:
            continue
        unique, tail = ("UNIQUE ", text.removeprefix("UNIQUE ")) if text.startswith("UNIQUE ") else ("", text)
        sql = f'CREATE {unique}INDEX "{name}" ON "{schema}"."{table}" {tail}'
        steps.append(Step("index", table, sql, name, tail, bool(unique)))
    return steps


__all__ = ["Destructive", "Shape", "Step", "TableShape", "pairs_name", "plan", "shape_of", "with_remains"]
