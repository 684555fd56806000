"""What happens around a record, piece by piece: its timeline, the composer, following, pinning."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from entente.interfaces.web.around.composing import Sent, add, composer_view, typed_again, wanted_kind
from entente.interfaces.web.around.kinds import is_written
from entente.interfaces.web.around.timelines import kind_of, timeline_view
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, undo_url
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.services.stream.following import follow, my_level, unfollow
from entente.services.stream.notes import pin_note


@get("/{path:str}/{identity:uuid}/timeline", sync_to_thread=True)
def show_timeline(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The timeline of a record, or the items behind those that are shown already."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        after = request.query_params.get("after") or None
        kind = kind_of(str(request.query_params.get("kind") or ""))
        view = timeline_view(tx, entity, identity, kind=kind, after=after)
        return part(request, tx, "pages/timeline_items.html" if after else "pages/timeline.html", view=view)


@get("/{path:str}/{identity:uuid}/composer", sync_to_thread=True)
def open_composer(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The composer for one kind of activity."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        find(tx, entity.name, identity, links=False)
        kind = wanted_kind(tx, entity.name, str(request.query_params.get("kind") or ""))
        return _composer(request, tx, entity, identity, kind)


def _composer(request: AnyRequest, tx: Tx, entity: Entity, identity: UUID, kind: Entity) -> Response[str]:
    view, names = composer_view(tx, entity, identity, kind)
    return part(request, tx, "pages/composer.html", view=view, names=names)


@post("/{path:str}/{identity:uuid}/composer")
async def compose(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Add what was composed; the answer is an empty composer, or the same one with the reason."""
    form = await form_of(request)
    files = await sent_files(form, "files")
    return await in_thread(_compose, request, path, identity, form, files)


async def sent_files(form: FormMultiDict, name: str) -> list[Sent]:
    """The files that a form brings under a name."""
    found = [each for each in form.getall(name, []) if isinstance(each, UploadFile) and each.filename]
    return [Sent(each.filename, await each.read(), each.content_type) for each in found]


def _compose(
    request: AnyRequest, path: str, identity: UUID, form: FormMultiDict, files: Sequence[Sent]
) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        find(tx, entity.name, identity, links=False)
        kind = wanted_kind(tx, entity.name, str(request.query_params.get("kind") or ""))
        try:
            with tx.connection.transaction():
                add(tx, entity, identity, kind, form, files)
        except Refused as refusal:
            view, names = composer_view(tx, entity, identity, kind, typed_again(kind, tx, form, refusal))
            return part(request, tx, "pages/composer.html", view=view, names=names, status=422)
        answer = _composer(request, tx, entity, identity, wanted_kind(tx, entity.name, ""))
        told = saved(request, tx, tx.say("around.added", kind=kind.label.to(tx.language)), undo=undo_url(tx))
        answer.content += told.content
        events = ("timeline-changed",) if is_written(tx, kind) else ("timeline-changed", "record-saved")
        answer.headers["HX-Trigger"] = ", ".join(events)
        return answer


@post("/{path:str}/{identity:uuid}/follow")
async def change_following(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Follow the record from now on, or no longer; the answer is the button."""
    form = await form_of(request)
    return await in_thread(_change_following, request, path, identity, form)


def _change_following(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        following = my_level(tx, entity.name, identity) in (None, "mute")
        (follow if following else unfollow)(tx, entity.name, identity)
        url = f"/{path}/{identity}/follow"
        answer = part(request, tx, "pages/follow_button.html", url=url, following=following)
        answer.headers["HX-Trigger"] = "record-saved"
        return answer


@post("/{path:str}/{identity:uuid}/pin")
async def pin(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Keep a note on top of its record's timeline, or no longer."""
    form = await form_of(request)
    return await in_thread(_pin, request, path, identity, form)


def _pin(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        record = find(tx, tx.catalog.at_path(path).name, identity, links=False)
        pinned = not record["pinned"]
        pin_note(tx, identity, pinned)
        return saved(request, tx, tx.say("around.pinned" if pinned else "around.unpinned"), undo=undo_url(tx))
