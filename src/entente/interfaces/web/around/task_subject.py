"""The record that a task is about, as far as its reader may see it, or is shown it by whoever asks him."""

from collections.abc import Iterator
from typing import Any

import msgspec

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.frame import Action
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.wording import in_words
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import exists, find
from entente.kernel.records.record import Record
from entente.services.worklist.listing import TASK
from entente.services.worklist.showing import asker_who_shows

MOST_FACTS = 6


def subject_of(tx: Tx, task: Record) -> dict[str, Any]:
    """What the pane of a task says of its record: a way to it and its facts, or why there are none."""
    about = task.get("regarding")
    if about is None:
        return {}
    if exists(tx, about.entity, about.id):
        return _seen(tx, task, about)
    asker = asker_who_shows(tx, task.id)
    if asker is None or not exists(asker, about.entity, about.id):
        return {"kept": tx.say("work.kept")}
    title = _title(asker, task, about)
    facts = tuple(_plain(asker, about))
    return {
        "about": Action(label=title, url=""),
        "facts": facts,
        "kept": tx.say("work.shown_by", name=asker.principal.name),
    }


def _title(tx: Tx, task: Record, about: Ref) -> str:
    title = names_of(tx, tx.catalog.entity(TASK), [task], ["regarding"]).title(about.id)
    return title or tx.catalog.entity(about.entity).label.to(tx.language)


def _seen(tx: Tx, task: Record, about: Ref) -> dict[str, Any]:
    entity = tx.catalog.entity(about.entity)
    record = find(tx, about.entity, about.id)
    views = tuple(field_view(tx, entity, field, record.get(field.name)) for field in _head(tx, about, record))
    url = f"/{entity.definition.path}/{about.id}"
    return {
        "about": Action(label=_title(tx, task, about), url=url, way="go", icon="link"),
        "facts": views,
        "names": names_of(tx, entity, [record], [view.name for view in views]),
    }


def _plain(tx: Tx, about: Ref) -> Iterator[FieldView]:
    """The facts in words alone: what they link to is not opened by them."""
    entity = tx.catalog.entity(about.entity)
    record = find(tx, about.entity, about.id)
    head = _head(tx, about, record)
    names = names_of(tx, entity, [record], [field.name for field in head])
    for field in head:
        view = field_view(tx, entity, field, None)
        text = in_words(tx, field, record.get(field.name), names)
        yield msgspec.structs.replace(view, field=FieldDef(type="text", label=field.definition.label), value=text)


def _head(tx: Tx, about: Ref, record: Record) -> list[Field]:
    """The fields at the head of a record that its reader may see and that say something."""
    screens = tx.catalog.screens.get(about.entity)
    entity = tx.catalog.entity(about.entity)
    fields = (shown(tx, entity, name) for name in (screens.header if screens else ()))
    return [field for field in fields if field and record.get(field.name) is not None][:MOST_FACTS]
