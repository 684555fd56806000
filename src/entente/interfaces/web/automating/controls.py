"""The inputs of the editor: of the rule, of its trigger, of each of its steps."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.interfaces.html.views.automations import Control, Options
from entente.interfaces.web.automating import options
from entente.interfaces.web.automating.draft import Draft
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.services.automation import shape
from entente.services.automation.addressed import address_fields
from entente.services.automation.rules import CALLED, RULE, TIMED
from entente.services.automation.soundness import OWN_CHANGES


def choices(tx: Tx, name: str) -> Options:
    """The options of a choice of the rule itself."""
    made = tx.catalog.entity(RULE).field(name).definition.choices
    return tuple((each.key, each.label.to(tx.language)) for each in made)


def _own(tx: Tx, draft: Draft, name: str, errors: Mapping[str, str], **more: Any) -> Control:
    field = tx.catalog.entity(RULE).field(name).definition
    value = draft.values.get(name)
    return Control(
        name=name,
        label=field.label.to(tx.language),
        value="" if value is None else str(value),
        error=errors.get(name, ""),
        **more,
    )


def basics(tx: Tx, draft: Draft, entity: Entity, errors: Mapping[str, str]) -> tuple[Control, ...]:
    """What the rule is called, what it is for, whether it is active."""
    found = [
        _own(tx, draft, "name", errors, required=True),
        _own(tx, draft, "entity", errors, kind="select", options=options.entities(tx), redraws=True),
    ]
    processes = options.scopes(tx, entity)
    if processes:
        field, value = draft.values.get("scope_field"), draft.values.get("scope_value")
        link = shape.scope_field(tx.catalog, entity)
        found.append(
            Control(
                name="scope",
                label=link.definition.label.to(tx.language) if link else "",
                kind="select",
                value=f"{field}:{value}" if value else "",
                options=processes,
                redraws=True,
            )
        )
    return (*found, _tick(tx, draft, "active"))


def _tick(tx: Tx, draft: Draft, name: str) -> Control:
    label = tx.catalog.entity(RULE).field(name).definition.label.to(tx.language)
    return Control(name=name, label=label, kind="check", value="1" if draft.values.get(name) else "")


def trigger(tx: Tx, draft: Draft, entity: Entity, errors: Mapping[str, str]) -> tuple[Control, ...]:
    """When the rule acts, with the details of its trigger."""
    first = _own(tx, draft, "trigger", errors, kind="select", options=options.triggers(tx, entity), redraws=True)
    if draft.trigger == options.MOMENT:
        first = msgspec.structs.replace(first, value=f"{options.MOMENT}:{draft.settings.get('moment', '')}")
    timing = _own(tx, draft, "timing", errors, kind="select", options=choices(tx, "timing"), redraws=True)
    both = draft.trigger in OWN_CHANGES or "timing" in errors
    details = _DETAILS.get(draft.trigger)
    wrong = Control(name="", label="", kind="text", error=errors["settings"]) if "settings" in errors else None
    moment = (first, timing) if both else (first,)
    return (*moment, *(details(tx, draft, entity) if details else ()), *((wrong,) if wrong else ()))


def _set(tx: Tx, draft: Draft, name: str, key: str = "", **more: Any) -> Control:
    label = tx.say(f"automations.set.{key or name}")
    hint = f"automations.set.{key or name}.help"
    value = draft.settings.get(name, "")
    return Control(
        name=f"settings.{name}",
        label=label,
        value=str(value) if not isinstance(value, list | bool) else "1" if value is True else "",
        values=tuple(value) if isinstance(value, list) else (),
        help=tx.say(hint) if tx.words.has(hint) else "",
        **more,
    )


def _changed(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    known = options.fields(tx, entity, written=False)
    picked = _set(tx, draft, "fields", kind="checks", options=known, redraws=True, wide=True)
    chosen = draft.settings.get("fields") or []
    if len(chosen) != 1 or chosen[0] not in entity.fields:
        return (picked,)
    return (picked, *(_value(tx, draft, entity.fields[chosen[0]], name) for name in ("old", "new")))


def _value(tx: Tx, draft: Draft, field: Field, name: str) -> Control:
    if field.type.key == "choice":
        found = tuple((each.key, each.label.to(tx.language)) for each in field.definition.choices)
        return _set(tx, draft, name, kind="select", options=(("", tx.say("automations.any")), *found))
    return _set(tx, draft, name)


def _stages(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    known = options.stages(tx, entity, str(draft.values.get("scope_value") or ""))
    return tuple(_set(tx, draft, name, kind="select", options=known) for name in ("old", "new"))


def _results(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    return (_set(tx, draft, "new", kind="select", options=options.results(tx, entity)),)


def _activity(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    known = (options.NONE, *options.activities(tx, entity))
    first = _set(tx, draft, "activity", kind="select", options=known, redraws=True)
    made = tx.catalog.entities.get(str(draft.settings.get("activity") or ""))
    field = shape.kind_field(made) if made else None
    if field is None:
        return (first,)
    found = tuple((each.key, each.label.to(tx.language)) for each in field.definition.choices)
    return (first, _set(tx, draft, "subtype", kind="select", options=(("", tx.say("automations.any")), *found)))


def _relation(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    known = (options.NONE, *options.relations(tx, entity))
    return (_set(tx, draft, "field", "relation", kind="select", options=known),)


def _date(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    return (
        _set(tx, draft, "field", "date", kind="select", options=(options.NONE, *options.dates(tx, entity))),
        _set(tx, draft, "days", kind="number"),
    )


def _schedule(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    views = options.records(tx, "saved_view", f'entity = "{entity.name}"')
    every = ("", tx.say("automations.every_record"))
    whose = str(draft.id or "")
    return (
        _set(tx, draft, "cron", kind="schedule", rule=whose, wide=True),
        _set(tx, draft, "view", kind="select", options=(every, *views)),
    )


def _button(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    places = tuple((each, tx.say(f"automations.place.{each}")) for each in ("record", "list"))
    given = draft.settings.get("places") or ["record"]
    return (
        _set(tx, draft, "en"),
        _set(tx, draft, "fr"),
        Control(name="settings.places", label=tx.say("automations.set.places"), kind="checks", options=places,
                values=tuple(given)),
        _set(tx, draft, "show_if", kind="code"),
        _set(tx, draft, "confirm", kind="check"),
    )  # fmt: skip


def _form(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    forms = options.records(tx, "web_form", f'entity = "{entity.name}"')
    any_form = ("", tx.say("automations.any"))
    return (_set(tx, draft, "new", "form", kind="select", options=(any_form, *forms)),)


def _mail(tx: Tx, draft: Draft, entity: Entity) -> tuple[Control, ...]:
    at = _set(tx, draft, "mailbox")
    known = options.mailboxes(tx)
    if known:
        at = msgspec.structs.replace(at, help=tx.say("automations.set.mailbox.known", addresses=", ".join(known)))
    return (
        at,
        _set(tx, draft, "sender"),
        _set(tx, draft, "subject", "mail_subject"),
        _set(tx, draft, "text", "mail_text"),
        _set(tx, draft, "unproved", kind="check"),
        *((_set(tx, draft, "newcomer", kind="check"),) if address_fields(entity) else ()),
    )


_DETAILS = {
    "updated": _changed,
    "saved": _changed,
    "stage": _stages,
    "result": _results,
    "activity_created": _activity,
    "activity_closed": _activity,
    "related": _relation,
    "unrelated": _relation,
    "date": _date,
    "schedule": _schedule,
    "button": _button,
    "form": _form,
    "mail": _mail,
}


def _waits(draft: Draft) -> tuple[str, ...]:
    """How the rule may wait: not before a save, and not for quiet where nothing changed."""
    if draft.values.get("timing") == "before":
        return ()
    return ("delay",) if draft.trigger in TIMED | CALLED else ("debounce", "delay")


def more(tx: Tx, draft: Draft, errors: Mapping[str, str]) -> tuple[Control, ...]:
    """How often, how soon and with whose rights the rule acts."""
    return (
        _own(tx, draft, "run_as", errors, kind="select", options=choices(tx, "run_as")),
        _own(tx, draft, "once_per", errors, kind="select", options=choices(tx, "once_per")),
        *(_own(tx, draft, name, errors, kind="number") for name in _waits(draft)),
        _own(tx, draft, "position", errors, kind="number"),
        _tick(tx, draft, "reentrant"),
        _own(tx, draft, "description", errors, kind="area", wide=True),
    )
