"""Outgoing mail and background work: what waits, what failed, what a person decides about it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.html.views.transfer import OutboxView, SentMail
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, saved, show
from entente.interfaces.web.settings import require_settings, unsent_banner
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.dead import DeadJob, dead_jobs, drop_dead_job, retry_dead_job
from entente.kernel.jobs.followers import Failure, drop_failure, failures, retry_failure
from entente.kernel.kit.refusal import NotFound
from entente.services.mail.attachments import attached_names
from entente.services.mail.outbox import Mail, State, drop_mail, list_mails, read_mail
from entente.services.mail.sending import resend

TABS: tuple[State, ...] = ("kept", "queued", "sent", "failed", "uncertain")
OPEN = ("failed", "uncertain", "kept")
# A mail may look as it likes, but nothing in it runs, calls home or leads out of its frame.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'; sandbox"
)


@get("/outbox", sync_to_thread=True)
def show_outbox(request: AnyRequest) -> Response[str]:
    """The mails of the outbox."""
    with asked(request) as tx:
        require_settings(tx)
        state = _state_of(request)
        return show(request, tx, "outbox", _outbox(tx, state, None), current="outbox")


@get("/outbox/{identity:uuid}", sync_to_thread=True)
def show_mail(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """One mail beside the others."""
    with asked(request) as tx:
        require_settings(tx)
        view = _outbox(tx, _state_of(request), read_mail(tx, identity))
        return show(request, tx, "outbox", view, current="outbox")


@get("/outbox/{identity:uuid}/body", sync_to_thread=True)
def show_body(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The mail's own HTML, locked into its frame."""
    with asked(request) as tx:
        require_settings(tx)
        headers = {"Content-Security-Policy": MAIL_POLICY}
        return Response(read_mail(tx, identity).body_html, media_type="text/html", headers=headers)


@post("/outbox/{identity:uuid}/{deed:str}")
async def decide_mail(request: AnyRequest, identity: FromPath[UUID], deed: FromPath[str]) -> Response[str]:
    """Send a mail again, or give it up."""
    form = await form_of(request)
    return await in_thread(_decide_mail, request, identity, deed, form)


def _decide_mail(request: AnyRequest, identity: UUID, deed: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="mail") as tx:
        require_settings(tx)
        if deed == "resend":
            resend(tx, identity)
        elif deed == "drop":
            drop_mail(tx, identity)
        else:
            raise NotFound()
        return saved(request, tx, tx.say(f"outbox.done.{deed}"), go="/outbox")


def _state_of(request: AnyRequest) -> State | None:
    wanted = request.query_params.get("state")
    return next((each for each in TABS if each == wanted), None)


def _outbox(tx: Tx, state: State | None, opened: Mail | None) -> OutboxView:
    mails = list_mails(tx, state=state)
    tabs = [Tab(label=tx.say("outbox.all"), url="/outbox", current=state is None)]
    tabs += [Tab(label=tx.say(f"outbox.{each}"), url=f"/outbox?state={each}", current=each == state) for each in TABS]
    return OutboxView(
        title=tx.say("nav.outbox"),
        mails=tuple(_mail(tx, each, state) for each in mails),
        opened=_mail(tx, opened, state) if opened else None,
        html_url=f"/outbox/{opened.id}/body" if opened and opened.body_html else "",
        text=opened.body_text if opened else "",
        files=tuple(attached_names(tx, opened.id)) if opened else (),
        tabs=tuple(tabs),
        banners=() if tx.settings.smtp_url else (unsent_banner(tx),),
        empty=Empty(text=tx.say("outbox.none"), icon="mail"),
    )


def _mail(tx: Tx, mail: Mail, state: State | None) -> SentMail:
    base = f"/outbox/{mail.id}"
    actions = []
    if mail.state in OPEN and (mail.state != "kept" or tx.settings.smtp_url):
        actions.append(Action(label=tx.say("outbox.resend"), url=f"{base}/resend", way="post", icon="send"))
    if mail.state in (*OPEN, "queued"):
        sure = tx.say("outbox.drop_sure")
        actions.append(Action(label=tx.say("outbox.drop"), url=f"{base}/drop", way="post", tone="danger", confirm=sure))
    return SentMail(
        id=str(mail.id),
        to=mail.recipient,
        subject=mail.subject,
        at=mail.sent_at or mail.created_at,
        state="waiting" if mail.state == "queued" or mail.state == "sending" else mail.state,
        url=base + (f"?state={state}" if state else ""),
        error=mail.error or "",
        actions=tuple(actions),
    )


