"""The one statement of a search: a few candidates of each entity, by index and access predicate, then ranked."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded, lent_by, visible
from entente.kernel.db.statement import MARK, marked
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import SEARCH, searched, targets

# pg_trgm finds nothing in its index for less than three letters.
SHORT = 3
# How many rows of each entity are ranked: enough for any useful word, few enough to be sorted at once.
CANDIDATES = 200


def searchable(tx: Tx) -> list[Entity]:
    """The entities that the principal may find records of."""
    return [
        entity
        for entity in tx.catalog.entities.values()
        if not entity.definition.hidden
        and SEARCH in entity.table.columns
        and not isinstance(visible(tx, entity), sa.False_)
        and may_use(tx, entity.name, entity.definition.title)
    ]


def find_statement(tx: Tx, words: int, *, anchored: bool) -> Any:
    """The statement for a number of words, which come as the parameters `word_0`…; nothing when nothing may be found.

    Anchored: the whole of the words begins the title.
    """
    parts = [_of_entity(tx, entity, words, anchored=anchored) for entity in searchable(tx)]
    if not parts:
        return None
    marks = {name for part in parts for name in part.get_execution_options().get(MARK, ())}
    statement = parts[0] if len(parts) == 1 else sa.union_all(*parts)
    return marked(statement, *marks)


def _of_entity(tx: Tx, entity: Entity, words: int, *, anchored: bool) -> sa.Select[Any]:
    ways = [_beginning(entity)] if anchored else [_containing(tx, entity, words)]
    # Titles that begin with the words must be among the candidates of a frequent word. What takes its access from
    # other records is spared a second, dear predicate: few of its titles are names.
    if not anchored and entity.definition.through is None:
        ways.insert(0, _beginning(entity))
    limited = [_candidates(tx, entity, way) for way in ways]
    candidates = limited[0].subquery() if len(limited) == 1 else sa.union(*limited).subquery()
    rank = sa.case(
        (candidates.c.folded.like(sa.bindparam("prefix", type_=sa.Text())), 0),
        (candidates.c.folded.like(sa.bindparam("inside", type_=sa.Text())), 1),
        else_=2,
    )
    ranked = sa.select(candidates, rank.label("rank"))
    best = ranked.order_by(rank, candidates.c.created_at.desc(), candidates.c.id)
    best_rows = best.limit(sa.bindparam("hits", type_=sa.Integer())).subquery()
    statement = sa.select(
        sa.literal(entity.name).label("entity"),
        best_rows.c.id,
        best_rows.c.title,
        _subtitle(tx, entity, best_rows).label("subtitle"),
        best_rows.c.rank,
    ).order_by(best_rows.c.rank, best_rows.c.created_at.desc(), best_rows.c.id)
    marks = [*lent_by(tx, entity), *(name for target in _ends(tx, entity) for name in lent_by(tx, target))]
    return marked(sa.select(statement.subquery()), *marks)  # type: ignore[no-any-return]


def _candidates(tx: Tx, entity: Entity, way: sa.ColumnElement[bool]) -> sa.Select[Any]:
    table = entity.table
    title = table.c[entity.field(entity.definition.title).column]
    columns = [
        table.c.id,
        table.c.created_at,
        sa.cast(title, sa.Text()).label("title"),
        _folded(entity).label("folded"),
    ]
    columns += [table.c[name].label(f"sub_{at}") for at, name in enumerate(_subtitle_columns(tx, entity))]
    return guarded(tx, sa.select(*columns).where(way), entity).limit(CANDIDATES)


def _folded(entity: Entity) -> sa.ColumnElement[Any]:
    title = entity.table.c[entity.field(entity.definition.title).column]
    return sa.func.public.fold(sa.cast(title, sa.Text()), type_=sa.Text())


def _beginning(entity: Entity) -> sa.ColumnElement[bool]:
    """The title begins with the words: a range that the index on the folded title answers."""
    title = entity.table.c[entity.field(entity.definition.title).column]
    folded = sa.func.public.fold(title, type_=sa.Text())
    return sa.and_(folded >= sa.bindparam("whole", type_=sa.Text()), folded < sa.bindparam("beyond", type_=sa.Text()))


def _containing(tx: Tx, entity: Entity, words: int) -> sa.ColumnElement[bool]:
    """The record contains every word, by the trigram index; what may not be read must not be what is found."""
    binds = [sa.bindparam(f"word_{at}", type_=sa.Text()) for at in range(words)]
    column = entity.table.c[SEARCH]
    found = [column.like(bind) for bind in binds]
    open_fields = [field for field in searched(entity.fields) if may_use(tx, entity.name, field.name)]
    if len(open_fields) < len(searched(entity.fields)):
        shown = [entity.table.c[field.column] for field in open_fields]
        text = sa.func.public.fold(sa.func.concat_ws(" ", *shown), type_=sa.Text())
        found += [text.like(bind) for bind in binds]
    return sa.and_(*found)


def _subtitle_columns(tx: Tx, entity: Entity) -> list[str]:
    name = entity.definition.subtitle
    if name is None or not may_use(tx, entity.name, name):
        return []
    field = entity.field(name)
    if field.type.virtual:
        return []
    return [name, f"{name}_type"] if field.type.key == "polymorphic" else [field.column]


def _ends(tx: Tx, entity: Entity) -> Iterable[Entity]:
    """The entities that the subtitle's link may lead to."""
    if not _subtitle_columns(tx, entity):
        return []
    field = entity.field(entity.definition.subtitle or "")
    linked = field.type.key in ("link", "polymorphic")
    return [tx.catalog.entity(name) for name in targets(field.definition)] if linked else []


def _subtitle(tx: Tx, entity: Entity, found: sa.FromClause) -> sa.ColumnElement[Any]:
    """The subtitle as text: a link shows its record's title, if that may be read."""
    columns = _subtitle_columns(tx, entity)
    if not columns:
        return sa.cast(sa.null(), sa.Text())
    ends = list(_ends(tx, entity))
    if not ends:
        return sa.cast(found.c.sub_0, sa.Text())
    ways = [_title_behind(tx, end, found) for end in ends if may_use(tx, end.name, end.definition.title)]
    return sa.func.coalesce(*ways, type_=sa.Text()) if ways else sa.cast(sa.null(), sa.Text())


def _title_behind(tx: Tx, end: Entity, found: sa.FromClause) -> sa.ColumnElement[Any]:
    other = end.table.alias()
    title = sa.cast(other.c[end.field(end.definition.title).column], sa.Text())
    same = [other.c.id == found.c.sub_0]
    if "sub_1" in found.c:
        same.append(found.c.sub_1 == end.name)
    return sa.select(title).where(*same, visible(tx, end, "read", other)).scalar_subquery()
