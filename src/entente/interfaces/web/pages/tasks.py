"""What is done with tasks of the worklist, one or several at once: asked in a dialog where something is to be said."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.around.holders import find_holders
from entente.interfaces.web.around.sifting import Sieve, sieve_at
from entente.interfaces.web.around.task_form import keep_answers, task_form
from entente.interfaces.web.around.verbs import ASKED, HOLDERS_URL, VERBS, typed_in, verb_view, wish_from
from entente.interfaces.web.around.worklist import DO, open_pane
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.selection import selected
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.actions import Outcome, perform
from entente.services.worklist.listing import TASK, Search, worklist

MOST_AT_ONCE = 200
LONGEST = 200
# In the opened task itself, not in a dialog.
PANE = "task-pane"


@get(DO + "/{verb:str}", sync_to_thread=True)
def ask_for_verb(request: AnyRequest, verb: FromPath[str]) -> Response[str]:
    """The dialog of a verb."""
    with asked(request) as tx:
        return _dialog(request, tx, _known(verb), FormMultiDict(list(request.query_params.multi_items())))


@get(HOLDERS_URL, sync_to_thread=True)
def look_up_holders(request: AnyRequest) -> Response[str]:
    """The people, teams and roles to whom a task may be given and whose names hold the words."""
    with asked(request) as tx:
        options = find_holders(tx, str(request.query_params.get("q") or "")[:LONGEST])
        return part(request, tx, "pages/lookup_options.html", options=options)


@post(DO + "/{verb:str}")
async def do_verb(request: AnyRequest, verb: FromPath[str]) -> Response[str]:
    """Do something with tasks, or ask first what is to be said."""
    form = await form_of(request)
    return await in_thread(_do, request, _known(verb), form)


def _known(verb: str) -> str:
    if verb not in VERBS:
        raise NotFound("not_found")
    return verb


def _do(request: AnyRequest, verb: str, sent: FormMultiDict) -> Response[str]:
    form = FormMultiDict([*request.query_params.multi_items(), *sent.multi_items()])
    with asked(request, form) as tx:
        if verb in ASKED and not form.get("sure"):
            return _dialog(request, tx, verb, form)
        tasks = selected(tx, tx.catalog.entity(TASK), form)
        if len(tasks) > MOST_AT_ONCE:
            raise Refused("work.too_many", count=MOST_AT_ONCE)
        wish = wish_from(verb, form, ZoneInfo(tx.principal.timezone))
        try:
            with tx.connection.transaction():
                if verb == "complete" and len(tasks) == 1:
                    wish["variables"] = keep_answers(tx, tasks[0], sent)
                outcome = perform(tx, TASK, verb, tasks, wish)
        except Refused as refusal:
            return _refused(request, tx, verb, tasks, form, refusal)
        return _done(request, tx, verb, tasks, outcome, str(form.get("from") or ""))


def _dialog(
    request: AnyRequest, tx: Tx, verb: str, form: FormMultiDict, refusal: Refused | None = None
) -> Response[str]:
    tasks = selected(tx, tx.catalog.entity(TASK), form)
    typed = typed_in(verb, form)
    tail = f"&from={form.get('from')}" if form.get("from") else ""
    url = f"{DO}/{verb}?ids={','.join(str(each) for each in tasks)}{tail}"
    view = verb_view(tx, verb, tasks, url, typed, refusal)
    return part(request, tx, "pages/form_dialog.html", view=view, status=422 if refusal else 200)


def _refused(
    request: AnyRequest, tx: Tx, verb: str, tasks: Sequence[UUID], form: FormMultiDict, refusal: Refused
) -> Response[str]:
    """The dialog or the opened task again, with what was typed and what is wrong."""
    if request.headers.get("hx-target", "").rpartition("#")[2] != PANE:
        return _dialog(request, tx, verb, form, refusal)
    parts = task_form(tx, tasks[0], sent=form, refusal=refusal)
    by_field, others = errors_of(tx, refusal)
    pane = open_pane(
        tx,
        tasks[0],
        form=parts,
        comment=str(form.get("comment") or ""),
        errors=parts.errors if parts else (*others, *by_field.values()),
        tab=str(form.get("from") or ""),
    )
    return part(request, tx, "pages/task_pane.html", task=pane, status=422)


def _done(request: AnyRequest, tx: Tx, verb: str, tasks: Sequence[UUID], made: Outcome, tab: str) -> Response[str]:
    number = len(tasks) - len(made.refused)
    text = tx.say(f"work.told.{verb}", count=number)
    if made.refused:
        reason = made.refused[0][1]
        text = f"{text} {tx.say('work.left', count=len(made.refused), reason=tx.say(reason.code, **reason.values))}"
    sieve = sieve_at(request.headers.get("hx-current-url", ""))
    go = _next(tx, tab, sieve) if tab and verb in ("complete", "redirect", "sleep") else ""
    return saved(request, tx, text, go=go, events=("record-saved", "inbox-changed"))


def _next(tx: Tx, tab: str, sieve: Sieve) -> str:
    """The list, with what is looked for in it, and the task that is first in it now."""
    view = tab if tab in ("mine", "groups", "away", "people") else "mine"
    wanted = Search(view=view, order=sieve.order, text=sieve.text or None, process=sieve.process or None, limit=1)  # type: ignore[arg-type]
    first = worklist(tx, wanted).entries
    return sieve.address(view, **({"open": f"{TASK}:{first[0].task}"} if first else {}))
