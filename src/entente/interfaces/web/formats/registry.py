"""All formats by name."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Rows
from entente.interfaces.web.formats import answers, assigned, comparisons, condition, working_time, written
from entente.interfaces.web.formats.place import Place

Asks = Callable[[Place, Any, str], Rows]
Reads = Callable[[Place, FormMultiDict], Any]
Tells = Callable[[Place, Any], tuple[str, ...]]


class Way(msgspec.Struct, frozen=True):
    """How a value is asked for (after what a button of its editor did), and read from what its form sends."""

    asks: Asks
    reads: Reads


class Format(msgspec.Struct, frozen=True):
    """How a value is told in words, and the way in which people are asked for it, if they are."""

    tells: Tells
    way: Way | None = None


FORMATS: Mapping[str, Format] = {
    "comparisons": Format(comparisons.tells, Way(comparisons.asks, comparisons.reads)),
    "condition": Format(condition.tells, Way(condition.asks, condition.reads)),
    "answers": Format(answers.tells),
    "values": Format(assigned.tells, Way(assigned.asks, assigned.reads)),
    "lines": Format(written.tells_lines, Way(written.asks_lines, written.reads_lines)),
    "texts": Format(written.tells_texts, Way(written.asks_texts, written.reads_texts)),
    "message": Format(written.tells_message, Way(written.asks_message, written.reads_message)),
    "hours": Format(working_time.tells_hours, Way(working_time.asks_hours, working_time.reads_hours)),
    "days": Format(working_time.tells_days, Way(working_time.asks_days, working_time.reads_days)),
}


def format_of(place: Place) -> Format | None:
    """The format that the place's field declares, if any."""
    return FORMATS.get(place.field.definition.format or "")
