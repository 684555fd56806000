"""Seeds: the records that a module brings into a new organisation, written once and then the customer's own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.declarations import read_yaml
from entente.kernel.kit.words import LANGUAGES
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import EntityDef
from entente.kernel.records.query import exists
from entente.kernel.records.save import Write, save_many

NAMESPACE = UUID("6f6d1c1e-4d0b-5a52-9d4b-2c5f1f1c7a10")


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be written: its entity, a key that other seeds refer to by `@entity:key`, its values."""

    entity: str
    key: str
    values: dict[str, Any]
    at: datetime | None = None


def seed_id(entity: str, key: str) -> UUID:
    """The id of a seeded record: the same in every organisation."""
    return uuid5(NAMESPACE, f"{entity}:{key}")


def read_seeds(folders: Iterable[Path]) -> list[Seed]:
    """The seeds of the modules in order; values that two modules give to one key are put together."""
    merged: dict[tuple[str, str], Seed] = {}
    for folder in folders:
        file = folder / "seed.yaml"
        if not file.exists():
            continue
        for raw in read_yaml(file).get("records", ()):
            seed = msgspec.convert(raw, Seed)
            known = merged.get((seed.entity, seed.key))
            values = _together(known.values, seed.values) if known else seed.values
            merged[seed.entity, seed.key] = msgspec.structs.replace(seed, values=values)
    return list(merged.values())


def names_of(seeds: Iterable[Seed], entities: Iterable[EntityDef]) -> dict[UUID, Mapping[str, str]]:
    """What the seeded records are called in both languages, by id."""
    title = {made.entity: made.title for made in entities}
    return {
        seed_id(seed.entity, seed.key): name
        for seed in seeds
        if isinstance(name := seed.values.get(title[seed.entity]), Mapping) and set(name) == set(LANGUAGES)
    }


def _together(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(first)
    for name, value in second.items():
        known = made.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            made[name] = _together(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            made[name] = [*known, *(each for each in value if each not in known)]
        else:
            made[name] = value
    return made


def plant(tx: Tx, seeds: Sequence[Seed]) -> int:
    """Write those seeds that are not there yet, runs of one entity at a stroke; how many were written."""
    written = 0
    batch: list[Write] = []
    entity = ""
    for seed in seeds:
        if seed.entity != entity or len(batch) >= 500:
            written += _write(tx, entity, batch)
            batch, entity = [], seed.entity
        identity = seed_id(seed.entity, seed.key)
        if not exists(tx, seed.entity, identity):
            values = resolved(tx, tx.catalog.entity(seed.entity), seed.values)
            batch.append(Write(values=values, id=identity, create=True, at=seed.at))
    return written + _write(tx, entity, batch)


def _write(tx: Tx, entity: str, batch: Sequence[Write]) -> int:
    if batch:
        save_many(tx, entity, batch, trusted=True)
    return len(batch)


def resolved(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with `@entity:key` replaced by ids and `{en, fr}` by the text in the transaction's language."""
    made = {}
    for name, value in values.items():
        field = entity.fields.get(name)
        keeps_texts = field is not None and field.type.key == "json"
        made[name] = _resolve(tx, value, keeps_texts, polymorphic=field is not None and field.type.key == "polymorphic")
    return made


def _resolve(tx: Tx, value: Any, keeps_texts: bool, *, polymorphic: bool = False) -> Any:
    if isinstance(value, str) and value.startswith("@") and ":" in value:
        entity, _, key = value[1:].partition(":")
        identity = seed_id(entity, key)
        return f"{entity}:{identity}" if polymorphic else str(identity)
    if isinstance(value, Mapping):
        if set(value) == {"en", "fr"} and not keeps_texts:
            return value[tx.language if tx.language in value else "en"]
        return {name: _resolve(tx, each, keeps_texts) for name, each in value.items()}
    if isinstance(value, list):
        return [_resolve(tx, each, keeps_texts) for each in value]
    return value
