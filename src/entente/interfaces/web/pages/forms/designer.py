"""The drawing board: every move is kept in the draft at once, nobody else sees it until it is published."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.designer import DesignerView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.pages.forms.board import address_of, board_view, problem
from entente.interfaces.web.pages.forms.panel import field_values, form_values, rule_in, section_values
from entente.interfaces.web.pages.forms.words import fields_of_design, is_on, line_in, several_in, text_in
from entente.interfaces.web.settings import text_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, Invalid, NotFound, Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.forms import FormDef, FormField, Rule
from entente.kernel.records.save import save
from entente.services.forms import layout
from entente.services.forms.designing import (
    KINDS,
    Design,
    Kind,
    design_of,
    drop_draft,
    keep_draft,
    publish,
    restore,
)
from entente.services.forms.layout import Shape, Way
from entente.services.forms.named import ENTITY

TEMPLATE = "pages/form_designer.html"
Move = Callable[[Tx, Design, FormMultiDict], tuple[Shape, str]]


def read_kind(kind: str) -> Kind:
    """The kind of form that an address names; NotFound when there is none."""
    found = next((each for each in KINDS if each == kind), None)
    if found is None:
        raise NotFound("form.unknown")
    return found


@get("/settings/forms/{kind:str}/{key:str}", sync_to_thread=True)
def show_designer(request: AnyRequest, kind: FromPath[str], key: FromPath[str]) -> Response[str]:
    """A form on the drawing board."""
    with asked(request) as tx:
        design = design_of(tx, read_kind(kind), key)
        return show(request, tx, "form_designer", _view(tx, design, request.query_params), current="settings")


def _view(tx: Tx, design: Design, given: Mapping[str, Any]) -> DesignerView:
    return board_view(
        tx,
        design,
        mode=str(given.get("mode") or "layout"),
        part=str(given.get("part") or ""),
        role=str(given.get("role") or ""),
        phone=given.get("width") == "phone",
    )


@post("/settings/forms/{kind:str}/{key:str}/{deed:str}")
async def change_design(
    request: AnyRequest, kind: FromPath[str], key: FromPath[str], deed: FromPath[str]
) -> Response[str]:
    """One move on the drawing board; the answer is the board as it is then."""
    form = await form_of(request)
    return await in_thread(_change_design, request, kind, key, deed, form)


def _change_design(request: AnyRequest, kind: str, key: str, deed: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="form") as tx:
        design = design_of(tx, read_kind(kind), key)
        if deed in AT_ONCE:
            return AT_ONCE[deed](request, tx, design, form)
        move = MOVES.get(deed)
        if move is None:
            raise NotFound("form.unknown")
        given = FormMultiDict([*form.multi_items(), *request.query_params.items()])
        try:
            changed, chosen = move(tx, design, given)
        except msgspec.ValidationError as fault:
            raise Refused("form.definition_not_understood", fault=str(fault)) from None
        stamp = line_in(given, "stamp")
        kept = keep_draft(tx, design, changed, int(stamp) if stamp.isdigit() else -1)
        if deed == "change-form" and kept.kind == "named":
            kept = _bound(tx, kept, given)
        mode = "rules" if deed.endswith("-rule") else "layout"
        return part(request, tx, TEMPLATE, view=board_view(tx, kept, mode=mode, part=chosen))


def _add_section(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    changed = layout.add_section(design.form, text_of(tx, "design.new_section"))
    return changed, f"section:{changed.sections[-1].key}"


def _change_section(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    key = line_in(given, "section")
    return layout.change_section(design.form, key, **section_values(given)), f"section:{key}"


def _remove_section(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    return layout.remove_section(design.form, line_in(given, "section")), ""


def _move_section(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    key = line_in(given, "section")
    return layout.move_section(design.form, key, _way(given)), f"section:{key}"


def _add_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    name, form = line_in(given, "field"), design.form
    if not form.sections:
        form = layout.add_section(form, text_of(tx, "design.new_section"))
    section = line_in(given, "section") or form.sections[-1].key
    return layout.add_field(form, FormField(field=name), section, _at(given)), f"field:{name}"


def _ask_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    """A question of the form's own: a variable of the process that it belongs to."""
    name, form = line_in(given, "name"), design.form
    label = text_in(given, "label") or Text(name, name)
    choices = [each.strip() for each in line_in(given, "choices").split(",") if each.strip()]
    made = FieldDef(
        type=line_in(given, "type") or "text",
        label=label,
        choices=tuple(Choice(key=each, label=Text(each, each)) for each in choices),
    )
    if not form.sections:
        form = layout.add_section(form, text_of(tx, "design.new_section"))
    field = FormField(field=name, asks=made)
    return layout.add_field(form, field, form.sections[-1].key), f"field:{name}"


