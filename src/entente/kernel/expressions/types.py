"""Types of expressions."""

import msgspec


class Type(msgspec.Struct, frozen=True):
    """A type: its kind, the element type of a list or range, the fields of a context."""

    kind: str
    of: "Type | None" = None
    fields: tuple[tuple[str, "Type"], ...] | None = None

    def __str__(self) -> str:
        return f"{self.kind}<{self.of}>" if self.of is not None else self.kind

    def field(self, name: str) -> "Type | None":
        """The type of a context's field; nothing when it has none or its fields are unknown."""
        return dict(self.fields or ()).get(name)


ANY = Type("any")
NULL = Type("null")
BOOLEAN = Type("boolean")
NUMBER = Type("number")
STRING = Type("string")
DATE = Type("date")
DATETIME = Type("datetime")
TIME = Type("time")
DURATION = Type("duration")
MONTHS = Type("months")
ID = Type("id")
CHOICE = Type("string")
MONEY = Type("number")
CONTEXT = Type("context")
RANGE = Type("range", ANY)
FUNCTION = Type("function")
LIST = Type("list", ANY)

_BY_NAME = {
    kind.kind: kind
    for kind in (ANY, NULL, BOOLEAN, NUMBER, STRING, DATE, DATETIME, TIME, DURATION, MONTHS, ID, CONTEXT, RANGE,
                 FUNCTION, LIST)
}  # fmt: skip


def list_of(item: Type) -> Type:
    """The type of lists of an element type."""
    return Type("list", item)


def context_of(**fields: Type) -> Type:
    """The type of contexts with these fields."""
    return Type("context", None, tuple(fields.items()))


def named(text: str) -> Type:
    """The type that a short name spells: `number`, `list<number>`, `range<date>` (KeyError for anything else)."""
    name, bracket, inner = text.partition("<")
    return Type(name, named(inner[:-1])) if bracket else _BY_NAME[name]


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of one type may stand where another is wanted; null and any fit everywhere."""
    if "any" in (given.kind, wanted.kind) or given.kind == "null":
        return True
    if {given.kind, wanted.kind} == {"id", "string"}:
        return True
    if given.kind != wanted.kind:
        return False
    return given.of is None or wanted.of is None or fits(given.of, wanted.of)


def joined(first: Type, second: Type) -> Type | None:
    """The type that two branches share; nothing when they have none."""
    if first.kind == "null":
        return second
    if fits(second, first):
        return first
    return second if fits(first, second) else None
