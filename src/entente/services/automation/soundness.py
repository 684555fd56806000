"""Rules are proved when they are saved: what they name exists, what they do is within their author's rights."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from entente.kernel.access.fields import editable, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.db.versions import bump_catalog
from entente.kernel.kit.cron import is_cron
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import Privilege
from entente.kernel.kit.refusal import Forbidden, Invalid, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.wishes import read_wish
from entente.kernel.proving import blamed_on
from entente.kernel.records.behaviours import check, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.services.automation import shape
from entente.services.automation.addressed import address_fields
from entente.services.automation.conditions import prove, prove_value
from entente.services.automation.rules import CALLED, RULE, TIMED, Rule, read_rule
from entente.services.automation.steps import kinds
from entente.services.automation.steps.activities import BY_RULE
from entente.services.automation.steps.messages import template_of
from entente.services.automation.steps.people import refuse_unknown
from entente.services.automation.steps.records import written_by
from entente.services.automation.steps.work import pointing_field
from entente.services.automation.timed import view_filter
from entente.services.connect.outgoing import proved_url
from entente.services.documents.versions import newest_file
from entente.services.mail.templates import render_template

RIGHT = "settings"
MOST_STEPS = 30
NOTE = "note"
OWN_CHANGES = frozenset({"created", "updated", "saved", "stage", "result"})


def administers(tx: Tx) -> bool:
    """Whether the principal may let rules act with all rights and let data leave the house."""
    person = tx.principal
    return person.is_admin or person.is_system or RIGHT in person.may


@prepare("automation")
def activity_is_dated(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rule that becomes active concerns what happens from then on; an edited expression ends the builder's form."""
    if new["active"] and (old is None or not old["active"] or new["active_since"] is None):
        new["active_since"] = new.at
    if new.changes("condition") and not new.changes("conditions"):
        new["conditions"] = None


