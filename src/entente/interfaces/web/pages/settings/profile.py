"""One's own profile, language, absence and looks; what one wants to be told."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from zoneinfo import available_timezones

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection
from entente.interfaces.html.views.transfer import SettingsView
from entente.interfaces.web.appearance import CHOICES, appearance_of, set_appearance
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, show
from entente.interfaces.web.fields import field_view, names_of
from entente.interfaces.web.inputs import errors_of, typed_values, values_of
from entente.interfaces.web.settings import plain_field, refused_form, tabs_of
from entente.interfaces.web.shell import may_enter
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Choice
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.stream.following import follow_entities, followed_entities
from entente.services.stream.preferences import NEWS_KINDS, Notices, my_notices, set_my_notices

SECTIONS = (
    ("person", ("first_name", "last_name", "job_title", "phones", "signature")),
    ("language", ("language", "timezone")),
    ("absence", ("absent_from", "absent_until", "substitute")),
)
QUIET = ("quiet_from", "quiet_until")
OWN_FIELDS = tuple(name for _, names in SECTIONS for name in names)


@get("/settings", sync_to_thread=True)
def show_profile(request: AnyRequest) -> Response[str]:
    """One's own profile."""
    with asked(request) as tx:
        return show(request, tx, "settings", _profile(tx), current="settings")


@post("/settings")
async def change_profile(request: AnyRequest) -> Response[str]:
    """Keep one's own profile; nothing typed is lost when it is refused."""
    form = await form_of(request)
    return await in_thread(_change_profile, request, form)


def _change_profile(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="profile") as tx:
        entity = tx.catalog.entity("user")
        wanted = {name: raw for name, raw in values_of(tx, entity, form).items() if name in OWN_FIELDS}
        typed = typed_values(entity, wanted)
        refused = refused_form(
            request, tx, lambda: _keep(tx, wanted, form), lambda refusal: _profile(tx, typed, refusal)
        )
        if refused:
            return refused
        answer = show(request, tx, "settings", _profile(tx, saved=True), current="settings")
        if wanted.get("language") not in (None, tx.principal.language):
            answer.headers["HX-Refresh"] = "true"
        return answer


def _keep(tx: Tx, wanted: Mapping[str, Any], form: FormMultiDict) -> None:
    if wanted.get("timezone") and wanted["timezone"] not in available_timezones():
        raise Refused("settings.no_such_timezone", field="timezone")
    save(tx, "user", wanted, id=_me(tx).id, trusted=True)
    set_appearance(tx, {name: str(form[name]) for name in CHOICES if name in form})


def _me(tx: Tx) -> Record:
    if tx.principal.user_id is None:
        raise Forbidden()
    return find(tx, "user", tx.principal.user_id)


def _profile(
    tx: Tx, typed: Mapping[str, Any] | None = None, refusal: Refused | None = None, *, saved: bool = False
) -> SettingsView:
    entity = tx.catalog.entity("user")
    values = {**_me(tx), **(typed or {})}
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    sections = [
        _section(
            tx,
            key,
            tuple(
                field_view(tx, entity, entity.fields[name], values.get(name), error=errors.pop(name, ""), form=True)
                for name in names
            ),
        )
        for key, names in SECTIONS
    ]
    looks = appearance_of(tx)
    fields = tuple(plain_field(tx, name, "choice", looks[name], choices=CHOICES[name][1:]) for name in CHOICES)
    return SettingsView(
        title=tx.say("settings.title"),
        url="/settings",
        sections=(*sections, _section(tx, "looks", fields)),
        names=names_of(tx, entity, [values], ["substitute"]),
        tabs=tabs_of(tx, "profile"),
        errors=(*others, *errors.values()),
        saved=saved,
    )


def _section(tx: Tx, key: str, fields: tuple[FieldView, ...]) -> FormSection:
    return FormSection(key=key, label=tx.say(f"settings.section.{key}"), fields=fields, columns=2)


