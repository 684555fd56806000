"""The editor of one automation: its form redrawn as it is filled in, tried without writing anything, saved."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.automations import RuleForm, TrialView
from entente.interfaces.html.views.frame import Person
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show, undo_url
from entente.interfaces.web.automating import options
from entente.interfaces.web.automating.draft import Draft, fresh, of_form, of_record, rule_in, to_save
from entente.interfaces.web.automating.editing import BASE, form_view
from entente.interfaces.web.automating.showing import trial_view
from entente.interfaces.web.pages.automations import CURRENT, require_reader
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound, Refused
from entente.kernel.records.query import find, titles
from entente.kernel.records.save import save
from entente.services.automation.dry_run import DAYS, try_on_past, try_on_record
from entente.services.automation.rules import RULE
from entente.services.automation.soundness import prove_rule

TEMPLATE = "automation"


@get("/automations/new", sync_to_thread=True)
def open_new_rule(request: AnyRequest) -> Response[str]:
    """The editor of a new rule, for the entity that is named or the first one."""
    with asked(request) as tx:
        require_reader(tx)
        if tx.principal.depth(RULE, "create") == "none":
            raise Forbidden("access.create", entity=tx.catalog.entity(RULE).label.to(tx.language))
        known = dict(options.entities(tx))
        wanted = request.query_params.get("entity", "")
        entity = wanted if wanted in known else next(iter(_in_menu_order(tx, known)))
        draft = fresh(entity, request.query_params.get("scope", ""), "")
        return show(request, tx, TEMPLATE, form_view(tx, draft), current=CURRENT)


def _in_menu_order(tx: Tx, known: dict[str, str]) -> list[str]:
    named = [name for made in tx.catalog.menus for name in made.entities if name in known]
    return [*named, *known]


@get("/automations/{identity:uuid}", sync_to_thread=True)
def open_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The editor of a rule."""
    with asked(request) as tx:
        record = find(tx, RULE, identity)
        return show(request, tx, TEMPLATE, form_view(tx, of_record(tx, record)), current=CURRENT)


@get("/automations/records/{entity:str}", sync_to_thread=True)
def find_records(request: AnyRequest, entity: FromPath[str]) -> Response[str]:
    """Records on which a rule can be tried."""
    with asked(request) as tx:
        require_reader(tx)
        words = str(request.query_params.get("q") or "")
        found = tuple(Person(id=key, name=name) for key, name in options.records_with(tx, entity, words))
        return part(request, tx, "pages/lookup_options.html", options=found)


@post("/automations/new")
async def create_rule(request: AnyRequest) -> Response[str]:
    """Redraw the editor, or save a new rule."""
    form = await form_of(request)
    return await in_thread(_take, request, None, form)


@post("/automations/{identity:uuid}")
async def change_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Redraw the editor, or save the rule."""
    form = await form_of(request)
    return await in_thread(_take, request, identity, form)


def _take(request: AnyRequest, identity: UUID | None, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="automation") as tx:
        op = request.query_params.get("op", "save")
        draft = _draft(tx, form, identity, op)
        if op in ("try", "try_record"):
            return part(request, tx, "pages/automation_trial.html", trial=_trial(tx, draft, form, op))
        if op != "save":
            return part(request, tx, f"pages/{TEMPLATE}.html", view=form_view(tx, draft))
        return _save(request, tx, draft)


def _trial(tx: Tx, draft: Draft, form: FormMultiDict, op: str) -> TrialView:
    record = next((found for each in form.getall("try_record", []) if (found := parse_id(str(each)))), None)
    if op == "try_record" and record is None:
        return TrialView(text="", runs=(), error=tx.say("automations.choose_record"))
    return _tried(tx, draft, record if op == "try_record" else None)


def _draft(tx: Tx, form: FormMultiDict, identity: UUID | None, op: str) -> Draft:
    sent = str(form.get("version") or "0")
    draft = of_form(form, identity, int(sent) if sent.isdigit() else 0, op)
    if draft.entity not in tx.catalog.entities:
        raise NotFound("entity.unknown", entity=draft.entity)
    return draft


def _save(request: AnyRequest, tx: Tx, draft: Draft) -> Response[str]:
    try:
        with tx.connection.transaction():
            values = to_save(tx, draft)
            done = save(tx, RULE, values, id=draft.id, version=draft.version or None)
    except Refused as refusal:
        view = _seen_over(tx, draft) if isinstance(refusal, Conflict) else form_view(tx, draft, refusal)
        return part(request, tx, f"pages/{TEMPLATE}.html", view=view, status=422)
    text = tx.say("automations.kept", name=done["name"])
    return saved(request, tx, text, undo=undo_url(tx), go=BASE, events=("automation-saved",))


def _seen_over(tx: Tx, draft: Draft) -> RuleForm:
    """The form once more when somebody else saved the rule meanwhile; sent again, it knowingly replaces that."""
    other = find(tx, RULE, draft.id) if draft.id else None
    if other is None:
        raise NotFound("not_found")
    draft.version = other.version
    name = titles(tx, "user", [other["modified_by"]]).get(other["modified_by"], "")
    at = formats_of(tx).moment(other["modified_at"])
    return form_view(tx, draft, Refused("automations.changed_meanwhile", name=name, at=at))


def _tried(tx: Tx, draft: Draft, record: UUID | None) -> TrialView:
    """What the draft would do, unsaved as it is."""
    try:
        rule = rule_in(tx, draft)
        prove_rule(tx, tx.catalog.entity(rule.entity), rule)
        found = try_on_record(tx, rule, record) if record else try_on_past(tx, rule, DAYS)
    except msgspec.ValidationError as fault:
        return TrialView(text="", runs=(), error=tx.say("automation.not_understood", reason=str(fault)))
    except Refused as refusal:
        return TrialView(text="", runs=(), error=tx.say(refusal.code, **refusal.values))
    return trial_view(tx, rule, found)
