"""Decision tables at their addresses: listed, read from files and given back, edited, checked, saved, deployed."""

import re
from collections.abc import Mapping
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.http.headers import attachment
from entente.interfaces.html.views.decisions import ChecksView, DecisionView, GridView, Newer, WordField
from entente.interfaces.html.views.frame import Action, Crumb, Empty, Tab
from entente.interfaces.html.views.processes import ModelLine, ModelList
from entente.interfaces.web.around.journal import note_lines
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.pages.processes.decisions.draft import changed, fresh, of_form, texts_of
from entente.interfaces.web.pages.processes.decisions.grid import HERE, checks_view, grid_view, result_of, word_fields
from entente.interfaces.web.pages.processes.dropped import take_file
from entente.interfaces.web.pages.processes.instances import tabs_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import NotFound
from entente.services.processes.decisions.proving import problems
from entente.services.processes.decisions.reading import read_model
from entente.services.processes.decisions.table import Model, Texts
from entente.services.processes.decisions.versions import (
    DecisionVersion,
    Draft,
    decision_versions,
    deploy_decisions,
    deployed_decisions,
    drafted,
    file_of,
    import_decisions,
    is_known,
    model_of,
    put_table,
    version_of,
    versions_of_decisions,
)
from entente.services.processes.decisions.writing import new_file
from entente.services.processes.definitions import require_right
from entente.services.stream.noting import DECISION, Thing, notes_on

HUES = {"deployed": "green", "draft": "amber"}
DRAFT = "draft_decision"


@get(HERE, sync_to_thread=True)
def show_decisions(request: AnyRequest) -> Response[str]:
    """All decision models in their newest versions."""
    with asked(request) as tx:
        require_right(tx)
        runs = {each.key: each.version for each in deployed_decisions(tx).values()}
        view = ModelList(
            key="decisions",
            title=tx.say("nav.processes"),
            heading=tx.say("decisions.name"),
            tabs=tabs_of(tx, "decisions"),
            import_url=f"{HERE}/import",
            drop=tx.say("decisions.drop"),
            accept=".dmn,.xml,application/xml",
            lines=tuple(_line(tx, each, runs.get(each.key)) for each in decision_versions(tx)),
            actions=(Action(label=tx.say("decisions.new"), url=f"{HERE}/new", way="go", icon="plus", tone="primary"),),
            empty=Empty(text=tx.say("decisions.none_yet"), icon="table"),
        )
        return show(request, tx, "process_models", view, current="processes")


def _line(tx: Tx, made: DecisionVersion, runs: int | None) -> ModelLine:
    return ModelLine(
        name=made.name,
        keys=", ".join(made.decisions),
        url=f"{HERE}/{made.id}",
        version=made.version,
        state=tx.say(f"processes.model.{made.state}"),
        hue=HUES[made.state],
        at=made.deployed_at or made.imported_at,
        deployed=runs,
    )


@post(f"{HERE}/import")
async def take_decisions(request: AnyRequest) -> Response[str]:
    """Import a file that was dropped or chosen; the browser goes to the page of its version."""
    return await take_file(request, "decision.import", HERE, import_decisions)


@get(f"{HERE}/new", sync_to_thread=True)
def open_new_decision(request: AnyRequest) -> Response[str]:
    """The editor with an empty table."""
    with asked(request) as tx:
        require_right(tx)
        table = fresh()
        view = DecisionView(
            title=tx.say("decisions.new"),
            key=str(request.query_params.get("key") or ""),
            crumbs=_crumbs(tx),
            words=_words(tx, Texts()),
            grid=grid_view(tx, table),
            checks=checks_view(tx, read_model(new_file(DRAFT, DRAFT, table)), DRAFT, {}),
            check_url=f"{HERE}/check",
            save_url=f"{HERE}/save",
        )
        return show(request, tx, "decision", view, current="processes")


