"""Everything that code may attach to an entity: marks on plain functions, collected from explicit modules.

In the writing transaction, in this order: `prepare`, `derive`, `amend`, `check`, then the engine writes and journals,
then `react`; after the commit `follow`. Importing a module registers nothing: `collect` reads the marks.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Literal, TypeVar, Unpack

import msgspec

from entente.kernel.kit.principal import Privilege
from entente.kernel.metadata.code import ActionDef, Behaviour, Manner, Stage

F = TypeVar("F", bound=Callable[..., Any])
MARK = "entente_marks"


def _mark(function: F, made: Behaviour | ActionDef) -> F:
    marks: list[Behaviour | ActionDef] = getattr(function, MARK, [])
    setattr(function, MARK, [*marks, made])
    return function


def _stage(entity: str, stage: Stage, sets: tuple[str, ...] = ()) -> Callable[[F], F]:
    def attach(function: F) -> F:
        made = Behaviour(
            entity=entity, stage=stage, function=function, sets=sets, name=function.__name__, origin=function.__module__
        )
        return _mark(function, made)

    return attach


def prepare(entity: str, *, fills: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Attach `f(tx, old, draft)`: complete what the writer left open; nobody is asked for the fields that it fills."""
    return _stage(entity, "prepare", fills)


def derive(entity: str, *, sets: tuple[str, ...]) -> Callable[[F], F]:
    """Attach `f(tx, old, draft)`: the only writer of the computed fields that it sets."""
    return _stage(entity, "derive", sets)


def amend(entity: str) -> Callable[[F], F]:
    """Attach `f(tx, old, draft) -> bool`: set fields or refuse by rules that people declare; whether it set any."""
    return _stage(entity, "amend")


def check(entity: str) -> Callable[[F], F]:
    """Attach `f(tx, old, draft)`: raise Refused when the record may not become so."""
    return _stage(entity, "check")


def react(entity: str, *, binned: bool = False) -> Callable[[F], F]:
    """Attach `f(tx, old, record)`, or `f(tx, record)` for one binned or brought back: write others along with it."""
    return _stage(entity, "bin" if binned else "react")


def follow(entity: str) -> Callable[[F], F]:
    """Attach `f(tx, entries)`: work after the commit, at least once; make it idempotent by the entries' ids."""
    return _stage(entity, "follow")


def action(
    entity: str,
    *,
    requires: Privilege = "update",
    scope: Literal["one", "each", "all"] = "one",
    show_if: str | None = None,
    **manner: Unpack[Manner],
) -> Callable[[F], F]:
    """Attach a named command; `propose(tx, record)` gives the parameters with which its dialog opens.

    With `admits(tx, record)` that answer, not a privilege, lets somebody act who may read the record. `one` and `each`:
    `f(tx, record, wish)`; `all`: `f(tx, records, wish)`. The wish is a struct whose annotation names the fields of the
    dialog; a command without dialog takes no wish.
    """

    def attach(function: F) -> F:
        made = ActionDef(
            entity=entity,
            name=function.__name__.rstrip("_"),
            function=function,
            params=_params_of(function),
            requires=requires,
            scope=scope,
            show_if=show_if,
            origin=function.__module__,
            **manner,
        )
        return _mark(function, made)

    return attach


def _params_of(function: Callable[..., Any]) -> type[msgspec.Struct] | None:
    kinds = [kind for name, kind in function.__annotations__.items() if name != "return"]
    last = kinds[-1] if kinds else None
    return last if isinstance(last, type) and issubclass(last, msgspec.Struct) and len(kinds) > 2 else None


def collect(modules: Iterable[ModuleType]) -> tuple[tuple[Behaviour, ...], tuple[ActionDef, ...]]:
    """The behaviours and actions marked in the modules, in module order, then in the order of the file."""
    behaviours: list[Behaviour] = []
    actions: list[ActionDef] = []
    for module in modules:
        for made in vars(module).values():
            if getattr(made, "__module__", None) != module.__name__:
                continue
            for mark in getattr(made, MARK, ()):
                (behaviours if isinstance(mark, Behaviour) else actions).append(mark)
    return tuple(behaviours), tuple(actions)
