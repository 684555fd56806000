"""All formats by name."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Rows
from entente.interfaces.web.formats import comparisons, condition
from entente.interfaces.web.formats.place import Place


class Format(msgspec.Struct, frozen=True):
    """How a value is asked for (after what a button of its editor did), read from a form, and told in words."""

    asks: Callable[[Place, Any, str], Rows]
    reads: Callable[[Place, FormMultiDict], Any]
    tells: Callable[[Place, Any], tuple[str, ...]]


FORMATS: Mapping[str, Format] = {
    "comparisons": Format(comparisons.asks, comparisons.reads, comparisons.tells),
    "condition": Format(condition.asks, condition.reads, condition.tells),
}


def format_of(place: Place) -> Format | None:
    """The format that the place's field declares, if any."""
    return FORMATS.get(place.field.definition.format or "")
