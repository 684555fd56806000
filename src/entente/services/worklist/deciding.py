"""When a task is decided: rules over what those who act have said, true, impossible, or still open."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.services.worklist.declared import Outcome

Verdict = Literal["true", "open", "impossible"]
RULE = re.compile(r"(first|all|none|at_least|at_most|at_least_percent)(?:\(\s*(\d{1,6})\s*\))?")
COUNTING = ("at_least", "at_most", "at_least_percent")


class Slot(msgspec.Struct, frozen=True):
    """What one of those who acted has said."""

    outcome: str
    by: str = ""
    comment: str = ""


class Decision(msgspec.Struct, frozen=True):
    """Whether a task is over, and with which outcome; `stuck`: no rule can become true any more."""

    state: Literal["open", "decided", "stuck"]
    outcome: str = ""


def decide(
    slots: int, done: Sequence[Slot], outcomes: Sequence[Outcome], rule: str, otherwise: str, moment: Moment
) -> Decision:
    """What the slots that are done decide: the first outcome whose rule is true; `otherwise` when none can be."""
    known = list(outcomes) or [Outcome(key) for key in dict.fromkeys(each.outcome for each in done)]
    verdicts = [verdict(each.rule or rule or default_rule(slots), each.key, slots, done, moment) for each in known]
    for outcome, found in zip(known, verdicts, strict=True):
        if found == "true":
            return Decision("decided", outcome.key)
    if "open" in verdicts or (not outcomes and len(done) < slots):
        return Decision("open")
    return Decision("decided", otherwise) if otherwise else Decision("stuck")


def default_rule(slots: int) -> str:
    """The rule of a task without one: the first answer decides if one is asked for, else all must agree."""
    return "first" if slots == 1 else "all"


def verdict(rule: str, outcome: str, slots: int, done: Sequence[Slot], moment: Moment) -> Verdict:
    """Whether a rule is true of an outcome, can still become so, or never will."""
    for_it = sum(each.outcome == outcome for each in done)
    left = max(slots - len(done), 0)
    match parse_rule(rule):
        case ("first", _):
            return "true" if done and done[0].outcome == outcome else "impossible" if done else "open"
        case ("all", _):
            return _reached(for_it, slots, left)
        case ("none", _):
            return "impossible" if for_it else "open" if left else "true"
        case ("at_least", number):
            return _reached(for_it, number, left)
        case ("at_least_percent", number):
            return _reached(for_it, -(-number * slots // 100), left)
        case ("at_most", number):
            return "impossible" if for_it > number else "open" if left else "true"
        case _:
            return _by_expression(rule, done, left, moment)


def _reached(count: int, wanted: int, left: int) -> Verdict:
    if count >= wanted:
        return "true"
    return "open" if count + left >= wanted else "impossible"


def _by_expression(rule: str, done: Sequence[Slot], left: int, moment: Moment) -> Verdict:
    slots = [msgspec.to_builtins(each) for each in done]
    names: Mapping[str, Any] = {"slots": slots, "open": left}
    found = compile_python(parse(rule.removeprefix("=")))(Context(names, moment))
    if found is True:
        return "true"
    return "open" if left else "impossible"


def parse_rule(rule: str) -> tuple[str, int]:
    """The word of a rule and its number; an empty word for an expression over `slots`; Refused when it is neither."""
    found = RULE.fullmatch(rule.strip())
    if found is None:
        parse(rule.removeprefix("="))
        return "", 0
    if (found[1] in COUNTING) != (found[2] is not None):
        raise Refused("worklist.rule", rule=rule)
    return found[1], int(found[2] or 0)


def satisfiable(rule: str, slots: int) -> bool:
    """Whether a rule can become true with so many slots."""
    word, number = parse_rule(rule)
    return {"at_least": number <= slots, "at_least_percent": number <= 100}.get(word, True)
