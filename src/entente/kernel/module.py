"""A module: one folder of declarations with the code that belongs to them, put together in the order of their needs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from entente.kernel.jobs.queue import JobDef
from entente.kernel.kit.declarations import read_yaml
from entente.kernel.metadata.catalog import Sources
from entente.kernel.metadata.entity import EntityDef, Extension
from entente.kernel.metadata.screens import Menu, Screens
from entente.kernel.records.behaviours import collect


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """What a module brings: its folder of YAML and texts, its code in file order, the modules that it needs."""

    name: str
    folder: Path
    needs: tuple[str, ...] = ()
    code: tuple[ModuleType, ...] = ()
    jobs: tuple[JobDef, ...] = ()


def in_order(modules: Iterable[Module]) -> list[Module]:
    """The modules, each after those that it needs; ValueError when a need is missing or circular."""
    waiting = {made.name: made for made in modules}
    ordered: dict[str, Module] = {}
    while waiting:
        ready = [made for made in waiting.values() if set(made.needs) <= set(ordered)]
        if not ready:
            raise ValueError(f"modules need each other or are missing: {', '.join(waiting)}")
        for made in ready:
            ordered[made.name] = waiting.pop(made.name)
    return list(ordered.values())


def read_sources(modules: Sequence[Module]) -> Sources:
    """The declarations and the code of the modules, in their order; ValueError names the file at fault."""
    entities: list[EntityDef] = []
    extensions: list[Extension] = []
    screens: list[Screens] = []
    menus: list[Menu] = []
    for module in modules:
        for file in sorted(module.folder.glob("*.yaml")):
            if file.stem in ("messages", "seed"):
                continue
            if file.stem == "menu":
                menus += _decode(file, list[Menu])
            elif file.stem.endswith(".screens"):
                screens.append(_decode(file, Screens))
            elif file.stem.endswith(".extension"):
                extensions.append(_decode(file, Extension))
            else:
                entities.append(_decode(file, EntityDef))
    behaviours, actions = collect(part for module in modules for part in module.code)
    return Sources(
        entities=tuple(entities),
        extensions=tuple(extensions),
        screens=tuple(screens),
        menus=_merged(menus),
        behaviours=behaviours,
        actions=actions,
    )


def _decode(file: Path, kind: Any) -> Any:
    try:
        return msgspec.convert(read_yaml(file), kind)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"{file}: {fault}") from fault


def _merged(menus: Iterable[Menu]) -> tuple[Menu, ...]:
    """One menu per key: entities of later modules come behind those of earlier ones."""
    merged: dict[str, Menu] = {}
    for made in menus:
        known = merged.get(made.key)
        both = (*known.entities, *made.entities) if known else made.entities
        merged[made.key] = msgspec.structs.replace(made, entities=tuple(dict.fromkeys(both)))
    return tuple(sorted(merged.values(), key=lambda menu: menu.position))
