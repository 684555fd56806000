"""The inputs of the editor's actions: one function per kind of step."""

from collections.abc import Mapping
from typing import Any

from entente.interfaces.html.views.automations import Control, Options, StepView
from entente.interfaces.web.automating import options
from entente.interfaces.web.automating.draft import ROWS, Draft
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import titles

ICONS: Mapping[str, str] = {
    "activity": "checkbox", "post": "message", "notify": "bell", "mail": "mail", "update": "pencil",
    "create": "plus", "related": "link", "assign": "user-plus", "label": "tag", "action": "bolt",
    "webhook": "route", "refuse": "x",
}  # fmt: skip
EMPTY_ROWS = 1
FORMULA = "="  # with which every expression begins


def steps(tx: Tx, draft: Draft, entity: Entity) -> tuple[StepView, ...]:
    """The steps of the rule with their inputs."""
    keys = list(draft.steps)
    return tuple(_step(tx, entity, key, draft.steps[key], at, len(keys)) for at, key in enumerate(keys))


def _step(tx: Tx, entity: Entity, key: str, step: dict[str, Any], at: int, count: int) -> StepView:
    kind = str(step.get("kind"))
    inputs = _STEPS.get(kind)
    return StepView(
        key=key,
        number=at + 1,
        kind=kind,
        label=tx.say(f"automations.kind.{kind}"),
        icon=ICONS.get(kind, "bolt"),
        controls=inputs(tx, entity, f"step.{key}", step) if inputs else (),
        rows=_rows(tx, entity, f"step.{key}", step),
        first=at == 0,
        last=at == count - 1,
    )


def _in(tx: Tx, base: str, step: Mapping[str, Any], name: str, **more: Any) -> Control:
    value = step.get(name)
    hint = f"automations.in.{name}.help"
    return Control(
        name=f"{base}.{name}",
        label=tx.say(f"automations.in.{name}"),
        value=", ".join(value) if isinstance(value, list | tuple) else "" if value is None else str(value),
        values=tuple(value) if isinstance(value, list | tuple) else (),
        help=tx.say(hint) if tx.words.has(hint) else "",
        **more,
    )


def _activity_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    units = tuple((each, tx.say(f"automations.unit.{each}")) for each in ("working_days", "days"))
    return (
        _in(tx, base, step, "entity", kind="select", options=options.activities(tx, entity), redraws=True),
        _in(tx, base, step, "subject"),
        _in(tx, base, step, "assignee", kind="select", options=options.people(tx, entity, rule=True)),
        _in(tx, base, step, "due", kind="number"),
        _in(tx, base, step, "due_unit", kind="select", options=units),
    )


def _post_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    return (_in(tx, base, step, "body", kind="area", wide=True),)


def _people(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any], *, mail: bool) -> Control:
    return _in(tx, base, step, "to", kind="checks", options=options.people(tx, entity, mail=mail), wide=True)


def _notify_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    return (_people(tx, entity, base, step, mail=False), _in(tx, base, step, "text", kind="area", wide=True))


def _mail_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = dict(options.people(tx, entity, mail=True))
    others = ", ".join(each for each in step.get("to", ()) if each not in known)
    return (
        _people(tx, entity, base, step, mail=True),
        Control(name=f"{base}.to", label=tx.say("automations.in.addresses"), value=others, wide=True),
        _in(tx, base, step, "template", kind="select", options=(options.NONE, *options.templates(tx)), wide=True),
        _in(tx, base, step, "subject", wide=True),
        _in(tx, base, step, "body", kind="area", wide=True),
        *(
            Control(
                name=f"{base}.{name}",
                label=tx.say(f"automations.in.{name}"),
                kind="check",
                value="1" if step.get(name) else "",
            )
            for name in ("documents", "files")
        ),
        *_attachments(tx, base, step),
    )


