"""The format `values`: fields of an entity with the value that each is given."""

from typing import Any

from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Answer, Options, Pick, Row, Rows
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.rows import changed, first, numbered
from entente.kernel.metadata.tables import Field

# The types whose values one input can ask for.
ASKED = ("text", "long_text", "choice", "boolean", "integer", "decimal", "percent", "date", "url")
INPUTS = {"integer": "number", "decimal": "number", "percent": "number", "date": "date"}


def reads(place: Place, form: FormMultiDict) -> dict[str, Any] | None:
    """The values by field; those of a boolean as one."""
    rows = [(first(sent, "field"), first(sent, "value")) for sent in numbered(place.field.name, form)]
    return {name: value == "true" if _is_switch(place, name) else value for name, value in rows if name} or None


def _is_switch(place: Place, name: str) -> bool:
    field = place.spoken_of[0].fields.get(name) if place.spoken_of else None
    return field is not None and field.type.key == "boolean"


def asks(place: Place, value: Any, deed: str = "") -> Rows:
    """A row for each field that is given a value."""
    if not place.spoken_of:
        return Rows(url=place.url, missing=place.missing)
    entity = place.spoken_of[0]
    given = changed(list((value if isinstance(value, dict) else {}).items()), deed)
    known = [field for field in place.usable(entity) if field.type.key in ASKED and not field.definition.read_only]
    options: Options = (("", "—"), *((each.name, place.label(each)) for each in known))
    rows = tuple(_row(place, at, each, options, entity.fields) for at, each in enumerate(given))
    return Rows(url=place.url, rows=rows, add=place.say("format.values.add"))


def _row(place: Place, at: int, given: Any, options: Options, fields: Any) -> Row:
    name, value = given if isinstance(given, tuple) else ("", "")
    base = f"{place.field.name}.{at}"
    pick = Pick(name=f"{base}.field", label=place.say("ui.field"), value=name, options=options)
    field = fields.get(name)
    return Row(number=at, picks=(pick,), answers=(_answer(place, f"{base}.value", field, value),) if field else ())


def _answer(place: Place, name: str, field: Field, value: Any) -> Answer:
    text = ("true" if value else "false") if field.type.key == "boolean" else "" if value is None else str(value)
    options = _options(place, field)
    kind = "select" if options else INPUTS.get(field.type.key, "text")
    return Answer(name=name, label=place.say("ui.row_value"), kind=kind, values=(text,), options=options)


def _options(place: Place, field: Field) -> Options:
    if field.type.key == "boolean":
        return (("true", place.say("ui.yes")), ("false", place.say("ui.no")))
    return tuple((each.key, each.label.to(place.tx.language)) for each in field.definition.choices)


def tells(place: Place, value: Any) -> tuple[str, ...]:
    """Each field with its value."""
    entity = place.spoken_of[0] if place.spoken_of else None
    given = value if isinstance(value, dict) else {}
    return tuple(_told(place, entity.fields.get(name) if entity else None, name, each) for name, each in given.items())


def _told(place: Place, field: Field | None, name: str, value: Any) -> str:
    if field is None:
        return place.say("format.values.told", field=name, value=value)
    text = "true" if value is True else "false" if value is False else str(value)
    said = dict(_options(place, field)).get(text, text)
    return place.say("format.values.told", field=place.label(field), value=said)
