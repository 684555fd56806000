"""Random well-typed expressions over the table of `fuzz_table.py`, as text."""

import random
from collections.abc import Callable

WORDS = ("", "a", "Ab", "abc", "Zoé", "straße", "İx", "100%", "a_b", "back\\\\slash", "b c", "ÀÉ", "Σας", "x🐎y")
PATTERNS = ("^a", "[a-c]+$", "b.?c", "(a|b)*c", "[^a]", "é|ß", "\\\\d{2,3}", "^$", "[A-Z]\\\\w")
DATES = ("2023-12-31", "2024-02-29", "2024-03-31", "2025-01-01", "2026-11-22")
MOMENTS = (
    "2024-03-31T01:30:00@Europe/Paris",
    "2024-10-27T02:30:00@Europe/Paris",
    "2025-06-01T12:00:00",
    "2026-01-01T00:00:00@Europe/Paris",
)
SPANS = ("P1D", "-P3D", "PT90M", "P400D", "PT0.5S")
MONTHS = ("P1M", "-P1M", "P1Y2M")
OWN: dict[str, tuple[str, ...]] = {"": (), "c": ("c.ok",), "item": ("ok", "item.ok")}
ORDER = ("<", "<=", ">", ">=")


class Source:
    """What all random expressions share."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.inside = ""

    def of(self, kind: str, depth: int) -> str:
        if depth > 0 and self.random.random() < 0.03:
            return "null"
        maker: Callable[[int], str] = getattr(self, kind)
        return maker(depth)

    def pick(self, *options: Callable[[], str] | str) -> str:
        chosen = self.random.choice(options)
        return chosen if isinstance(chosen, str) else chosen()

    def when(self, kind: str, depth: int) -> str:
        return f"(if {self.of('boolean', depth)} then {self.of(kind, depth)} else {self.of(kind, depth)})"

    def field(self, *names: str) -> str:
        return self.pick(*names)

    def within(self, inside: str, d: int) -> str:
        self.inside = inside
        try:
            own = "c." if inside == "c" else ""
            simple = self.pick(
                lambda: f"{own}qty {self.pick('=', '!=', *ORDER)} {self.of('number', min(d, 1))}",
                lambda: f"{own}label {self.pick('=', '!=', '<')} {self.of('string', min(d, 1))}",
                lambda: f"{own}day {self.pick('=', *ORDER)} {self.of('date', min(d, 1))}",
                lambda: f"{own}ok",
                lambda: f"{own}qty = null",
            )
            return self.pick(simple, f"({simple}) and {self.of('boolean', 0)}", f"not({simple})")
        finally:
            self.inside = ""


class Values(Source):
    """Random numbers, texts, dates, date-times and durations."""

    def number(self, depth: int) -> str:
        if depth <= 0:
            literal = str(self.random.choice((0, 1, 2, -3, 10, 2.5, 0.1, -7.25, 1000)))
            return self.pick("n", "amount", "rate", literal, literal)
        d = depth - 1
        return self.pick(
            lambda: f"({self.of('number', d)} {self.pick('+', '-', '*', '/')} {self.of('number', d)})",
            lambda: f"({self.of('number', d)} {self.pick('+', '-', '*', '/')} {self.of('number', d)})",
            lambda: f"(-{self.of('number', d)})",
            lambda: self.when("number", d),
            lambda: f"string length({self.of('string', d)})",
            lambda: f"{self.pick('abs', 'floor', 'ceiling')}({self.of('number', d)})",
            lambda: self.rounded(d),
            lambda: f"modulo({self.of('number', 0)}, {self.of('number', 0)})",
            lambda: self.counted(d),
            lambda: f"{self.pick('min', 'max', 'sum', 'mean')}({self.of('number', d)}, {self.of('number', d)})",
            lambda: (
                f"{self.of('date', d)}.{self.pick('year', 'month', 'day', 'weekday')}"
                if d < 1
                else f"day of year({self.of('date', d)})"
            ),
            lambda: f"week of year({self.of('datetime', d)})",
            lambda: f"at.{self.pick('hour', 'minute', 'day', 'year')}",
        )

    def rounded(self, d: int) -> str:
        how = self.pick("round up", "round down", "round half up", "round half down", "floor", "ceiling")
        return f"{how}({self.of('number', d)}, {self.random.randint(-1, 3)})"

    def counted(self, d: int) -> str:
        if self.inside:
            return "count(tags)"
        what = self.pick("sum", "min", "max", "mean")
        return self.pick(
            lambda: f"{what}(lines.qty)",
            lambda: f"{what}(lines[{self.within('item', d)}].qty)",
            lambda: f"{what}(scores)",
            lambda: "count(tags)",
            lambda: "count(lines)",
            lambda: f"count(scores[item > {self.of('number', 0)}])",
        )

    def string(self, depth: int) -> str:
        if depth <= 0:
            literal = f'"{self.pick(*WORDS)}"'
            return self.pick("name", "code", literal)
        d = depth - 1
        return self.pick(
            lambda: f"({self.of('string', d)} + {self.of('string', d)})",
            lambda: f"{self.pick('lower case', 'upper case')}({self.of('string', d)})",
            lambda: self.when("string", d),
            lambda: f"substring({self.of('string', d)}, {self.random.choice((1, 2, 3, -1, -2, 7))})",
            lambda: f"substring({self.of('string', d)}, {self.random.choice((1, 2, -2))}, {self.random.randint(1, 3)})",
            lambda: (
                f"{self.pick('substring before', 'substring after')}({self.of('string', d)}, {self.of('string', 0)})"
            ),
            lambda: f'string join([{self.of("string", d)}, {self.of("string", d)}], "-")',
            lambda: f"string({self.of(self.pick('number', 'date', 'boolean'), 0)})",
            lambda: f"{self.pick('day of week', 'month of year')}({self.of('date', d)})",
            lambda: f"{self.pick('min', 'max')}({self.of('string', d)}, {self.of('string', d)})",
        )

    def date(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("due", "start", f'@"{self.pick(*DATES)}"', f'date("{self.pick(*DATES)}")', "today()")
        d = depth - 1
        return self.pick(
            lambda: f'({self.of("date", d)} {self.pick("+", "-")} @"{self.pick(*SPANS, *MONTHS)}")',
            lambda: self.when("date", d),
            lambda: f"date({self.of('datetime', d)})",
            lambda: f"start of {self.pick('week', 'month', 'quarter', 'year')}({self.of('date', d)})",
            lambda: f"start of month({self.of('datetime', d)})",
            lambda: f"{self.pick('min', 'max')}({self.of('date', d)}, {self.of('date', d)})",
            lambda: f"{self.pick('min', 'max')}(lines.day)" if not self.inside else "due",
        )

    def datetime(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("at", "until", f'@"{self.pick(*MOMENTS[:2])}"', "now()")
        d = depth - 1
        return self.pick(
            lambda: f'({self.of("datetime", d)} {self.pick("+", "-")} @"{self.pick(*SPANS)}")',
            lambda: f'({self.pick("at", "until")} {self.pick("+", "-")} @"{self.pick(*MONTHS)}")',
            lambda: f"start of day({self.of('date', d)})",
            lambda: self.when("datetime", d),
            lambda: f"({self.of('datetime', d)} + {self.of('duration', d)})",
            lambda: f'@"{MOMENTS[3]}"',
        )

    def duration(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("wait", f'@"{self.pick(*SPANS)}"')
        d = depth - 1
        return self.pick(
            lambda: f"({self.of('date', d)} - {self.of('date', d)})",
            lambda: f"({self.of('datetime', d)} - {self.of('datetime', d)})",
            lambda: f"({self.of('duration', d)} + {self.of('duration', d)})",
            lambda: self.when("duration", d),
        )


class Expressions(Values):
    """A source of expressions of any type."""

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("active", "flag", "true", "false", *OWN[self.inside])
        d = depth - 1
        return self.pick(
            lambda: self.compared(d),
            lambda: self.compared(d),
            lambda: self.joined(d),
            lambda: self.joined(d),
            lambda: f"not({self.of('boolean', d)})",
            lambda: self.membership(d),
            lambda: self.membership(d),
            lambda: self.texts(d),
            lambda: self.lists(d),
            lambda: self.lists(d),
            lambda: self.presence(d),
            lambda: self.when("boolean", d),
        )

    def compared(self, d: int) -> str:
        kind = self.pick("number", "string", "date", "datetime", "duration", "boolean", "number", "string")
        op = self.pick("=", "!=") if kind == "boolean" else self.pick("=", "!=", *ORDER)
        if kind == "datetime" and self.random.random() < 0.3:
            return f'({self.of(kind, d)} {op} @"{MOMENTS[2]}")'
        return f"({self.of(kind, d)} {op} {self.of(kind, d)})"

    def joined(self, d: int) -> str:
        op = self.pick(" and ", " or ")
        return "(" + op.join(self.of("boolean", d) for _ in range(self.random.randint(2, 3))) + ")"

    def membership(self, d: int) -> str:
        kind = self.pick("number", "string", "date", "datetime", "duration")
        value, low, high = self.of(kind, d), self.of(kind, 0), self.of(kind, 0)
        opening, closing = self.pick("[", "("), self.pick("]", ")")
        return self.pick(
            f"({value} between {low} and {high})",
            f"({value} in {opening}{low}..{high}{closing})",
            f"({value} in [{low}, {high}, null])",
            f"({value} in ({low}, {high}))",
            f"({value} in (< {low}, >= {high}))",
            f"({value} in [{low}])",
        )

    def texts(self, d: int) -> str:
        text, other = self.of("string", d), self.of("string", 0)
        pattern = self.pick(*PATTERNS)
        return self.pick(
            f"contains({text}, {other})",
            f"starts with({text}, {other})",
            f"ends with({text}, {other})",
            f'matches({text}, "{pattern}")',
            f'matches({text}, "{pattern}", "i")',
        )

    def lists(self, d: int) -> str:
        quantifier = self.pick("some", "every")
        if self.inside:
            return self.pick(f"list contains(tags, {self.of('string', 0)})", f"({self.of('number', 0)} in scores)")
        return self.pick(
            lambda: f"({quantifier} c in lines satisfies {self.within('c', d)})",
            lambda: f"({quantifier} c in lines[{self.within('item', d)}] satisfies {self.within('c', d)})",
            lambda: f"({quantifier} t in tags satisfies contains(t, {self.of('string', 0)}))",
            lambda: f"({quantifier} s in scores satisfies s {self.pick(*ORDER)} {self.of('number', 0)})",
            lambda: f"(count(lines[{self.within('item', d)}]) {self.pick(*ORDER, '=')} {self.random.randint(0, 3)})",
            lambda: f"list contains(tags, {self.of('string', d)})",
            lambda: f"({self.of('string', d)} in tags)",
            lambda: f"({self.of('number', d)} in lines.qty)",
            lambda: f"list contains([1, 2.5, null], {self.of('number', d)})",
            lambda: f"any(lines[{self.within('item', d)}].ok)",
            lambda: "all(lines.ok)",
        )

    def presence(self, d: int) -> str:
        kind = self.pick("number", "string", "date", "boolean")
        value = self.of(kind, d)
        return self.pick(
            f"({value} = null)",
            f"({value} != null)",
            f"is defined({value})",
            f"is empty({self.of('string', d)})",
            "is empty(lines)",
            f"even({self.of('number', d)})",
            f"odd({self.of('number', d)})",
            f"all({self.of('boolean', d)}, {self.of('boolean', d)})",
            f"any({self.of('boolean', d)}, {self.of('boolean', d)})",
        )