@get("/jobs", sync_to_thread=True)
def show_jobs(request: AnyRequest) -> Response[str]:
    """What failed for good or is tried again: jobs and followers of the journal."""
    with asked(request) as tx:
        require_settings(tx)
        jobs = Table(
            title=tx.say("jobs.dead"),
            headings=tuple(tx.say(f"jobs.head.{name}") for name in ("job", "failed", "tries", "error")),
            lines=tuple(_job(tx, each) for each in dead_jobs(tx)),
            empty=Empty(text=tx.say("jobs.none_dead"), icon="check"),
        )
        told = Table(
            title=tx.say("jobs.failures"),
            headings=tuple(tx.say(f"jobs.head.{name}") for name in ("follower", "next", "tries", "error")),
            lines=tuple(_failure(tx, each) for each in failures(tx)),
            empty=Empty(text=tx.say("jobs.none_failed"), icon="check"),
        )
        view = Tables(title=tx.say("nav.jobs"), url="/jobs", tables=(jobs, told))
        return show(request, tx, "tables", view, current="jobs")


def _job(tx: Tx, job: DeadJob) -> Line:
    return Line(
        cells=(
            Cell(text=f"{job.name} #{job.id}"),
            Cell(at=job.failed_at),
            Cell(text=str(job.tries), number=True),
            Cell(text=job.error.strip().splitlines()[-1][:200] if job.error.strip() else ""),
        ),
        actions=_choices(tx, f"/jobs/{job.id}"),
    )


def _failure(tx: Tx, failure: Failure) -> Line:
    waits = Cell(at=failure.next_at) if failure.next_at else Cell(text=tx.say("jobs.for_a_person"), hue="red")
    return Line(
        cells=(
            Cell(text=f"{failure.follower} #{failure.entry}"),
            waits,
            Cell(text=str(failure.tries), number=True),
            Cell(text=failure.error[:200]),
        ),
        actions=_choices(tx, f"/jobs/{failure.entry}/{failure.follower}"),
    )


def _choices(tx: Tx, base: str) -> tuple[Action, ...]:
    sure = tx.say("jobs.drop_sure")
    return (
        Action(label=tx.say("jobs.retry"), url=f"{base}/retry", way="post", icon="arrow-back-up"),
        Action(label=tx.say("jobs.drop"), url=f"{base}/drop", way="post", tone="danger", confirm=sure),
    )


@post("/jobs/{number:int}/{deed:str}")
async def decide_job(request: AnyRequest, number: FromPath[int], deed: FromPath[str]) -> Response[str]:
    """Let a dead job run again, or give it up."""
    form = await form_of(request)
    return await in_thread(_decide, request, form, number, "", deed)


@post("/jobs/{number:int}/{follower:str}/{deed:str}")
async def decide_failure(
    request: AnyRequest, number: FromPath[int], follower: FromPath[str], deed: FromPath[str]
) -> Response[str]:
    """Let a follower try an entry again, or give it up."""
    form = await form_of(request)
    return await in_thread(_decide, request, form, number, follower, deed)


def _decide(request: AnyRequest, form: FormMultiDict, number: int, follower: str, deed: str) -> Response[str]:
    with asked(request, form, deed="jobs") as tx:
        require_settings(tx)
        match (deed, bool(follower)):
            case ("retry", False):
                retry_dead_job(tx, number)
            case ("drop", False):
                drop_dead_job(tx, number)
            case ("retry", True):
                retry_failure(tx, number, follower)
            case ("drop", True):
                drop_failure(tx, number, follower)
            case _:
                raise NotFound()
        return saved(request, tx, tx.say(f"jobs.done.{deed}"))