def _attachments(tx: Tx, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = _documents(tx, step)
    return (_in(tx, base, step, "attachments", kind="checks", options=known, wide=True),) if known else ()


def _documents(tx: Tx, step: Mapping[str, Any]) -> Options:
    """The documents that were changed last, and those that are chosen already."""
    recent = options.records_with(tx, "document", "", most=30)
    chosen = [identity for each in step.get("attachments", ()) if (identity := parse_id(str(each)))]
    known = titles(tx, "document", chosen)
    others = tuple((str(key), title) for key, title in known.items() if str(key) not in dict(recent))
    return (*others, *recent)


def _create_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = (options.NONE, *options.creatable(tx, entity))
    links = (options.NONE, *options.links_to(tx, str(step.get("entity") or ""), entity))
    return (
        _in(tx, base, step, "entity", kind="select", options=known, redraws=True),
        _in(tx, base, step, "link", kind="select", options=links),
    )


def _related_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = (options.NONE, *options.relations(tx, entity))
    return (_in(tx, base, step, "field", kind="select", options=known, redraws=True),)


def _label_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = options.label_fields(tx, entity)
    name = str(step.get("field") or (known[0][0] if known else ""))
    target = entity.fields.get(name)
    found = options.records(tx, targets(target.definition)[0], "") if target else ()
    return (
        _in(tx, base, step, "field", kind="select", options=known, redraws=True),
        _in(tx, base, step, "add", kind="checks", options=found, wide=True),
        _in(tx, base, step, "remove", kind="checks", options=found, wide=True),
    )


def _action_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = (options.NONE, *options.actions(tx, entity))
    return (_in(tx, base, step, "action", kind="select", options=known, redraws=True),)


def _webhook_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    return (_in(tx, base, step, "url", wide=True),)


def _refuse_step(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[Control, ...]:
    known = (options.NONE, *options.fields(tx, entity, written=True))
    return (
        _in(tx, base, step, "en", wide=True),
        _in(tx, base, step, "fr", wide=True),
        _in(tx, base, step, "field", kind="select", options=known),
    )


_STEPS = {
    "activity": _activity_step,
    "post": _post_step,
    "notify": _notify_step,
    "mail": _mail_step,
    "create": _create_step,
    "related": _related_step,
    "label": _label_step,
    "action": _action_step,
    "webhook": _webhook_step,
    "refuse": _refuse_step,
}


def _rows(tx: Tx, entity: Entity, base: str, step: Mapping[str, Any]) -> tuple[tuple[Control, Control], ...]:
    """The fields that a step sets, and an empty line for one more."""
    kind = str(step.get("kind"))
    name = ROWS.get(kind)
    target = _target(tx, entity, step)
    if name is None or (target is None and kind != "action"):
        return ()
    known = _parameters(tx, entity, step) if kind == "action" else options.fields(tx, target or entity, written=True)
    if not known:
        return ()
    lines = [*(step.get(name) or {}).items(), *[("", "")] * EMPTY_ROWS]
    return tuple(
        (
            Control(name=f"{base}.{name}.{at}.name", label=tx.say("automations.in.field"), kind="select", value=field,
                    options=(options.NONE, *known), redraws=True),
            _row_value(tx, target or entity, f"{base}.{name}.{at}.value", field, value),
        )
        for at, (field, value) in enumerate(lines)
    )  # fmt: skip


def _target(tx: Tx, entity: Entity, step: Mapping[str, Any]) -> Entity | None:
    match step.get("kind"):
        case "activity" | "create":
            return tx.catalog.entities.get(str(step.get("entity") or ""))
        case "update" | "webhook":
            return entity
        case "related":
            other, dot, _ = str(step.get("field") or "").partition(".")
            if dot:
                return tx.catalog.entities.get(other)
            field = entity.fields.get(other)
            return tx.catalog.entity(targets(field.definition)[0]) if field else None
    return None


def _parameters(tx: Tx, entity: Entity, step: Mapping[str, Any]) -> Options:
    """The parameters of the chosen action."""
    name = str(step.get("action") or "")
    if not name:
        return ()
    params = tx.catalog.action(entity.name, name).params
    return tuple((each, _parameter(tx, entity, name, each)) for each in params.__struct_fields__) if params else ()


def _parameter(tx: Tx, entity: Entity, action: str, name: str) -> str:
    if name in entity.fields:
        return entity.fields[name].definition.label.to(tx.language)
    key = f"{entity.name}.{action}.{name}"
    return tx.say(key) if tx.words.has(key) else name


def _row_value(tx: Tx, target: Entity, name: str, field_name: str, value: Any) -> Control:
    """The input of a field's value: what there is to choose, with a formula as the last choice; else a text."""
    field = target.fields.get(field_name)
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    label = tx.say("automations.in.value")
    known = () if field is None or text.startswith("=") or "{{" in text else _known_values(tx, field)
    if not known:
        return Control(name=name, label=label, value=text)
    formula = (FORMULA, tx.say("automations.in.formula"))
    offered = (options.NONE, *known, formula)
    return Control(name=name, label=label, kind="select", value=text, options=offered, redraws=True)


def _known_values(tx: Tx, field: Field) -> Options:
    """What a field can hold, as far as it is few: options, yes or no, the records behind a link."""
    match field.type.key:
        case "choice":
            return tuple((each.key, each.label.to(tx.language)) for each in field.definition.choices)
        case "boolean":
            return tuple((each, tx.say(f"ui.{word}")) for each, word in (("true", "yes"), ("false", "no")))
        case "link":
            target = targets(field.definition)[0]
            found = options.records(tx, target, "") if tx.principal.depth(target, "read") != "none" else ()
            return found if len(found) < options.MOST else ()
    return ()
