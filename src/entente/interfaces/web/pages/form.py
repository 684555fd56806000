"""Forms in the dialog: create, edit; a conflict shows both sides, a refusal keeps everything typed."""

from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.forms import Clash, ConflictView, FormView, Hint, HintsView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, is_fragment, part, saved, undo_url
from entente.interfaces.web.drawing import asked_first, record_rules, record_sections, with_conditions, with_demanded
from entente.interfaces.web.fields import names_of, title_of
from entente.interfaces.web.inputs import errors_of, typed_values, understood, values_of
from entente.interfaces.web.lines import belongs_elsewhere
from entente.interfaces.web.pages.record import form_of as form_def
from entente.interfaces.web.seen import save_over
from entente.interfaces.web.wording import in_words
from entente.kernel.access.fields import editable, may_create
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, Forbidden, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.duplicates import find_duplicates
from entente.kernel.records.form_rules import rules_of
from entente.kernel.records.query import find, find_with
from entente.kernel.records.save import save

TEMPLATE = "pages/form_dialog.html"
KEEP = "_keep."  # before the name of a field that two changed: "theirs" leaves it as it is


@get("/{path:str}/new", sync_to_thread=True)
def open_new(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The form of a new record; the address may give first values."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        if not may_create(tx, entity):
            raise Forbidden("access.create", entity=entity.label.to(tx.language))
        given = {name: value for name, value in request.query_params.items() if name in entity.fields}
        view = form_view(tx, entity, {**defaults(tx, entity), **typed_values(entity, given)})
        return part(request, tx, TEMPLATE, view=view)


@post("/{path:str}/new")
async def create(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Create the record that the form describes."""
    form = await form_of(request)
    return await in_thread(_create, request, path, form)


def _create(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        raw = values_of(tx, entity, form)
        ask = asked_first(tx, entity, {}, typed_values(entity, raw))
        if ask and form.get("confirmed") != ",".join(ask):
            view = form_view(tx, entity, typed_values(entity, raw), ask=ask)
            return part(request, tx, TEMPLATE, view=view, status=422)
        try:
            with tx.connection.transaction():
                record = save(tx, entity.name, raw)
        except Refused as refusal:
            view = form_view(tx, entity, typed_values(entity, raw), refusal=refusal)
            return part(request, tx, TEMPLATE, view=view, status=422)
        title = title_of(tx, entity, record)
        url = f"/{path}/{record.id}"
        text = tx.say("record.created", title=title)
        stays = form.get("then") == "another" or (belongs_elsewhere(tx, entity) and is_fragment(request))
        return saved(request, tx, text, undo=undo_url(tx), go="" if stays else url)


@get("/{path:str}/{identity:uuid}/edit", sync_to_thread=True)
def open_edit(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The form of a record as it stands."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record, may_change = find_with(tx, entity.name, identity, "update")
        if not may_change:
            raise Forbidden("access.update", entity=entity.label.to(tx.language))
        view = form_view(tx, entity, record, identity=identity, version=record.version, stored=record)
        return part(request, tx, TEMPLATE, view=view)


@post("/{path:str}/{identity:uuid}/edit")
async def change(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Change the record as the form says; a conflict is shown field by field."""
    form = await form_of(request)
    return await in_thread(_change, request, path, identity, form)


def _change(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        version = int(str(form.get("version") or 0))
        record = find(tx, entity.name, identity)
        sent = values_of(tx, entity, form, record)
        raw = {name: each for name, each in sent.items() if form.get(KEEP + name) != "theirs"}
        touched = {name: value for name, value in raw.items() if editable(tx, entity, entity.fields[name])}
        typed = {**record, **typed_values(entity, raw)}
        ask = asked_first(tx, entity, record, typed)
        if ask and form.get("confirmed") != ",".join(ask):
            view = form_view(tx, entity, typed, identity=identity, version=version, stored=record, ask=ask)
            return part(request, tx, TEMPLATE, view=view, status=422)
        try:
            save_over(tx, entity.name, touched, identity, version)
        except Conflict as conflict:
            draft = f"{entity.name}:{identity}"
            clash = conflict_view(tx, entity, conflict, form, raw, f"/{path}/{identity}/edit", draft)
            return part(request, tx, "pages/conflict.html", view=clash, status=409)
        except Refused as refusal:
            view = form_view(tx, entity, typed, identity=identity, version=version, refusal=refusal, stored=record)
            return part(request, tx, TEMPLATE, view=view, status=422)
        return saved(request, tx, tx.say("record.saved"), undo=undo_url(tx))


@post("/{path:str}/duplicates")
async def show_duplicates(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """What looks like the record that is being typed."""
    form = await form_of(request)
    return await in_thread(_show_duplicates, request, path, form)


def _show_duplicates(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        typed = understood(entity, values_of(tx, entity, form))
        matches = find_duplicates(tx, entity, typed, scope="create")
        hints = tuple(
            Hint(
                title=match.title,
                detail=tx.catalog.entity(match.entity).label.to(tx.language),
                reason=match.rule,
                url=f"/{tx.catalog.entity(match.entity).definition.path}/{match.id}",
                score=match.score,
                blocks=match.action == "block",
            )
            for match in matches.found[:5]
        )
        return part(request, tx, "pages/duplicate_hints.html", view=HintsView(hints=hints, hidden=matches.hidden))


def defaults(tx: Tx, entity: Entity) -> dict[str, Any]:
    """The first values of a form, to be seen and changed: those declared, and who fills it in as owner."""
    now = tx.clock.now()
    moments = {"today()": now.date(), "now()": now}
    found = {
        name: field.type.clean(name, field.definition, moments.get(str(default), default))
        for name, field in entity.fields.items()
        if (default := field.definition.default) is not None
    }
    mine = {"owner": tx.principal.user_id} if entity.definition.access == "owned" and "owner" in entity.fields else {}
    return {**found, **mine}


def form_view(
    tx: Tx,
    entity: Entity,
    values: Mapping[str, Any],
    *,
    identity: UUID | None = None,
    version: int = 0,
    refusal: Refused | None = None,
    stored: Mapping[str, Any] | None = None,
    ask: Mapping[str, str] | None = None,
) -> FormView:
    """The form of a record, with what was refused beside its field.

    `stored` is the record as it is, `ask` what is to be confirmed by sending the form once more.
    """
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    form = form_def(tx, entity, "record" if identity else "quick")
    form = with_conditions(entity, form, is_new=identity is None)
    form = form if identity else with_demanded(form, rules_of(tx, entity))
    sections = record_sections(tx, entity, form, values, errors)
    base = f"/{entity.definition.path}"
    title = ("record.edit_title", entity.this) if identity else ("list.new", entity.one)
    return FormView(
        title=tx.say(title[0], entity=title[1](tx.language)),
        url=f"{base}/{identity}/edit" if identity else f"{base}/new",
        submit=tx.say("record.save" if identity else "record.create"),
        sections=sections,
        live=record_rules(tx, entity, form, stored or {}),
        names=names_of(tx, entity, [values], list(entity.fields)),
        draft=f"{entity.name}:{identity or 'new'}",
        record=f"{entity.name}:{identity}" if identity else "",
        version=version,
        duplicates_url="" if identity or not entity.definition.timeline else f"{base}/duplicates",
        errors=(*others, *_error_lines(tx, entity, errors)),
        text=" ".join((ask or {}).values()),
        hidden={"confirmed": ",".join(ask)} if ask else {},
        also="" if identity else tx.say("record.create_another"),
        wide=any(section.columns > 1 for section in sections),
    )


def _error_lines(tx: Tx, entity: Entity, errors: Mapping[str, str]) -> list[str]:
    labels = {name: field.definition.label.to(tx.language) for name, field in entity.fields.items()}
    return [
        tx.say("record.error", field=labels.get(name.partition(".")[0], name), text=text)
        for name, text in errors.items()
    ]


def conflict_view(
    tx: Tx, entity: Entity, conflict: Conflict, form: FormMultiDict, raw: Mapping[str, Any], url: str, draft: str
) -> ConflictView:
    """Both versions side by side: what both changed is chosen, what only they changed is kept."""
    typed = typed_values(entity, raw)
    theirs = {each["field"]: each for each in conflict.theirs}
    names = names_of(tx, entity, [typed], list(typed))
    clashes, merged = [], []
    for name, change in theirs.items():
        field = entity.fields[name]
        known = field.type.clean(name, field.definition, change["new"])
        before = field.type.clean(name, field.definition, change["old"])
        if name not in typed or typed[name] in (before, known):
            merged.append(field.definition.label.to(tx.language))
            continue
        clashes.append(
            Clash(
                name=name,
                label=field.definition.label.to(tx.language),
                mine_text=in_words(tx, field, typed[name], names),
                theirs_text=in_words(tx, field, known, names_of(tx, entity, [{name: known}], [name])),
            )
        )
    last: Mapping[str, Any] = conflict.theirs[-1] if conflict.theirs else {"by": "", "at": tx.clock.now()}
    return ConflictView(
        who=last["by"],
        at=last["at"],
        url=url,
        version=int(conflict.values.get("version", 0)),
        clashes=tuple(clashes),
        merged=tuple(merged),
        hidden=_sent_again(entity, form, set(raw) - (set(theirs) - {clash.name for clash in clashes})),
        draft=draft,
    )


def _sent_again(entity: Entity, form: FormMultiDict, mine: Set[str]) -> tuple[tuple[str, str], ...]:
    """What the form sent for the fields that are mine, part by part, and what it sent beside fields."""
    named = ((key, key.partition(".")[0], value) for key, value in form.multi_items())
    return tuple(
        (key, value)
        for key, name, value in named
        if isinstance(value, str) and (name in mine or name not in entity.fields)
        if name != "version" and not name.startswith("_")
    )
