"""What the rules of a form do to its fields for given values; frontend/controllers/form-rules.js does the same."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from entente.kernel.expressions.depends import reads
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.values import Moment, Value
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.forms import SAID, Rule

PASSES = 4  # rules that hide what other rules read settle within as many looks, or are left as they are
Values = Mapping[str, Any]


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the fields of a form; `said` are the places of the messages and confirmations that hold."""

    hidden: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    limits: Mapping[str, tuple[str, ...]] = {}
    values: Mapping[str, Value] = {}
    said: tuple[int, ...] = ()

    @property
    def closed(self) -> frozenset[str]:
        """The fields that a person may not change now."""
        return self.hidden | self.locked


class Surroundings(msgspec.Struct, frozen=True):
    """What expressions see beside the form's values: the user and the moment."""

    user: Values
    moment: Moment


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Callable[[Context], Value]:
    return compile_python(parse(text))


@lru_cache(maxsize=4096)
def read_by(text: str) -> frozenset[str]:
    """The first words of all paths that an expression reads."""
    return frozenset(path[0] for path in reads(parse(text)))


def names_read(rules: Iterable[Rule]) -> frozenset[str]:
    """Every field that rules read or speak of."""
    found: set[str] = set()
    for rule in rules:
        found |= read_by(rule.when) | (read_by(rule.value) if rule.value else frozenset()) | set(rule.fields)
    return frozenset(found - {"user", "record"})


def evaluated(text: str, values: Values, around: Surroundings) -> Value:
    """The value of an expression over a form's values; unknown when it takes more steps than it may."""
    context = {**values, "record": values, "user": around.user}
    try:
        return _compiled(text)(Context(context, around.moment))
    except Refused:
        return None


def effects(rules: Iterable[Rule], values: Values, base: Values, around: Surroundings) -> Effects:
    """What the rules do; a field that they hide or lock counts with its value in `base`, the one that is stored."""
    known = tuple(rules)
    now = dict(values)
    found = _look(known, now, around)
    for _ in range(PASSES - 1):
        kept = {name: base.get(name) for name in found.closed - found.values.keys() if name in now}
        settled = {**now, **kept, **found.values}
        if settled == now:
            break
        now = settled
        found = _look(known, now, around)
    return found


def _look(rules: tuple[Rule, ...], values: Values, around: Surroundings) -> Effects:
    now, given = dict(values), {}
    for rule in rules:
        if rule.then == "set" and rule.value and evaluated(rule.when, now, around) is True:
            made = evaluated(rule.value, now, around)
            for name in rule.fields:
                now[name] = given[name] = made
    on = [rule.then != "set" and evaluated(rule.when, now, around) is True for rule in rules]
    meant: dict[str, set[str]] = {deed: set() for deed in ("show", "hide", "require", "lock", "offered")}
    limits: dict[str, tuple[str, ...]] = {}
    for rule, is_on in zip(rules, on, strict=True):
        if rule.then == "show":
            meant["offered"] |= set(rule.fields)
        if not is_on:
            continue
        if rule.then == "limit":
            for name in rule.fields:
                limits[name] = tuple(each for each in limits.get(name, rule.options) if each in rule.options)
        elif rule.then not in SAID:
            meant[rule.then] |= set(rule.fields)
    hidden = meant["hide"] | (meant["offered"] - meant["show"])
    return Effects(
        hidden=frozenset(hidden),
        required=frozenset(meant["require"] - hidden),
        locked=frozenset(meant["lock"] | given.keys()),
        limits=limits,
        values=given,
        said=tuple(at for at, rule in enumerate(rules) if on[at] and rule.then in SAID),
    )
