"""Moving a card: one write, the dialog of the action that leads there, or a dialog that asks for what is missing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.web.asking import AnyRequest, part, saved, undo_url
from entente.interfaces.web.fields import field_view, names_of, title_of
from entente.interfaces.web.grouping import Group, Grouping, group_field, grouping_of
from entente.interfaces.web.inputs import errors_of, typed_values, values_of
from entente.interfaces.web.pages.action import action_view
from entente.interfaces.web.screens import Wanted
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, Invalid, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.records.actions import offered
from entente.kernel.records.query import Ask, find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save

DIALOG = "pages/form_dialog.html"
Fields = dict[str, Any]


def move(
    request: AnyRequest, tx: Tx, entity: Entity, wanted: Wanted, identity: UUID, form: FormMultiDict
) -> Response[str]:
    """The answer to a card that was dropped on a column: a message with undo, or a dialog; Conflict when it changed."""
    record = find(tx, entity.name, identity)
    grouping = _grouping(tx, entity, wanted)
    group = next((each for each in grouping.groups if each.key == str(form.get("to"))), None)
    if group is None:
        raise NotFound("board.none")
    action = _leading(tx, entity, grouping, group, record)
    if action is not None:
        url = f"/{entity.definition.path}/{identity}/actions/{action.name}"
        return _asks(request, tx, action_view(tx, entity, action, url, record=record))
    return _write(request, tx, entity, wanted, grouping, group, record, form)


def _grouping(tx: Tx, entity: Entity, wanted: Wanted) -> Grouping:
    field = group_field(tx, entity, wanted.group_by)
    every = Ask(entity=entity.name, filter=wanted.filter, search=wanted.query)
    return grouping_of(tx, entity, field, every, wanted.changed.get("within", ""))


def _leading(tx: Tx, entity: Entity, grouping: Grouping, group: Group, record: Record) -> ActionDef | None:
    """The declared action that leads to a column, when it makes sense for the record and asks for something."""
    screens = tx.catalog.screens.get(entity.name)
    moves = screens.moves.get(grouping.field.name, {}) if screens else {}
    if group.type not in moves or _stands_there(tx, entity, grouping, group, record):
        return None
    action = tx.catalog.action(entity.name, moves[group.type])
    return action if offered(tx, entity, action, record) else None


def _stands_there(tx: Tx, entity: Entity, grouping: Grouping, group: Group, record: Record) -> bool:
    """Whether the record stands in a column of the same type already."""
    here = str(record.get(grouping.field.name))
    return any(each.key == here and each.type == group.type for each in grouping.groups)


def _asks(request: AnyRequest, tx: Tx, view: FormView, status: int = 200) -> Response[str]:
    answer = part(request, tx, DIALOG, view=view, status=status)
    answer.headers["HX-Retarget"] = "#dialog"
    answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def _write(
    request: AnyRequest,
    tx: Tx,
    entity: Entity,
    wanted: Wanted,
    grouping: Grouping,
    group: Group,
    record: Record,
    form: FormMultiDict,
) -> Response[str]:
    version = int(str(form.get("version") or 0)) or None
    raw = values_of(tx, entity, form) if form.get("sure") else {}
    raw.pop("version", None)
    values = {**raw, grouping.field.name: group.value}
    try:
        with tx.connection.transaction():
            save(tx, entity.name, values, id=record.id, version=version)
    except Conflict:
        raise
    except Refused as refusal:
        view = _missing(tx, entity, record, raw, refusal, str(request.url.path) + "?" + request.url.query)
        if view is None:
            raise
        hidden = {"sure": "1", "to": group.key, "version": str(version or "")}
        return _asks(request, tx, _with(view, tx, group, hidden))
    title = title_of(tx, entity, record)
    return saved(request, tx, tx.say("board.moved", title=title, column=group.label), undo=undo_url(tx))


def _with(view: FormView, tx: Tx, group: Group, hidden: Mapping[str, str]) -> FormView:
    return FormView(
        title=tx.say("board.needs", column=group.label),
        url=view.url,
        submit=tx.say("board.move"),
        sections=view.sections,
        names=view.names,
        errors=view.errors,
        hidden=dict(hidden),
    )


def _missing(tx: Tx, entity: Entity, record: Record, raw: Fields, refusal: Refused, url: str) -> FormView | None:
    """The fields that the move was refused for, with what was typed; nothing when no field can put it right."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    asked = [fault.field for fault in faults if fault.field]
    names = [name for name in dict.fromkeys((*raw, *asked)) if _can_give(tx, entity, name)]
    if not names or not any(name in asked for name in names):
        return None
    errors, others = errors_of(tx, refusal)
    values = {**record, **typed_values(entity, raw)}
    fields = tuple(
        field_view(tx, entity, entity.fields[name], values.get(name), error=errors.pop(name, ""), form=True)
        for name in names
    )
    return FormView(
        title="",
        url=url,
        submit="",
        sections=(FormSection(fields=fields),),
        names=names_of(tx, entity, [values], names),
        errors=(*others, *errors.values()),
    )


def _can_give(tx: Tx, entity: Entity, name: str) -> bool:
    field = entity.fields.get(name)
    return field is not None and editable(tx, entity, field)