@get(f"{HERE}/of/{{key:str}}", sync_to_thread=True)
def find_decision(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The page of the decision that a process names, in its newest version, or the editor of a new one."""
    with asked(request) as tx:
        require_right(tx)
        known = next((each for each in decision_versions(tx) if key in (each.key, *each.decisions)), None)
        new = f"{HERE}/new?key={quote(key)}"
        known_at = f"{HERE}/{known.id}?decision={quote(key)}" if known and key in known.decisions else ""
        go = known_at or (f"{HERE}/{known.id}" if known else new)
        return Response("", status_code=303, headers={"Location": go})


def _crumbs(tx: Tx) -> tuple[Crumb, ...]:
    return (Crumb(label=tx.say("processes.tab.decisions"), url=HERE),)


@get(f"{HERE}/{{identity:uuid}}", sync_to_thread=True)
def show_decision(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The editor with a known version: its main decision, or the one that is named."""
    with asked(request) as tx:
        require_right(tx)
        made, model = version_of(tx, identity), model_of(tx, identity)
        wanted = str(request.query_params.get("decision") or "") or model.main.id
        if wanted not in model.decisions:
            raise NotFound("decision.unknown")
        return show(request, tx, "decision", _view(tx, made, model, wanted), current="processes")


def _words(tx: Tx, texts: Texts) -> tuple[WordField, ...]:
    names = word_fields(tx, "name", "decisions.name_in", texts.names)
    return (*names, *word_fields(tx, "description", "decisions.description_in", texts.descriptions, long=True))


def _view(tx: Tx, made: DecisionVersion, model: Model, wanted: str) -> DecisionView:
    decision = model.decisions[wanted]
    return DecisionView(
        title=decision.called(tx.language),
        about=decision.described(tx.language),
        words=_words(tx, decision.texts),
        key=wanted,
        crumbs=_crumbs(tx),
        base=str(made.id),
        version=made.version,
        state=tx.say(f"processes.model.{made.state}"),
        hue=HUES[made.state],
        grid=grid_view(tx, decision.table) if decision.table else None,
        checks=checks_view(tx, model, wanted, {}),
        tabs=_tabs(tx, made, model, wanted),
        versions=tuple(
            (
                Tab(
                    label=tx.say("processes.version", number=each.version),
                    url=f"{HERE}/{each.id}",
                    current=each.id == made.id,
                ),
                tx.say(f"processes.model.{each.state}"),
                each.deployed_at or each.imported_at,
            )
            for each in versions_of_decisions(tx, made.key)
        ),
        notes=note_lines(tx, notes_on(tx, Thing(DECISION, made.key))),
        actions=_actions(tx, made),
        check_url=f"{HERE}/check",
        save_url=f"{HERE}/save",
    )


def _tabs(tx: Tx, made: DecisionVersion, model: Model, wanted: str) -> tuple[Tab, ...]:
    """One tab for each decision of a file, when there are several."""
    if len(model.decisions) < 2:
        return ()
    url = f"{HERE}/{made.id}?decision="
    return tuple(
        Tab(label=each.called(tx.language), url=url + each.id, current=each.id == wanted)
        for each in model.decisions.values()
    )


def _actions(tx: Tx, made: DecisionVersion) -> tuple[Action, ...]:
    return (
        Action(label=tx.say("processes.download"), url=f"{HERE}/{made.id}/file", way="go", icon="download"),
    )  # fmt: skip


@get(f"{HERE}/{{identity:uuid}}/file", sync_to_thread=True)
def give_decisions(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """The file of a version as it came, byte for byte."""
    with asked(request) as tx:
        require_right(tx)
        made = version_of(tx, identity)
        headers = dict(attachment(f"{made.key}-{made.version}.dmn"))
        return Response(file_of(tx, identity), media_type="application/xml", headers=headers)


def _texts(form: FormMultiDict) -> Mapping[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _drafted(tx: Tx, form: Mapping[str, str]) -> tuple[Model, str, Draft]:
    """The model as it would be with the table in the form."""
    draft, base = Draft(of_form(form), texts_of(form)), parse_id(form.get("base"))
    key = DRAFT if base is None else form.get("key") or DRAFT
    return read_model(drafted(tx, base, key, form.get("name") or DRAFT, draft)), key, draft


@post(f"{HERE}/draft")
async def change_draft(request: AnyRequest) -> Response[str]:
    """The grid after a rule or a column was added, moved, copied or taken away."""
    return await in_thread(_change, request, await form_of(request))


def _change(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        require_right(tx)
        given = _texts(form)
        table, focus = changed(of_form(given), str(request.query_params.get("do") or ""))
        view: GridView = grid_view(tx, table, focus)
        return part(request, tx, "pages/decision_grid.html", view=view)


@post(f"{HERE}/check")
async def check_draft(request: AnyRequest) -> Response[str]:
    """Everything that is wrong with the table as it stands, by cell, and the values to try it with."""
    return await in_thread(_check, request, await form_of(request), False)


@post(f"{HERE}/try")
async def try_draft(request: AnyRequest) -> Response[str]:
    """What the table as it stands gives for the values in the form."""
    return await in_thread(_check, request, await form_of(request), True)


def _check(request: AnyRequest, form: FormMultiDict, tried: bool) -> Response[str]:
    with asked(request, form) as tx:
        require_right(tx)
        given = _texts(form)
        model, key, _ = _drafted(tx, given)
        result = result_of(tx, model, key, given) if tried else None
        view: ChecksView = checks_view(tx, model, key, given, result)
        return part(request, tx, "pages/decision_checks.html", view=view)


@post(f"{HERE}/save")
async def save_draft(request: AnyRequest) -> Response[str]:
    """Keep the table as a new version, and deploy it when that is asked for; 422 with all that keeps it from that."""
    return await in_thread(_save, request, await form_of(request))


def _save(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="decision.save") as tx:
        given = _texts(form)
        name = given.get("name", "").strip() or given.get(f"name_{tx.language}", "").strip()
        key = given.get("key", "").strip() or _key_of(name)
        model, checked, draft = _drafted(tx, given)
        checks = checks_view(tx, model, checked, given)
        if given.get("then") == "deploy" and problems(model):
            return _stopped(request, tx, checks, 422)
        if newer := _newer(tx, given, draft):
            return _stopped(request, tx, msgspec.structs.replace(checks, newer=newer), 409)
        made, said = put_table(tx, parse_id(given.get("base")), key, name, draft), "decisions.saved"
        if given.get("then") == "deploy":
            made, said = deploy_decisions(tx, made.id), "decisions.deployed"
        go = f"{HERE}/{made.id}" if len(made.decisions) < 2 else f"{HERE}/{made.id}?decision={key}"
        return saved(request, tx, tx.say(said, number=made.version), go=go, events=("decision-saved",))


def _stopped(request: AnyRequest, tx: Tx, view: ChecksView, status: int) -> Response[str]:
    """What keeps the table from being saved, beside it."""
    answer = part(request, tx, "pages/decision_checks.html", view=view, status=status)
    answer.headers |= {"HX-Retarget": "#decision-checks", "HX-Reswap": "outerHTML"}
    return answer


def _newer(tx: Tx, given: Mapping[str, str], draft: Draft) -> Newer | None:
    """The newest version when the sender has not seen it and would change it; `over` is one that he passes over."""
    base = parse_id(given.get("base"))
    if base is None:
        return None
    opened, over = version_of(tx, base), given.get("over", "")
    newest = versions_of_decisions(tx, opened.key)[0]
    if is_known(tx, base, given.get("key", "").strip(), draft):
        return None
    if newest.version <= max(opened.version, int(over) if over.isdecimal() else 0):
        return None
    text = tx.say("decisions.saved_meanwhile", number=newest.version, next=newest.version + 1)
    return Newer(number=newest.version, text=text, url=f"{HERE}/{newest.id}")


def _key_of(name: str) -> str:
    """The key that a name suggests."""
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:60]
