"""Automations: the list in sentences, the map, the run log; switching, ordering, pausing."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show, undo_url
from entente.interfaces.web.automating.buttons import question
from entente.interfaces.web.automating.listing import list_view, map_view, readable_rules
from entente.interfaces.web.automating.showing import log_view
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import find
from entente.kernel.records.save import delete, save
from entente.services.automation.calling import press
from entente.services.automation.log import Outcome
from entente.services.automation.rules import RULE, rule_of, rules_of

CURRENT = "automations"


@get("/automations", sync_to_thread=True)
def show_rules(request: AnyRequest) -> Response[str]:
    """All rules in sentences."""
    with asked(request) as tx:
        require_reader(tx)
        return show(request, tx, "automations", list_view(tx), current=CURRENT)


def require_reader(tx: Tx) -> None:
    """Nothing for whoever may read rules; else NotFound, as for a page that does not exist."""
    if tx.principal.depth(RULE, "read") == "none":
        raise NotFound()


@get("/automations/map", sync_to_thread=True)
def show_map(request: AnyRequest) -> Response[str]:
    """Every rule by entity and stage."""
    with asked(request) as tx:
        require_reader(tx)
        return show(request, tx, "automation_map", map_view(tx), current=CURRENT)


@get("/automations/log", sync_to_thread=True)
def show_log(request: AnyRequest) -> Response[str]:
    """The runs of all rules."""
    return _log(request, None)


@get("/automations/{identity:uuid}/runs", sync_to_thread=True)
def show_runs(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The runs of one rule."""
    return _log(request, identity)


def _log(request: AnyRequest, identity: UUID | None) -> Response[str]:
    with asked(request) as tx:
        require_reader(tx)
        if identity:
            find(tx, RULE, identity)
        rule = rule_of(tx, identity) if identity else None
        sent = request.query_params
        outcome: Any = sent.get("outcome") if sent.get("outcome") in get_args(Outcome) else None
        view = log_view(tx, rule, outcome, _place(sent.get("before", "")))
        return show(request, tx, "automation_runs", view, current=CURRENT)


def _place(text: str) -> tuple[datetime, UUID] | None:
    at, _, identity = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(identity)) if text else None
    except ValueError:
        return None


@post("/automations/{identity:uuid}/switch")
async def switch_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Let a rule act, or rest."""
    form = await form_of(request)
    return await in_thread(_switch, request, identity, form)


def _switch(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="automation") as tx:
        rule = find(tx, RULE, identity)
        done = save(tx, RULE, {"active": not rule["active"]}, id=identity)
        key = "automations.now_active" if done["active"] else "automations.now_resting"
        return saved(request, tx, tx.say(key, name=done["name"]), undo=undo_url(tx))


@post("/automations/{identity:uuid}/move")
async def move_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Put a rule before another, or at the end of its group."""
    form = await form_of(request)
    return await in_thread(_move, request, identity, form)


def _move(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="automation") as tx:
        moved = find(tx, RULE, identity)
        rules = [rule for rule in readable_rules(tx) if rule.entity == moved["entity"]]
        ids = [rule.id for rule in rules]
        at = ids.index(identity)
        to = at + (1 if request.query_params.get("way") == "down" else -1)
        if form.get("before") is not None:
            others = [each for each in ids if each != identity]
            before = next((n for n, each in enumerate(others) if str(each) == form.get("before")), len(others))
            to = before
        ids.insert(max(0, min(to, len(ids) - 1)), ids.pop(at))
        known = {rule.id: rule.position for rule in rules}
        for position, each in enumerate(ids, 1):
            if known[each] != position:
                save(tx, RULE, {"position": position}, id=each)
        return saved(request, tx, tx.say("automations.moved", name=moved["name"]), undo=undo_url(tx))


@post("/automations/pause")
async def pause_all(request: AnyRequest) -> Response[str]:
    """Let every rule rest."""
    form = await form_of(request)
    return await in_thread(_pause, request, form)


def _pause(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="automation") as tx:
        active = [rule for rule in readable_rules(tx) if rule.active]
        for rule in active:
            save(tx, RULE, {"active": False}, id=rule.id)
        return saved(request, tx, tx.say("automations.paused", count=len(active)), undo=undo_url(tx))


@post("/automations/{identity:uuid}/delete")
async def delete_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Put a rule into the bin."""
    form = await form_of(request)
    return await in_thread(_delete, request, identity, form)


def _delete(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="automation") as tx:
        rule = find(tx, RULE, identity)
        delete(tx, RULE, identity)
        text = tx.say("automations.deleted", name=rule["name"])
        return saved(request, tx, text, undo=undo_url(tx), go="/automations")


@get("/{path:str}/{identity:uuid}/automations/{automation:uuid}", sync_to_thread=True)
def ask_first(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], automation: FromPath[UUID]
) -> Response[str]:
    """The dialog that asks before a button acts on a record."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        found = [rule for rule in rules_of(tx).rules if rule.id == automation and rule.entity == entity.name]
        if not found:
            raise NotFound("automation.no_button")
        url = f"/{path}/{record.id}/automations/{automation}"
        return part(request, tx, "pages/form_dialog.html", view=question(tx, found[0], url))


@post("/{path:str}/{identity:uuid}/automations/{automation:uuid}")
async def press_button(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], automation: FromPath[UUID]
) -> Response[str]:
    """Do what a rule's button says with a record."""
    form = await form_of(request)
    return await in_thread(_press, request, path, identity, automation, form)


def _press(request: AnyRequest, path: str, identity: UUID, automation: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        line = press(tx, tx.catalog.at_path(path), identity, automation)
        reason = line.reason or ""
        said = tx.say(reason) if tx.words.has(reason) else reason
        undo = undo_url(tx) if any(not each.failure for each in line.steps) else ""
        return saved(request, tx, tx.say(f"automations.pressed.{line.outcome}", reason=said), undo=undo)