@check("automation")
def rule_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rule names what exists, and does nothing that its author may not do."""
    told = {name: value for name, value in new.changed().items() if name not in ("active", "position", "active_since")}
    if old is not None and not told and not (new["active"] and not old["active"]):
        return
    entity = tx.catalog.entities.get(new["entity"] or "")
    if entity is None or not entity.definition.journal:
        raise Refused("entity.unknown", field="entity", entity=new["entity"])
    try:
        rule = read_rule({**new, "id": new.id, "created_at": new.at, "active_since": new.at})
    except msgspec.ValidationError as fault:
        text, _, path = str(fault).partition(" - at `$.")
        name = path.partition(".")[0].partition("[")[0].rstrip("`")
        raise Refused("automation.not_understood", field=name or "actions", reason=text[:200]) from None
    prove_rule(tx, entity, rule)


@react("automation")
def rule_is_at_work(tx: Tx, old: Record | None, record: Record) -> None:
    """Every process learns of the rule."""
    bump_catalog(tx)


def prove_rule(tx: Tx, entity: Entity, rule: Rule) -> None:
    """Refused or Forbidden, with the field at fault, when a rule is not sound or beyond the rights of the principal."""
    if rule.run_as == "system" and not administers(tx):
        raise Forbidden("automation.system_reserved", field="run_as")
    _may(tx, entity.name, "read")
    if rule.scope_field and rule.scope_field not in entity.fields:
        raise Refused("field.unknown", field="scope_field")
    with blamed_on("settings"):
        _prove_trigger(tx, entity, rule)
    if rule.condition:
        with blamed_on("condition"):
            prove(tx, entity, rule.condition)
    if not rule.actions:
        raise Refused("automation.no_steps", field="actions")
    if len(rule.actions) > MOST_STEPS:
        raise Refused("automation.too_many_steps", field="actions", count=MOST_STEPS)
    _prove_timing(tx, rule)
    for number, step in enumerate(rule.actions, 1):
        _blame_step(tx, entity, step, number)


def _prove_timing(tx: Tx, rule: Rule) -> None:
    refuses = any(isinstance(step, kinds.Refuse) for step in rule.actions)
    if rule.timing == "after" and refuses:
        raise Refused("automation.refuses_too_late", field="actions")
    if rule.timing == "before":
        if rule.trigger not in OWN_CHANGES:
            offered = tx.catalog.entity(RULE).field("trigger").definition.choices
            called = next((each.label.to(tx.language) for each in offered if each.key == rule.trigger), rule.trigger)
            raise Refused("automation.never_before", field="timing", trigger=called)
        if rule.delay or rule.debounce:
            raise Refused("automation.waits_before", field="delay" if rule.delay else "debounce")
        if not all(isinstance(step, kinds.BEFORE) for step in rule.actions):
            raise Refused("automation.only_before", field="actions")


def _blame_step(tx: Tx, entity: Entity, step: kinds.Step, number: int) -> None:
    try:
        _STEPS[type(step)](tx, entity, step)
    except Forbidden:
        raise
    except Refused as refusal:
        faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
        reason = " ".join(_reason(tx, written_by(tx.catalog, entity, step), each) for each in faults)
        raise Refused("automation.step_wrong", field="actions", number=number, reason=reason) from None


def _reason(tx: Tx, entity: Entity, fault: Refused) -> str:
    """A fault of a step in words, at the field or parameter that it is about."""
    text = tx.say(fault.code, **{"field": fault.field, **fault.values})
    field = entity.fields.get(fault.field or "")
    name = field.definition.label.to(tx.language) if field else fault.field
    return tx.say("automation.at_field", field=name, text=text) if name else text


def _may(tx: Tx, entity: str, privilege: Privilege) -> None:
    made = tx.catalog.entity(entity)
    if tx.principal.depth(entity, privilege) == "none":
        raise Forbidden(f"access.{privilege}", entity=made.label.to(tx.language))


def _usable(tx: Tx, entity: Entity, names: Iterable[str]) -> None:
    for name in names:
        if name not in entity.fields or not may_use(tx, entity.name, name):
            raise Refused("automation.unknown_field", name=name)


def _prove_trigger(tx: Tx, entity: Entity, rule: Rule) -> None:
    made = rule.settings
    _usable(tx, entity, made.fields)
    proof = _TRIGGERS.get(rule.trigger)
    if proof is not None:
        proof(tx, entity, rule)
    if rule.trigger in TIMED | CALLED and rule.debounce:
        raise Refused("automation.not_before")


def _prove_stage(tx: Tx, entity: Entity, rule: Rule) -> None:
    field = shape.path_field(tx.catalog, entity)
    if field is None:
        raise Refused("automation.no_stages")
    _usable(tx, entity, [field.name])
    known = {each.key for each in shape.stages(tx, entity)}
    if {each for each in (rule.settings.old, rule.settings.new) if each} - known:
        raise Refused("automation.unknown_stage")


def _prove_result(tx: Tx, entity: Entity, rule: Rule) -> None:
    field = shape.result_field(tx.catalog, entity)
    if field is None:
        raise Refused("automation.no_results")
    _usable(tx, entity, [field.name])
    if {each for each in (rule.settings.old, rule.settings.new) if each} - {
        each.key for each in shape.results(tx, entity)
    }:
        raise Refused("automation.unknown_stage")


def _prove_moment(tx: Tx, entity: Entity, rule: Rule) -> None:
    named = shape.named_moment(tx.catalog, entity, rule.settings.moment)
    if named is None:
        raise Refused("automation.unknown_moment")
    _may(tx, named.entity.name, "read")
    texts = msgspec.json.encode(rule.actions).decode()
    read = [name for name in named.entity.fields if name in texts] if f"{named.entity.name}." in texts else []
    hidden = [name for name in read if not may_use(tx, named.entity.name, name)]
    _usable(tx, named.entity, [named.moment.field, *hidden])


def _prove_activity(tx: Tx, entity: Entity, rule: Rule) -> None:
    if rule.settings.activity not in {each.name for each in shape.activities(tx.catalog, entity)}:
        raise Refused("automation.unknown_activity")
    _may(tx, rule.settings.activity, "read")


def _prove_relation(tx: Tx, entity: Entity, rule: Rule) -> None:
    if rule.settings.field not in shape.relations(tx.catalog, entity):
        raise Refused("automation.unknown_field", name=rule.settings.field)


def _prove_date(tx: Tx, entity: Entity, rule: Rule) -> None:
    if rule.settings.field not in {each.name for each in shape.dates(entity)}:
        raise Refused("automation.unknown_field", name=rule.settings.field)
    _usable(tx, entity, [rule.settings.field])


def _prove_schedule(tx: Tx, entity: Entity, rule: Rule) -> None:
    if not is_cron(rule.settings.cron):
        raise Refused("automation.bad_schedule")
    try:
        view_filter(tx, rule.settings.view)
    except NotFound:
        raise Refused("automation.no_such_view") from None


def _prove_button(tx: Tx, entity: Entity, rule: Rule) -> None:
    if not (rule.settings.en.strip() and rule.settings.fr.strip()):
        raise Refused("automation.no_label")
    if rule.settings.show_if:
        prove(tx, entity, rule.settings.show_if)


def _prove_letter(tx: Tx, entity: Entity, rule: Rule) -> None:
    if rule.settings.newcomer:
        if not address_fields(entity):
            raise Refused("automation.no_address_field", field="settings")
        _may(tx, entity.name, "create")


_TRIGGERS: Mapping[str, Callable[[Tx, Entity, Rule], None]] = {
    "stage": _prove_stage,
    "result": _prove_result,
    "moment": _prove_moment,
    "activity_created": _prove_activity,
    "activity_closed": _prove_activity,
    "related": _prove_relation,
    "unrelated": _prove_relation,
    "date": _prove_date,
    "schedule": _prove_schedule,
    "button": _prove_button,
    "mail": _prove_letter,
}


def _prove_activity_step(tx: Tx, entity: Entity, step: kinds.Activity) -> None:
    _prove_new(tx, entity, step.entity, step.values, "")
    _prove_text(tx, entity, step.subject)
    if step.assignee != BY_RULE:
        refuse_unknown(tx, entity, [step.assignee], mail=False)


def _prove_create(tx: Tx, entity: Entity, step: kinds.Create) -> None:
    _prove_new(tx, entity, step.entity, step.values, step.link)


def _prove_post(tx: Tx, entity: Entity, step: kinds.Post) -> None:
    _prove_new(tx, entity, NOTE, {}, "")
    _prove_text(tx, entity, step.body)


def _prove_update(tx: Tx, entity: Entity, step: kinds.Update) -> None:
    _may(tx, entity.name, "update")
    _prove_values(tx, entity, entity, step.values)


def _prove_assign(tx: Tx, entity: Entity, step: kinds.Assign) -> None:
    _may(tx, entity.name, "assign")


def _prove_refuse(tx: Tx, entity: Entity, step: kinds.Refuse) -> None:
    _prove_text(tx, entity, step.en, step.fr)


def _prove_notify(tx: Tx, entity: Entity, step: kinds.Notify) -> None:
    refuse_unknown(tx, entity, step.to, mail=False)
    _prove_text(tx, entity, step.text)


def _prove_mail(tx: Tx, entity: Entity, step: kinds.Mail) -> None:
    refuse_unknown(tx, entity, step.to, mail=True)
    _prove_text(tx, entity, step.subject, step.body)
    if step.template:
        own = template_of(tx, step.template)
        _prove_text(tx, entity, own.subject, own.html, own.text)
    elif not step.subject.strip():
        raise Refused("automation.no_subject")
    for each in step.attachments:
        identity = parse_id(each)
        if identity is None:
            raise NotFound("file.not_found")
        newest_file(tx, identity)


def _prove_webhook(tx: Tx, entity: Entity, step: kinds.Webhook) -> None:
    if not administers(tx):
        raise Forbidden("automation.webhook_reserved")
    proved_url(step.url)
    _prove_given(tx, entity, step.values)


def _prove_new(tx: Tx, entity: Entity, name: str, values: Mapping[str, Any], link: str) -> None:
    made = tx.catalog.entities.get(name)
    if made is None:
        raise Refused("entity.unknown", entity=name)
    if name != NOTE:
        _may(tx, name, "create")
    if name != entity.name and (link or made.definition.activity):
        pointing_field(made, entity.name, link)
    _prove_values(tx, entity, made, values)


def _prove_related(tx: Tx, entity: Entity, step: kinds.Related) -> None:
    if step.field not in shape.relations(tx.catalog, entity):
        raise Refused("automation.unknown_field", name=step.field)
    other, dot, _ = step.field.partition(".")
    targets = (other,) if dot else _targets(entity, step.field)
    for name in targets:
        _may(tx, name, "update")
        _prove_values(tx, entity, tx.catalog.entity(name), step.values)


def _targets(entity: Entity, name: str) -> tuple[str, ...]:
    to = entity.field(name).definition.to
    return (to,) if isinstance(to, str) else to


def _prove_label(tx: Tx, entity: Entity, step: kinds.Label) -> None:
    _may(tx, entity.name, "update")
    field = entity.fields.get(step.field)
    if field is None or field.type.key != "links" or field.definition.via:
        raise Refused("automation.unknown_field", name=step.field)
    if not (step.add or step.remove):
        raise Refused("automation.no_labels")


def _prove_action(tx: Tx, entity: Entity, step: kinds.Perform) -> None:
    made = tx.catalog.action(entity.name, step.action)
    _may(tx, entity.name, made.requires)
    _prove_given(tx, entity, step.wish)
    if not any(_is_worked_out(each) for each in step.wish.values()):
        read_wish(made, step.wish)


def _is_worked_out(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith("=") or "{{" in value)


def _prove_values(tx: Tx, entity: Entity, target: Entity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        field = target.fields.get(name)
        if field is None or not editable(tx, target, field):
            raise Refused("automation.unknown_field", name=name)
        if not _is_worked_out(value):
            field.type.clean(name, field.definition, value)
    _prove_given(tx, entity, values)


def _prove_given(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> None:
    for value in values.values():
        if isinstance(value, str) and value.startswith("="):
            prove_value(tx, entity, value[1:])
        elif isinstance(value, str):
            _prove_text(tx, entity, value)


def _prove_text(tx: Tx, entity: Entity, *texts: str) -> None:
    """A text can be filled in, and names no field that its author may not read."""
    for text in texts:
        if "{{" in text or "{%" in text:
            render_template(text, {})
            hidden = [name for name in entity.fields if name in text and not may_use(tx, entity.name, name)]
            _usable(tx, entity, hidden)


_STEPS: Mapping[type, Callable[[Tx, Entity, Any], None]] = {
    kinds.Activity: _prove_activity_step,
    kinds.Post: _prove_post,
    kinds.Notify: _prove_notify,
    kinds.Mail: _prove_mail,
    kinds.Update: _prove_update,
    kinds.Create: _prove_create,
    kinds.Related: _prove_related,
    kinds.Assign: _prove_assign,
    kinds.Label: _prove_label,
    kinds.Webhook: _prove_webhook,
    kinds.Perform: _prove_action,
    kinds.Refuse: _prove_refuse,
}
