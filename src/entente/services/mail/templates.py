"""Texts that people write with blanks to be filled: Liquid over plain values, with limits on everything."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

import liquid
from liquid import exceptions

from entente.kernel.kit.refusal import Refused

LONGEST_TEMPLATE = 100_000
HARMLESS = (str, int, float, bool, type(None))


class _Limited(liquid.Environment):
    """Liquid that cannot run long, grow large, nest deep or read files."""

    context_depth_limit = 20
    block_nesting_limit = 20
    loop_iteration_limit = 5_000
    local_namespace_limit = 200_000
    output_stream_limit = 500_000


_TEXT = _Limited(autoescape=False)
_HTML = _Limited(autoescape=True)


def render_template(template: str, values: Mapping[str, Any], *, html: bool = False) -> str:
    """The template with its blanks filled from plain values; HTML escapes them. Refused says what is wrong with it."""
    if len(template) > LONGEST_TEMPLATE:
        raise Refused("template.too_long", limit=LONGEST_TEMPLATE)
    try:
        return _parsed(template, html).render(**plain_values(values))
    except exceptions.ResourceLimitError:
        raise Refused("template.too_much") from None
    except (exceptions.LiquidError, RecursionError) as error:
        raise Refused("template.broken", reason=str(error)[:200]) from None


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """The values as they may stand in HTML, for texts of our own that are filled without a template engine."""
    return {name: escape(value) for name, value in values.items()}


@lru_cache(maxsize=256)
def _parsed(template: str, html: bool) -> liquid.BoundTemplate:
    return (_HTML if html else _TEXT).from_string(template)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with everything that is no text, number, list or mapping turned into text."""
    return {str(name): _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if type(value) in HARMLESS:
        return value
    if isinstance(value, Mapping):
        return plain_values(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return str(value)
