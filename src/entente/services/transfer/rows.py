"""A row of a file as values of an entity's fields, with a reason for every cell that cannot become one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.services.transfer.cells import country_code, localised, money_parts, phone_of, postal_code, text_cell
from entente.services.transfer.links import Found, look_up
from entente.services.transfer.mapping import ColumnMap
from entente.services.transfer.sheet import Cell, CellFault, SheetRow
from entente.services.transfer.targets import FULL_NAME, ID, Target, targets_of

LINKS = ("link", "links", "polymorphic")
TEXTS = ("text", "long_text", "rich_text", "url", "auto_number")


class Place(msgspec.Struct, frozen=True):
    """A column that is used: where it stands, where it goes, what its words mean."""

    at: int
    target: Target
    field: Field | None
    words: Mapping[str, str]


class Plan(msgspec.Struct, frozen=True):
    """How rows become values: the used columns by field, and the zone in which moments were written."""

    entity: Entity
    places: Mapping[str, tuple[Place, ...]]
    zone: ZoneInfo


class Reading(msgspec.Struct, frozen=True):
    """What a row says: values by field, the record it names by id, and the cells at fault."""

    row: SheetRow
    values: Mapping[str, Any]
    id: UUID | None = None
    faults: tuple[CellFault, ...] = ()


Reader = Callable[[Sequence[Place], Sequence[Cell], Mapping[str, Any]], Any]


def plan_rows(tx: Tx, entity: Entity, made: ColumnMap) -> Plan:
    """The plan that a map of columns means for the principal."""
    known = targets_of(tx, entity)
    places: dict[str, list[Place]] = {}
    for at, column in enumerate(made.columns):
        target = known.get(column.target)
        if target is None:
            continue
        field = None if target in (FULL_NAME,) or target.key == ID else entity.fields[target.field]
        key = FULL_NAME.key if target == FULL_NAME else target.field
        places.setdefault(key, []).append(Place(at, target, field, column.words))
    return Plan(entity, {key: tuple(made) for key, made in places.items()}, ZoneInfo(tx.principal.timezone))


def read_rows(tx: Tx, plan: Plan, rows: Sequence[SheetRow]) -> list[Reading]:
    """What the rows say; links of all of them are looked up at once."""
    known = _links(tx, plan, rows)
    used = frozenset(place.at for places in plan.places.values() for place in places)
    columns = [(name, places, _reader(plan, name, places, known)) for name, places in plan.places.items()]
    return [_read(row, columns, used) for row in rows]


def _read(row: SheetRow, columns: Sequence[tuple[str, Sequence[Place], Reader]], used: frozenset[int]) -> Reading:
    faults = [fault for fault in row.faults if fault.column is None or fault.column in used] if row.faults else []
    bad = {fault.column for fault in faults}
    values: dict[str, Any] = {}
    cells = row.cells
    for name, places, reader in columns:
        if len(places) == 1:
            filled = places if cells[places[0].at] is not None and places[0].at not in bad else ()
        else:
            filled = [place for place in places if cells[place.at] is not None and place.at not in bad]
        if not filled:
            continue
        try:
            found = reader(filled, cells, values)
        except Refused as refused:
            faults.append(CellFault(refused.code, filled[0].at, refused.values))
            continue
        if name == FULL_NAME.key:
            values |= found
        else:
            values[name] = found
    return Reading(row, values, values.pop(ID, None), tuple(faults))


def _reader(plan: Plan, name: str, places: Sequence[Place], known: Mapping[str, Found]) -> Reader:
    """What makes the value of a field of its filled cells, and of what was read left of them."""
    if name == ID:
        return lambda filled, cells, values: _identity(cells[filled[0].at])
    if name == FULL_NAME.key:
        return lambda filled, cells, values: _full_name(plan, text_cell(cells[filled[0].at]), values)
    field = plan.entity.fields[name]
    clean, made = field.type.clean, field.definition
    if field.type.key in LINKS:
        return lambda filled, cells, values: clean(name, made, _linked(field, text_cell(cells[filled[0].at]), known))
    if field.type.key in TEXTS:
        return lambda filled, cells, values: clean(name, made, text_cell(cells[filled[0].at]))
    words = places[0].words
    return lambda filled, cells, values: clean(
        name, made, _raw(plan, field, {place.target.part: cells[place.at] for place in filled}, words)
    )


def _identity(cell: Cell) -> UUID:
    made = parse_id(text_cell(cell))
    if made is None:
        raise Refused("field.not_a_link")
    return made


def _full_name(plan: Plan, text: str, values: Mapping[str, Any]) -> dict[str, str]:
    """A full name in two: what is in capitals, behind a comma's left, or behind the first word is the last name."""
    if "first_name" in plan.places or "last_name" in plan.places:
        return {} if values.get("last_name") else {"last_name": text}
    last, comma, first = text.partition(",")
    if comma:
        return {"first_name": first.strip(), "last_name": last.strip()}
    words = text.split()
    loud = [word for word in words if word.isupper() and len(word) > 1]
    if loud and len(loud) < len(words):
        return {"first_name": " ".join(word for word in words if word not in loud), "last_name": " ".join(loud)}
    return {"first_name": words[0], "last_name": " ".join(words[1:])} if len(words) > 1 else {"last_name": text}


