"""Processes walked through in one line of words each, against what an engine must make of them.

`at a b`: where tokens wait; `do a x=1`: complete a task; `after 2h`: let time pass; `hear m x=1`: a message or signal
comes; `set x=1`; `ended`, `running`; `done a b`: of these, which were completed, in order; `never a`; `value x 1`;
`incident a code`; `retry a`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.services.processes.playing import Play, Work

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def walk(
    drawing: str,
    steps: str,
    values: Mapping[str, Any] | None = None,
    called: Mapping[str, str] | None = None,
    work: Work | None = None,
) -> None:
    """Start a drawing and take the steps, separated by `;`."""
    play = Play(drawing, values, called=called, work=work)
    for step in steps.split(";"):
        word, *rest = step.split()
        assert take(play, word, rest), f"{step.strip()!r}: at {play.at}, {play.trail}, {play.incidents}, {play.values}"


def take(play: Play, word: str, rest: list[str]) -> bool:
    if word in CHECKS:
        return CHECKS[word](play, rest)
    DEEDS[word](play, rest)
    return True


def given(words: list[str]) -> dict[str, Any]:
    return {name: read(text) for name, text in (word.split("=") for word in words)}


def read(text: str) -> str | int | bool | None:
    known = {"true": True, "false": False, "null": None}
    return known[text] if text in known else int(text) if text.lstrip("-").isdigit() else text


CHECKS: Mapping[str, Callable[[Play, list[str]], bool]] = {
    "at": lambda play, rest: play.at == sorted(rest),
    "ended": lambda play, rest: play.ended,
    "running": lambda play, rest: not play.ended,
    "done": lambda play, rest: [each for each in play.trail if each in rest] == rest,
    "never": lambda play, rest: not set(rest) & set(play.trail),
    "value": lambda play, rest: play.values.get(rest[0]) == read(rest[1]),
    "incident": lambda play, rest: tuple(rest) in play.incidents,
}
DEEDS: Mapping[str, Callable[[Play, list[str]], Play]] = {
    "do": lambda play, rest: play.do(rest[0], **given(rest[1:])),
    "set": lambda play, rest: play.set(**given(rest)),
    "hear": lambda play, rest: play.hear(rest[0], **given(rest[1:])),
    "after": lambda play, rest: play.later(**{UNITS[rest[0][-1]]: int(rest[0][:-1])}),
    "retry": lambda play, rest: play.retry(rest[0]),
}
