"""The import wizard: file, columns, duplicates, check, run; refused rows, undo, past imports."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from entente.interfaces.html.http.headers import attachment
from entente.interfaces.html.views.transfer import Step
from entente.interfaces.web.asking import AnyRequest, asked, csrf_of, form_of, in_thread, saved, show
from entente.interfaces.web.imports import file_view, past_imports, step_view
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound, Refused
from entente.services.transfer.importing import (
    begin_check,
    choose_sheet,
    may_use_imports,
    plan_import,
    run_import,
    start_import,
    stop_import,
    undo_import,
)
from entente.services.transfer.mapping import Column, ColumnMap
from entente.services.transfer.plan import Duplicates, ImportPlan, state_of
from entente.services.transfer.refusals import refused_rows_file
from entente.services.transfer.uploads import keep_file

STEPS: tuple[Step, ...] = ("columns", "duplicates", "check", "run")
DUPLICATES: tuple[Duplicates, ...] = ("skip", "fill", "create")


@get("/imports", sync_to_thread=True)
def list_imports(request: AnyRequest) -> Response[str]:
    """The imports of the past."""
    with asked(request) as tx:
        may_use_imports(tx)
        return show(request, tx, "tables", past_imports(tx), current="imports")


@get("/imports/new", sync_to_thread=True)
def choose_file(request: AnyRequest) -> Response[str]:
    """The first step of the wizard; the address may name the entity."""
    with asked(request) as tx:
        may_use_imports(tx)
        view = file_view(tx, csrf_of(request), entity=request.query_params.get("entity", ""))
        return show(request, tx, "import", view, current="imports")


@post("/imports/new")
async def take_file(request: AnyRequest) -> Response[str]:
    """Keep the file and go on to its columns; a file that cannot be read is refused with the reason."""
    form = await form_of(request)
    sent = form.get("file")
    data = await sent.read() if isinstance(sent, UploadFile) else b""
    name = sent.filename if isinstance(sent, UploadFile) else ""
    return await in_thread(_take_file, request, form, name, data)


def _take_file(request: AnyRequest, form: FormMultiDict, name: str, data: bytes) -> Response[str]:
    with asked(request, form, deed="import") as tx:
        may_use_imports(tx)
        entity = str(form.get("entity") or "")
        try:
            with tx.connection.transaction():
                if not data:
                    raise Refused("import.no_file")
                job = start_import(tx, keep_file(tx, name, data), entity, name)
        except Refused as refusal:
            view = file_view(tx, csrf_of(request), entity=entity, error=tx.say(refusal.code, **refusal.values))
            return show(request, tx, "import", view, current="imports", status=422)
        return _on(job, "columns")


def _on(job: UUID, step: str) -> Response[str]:
    """On to another step."""
    return Response("", status_code=303, headers={"Location": f"/imports/{job}?step={step}"})


@get("/imports/{identity:uuid}", sync_to_thread=True)
def show_import(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The step that the address asks for, or how far the import is once it was started."""
    with asked(request) as tx:
        may_use_imports(tx)
        asked_for = request.query_params.get("step", "columns")
        step: Step = next((each for each in STEPS if each == asked_for), "columns")
        view = step_view(tx, identity, step, csrf_of(request))
        return show(request, tx, "import", view, current="imports")


@post("/imports/{identity:uuid}/{step:str}")
async def take_step(request: AnyRequest, identity: FromPath[UUID], step: FromPath[str]) -> Response[str]:
    """Do what a step asks for, then go on to the next one."""
    form = await form_of(request)
    return await in_thread(_take_step, request, identity, step, form)


def _take_step(request: AnyRequest, identity: UUID, step: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="import") as tx:
        may_use_imports(tx)
        if step in ("undo", "run", "stop"):
            return _set_going(request, tx, identity, step)
        known = next((each for each in STEPS if each == step), None)
        if known is None:
            raise NotFound()
        try:
            with tx.connection.transaction():
                following = _done(tx, identity, known, form)
        except Refused as refusal:
            view = step_view(tx, identity, known, csrf_of(request), error=tx.say(refusal.code, **refusal.values))
            return show(request, tx, "import", view, current="imports", status=422)
        return _on(identity, following)


def _set_going(request: AnyRequest, tx: Tx, identity: UUID, what: str) -> Response[str]:
    text = tx.say(f"import.started.{what}")
    if what == "run":
        run_import(tx, identity)
    elif what == "undo":
        undo_import(tx, identity)
    else:
        made = stop_import(tx, identity)
        text = tx.say("import.stopped", count=made["done"] or 0, total=formats_of(tx).number(made["total"] or 0))
    return saved(request, tx, text, go=f"/imports/{identity}")


def _done(tx: Tx, identity: UUID, step: Step, form: FormMultiDict) -> Step:
    """The step that follows when this one is done."""
    plan = state_of(tx, identity).plan
    if step == "columns" and "sheet" in form:
        choose_sheet(tx, identity, str(form["sheet"]))
        return "columns"
    if step == "columns":
        plan_import(tx, identity, msgspec.structs.replace(plan, columns=_columns(plan, form)))
        return "duplicates"
    if step == "duplicates":
        wanted = next((each for each in DUPLICATES if each == form.get("duplicates")), plan.duplicates)
        rules = "1" in form.getall("rules", [])
        plan_import(tx, identity, msgspec.structs.replace(plan, duplicates=wanted, rules=rules))
        begin_check(tx, identity)
        return "check"
    run_import(tx, identity)
    return "run"


def _columns(plan: ImportPlan, form: FormMultiDict) -> ColumnMap:
    """The map that was chosen; the words of a column belong to the target that it had."""
    return ColumnMap(tuple(_column(column, form.get(f"map.{at}")) for at, column in enumerate(plan.columns.columns)))


def _column(column: Column, chosen: Any) -> Column:
    target = column.target if chosen is None else str(chosen)
    return Column(column.header, target, column.words if target == column.target else {})


@get("/imports/{identity:uuid}/refused", sync_to_thread=True)
def give_refused(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """The refused rows as a file with the reasons."""
    with asked(request) as tx:
        may_use_imports(tx)
        kind: Literal["csv", "xlsx"] = "csv" if request.query_params.get("form") == "csv" else "xlsx"
        made = refused_rows_file(tx, identity, kind)
        return Response(made.data, media_type=made.mime, headers=dict(attachment(made.name)))