def _place_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    name = line_in(given, "field")
    return layout.place_field(design.form, name, line_in(given, "section"), _at(given) or 0), f"field:{name}"


def _move_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    name = line_in(given, "field")
    return layout.move_field(design.form, name, _way(given)), f"field:{name}"


def _change_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    name = line_in(given, "field")
    return layout.change_field(design.form, name, **field_values(given)), f"field:{name}"


def _remove_field(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    return layout.remove_field(design.form, line_in(given, "field")), ""


def _add_rule(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    rule = Rule(when="true", then="require")
    return layout.put_rule(design.form, None, rule), f"rule:{len(design.form.rules)}"


def _put_rule(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    at = _at(given) or 0
    return layout.put_rule(design.form, at, rule_in(tx, design, given)), f"rule:{at}"


def _remove_rule(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    return layout.remove_rule(design.form, _at(given) or 0), ""


def _move_rule(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    return layout.move_rule(design.form, _at(given) or 0, _way(given)), ""


def _change_form(tx: Tx, design: Design, given: FormMultiDict) -> tuple[Shape, str]:
    form = design.form
    if isinstance(form, FormDef):
        raise NotFound("form.unknown")
    return msgspec.structs.replace(form, **form_values(form, given)), "form"


def _bound(tx: Tx, design: Design, given: FormMultiDict) -> Design:
    """The form bound to what its panel says that sending it does."""
    values = {
        "starts": line_in(given, "starts"),
        "deed": line_in(given, "deed"),
        "placed": is_on(given, "placed"),
        "host": line_in(given, "host") or None,
        "embedded": several_in(given, "embedded"),
    }
    save(tx, ENTITY, values, id=design.row, trusted=True)
    return design_of(tx, design.kind, design.key)


def _at(given: FormMultiDict) -> int | None:
    text = line_in(given, "at")
    return int(text) if text.isdigit() else None


def _way(given: FormMultiDict) -> Way:
    ways: tuple[Way, ...] = ("up", "down", "left", "right")
    return next((way for way in ways if way == line_in(given, "way")), "down")


MOVES: Mapping[str, Move] = {
    "add-section": _add_section,
    "change-section": _change_section,
    "remove-section": _remove_section,
    "move-section": _move_section,
    "add-field": _add_field,
    "ask-field": _ask_field,
    "place-field": _place_field,
    "move-field": _move_field,
    "change-field": _change_field,
    "remove-field": _remove_field,
    "add-rule": _add_rule,
    "put-rule": _put_rule,
    "remove-rule": _remove_rule,
    "move-rule": _move_rule,
    "change-form": _change_form,
}


def _publish(request: AnyRequest, tx: Tx, design: Design, form: FormMultiDict) -> Response[str]:
    try:
        with tx.connection.transaction():
            number = publish(tx, design, line_in(form, "note"))
    except Conflict:
        raise
    except Refused as refusal:
        faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
        text = "; ".join(problem(tx, fields_of_design(tx, design), each) for each in faults[:5])
        return part(request, tx, "pages/toast.html", text=text, kind="error", status=422)
    return saved(request, tx, tx.say("design.published", number=number), go=address_of(design))


def _drop(request: AnyRequest, tx: Tx, design: Design, form: FormMultiDict) -> Response[str]:
    drop_draft(tx, design)
    return saved(request, tx, tx.say("design.dropped"), go=address_of(design))


def _restore(request: AnyRequest, tx: Tx, design: Design, form: FormMultiDict) -> Response[str]:
    number = str(request.query_params.get("number") or "")
    restore(tx, design, int(number) if number.isdigit() else 0, design.stamp)
    return saved(request, tx, tx.say("design.restored", number=number), go=address_of(design))


AT_ONCE: Mapping[str, Callable[[AnyRequest, Tx, Design, FormMultiDict], Response[str]]] = {
    "publish": _publish,
    "drop": _drop,
    "restore": _restore,
}
