"""Formats that are typed: `lines`, `texts` in both languages, a `message` of title and text."""

from typing import Any

from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Answer, Row, Rows
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.rows import changed, first, numbered
from entente.kernel.kit.words import LANGUAGES

PARTS = ("title", "text")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def reads_lines(place: Place, form: FormMultiDict) -> list[str]:
    """What stands in the lines that are not empty."""
    return [text for sent in numbered(place.field.name, form) if (text := first(sent, "text"))]


def asks_lines(place: Place, value: Any, deed: str = "") -> Rows:
    """An input for each line."""
    label = place.label(place.field)
    rows = tuple(
        Row(number=at, answers=(_answer(place, at, "text", label, each if isinstance(each, str) else ""),))
        for at, each in enumerate(changed(_listed(value), deed) or [""])
    )
    return Rows(url=place.url, rows=rows, add=place.say("format.lines.add"))


def _answer(place: Place, at: int, part: str, label: str, text: str, kind: str = "text") -> Answer:
    return Answer(name=f"{place.field.name}.{at}.{part}", label=label, kind=kind, values=(text,))


def tells_lines(place: Place, value: Any) -> tuple[str, ...]:
    """The lines."""
    return tuple(str(each) for each in _listed(value))


def reads_texts(place: Place, form: FormMultiDict) -> dict[str, str] | None:
    """The text in both languages, or nothing when it is empty in both."""
    sent = next(iter(numbered(place.field.name, form)), {})
    return _both(sent)


def _both(sent: dict[str, list[str]]) -> dict[str, str] | None:
    found: dict[str, str] = {language: first(sent, language) for language in LANGUAGES}
    return found if any(found.values()) else None


def asks_texts(place: Place, value: Any, deed: str = "") -> Rows:
    """An input for each language."""
    return Rows(url=place.url, rows=(_in_languages(place, 0, "", value),), fixed=True)


def _in_languages(place: Place, at: int, part: str, value: Any) -> Row:
    """A row with an input for each language; a title has one line, a text several."""
    given = value if isinstance(value, dict) else {}
    start = place.say(f"format.message.{part}") + " · " if part else ""
    kind = "text" if part == PARTS[0] else "area"
    answers = (
        _answer(place, at, each, start + place.say(f"format.language.{each}"), str(given.get(each) or ""), kind)
        for each in LANGUAGES
    )
    return Row(number=at, answers=tuple(answers))


def tells_texts(place: Place, value: Any) -> tuple[str, ...]:
    """The text in the reader's language."""
    given = value if isinstance(value, dict) else {}
    text = given.get(place.tx.language) or next(iter(given.values()), "")
    return (str(text),) if text else ()


def reads_message(place: Place, form: FormMultiDict) -> dict[str, Any] | None:
    """Title and text, or nothing when all of it is empty."""
    rows = dict(zip(PARTS, map(_both, numbered(place.field.name, form)), strict=False))
    empty = dict.fromkeys(LANGUAGES, "")
    return {part: rows.get(part) or empty for part in PARTS} if any(rows.values()) else None


def asks_message(place: Place, value: Any, deed: str = "") -> Rows:
    """An input for title and text in each language."""
    given = value if isinstance(value, dict) else {}
    rows = tuple(_in_languages(place, at, part, given.get(part)) for at, part in enumerate(PARTS))
    return Rows(url=place.url, rows=rows, fixed=True)


def tells_message(place: Place, value: Any) -> tuple[str, ...]:
    """Title and text in the reader's language."""
    given = value if isinstance(value, dict) else {}
    return tuple(text for part in PARTS for text in tells_texts(place, given.get(part)))
