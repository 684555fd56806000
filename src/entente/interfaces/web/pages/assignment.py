"""The manager's screen: records without owner, what is known that looks like them, the team, and handing them out."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, saved, show, undo_url
from entente.interfaces.web.assignment import (
    assigned_by,
    assignment_view,
    assigns,
    count_waiting,
    team_of,
    wish_of,
)
from entente.interfaces.web.selection import selected
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.records.actions import Outcome, perform
from entente.kernel.records.query import Ask, page
from entente.kernel.records.save import save
from entente.services.automation.assignment import REASON, propose, take_turns


@get("/{path:str}/assign", sync_to_thread=True)
def show_assignment(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The screen of an entity."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        action = assigned_by(tx, entity)
        view = assignment_view(tx, entity, action, wish_of(path, request.query_params))
        return show(request, tx, "assignment", view, current=f"assign:{entity.name}")


@get("/{path:str}/assign/count", sync_to_thread=True)
def show_count(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """How many records wait, for the side bar."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        number = count_waiting(tx, entity) if assigns(tx, entity) else 0
        return Response(str(number or ""), media_type="text/html")


@post("/{path:str}/assign")
async def hand_out(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Give the chosen records to one person, or to those whom the rules propose, at one stroke."""
    form = await form_of(request)
    return await in_thread(_hand_out, request, path, form)


def _hand_out(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        action = assigned_by(tx, entity)
        ids = selected(tx, entity, form)
        wish = _wish(action, form)
        with tx.connection.transaction():
            give = _as_proposed if form.get("proposed") else _to_one
            text = give(tx, entity, ids, wish, form)
        return saved(request, tx, text, undo=undo_url(tx))


def _wish(action: ActionDef, form: FormMultiDict) -> dict[str, Any]:
    """What the action is told besides the owner."""
    known = {field.name for field in msgspec.structs.fields(action.params)} if action.params else set()
    return {name: str(form[name]) for name in ("priority", "comment") if name in known and form.get(name)}


def _to_one(tx: Tx, entity: Entity, ids: Sequence[UUID], wish: Mapping[str, Any], form: FormMultiDict) -> str:
    owner = parse_id(str(form.get("owner") or ""))
    if owner is None:
        raise Refused("assign.nobody_chosen")
    member = next((each for each in team_of(tx, entity) if each.id == owner), None)
    if member is None:
        raise Forbidden("assign.not_your_team")
    outcome = perform(tx, entity.name, "assign", ids, {**wish, "owner": owner})
    return _told(tx, outcome, len(ids), member.name)


def _as_proposed(tx: Tx, entity: Entity, ids: Sequence[UUID], wish: Mapping[str, Any], form: FormMultiDict) -> str:
    records = page(tx, Ask(entity=entity.name, ids=tuple(ids), limit=len(ids))).records
    order = {identity: at for at, identity in enumerate(ids)}
    records.sort(key=lambda record: order[record.id])
    proposals = [each for each in propose(tx, entity.name, records) if each.owner]
    if not proposals:
        raise Refused("assign.nothing_proposed")
    for each in proposals:
        perform(tx, entity.name, "assign", [each.record], {**wish, "owner": each.owner})
        if REASON in entity.fields:
            under = tx.acting_as(system("assignment"))
            save(under, entity.name, {REASON: each.reason}, id=each.record, trusted=True)
    take_turns(tx, entity.name, proposals)
    names = ", ".join(dict.fromkeys(each.name for each in proposals))
    return tx.say("assign.done", count=len(proposals), name=names)


def _told(tx: Tx, outcome: Outcome, number: int, name: str) -> str:
    if not outcome.refused:
        return tx.say("assign.done", count=number, name=name)
    first = outcome.refused[0][1]
    reason = tx.say(first.code, **first.values)
    return tx.say("assign.done_partly", count=number - len(outcome.refused), name=name, reason=reason)
