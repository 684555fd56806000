"""Repair of an instance: asked for in a dialog, looked at beforehand, done with a reason."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.processes import Option, PreviewLine, RepairView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved
from entente.interfaces.web.pages.processes.course import kind_label
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.services.processes.instances import VERBS, may_repair
from entente.services.processes.picture import name_of, seen_instance
from entente.services.processes.repairing import Change, Wish, look_ahead, mend, places_in, targets_of
from entente.services.processes.showing import shown_instance

HUES = {"leaves": "gray", "arrives": "blue", "incident": "red", "ends": "green", "cancelled": "red", "set": "amber"}
DEEPEST = 20
STARTS = ("start_before", "start_after")


@get("/processes/instances/{identity:uuid}/repair/{verb:str}", sync_to_thread=True)
def open_repair(request: AnyRequest, identity: FromPath[UUID], verb: FromPath[str]) -> Response[str]:
    """The dialog of a repair."""
    with asked(request) as tx:
        _prove(tx, identity, verb)
        token = str(request.query_params.get("token") or "0")
        wish = Wish(
            verb=verb,
            token=int(token) if token.isascii() and token.isdigit() else 0,
            element=str(request.query_params.get("element") or ""),
        )
        text = _known(tx, identity) if verb == "set" else "{}"
        return part(request, tx, "pages/process_repair.html", view=_view(tx, identity, wish, text))


def _prove(tx: Tx, identity: UUID, verb: str) -> None:
    if not may_repair(tx, seen_instance(tx, identity)):
        raise Forbidden("process.not_yours")
    if verb not in VERBS:
        raise NotFound()


def _known(tx: Tx, identity: UUID) -> str:
    """The variables of the process itself, as JSON to be edited."""
    found = shown_instance(tx, identity, ["variables"])["variables"]
    root = min((each["scope"] for each in found), default=0)
    values = {each["name"]: each["value"] for each in found if each["scope"] == root}
    return msgspec.json.format(msgspec.json.encode(values), indent=2).decode()


def _view(tx: Tx, identity: UUID, wish: Wish, text: str, **more: Any) -> RepairView:
    return RepairView(
        title=tx.say(f"processes.repair.{wish.verb}"),
        text=tx.say(f"processes.repair_text.{wish.verb}"),
        url=f"/processes/instances/{identity}/repair/{wish.verb}",
        submit=tx.say(f"processes.repair.{wish.verb}"),
        verb=wish.verb,
        token=wish.token,
        variables=None if wish.verb in ("cancel", "withdraw") else text,
        targets=_targets(tx, identity, wish) if wish.verb in ("move", *STARTS) else (),
        reason=wish.reason,
        destructive=wish.verb in ("cancel", "withdraw"),
        **more,
    )


def _targets(tx: Tx, identity: UUID, wish: Wish) -> tuple[Option, ...]:
    return tuple(
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
        text = str(form.get("variables") or "{}")
        wish = Wish(
            verb=verb,
            token=int(str(form.get("token") or "0")),
            element=str(form.get("element") or ""),
            reason=str(form.get("reason") or ""),
        )
        try:
            wish = msgspec.structs.replace(wish, values=_changed(tx, identity, wish, text))
            if form.get("then") != "look":
                mend(tx, identity, wish)
                return saved(request, tx, tx.say("processes.repaired"), events=("record-saved", "close-dialog"))
            lines = tuple(_line(tx, each) for each in look_ahead(tx, identity, wish))
        except Refused as refusal:
            view = _view(tx, identity, wish, text, error=tx.say(refusal.code, **refusal.values))
            return part(request, tx, "pages/process_repair.html", view=view, status=422)
        view = _view(tx, identity, wish, text, preview=lines)
        return part(request, tx, "pages/process_repair.html", view=view)


def _changed(tx: Tx, identity: UUID, wish: Wish, text: str) -> dict[str, Any]:
    """The variables that are to be set; those that stay as they are do not count as changes."""
    try:
        given = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Refused("processes.no_json", field="variables") from None
    if wish.verb != "set":
        return given
    known = msgspec.json.decode(_known(tx, identity))
    return {name: value for name, value in given.items() if name not in known or known[name] != value}


def _line(tx: Tx, change: Change) -> PreviewLine:
    return PreviewLine(name=change.name, text=tx.say(f"processes.preview.{change.kind}"), hue=HUES[change.kind])
