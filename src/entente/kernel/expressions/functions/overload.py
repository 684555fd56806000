"""What a built-in function is: named parameters with their types, a result type, and the Python function."""

from collections.abc import Callable, Sequence

from entente.kernel.expressions.types import Type, fits, list_of, named
from entente.kernel.expressions.values import Value, kind


class Parameter:
    """A parameter: the kinds it takes, whether it may be left out, whether it accepts null, whether it repeats."""

    __slots__ = ("kinds", "lists", "name", "nullable", "optional", "repeats", "types")

    def __init__(self, text: str) -> None:
        name, _, rest = text.strip().partition(":")
        self.repeats = name.endswith("...")
        self.name = name.removesuffix("...")
        self.optional = rest.endswith("=")
        rest = rest.removesuffix("=")
        self.nullable = rest.endswith("?")
        self.types = tuple(named(part) for part in rest.removesuffix("?").split("|"))
        kinds = frozenset("string" if of.kind == "id" else of.kind for of in self.types)
        self.kinds = None if "any" in kinds else kinds
        self.lists = kinds == {"list"}

    def fit(self, value: Value) -> tuple[bool, Value]:
        """Whether a value may be passed, and as what: lists of one and their element stand for each other."""
        if value is None:
            return self.nullable, None
        if self.kinds is None or kind(value) in self.kinds:
            return True, value
        if self.lists:
            return True, [value]
        if isinstance(value, list) and len(value) == 1 and kind(value[0]) in self.kinds:
            return True, value[0]
        return False, None

    def takes(self, given: Type) -> bool:
        """Whether an argument of a type may be passed."""
        return self.lists or any(fits(given, wanted) for wanted in self.types)


class Overload:
    """One way to call a built-in function."""

    __slots__ = ("needs_frame", "parameters", "result", "run")

    def __init__(self, parameters: str, result: str, run: Callable[..., Value], *, needs_frame: bool = False) -> None:
        self.parameters = tuple(Parameter(part) for part in parameters.split(",") if part.strip())
        self.result = result
        self.run = run
        self.needs_frame = needs_frame

    def arrange(self, count: int, names: Sequence[str]) -> list[int | None] | None:
        """Which argument goes to which parameter; nothing when the arguments do not fit the parameters."""
        parameters = self.parameters
        if names:
            known = [parameter.name for parameter in parameters]
            if len(set(names)) != len(names) or any(name not in known for name in names):
                return None
            places = [names.index(name) if name in names else None for name in known]
        else:
            if count > len(parameters) and not (parameters and parameters[-1].repeats):
                return None
            places = [at if at < count else None for at in range(len(parameters))]
        if any(at is None and not p.optional for at, p in zip(places, parameters, strict=True)):
            return None
        return places

    def bind(self, values: Sequence[Value], names: Sequence[str]) -> list[Value] | None:
        """The values in the order of the parameters, or nothing when they do not fit."""
        places = self.arrange(len(values), names)
        if places is None:
            return None
        bound: list[Value] = []
        for at, parameter in zip(places, self.parameters, strict=True):
            if at is None:
                bound.append(None)
                continue
            given = _rest(values, at, parameter, bool(names)) if parameter.repeats else values[at]
            fine, value = parameter.fit(given)
            if not fine:
                return None
            bound.append(value)
        return bound

    def result_type(self, arguments: Sequence[Type]) -> Type:
        """The type of the result for arguments of these types."""
        first = arguments[0] if arguments else named("any")
        element = first.of if first.kind == "list" and first.of else first
        special = {"first": first, "element": element, "elements": list_of(element)}
        return special.get(self.result) or named(self.result)


def _rest(values: Sequence[Value], at: int, parameter: Parameter, is_named: bool) -> Value:
    rest = list(values[at:])
    if is_named:
        return values[at]
    # `sum([1, 2])` and `sum(1, 2)` are the same call, while `append(list, [1])` appends a list.
    return rest[0] if len(rest) == 1 and parameter.lists and (rest[0] is None or kind(rest[0]) == "list") else rest