@get("/settings/notices", sync_to_thread=True)
def show_notices(request: AnyRequest) -> Response[str]:
    """What one wants to be told."""
    with asked(request) as tx:
        return show(request, tx, "settings", _notices(tx), current="settings")


@post("/settings/notices")
async def change_notices(request: AnyRequest) -> Response[str]:
    """Keep what one wants to be told."""
    form = await form_of(request)
    return await in_thread(_change_notices, request, form)


def _change_notices(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="preferences") as tx:
        sent = form.getall("mailed", [])
        wanted = Notices(
            mailed=tuple(kind for kind in NEWS_KINDS if kind in sent),
            daily="1" in form.getall("daily", []),
            follow_created="1" in form.getall("follow_created", []),
            follow_posted="1" in form.getall("follow_posted", []),
        )
        asked_for = set(form.getall("follow_new", []))
        followed = [entity.name for entity in _followable(tx) if entity.name in asked_for]
        typed = {name: str(form.get(name) or "").strip() for name in QUIET}

        def keep() -> None:
            set_my_notices(tx, msgspec.structs.replace(wanted, **_hours(typed)))
            follow_entities(tx, followed)

        def again(refusal: Refused) -> SettingsView:
            return _notices(tx, wanted, followed, typed, errors_of(tx, refusal)[0])

        return refused_form(request, tx, keep, again) or show(
            request, tx, "settings", _notices(tx, saved=True), current="settings"
        )


def _followable(tx: Tx) -> list[Entity]:
    """The entities of the menu that have a timeline and may be read: of their new records one can be told."""
    known = [tx.catalog.entities.get(name) for menu in tx.catalog.menus for name in menu.entities]
    return [each for each in known if each and each.definition.timeline and may_enter(tx, each)]


def _new_records(tx: Tx, followed: Iterable[str]) -> FieldView:
    """The entities of whose new records one is told."""
    view = plain_field(tx, "follow_new", "multi_choice", tuple(followed))
    choices = tuple(Choice(key=each.name, label=each.plural) for each in _followable(tx))
    return msgspec.structs.replace(view, field=msgspec.structs.replace(view.field, choices=choices))


def _hours(typed: Mapping[str, str]) -> dict[str, int | None]:
    """The quiet hours that were typed; Invalid when one is no hour of the day, or stands alone."""
    refused = [
        Refused("settings.no_hour", field=name)
        for name, text in typed.items()
        if text and not (text.isascii() and text.isdecimal() and int(text) in range(24))
    ]
    alone = any(typed.values()) and not all(typed.values())
    refused += [Refused("settings.both_hours", field=name) for name, text in typed.items() if alone and not text]
    if refused:
        raise Invalid(refused)
    return {name: int(text) if text else None for name, text in typed.items()}


def _notices(
    tx: Tx,
    wanted: Notices | None = None,
    followed: Sequence[str] | None = None,
    typed: Mapping[str, str] = MappingProxyType({}),
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    saved: bool = False,
) -> SettingsView:
    """What one is told: as it is kept, or as it was typed and refused."""
    held = wanted or my_notices(tx)
    quiet = {name: typed.get(name, getattr(held, name)) for name in QUIET}
    told = (
        plain_field(tx, "mailed", "multi_choice", held.mailed, choices=NEWS_KINDS),
        plain_field(tx, "daily", "boolean", held.daily),
        *(plain_field(tx, name, "integer", quiet[name], error=errors.get(name, "")) for name in QUIET),
    )
    following = (
        plain_field(tx, "follow_created", "boolean", held.follow_created),
        plain_field(tx, "follow_posted", "boolean", held.follow_posted),
        _new_records(tx, followed_entities(tx) if followed is None else followed),
    )
    return SettingsView(
        title=tx.say("settings.title"),
        url="/settings/notices",
        sections=(_section(tx, "mail", told), _section(tx, "following", following)),
        tabs=tabs_of(tx, "notices"),
        saved=saved,
    )
