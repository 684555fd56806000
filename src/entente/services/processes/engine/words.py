"""Texts kept for readers of any language: codes with their values, between words that stay as they are."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

# A code and its values as JSON stand between a record separator and the end of the line (RFC 7464).
MARK, END = "\x1e", "\n"
PART = re.compile(f"{MARK}([^{END}]*){END}?")
LONGEST = 100
HIDDEN = "…"


def kept(code: str, values: Mapping[str, Any] | None = None) -> str:
    """A text that `in_words` says in the language of whoever reads it."""
    plain = {name: each if isinstance(each, int) else str(each)[:LONGEST] for name, each in (values or {}).items()}
    return f"{MARK}{msgspec.json.encode([code, plain]).decode()}{END}"


def shown(value: Any) -> str:
    """A value that only those read in a kept text who see the variables."""
    return kept("process.value", {"value": str(value)})


def in_words(say: Callable[..., str], text: str, *, values: bool = True) -> str:
    """A kept text in the words of a reader, without values if he sees none; what was kept as words stays as it is."""
    return PART.sub(lambda found: _said(say, found[1], values=values), text) if MARK in text else text


def _said(say: Callable[..., str], part: str, *, values: bool) -> str:
    try:
        code, given = msgspec.json.decode(part, type=tuple[str, dict[str, int | str]])
    except msgspec.DecodeError:
        return HIDDEN  # the text was cut in the middle of it
    # How many there are is said all the same: words need the number for their form.
    return say(
        code, **(given if values else {name: each if name == "count" else HIDDEN for name, each in given.items()})
    )
