"""Which column goes where: guessed from headers and contents, corrected by the person, remembered for next time."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import phonenumbers
from psycopg.types.json import Jsonb
from rapidfuzz import fuzz

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.normal import HOME_REGION, text_key
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Choice
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.sets import ADDRESS
from entente.services.transfer.cells import money_parts
from entente.services.transfer.sheet import Cell, SheetRow
from entente.services.transfer.targets import Target, names_of, targets_of

SAMPLE = 200
ALIKE = 88  # rapidfuzz points from which two names count as the same, misspelt
SURE = 0.5
WEB = re.compile(r"(https?://|www\.)\S+\.\S{2,}", re.IGNORECASE)


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column of a file: its header, the target it goes to (empty: nowhere), what its words mean as choices."""

    header: str
    target: str = ""
    words: dict[str, str] = {}


class ColumnMap(msgspec.Struct, frozen=True, omit_defaults=True):
    """All columns of a file in order; `remembered` tells that a person made it for such a file before."""

    columns: tuple[Column, ...]
    remembered: bool = False

    def target_keys(self) -> set[str]:
        """The targets that are filled."""
        return {column.target for column in self.columns if column.target}


def guess_map(tx: Tx, entity: Entity, headers: Sequence[str], sample: Sequence[SheetRow]) -> ColumnMap:
    """The most plausible map of a file's columns, each target used once at the most."""
    targets = targets_of(tx, entity)
    contents = [[row.cells[at] for row in sample[:SAMPLE] if row.cells[at] is not None] for at in range(len(headers))]
    offers = [
        (score, -at, -rank, key)
        for at, header in enumerate(headers)
        for rank, (key, target) in enumerate(targets.items())
        if (score := _score(entity, header, contents[at], target)) >= SURE
    ]
    chosen: dict[int, str] = {}
    for _, at, _, key in sorted(offers, reverse=True):
        if -at not in chosen and key not in chosen.values():
            chosen[-at] = key
    return ColumnMap(
        tuple(
            Column(header, chosen.get(at, ""), _words(entity, targets.get(chosen.get(at, "")), contents[at]))
            for at, header in enumerate(headers)
        )
    )


def checked_map(tx: Tx, entity: Entity, made: ColumnMap) -> ColumnMap:
    """The map without what the principal may not write; Refused when nothing is left or a target is used twice."""
    known = targets_of(tx, entity)
    columns = tuple(
        column if column.target in known else msgspec.structs.replace(column, target="") for column in made.columns
    )
    used = [column.target for column in columns if column.target]
    twice = next((key for key in used if used.count(key) > 1), None)
    if twice:
        raise Refused("import.target_twice", target=known[twice].label.to(tx.language))
    if not set(used) - {"id"}:
        raise Refused("import.nothing_mapped")
    return msgspec.structs.replace(made, columns=columns)


def signature(headers: Sequence[str]) -> str:
    """The mark by which files with the same columns know each other, whatever the case and accents."""
    text = "\n".join(text_key(header) or "" for header in headers)
    return hashlib.sha256(text.encode()).hexdigest()


def remember_map(tx: Tx, entity: str, made: ColumnMap) -> None:
    """Keep the map for the next file with the same headers."""
    engine_rows(
        tx,
        "INSERT INTO {schema}.import_map (entity, signature, columns, at)"
        " VALUES (%(entity)s, %(mark)s, %(columns)s, %(at)s)"
        " ON CONFLICT (entity, signature) DO UPDATE SET columns = excluded.columns, at = excluded.at",
        entity=entity,
        mark=signature([column.header for column in made.columns]),
        columns=Jsonb(msgspec.to_builtins(made.columns)),
        at=tx.clock.now(),
    )


def recalled_map(tx: Tx, entity: Entity, headers: Sequence[str]) -> ColumnMap | None:
    """The map that was kept for such headers, limited to what the principal may write; nothing when there is none."""
    found = engine_row(
        tx,
        "SELECT columns FROM {schema}.import_map WHERE entity = %(entity)s AND signature = %(mark)s",
        entity=entity.name,
        mark=signature(headers),
    )
    if found is None:
        return None
    kept = msgspec.convert(found["columns"], tuple[Column, ...])
    renamed = tuple(
        msgspec.structs.replace(column, header=header) for column, header in zip(kept, headers, strict=True)
    )
    try:
        return checked_map(tx, entity, ColumnMap(renamed, remembered=True))
    except Refused:
        return None


