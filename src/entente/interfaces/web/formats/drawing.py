"""Fields whose values have a format, as forms ask for them and as pages tell them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.registry import FORMATS, format_of
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.record import Record

Values = Mapping[str, Any]


def is_raw(field: Field) -> bool:
    """Whether a value has no form in which people could be asked for it."""
    known = FORMATS.get(field.definition.format or "")
    return field.type.key == "json" and (known is None or known.way is None)


def asked_for(
    tx: Tx, entity: Entity, view: FieldView, beside: Values, *, deed: str = "", record: str = ""
) -> FieldView:
    """The field as a form asks for it, after what a button of its rows did; `record` is the id of the one changed."""
    place = _place(tx, entity, view.name, beside, record or str(getattr(beside, "id", "")))
    known = format_of(place)
    if known is None or known.way is None:
        return view
    return msgspec.structs.replace(view, rows=known.way.asks(place, view.value, deed), span=True)


def told(tx: Tx, entity: Entity, view: FieldView, record: Record) -> FieldView:
    """The field in words; what has a format is changed in the form of the record."""
    place = _place(tx, entity, view.name, record)
    known = format_of(place)
    if known is None:
        return msgspec.structs.replace(view, edit_url="") if is_raw(place.field) else view
    url = f"/{entity.definition.path}/{record.id}/edit" if view.edit_url and known.way else ""
    return msgspec.structs.replace(view, told=known.tells(place, view.value), edit_url="", form_url=url)


def formatted_values(tx: Tx, entity: Entity, form: FormMultiDict, raw: Values, stored: Values) -> dict[str, Any]:
    """The values with a format that a form sends, read beside what else it sends over the record as stored."""
    found: dict[str, Any] = {}
    for name in {key.partition(".")[0] for key in form}:
        if name in entity.fields and entity.fields[name].definition.format:
            place = _place(tx, entity, name, {**stored, **raw})
            known = format_of(place)
            if known is not None and known.way is not None:
                found[name] = known.way.reads(place, form)
    return found


def _place(tx: Tx, entity: Entity, name: str, beside: Values, record: str = "") -> Place:
    url = f"/{entity.definition.path}/rows/{name}?{urlencode({'record': record})}"
    return Place(tx, entity, entity.fields[name], beside, url)
