"""The box above the timeline: a note is written there, a call or a task is noted with the fields of its quick form."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict
from markupsafe import escape

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.frame import Tab
from entente.interfaces.html.views.records import Composer
from entente.interfaces.web.around.kinds import (
    groups,
    is_written,
    keys_in,
    kinds_regarding,
    quick_fields,
    regarding_field,
    state_field,
    text_field,
)
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.inputs import errors_of, typed_values, values_of
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import titles
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.documents.files import store_file
from entente.services.stream.notes import post_note


class Sent(msgspec.Struct, frozen=True):
    """A file as a form sends it."""

    name: str
    data: bytes
    mime: str


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a refused composer shows again."""

    values: Mapping[str, Any]
    text: str = ""
    mentions: tuple[str, ...] = ()
    refusal: Refused


def writable_kinds(tx: Tx, target: str) -> list[Entity]:
    """The activities that the principal may add to records of an entity."""
    return [kind for kind, _ in kinds_regarding(tx, target) if tx.principal.depth(kind.name, "create") != "none"]


def wanted_kind(tx: Tx, target: str, name: str) -> Entity:
    """The kind that is asked for, else the first one; NotFound when nothing may be added."""
    kinds = writable_kinds(tx, target)
    if not kinds:
        raise NotFound("not_found")
    return next((kind for kind in kinds if kind.name == name), kinds[0])


def composer_view(
    tx: Tx, entity: Entity, identity: UUID, kind: Entity, typed: Typed | None = None
) -> tuple[Composer, Names]:
    """The box for one kind of activity, and the names behind its links."""
    base = f"/{entity.definition.path}/{identity}/composer"
    text = text_field(tx, kind)
    errors, others = errors_of(tx, typed.refusal) if typed else ({}, ())
    values = {**_first_values(tx, kind, entity, identity), **(typed.values if typed else {})}
    fields = () if is_written(tx, kind) else tuple(_fields(tx, kind, values, errors))
    shown_errors = {field.name for field in fields}
    told = [*others, *(words for name, words in errors.items() if name not in shown_errors)]
    view = Composer(
        url=f"{base}?kind={kind.name}",
        kinds=tuple(
            Tab(
                label=each.label.to(tx.language),
                url=f"{base}?kind={each.name}",
                current=each.name == kind.name,
                icon=each.definition.icon,
            )
            for each in writable_kinds(tx, entity.name)
        ),
        fields=fields,
        mentions_url="/search/people" if is_written(tx, kind) else "",
        draft=f"composer:{entity.name}:{identity}:{kind.name}",
        error=" ".join(told),
        text_name=text.name if text else "text",
        text_label=text.definition.label.to(tx.language) if text and fields else "",
        has_text=text is not None,
        text=typed.text if typed else "",
        mentions=typed.mentions if typed else (),
    )
    return view, names_of(tx, kind, [values], list(values))


def _fields(tx: Tx, kind: Entity, values: Mapping[str, Any], errors: Mapping[str, str]) -> list[FieldView]:
    text, regarding = text_field(tx, kind), regarding_field(kind)
    left_out = {each.name for each in (text, regarding) if each}
    return [
        field_view(tx, kind, field, values.get(name), error=errors.get(name, ""), form=True)
        for name in quick_fields(tx, kind)
        if name not in left_out and (field := shown(tx, kind, name)) and editable(tx, kind, field)
    ]


def _first_values(tx: Tx, kind: Entity, entity: Entity, identity: UUID) -> dict[str, Any]:
    """What is proposed: the declared defaults; what is noted when it is over is over, now, and has a title."""
    values = {
        name: field.type.clean(name, field.definition, field.definition.default)
        for name, field in kind.fields.items()
        if field.definition.default is not None and field.definition.default not in ("today()", "now()")
    }
    if "owner" in kind.fields:
        values["owner"] = tx.principal.user_id
    state = state_field(kind)
    if state is None or state.name not in quick_fields(tx, kind) or not groups(state):
        return values
    about = titles(tx, entity.name, [identity]).get(identity, "")
    title = tx.say("around.title", kind=kind.label.to(tx.language), title=about)
    moments = {name: tx.clock.now() for name in quick_fields(tx, kind) if kind.fields[name].type.key == "datetime"}
    over = keys_in(state, is_open=False)[:1]
    return {**values, **moments, kind.definition.title: title, **({state.name: over[0]} if over else {})}


def add(tx: Tx, entity: Entity, identity: UUID, kind: Entity, form: FormMultiDict, files: Sequence[Sent]) -> Record:
    """The activity that a composer describes, its files with it; Refused when it may not be."""
    regarding = Ref(entity.name, identity)
    if is_written(tx, kind):
        return _note(tx, kind, regarding, form, files)
    field = regarding_field(kind, entity.name)
    if field is None:
        raise NotFound("not_found")
    made = save(tx, kind.name, {**values_of(tx, kind, form), field.name: regarding})
    for each in files:
        store_file(tx, each.name, each.data, kind.name, made.id, declared=each.mime)
    return made


def _note(tx: Tx, kind: Entity, regarding: Ref, form: FormMultiDict, files: Sequence[Sent]) -> Record:
    text = text_field(tx, kind)
    typed = str(form.get(text.name) or "") if text else ""
    kept = [store_file(tx, each.name, each.data, declared=each.mime) for each in files[:1]]
    body = as_html(typed) or (as_html(files[0].name) if files else "")
    note = post_note(tx, regarding, body, mentions=mentioned(form), file=kept[0] if kept else None)
    for each in files[1:]:
        store_file(tx, each.name, each.data, kind.name, note.id, declared=each.mime)
    return note


def mentioned(form: FormMultiDict) -> list[UUID]:
    """The people who were picked from the list behind the at sign."""
    found = (parse_id(str(each)) for each in form.getall("mentions", []))
    return list(dict.fromkeys(identity for identity in found if identity))


def as_html(text: str) -> str:
    """A typed text as paragraphs; nothing in it becomes markup."""
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{str(escape(part)).replace(chr(10), '<br>')}</p>" for part in parts if part)


def typed_again(kind: Entity, tx: Tx, form: FormMultiDict, refusal: Refused) -> Typed:
    """What was typed into a composer that is refused."""
    text = text_field(tx, kind)
    return Typed(
        values=typed_values(kind, values_of(tx, kind, form)),
        text=str(form.get(text.name) or "") if text else "",
        mentions=tuple(str(each) for each in form.getall("mentions", [])),
        refusal=refusal,
    )