def _score(entity: Entity, header: str, contents: Sequence[Cell], target: Target) -> float:
    """Between 0 and 1: how well a header names the target, tempered by how well the contents fit."""
    named = _named(text_key(header) or "", [text_key(name) or "" for name in names_of(entity, target)])
    if target.field not in entity.fields:
        return named
    fit = _fit(entity.fields[target.field], target, contents, named=bool(named))
    if named:
        # Who calls a column as the field is called is told what does not fit in it, not left without the column.
        return named * (0.51 + 0.49 * fit)
    telling = entity.fields[target.field].type.key in ("email_set", "phone_set", "url") and not target.part
    return 0.6 * fit if telling and len(contents) > 1 and fit >= 0.8 else 0.0


def _named(header: str, names: Sequence[str]) -> float:
    if not header:
        return 0.0
    for at, name in enumerate(names):
        if name == header:
            return 1.0 - min(at, 40) * 0.005
    best = max((fuzz.ratio(header, name) for name in names if len(name) > 4), default=0)
    return 0.7 * best / 100 if best >= ALIKE else 0.0


def _fit(field: Field, target: Target, contents: Sequence[Cell], *, named: bool) -> float:
    """The share of the contents that look like the field's kind; 1 when there is nothing to look at."""
    if not contents or target.part in ("street", "postal_code", "city", "region", "country", "currency"):
        return 1.0
    return sum(_looks_like(field, cell, named=named) for cell in contents) / len(contents)


def _looks_like(field: Field, cell: Cell, *, named: bool) -> bool:
    text = str(cell).strip()
    match field.type.key:
        case "email_set":
            return all(ADDRESS.fullmatch(part.strip()) for part in re.split(r"[,;\n]", text) if part.strip())
        case "phone_set":
            # Where the header says what it is, every number that the field takes will do, given out or not.
            return _is_phone(text) or (named and _cleans(field, cell))
        case "url":
            return bool(WEB.fullmatch(text)) or ("." in text and " " not in text and "@" not in text)
        case "money":
            return _cleans(field, money_parts(cell, None))
        case "link" | "links" | "polymorphic" | "choice" | "multi_choice" | "datetime":
            return True
        case _:
            return _cleans(field, cell)


def _is_phone(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    if not 8 <= digits <= 15 or any(sign.isalpha() for sign in text):
        return False
    for candidate in (text, "0" + text, "+" + text):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(candidate, HOME_REGION)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _cleans(field: Field, cell: Any) -> bool:
    try:
        field.type.clean(field.name, field.definition, cell)
    except Refused:
        return False
    return True


def _words(entity: Entity, target: Target | None, contents: Sequence[Cell]) -> dict[str, str]:
    """For a choice: what each word that is no label of it probably means."""
    field = entity.fields.get(target.field) if target else None
    if field is None or field.type.key not in ("choice", "multi_choice"):
        return {}
    known = {name: choice.key for choice in field.definition.choices for name in _names_of_choice(choice)}
    found = {}
    for text in dict.fromkeys(str(cell).strip() for cell in contents):
        meant = None if _cleans(field, text) else meaning(known, text)
        if meant:
            found[text] = meant
    return found


def meaning(known: Mapping[str, str], text: str) -> str | None:
    """The key of the choice that a word means, accents and slips of the pen allowed; nothing when none is close."""
    wanted = text_key(text) or ""
    if wanted in known:
        return known[wanted]
    best = max(known, key=lambda name: fuzz.ratio(name, wanted), default="")
    return known[best] if best and fuzz.ratio(best, wanted) >= ALIKE else None


def _names_of_choice(choice: Choice) -> set[str]:
    return {text_key(name) or "" for name in (choice.key, choice.label.en, choice.label.fr)}