def _raw(plan: Plan, field: Field, cells: Mapping[str, Cell], words: Mapping[str, str]) -> Any:
    """What the field's own `clean` is given."""
    match field.type.key:
        case "address":
            return _address(cells)
        case "money":
            return money_parts(cells.get(""), cells.get("currency"))
        case "email_set" | "phone_set":
            return _entries(field, cells)
        case "choice":
            text = text_cell(cells[""])
            return words.get(text, text)
        case "multi_choice":
            parts = text_cell(cells[""]).replace(";", ",").split(",")
            return [words.get(part.strip(), part.strip()) for part in parts]
        case "datetime":
            return localised(cells[""], plan.zone)
        case _:
            return cells[""]


def _address(cells: Mapping[str, Cell]) -> dict[str, str]:
    texts = {part: text_cell(cell) for part, cell in cells.items() if part not in ("country", "postal_code")}
    country = country_code(text_cell(cells["country"])) if cells.get("country") else ""
    texts["country"] = country
    if cells.get("postal_code") is not None:
        texts["postal_code"] = postal_code(cells["postal_code"], country)
    return texts


def _entries(field: Field, cells: Mapping[str, Cell]) -> list[dict[str, str]]:
    """All addresses or numbers of the row, the general column's first."""
    made = []
    for kind, cell in sorted(cells.items()):
        text = phone_of(cell) if field.type.key == "phone_set" else text_cell(cell)
        parts = text.replace(";", "\n").replace(",", "\n").splitlines()
        made += [{"value": part.strip(), "kind": kind} for part in parts if part.strip()]
    return made


def _linked(field: Field, text: str, known: Mapping[str, Found]) -> Any:
    if field.type.key == "links":
        return [_one(known[targets(field.definition)[0]], part) for part in _parts(text)]
    for name in targets(field.definition):
        if known[name].get(text) or name == targets(field.definition)[-1]:
            identity = _one(known[name], text)
            return identity if field.type.key == "link" else Ref(name, identity)
    raise Refused("import.link_unknown", given=text[:80])


def _one(found: Found, text: str) -> UUID:
    met = found.get(text, ())
    if len(met) == 1:
        return met[0]
    raise Refused("import.link_ambiguous" if met else "import.link_unknown", given=text[:80])


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def _links(tx: Tx, plan: Plan, rows: Iterable[SheetRow]) -> dict[str, Found]:
    """For every entity that the plan links to: the records that the words of all rows mean."""
    words: dict[str, set[str]] = {}
    places = [place for made in plan.places.values() for place in made if place.field and place.field.type.key in LINKS]
    for place in places:
        field = place.field
        assert field is not None
        for row in rows:
            cell = row.cells[place.at]
            text = "" if cell is None else text_cell(cell)
            for name in targets(field.definition):
                words.setdefault(name, set()).update(_parts(text) if field.type.key == "links" else [text])
    return {name: look_up(tx, tx.catalog.entity(name), texts) for name, texts in words.items()}
