"""Sharing one record: with whom it is shared, sharing it further, ending a share."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.html.views.frame import Action
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, undo_url
from entente.interfaces.web.fields import lookup_url, title_of
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.records.query import find, titles
from entente.kernel.records.shares import LEVELS, Share, share, shares_of, unshare

TEMPLATE = "pages/form_dialog.html"
# Any link of the record to a person and to a team lends the search for candidates.
WHOM = (("user", "share.with_user", ("owner", "created_by")), ("team", "share.with_team", ("team",)))


@get("/{path:str}/{identity:uuid}/share", sync_to_thread=True)
def open_share(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The dialog that says with whom a record is shared and shares it further."""
    with asked(request) as tx:
        return part(request, tx, TEMPLATE, view=_dialog(tx, tx.catalog.at_path(path), identity))


@post("/{path:str}/{identity:uuid}/share")
async def share_record(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Share a record with a person or a team."""
    form = await form_of(request)
    return await in_thread(_share, request, path, identity, form)


@post("/{path:str}/{identity:uuid}/share/{number:uuid}/end")
async def end_share(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], number: FromPath[UUID]
) -> Response[str]:
    """Stop sharing a record with someone."""
    form = await form_of(request)
    return await in_thread(_end, request, path, identity, number, form)


def _share(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        try:
            share(
                tx,
                entity.name,
                identity,
                user=_chosen(form, "user"),
                team=_chosen(form, "team"),
                level=str(form.get("level") or ""),
                until=_end_of_day(tx, str(form.get("until") or "")),
                reason=str(form.get("reason") or "").strip() or None,
            )
        except Invalid as refusal:
            view = _dialog(tx, entity, identity, form, refusal)
            return part(request, tx, TEMPLATE, view=view, status=422)
        return saved(request, tx, tx.say("share.done"), undo=undo_url(tx))


def _end(request: AnyRequest, path: str, identity: UUID, number: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        unshare(tx, tx.catalog.at_path(path).name, identity, number)
        return saved(request, tx, tx.say("share.ended"), undo=undo_url(tx))


def _chosen(form: FormMultiDict, name: str) -> UUID | None:
    return next((found for value in form.getall(name, []) if (found := parse_id(value))), None)


def _end_of_day(tx: Tx, text: str) -> datetime | None:
    """The midnight that ends a day where the person is; nothing for no day, Refused for what is none."""
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        raise Invalid([Refused("field.not_a_date", field="until")]) from None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(tx.principal.timezone))


def _dialog(
    tx: Tx, entity: Entity, identity: UUID, form: FormMultiDict | None = None, refusal: Refused | None = None
) -> FormView:
    record = find(tx, entity.name, identity)
    known = shares_of(tx, entity.name, identity)
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    url = f"/{entity.definition.path}/{identity}/share"
    title = title_of(tx, entity, record)
    return FormView(
        title=tx.say("share.title", title=title),
        url=url,
        submit=tx.say("record.share"),
        sections=(FormSection(fields=_fields(tx, entity, form or FormMultiDict(), errors)),),
        errors=others,
        entries=tuple(_line(tx, each, url) for each in known),
    )


def _fields(tx: Tx, entity: Entity, form: FormMultiDict, errors: dict[str, str]) -> tuple[FieldView, ...]:
    levels = tuple(Choice(key=key, label=_text(tx, f"share.level.{key}")) for key in LEVELS)
    found = [
        _field(tx, name, FieldDef(type="link", to=name, label=_text(tx, key)), errors, src=_src(entity, links))
        for name, key, links in WHOM
        if _src(entity, links)
    ]
    level = FieldDef(type="choice", label=_text(tx, "share.may"), choices=levels, required=True)
    found.append(_field(tx, "level", level, errors, value=form.get("level") or "read"))
    found.append(_field(tx, "until", FieldDef(type="date", label=_text(tx, "share.until")), errors))
    reason = FieldDef(type="text", label=_text(tx, "share.reason"))
    found.append(_field(tx, "reason", reason, errors, value=form.get("reason")))
    return tuple(found)


def _src(entity: Entity, links: tuple[str, ...]) -> str:
    return next((lookup_url(entity, entity.fields[name]) for name in links if name in entity.fields), "")


def _field(
    tx: Tx, name: str, field: FieldDef, errors: dict[str, str], *, value: object = None, src: str = ""
) -> FieldView:
    return FieldView(
        name=name,
        field=field,
        label=field.label.to(tx.language),
        value=value,
        error=errors.get(name, ""),
        required=field.required,
        lookup_url=src,
    )


def _line(tx: Tx, each: Share, url: str) -> tuple[str, Action]:
    kind, identity = ("user", each.user_id) if each.user_id else ("team", each.team_id)
    name = titles(tx, kind, [identity]).get(identity, "") if identity else ""
    said = {"name": name, "level": tx.say(f"share.level.{each.level}").lower()}
    last = formats_of(tx).day((each.until - timedelta(seconds=1)).date()) if each.until else ""
    text = tx.say("share.line_until", **said, day=last) if last else tx.say("share.line", **said)
    label = tx.say("share.end", name=name)
    return text, Action(label=label, url=f"{url}/{each.id}/end", way="post", icon="x")


def _text(tx: Tx, key: str) -> Text:
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})
