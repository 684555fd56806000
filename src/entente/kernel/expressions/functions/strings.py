"""Built-in functions of strings."""

from collections.abc import Callable
from decimal import Decimal

from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.patterns import compiled, matches, replace_all
from entente.kernel.expressions.values import MAX_STRING, Value
from entente.kernel.kit.refusal import Refused


def bounded(text: str) -> str:
    """The text itself, unless it is longer than a million characters (refused with `expression_string_limit`)."""
    if len(text) > MAX_STRING:
        raise Refused("expression_string_limit", limit=MAX_STRING)
    return text


def lower(text: str) -> str:
    """The text in small letters, one character for one as Unicode's simple mapping (and PostgreSQL's) has it."""
    return text.lower() if text.isascii() else "".join(_one(c, str.lower) for c in text)


def upper(text: str) -> str:
    """The text in capitals, one character for one as Unicode's simple mapping (and PostgreSQL's) has it."""
    return text.upper() if text.isascii() else "".join(_one(c, str.upper) for c in text)


def _one(character: str, change: Callable[[str], str]) -> str:
    changed = change(character)
    if len(changed) == 1:
        return changed
    # The only small letter of two characters is that of U+0130; capitals of several have a title case of one.
    title = character.title()
    return "i" if character == "\u0130" and change is str.lower else title if len(title) == 1 else character


def _substring(text: str, start: Decimal, length: Decimal | None) -> str | None:
    at = int(start)
    if at == 0:
        return None
    return _cut(text, at - 1 if at > 0 else max(0, len(text) + at), length)


def _cut(text: str, first: int, length: Decimal | None) -> str | None:
    if length is None:
        return text[first:]
    return None if length < 1 else text[first : first + int(length)]


def _before(text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


def _after(text: str, match: str) -> str:
    return text if not match else text.partition(match)[2]


def _contains(text: str, match: str) -> bool:
    return match in text


def _length(text: str) -> Decimal:
    return Decimal(len(text))


def _split(text: str, delimiter: str) -> list[Value] | None:
    pattern = compiled(delimiter, "", len(text))
    return None if pattern is None else [part or "" for part in pattern.split(text)]


def _join(parts: list[Value], delimiter: str | None) -> str | None:
    if any(part is not None and not isinstance(part, str) for part in parts):
        return None
    present = [part for part in parts if part is not None]
    total = sum(len(part) for part in present) + len(delimiter or "") * len(present)
    if total > MAX_STRING:
        raise Refused("expression_string_limit", limit=MAX_STRING)
    return (delimiter or "").join(present)


def _replace(text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    done = replace_all(text, pattern, replacement, flags or "")
    return None if done is None else bounded(done)


def _matches(text: str, pattern: str, flags: str | None) -> bool | None:
    return matches(text, pattern, flags or "")


_PAIR = "string:string, match:string"
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "substring": (Overload("string:string, start position:number, length:number=", "string", _substring),),
    "string length": (Overload("string:string", "number", _length),),
    "upper case": (Overload("string:string", "string", upper),),
    "lower case": (Overload("string:string", "string", lower),),
    "substring before": (Overload(_PAIR, "string", _before),),
    "substring after": (Overload(_PAIR, "string", _after),),
    "contains": (Overload(_PAIR, "boolean", _contains),),
    "starts with": (Overload(_PAIR, "boolean", str.startswith),),
    "ends with": (Overload(_PAIR, "boolean", str.endswith),),
    "matches": (Overload("input:string, pattern:string, flags:string?=", "boolean", _matches),),
    "replace": (Overload("input:string, pattern:string, replacement:string, flags:string?=", "string", _replace),),
    "split": (Overload("string:string, delimiter:string", "list<string>", _split),),
    "string join": (Overload("list:list, delimiter:string?=", "string", _join),),
}
