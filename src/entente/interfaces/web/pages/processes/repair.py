"""Repair of an instance: asked for in a dialog, looked at beforehand, done with a reason."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.processes import Option, PreviewLine, RepairView
from entente.interfaces.html.views.variables import VariableRow
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.pages.processes.course import kind_label
from entente.interfaces.web.pages.processes.variables import (
    read_rows,
    records_url,
    regarded,
    rows_of,
    sent_rows,
    variables_view,
)
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.services.processes.instances import VERBS, may_repair
from entente.services.processes.picture import name_of, seen_instance
from entente.services.processes.repairing import Change, Wish, look_ahead, mend, places_in, targets_of
from entente.services.processes.showing import shown_instance

HUES = {"leaves": "gray", "arrives": "blue", "incident": "red", "ends": "green", "cancelled": "red", "set": "amber"}
DEEPEST = 20
TEMPLATE = "pages/process_repair.html"
STARTS = ("start_before", "start_after")
LEADING = ("move", *STARTS)


@get("/processes/instances/{identity:uuid}/repair/{verb:str}", sync_to_thread=True)
def open_repair(request: AnyRequest, identity: FromPath[UUID], verb: FromPath[str]) -> Response[str]:
    """The dialog of a repair."""
    with asked(request) as tx:
        _prove(tx, identity, verb)
        wish = Wish(
            verb=verb,
            token=_number(request.query_params.get("token")),
            element=str(request.query_params.get("element") or ""),
        )
        rows = _known(tx, identity) if verb == "set" else ()
        return part(request, tx, TEMPLATE, view=_view(tx, identity, wish, rows))


def _number(given: object) -> int:
    """The number of a token; 0 for none, and for what is no number that a token may have."""
    text = str(given or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _prove(tx: Tx, identity: UUID, verb: str) -> None:
    if not may_repair(tx, seen_instance(tx, identity)):
        raise Forbidden("process.not_yours")
    if verb not in VERBS:
        raise NotFound()


def _known(tx: Tx, identity: UUID) -> tuple[VariableRow, ...]:
    """The variables of the process itself, to be edited."""
    found = shown_instance(tx, identity, ["variables"])["variables"]
    root = min((each["scope"] for each in found), default=0)
    return rows_of(tx, {each["name"]: each["value"] for each in found if each["scope"] == root}, regarded(tx))


def _view(
    tx: Tx, identity: UUID, wish: Wish, rows: Sequence[VariableRow], errors: Mapping[str, str] = {}, **more: Any
) -> RepairView:
    url = f"/processes/instances/{identity}/repair/{wish.verb}"
    takes_none = wish.verb in ("cancel", "withdraw")
    return RepairView(
        title=tx.say(f"processes.repair.{wish.verb}"),
        text=tx.say(f"processes.repair_text.{wish.verb}"),
        url=url,
        submit=tx.say(f"processes.repair.{wish.verb}"),
        verb=wish.verb,
        token=wish.token,
        variables=None if takes_none else variables_view(tx, url, records_url(tx), rows, errors),
        targets=_targets(tx, identity, wish) if wish.verb in LEADING else (),
        reason=wish.reason,
        destructive=wish.verb in ("cancel", "withdraw"),
        **more,
    )


def _targets(tx: Tx, identity: UUID, wish: Wish) -> tuple[Option, ...]:
    """The steps that a repair may lead to; none is proposed, for only who repairs knows where it goes on."""
    nothing = Option(value="", label=tx.say("processes.choose_step"), chosen=not wish.element)
    return nothing, *(
        Option(
            value=each.id,
            label=f"{name_of(each, tx.language) or each.id} · {kind_label(tx, each.kind)}",
            chosen=each.id == wish.element,
        )
        for each in (targets_of(tx, identity, wish.token) if wish.verb == "move" else places_in(tx, identity))
    )


@post("/processes/instances/{identity:uuid}/repair/{verb:str}")
async def mend_instance(request: AnyRequest, identity: FromPath[UUID], verb: FromPath[str]) -> Response[str]:
    """Look what a repair would do, or do it."""
    form = await form_of(request)
    return await in_thread(_mend, request, identity, verb, form)


def _mend(request: AnyRequest, identity: UUID, verb: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.repair") as tx:
        _prove(tx, identity, verb)
        op = str(request.query_params.get("op") or "")
        rows = sent_rows(tx, form, op)
        wish = Wish(
            verb=verb,
            token=_number(form.get("token")),
            element=str(form.get("element") or ""),
            reason=str(form.get("reason") or ""),
        )
        if op:
            return part(request, tx, TEMPLATE, view=_view(tx, identity, wish, rows))
        try:
            if verb in LEADING and not wish.element:
                raise Refused("process.choose_step", field="element")
            before = _known(tx, identity) if verb == "set" else ()
            wish = msgspec.structs.replace(wish, values=read_rows(tx, rows, before))
            if "look" not in (form.get("then"), request.query_params.get("then")):
                mend(tx, identity, wish)
                return saved(request, tx, tx.say("processes.repaired"), events=("record-saved", "close-dialog"))
            lines = tuple(_line(tx, each) for each in look_ahead(tx, identity, wish))
        except Refused as refusal:
            return part(request, tx, TEMPLATE, view=_refused(tx, identity, wish, rows, refusal), status=422)
        return part(request, tx, TEMPLATE, view=_view(tx, identity, wish, rows, preview=lines))


def _refused(tx: Tx, identity: UUID, wish: Wish, rows: Sequence[VariableRow], refusal: Refused) -> RepairView:
    errors, others = errors_of(tx, refusal)
    at_rows = {name: text for name, text in errors.items() if name.startswith("variable.")}
    rest = [*others, *(text for name, text in errors.items() if name not in at_rows)]
    return _view(tx, identity, wish, rows, at_rows, error=" ".join(rest))


def _line(tx: Tx, change: Change) -> PreviewLine:
    return PreviewLine(
        name=change.name, text=tx.say(f"processes.preview.{change.kind}"), hue=HUES[change.kind], why=change.why
    )
