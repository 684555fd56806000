"""The editor as a view: everything that it shows of a draft."""

from collections.abc import Mapping

import msgspec

from entente.interfaces.html.views.automations import Control, RuleForm
from entente.interfaces.html.views.frame import Action, Crumb
from entente.interfaces.html.views.lists import Chip
from entente.interfaces.web.automating import controls, options, step_controls
from entente.interfaces.web.automating.draft import Draft, rule_in
from entente.interfaces.web.conditions import chips_of, filter_fields, with_titles
from entente.interfaces.web.inputs import errors_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.services.automation.calling import address_of
from entente.services.automation.rules import Rule
from entente.services.automation.sentences import sentence
from entente.services.connect.webhooks import secret_of

BASE = "/automations"
USUAL = "0 8 * * 1-5"  # every working day at eight: what a new schedule says before anybody chose
RULE_FIELDS = ("name", "entity", "trigger", "timing", "settings", "condition", "run_as")


def form_view(tx: Tx, draft: Draft, refusal: Refused | None = None) -> RuleForm:
    """The editor of a draft, with what was refused."""
    entity = tx.catalog.entity(draft.entity)
    _settle(tx, draft, entity)
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    shown = {name: text for name, text in errors.items() if name in RULE_FIELDS}
    rule = _rule(tx, draft)
    label = tx.say("automations.new") if draft.id is None else str(draft.values.get("name") or "")
    before = draft.values.get("timing") == "before"
    return RuleForm(
        title=label,
        url=f"{BASE}/{draft.id}" if draft.id else f"{BASE}/new",
        is_new=draft.id is None,
        version=draft.version,
        crumbs=(Crumb(label=tx.say("automations.title"), url=BASE),),
        basics=controls.basics(tx, draft, entity, errors),
        trigger=controls.trigger(tx, draft, entity, errors),
        expression=_expression(tx, draft, errors),
        builder=_builder(tx, entity, draft),
        chips=_chips(tx, entity, draft),
        filter_fields=filter_fields(tx, entity),
        by_text=draft.by_text,
        steps=step_controls.steps(tx, draft, entity),
        kinds=options.kinds(tx, entity, before=before),
        more=controls.more(tx, draft, errors),
        sentence=sentence(tx, rule, options.process_names(tx)) if rule and rule.actions else "",
        address=address_of(tx, rule) if rule and rule.trigger == "signal" and draft.id else "",
        secret=secret_of(tx, rule.id) if rule and draft.id and _calls(draft) else "",
        errors=(*others, *(text for name, text in errors.items() if name not in shown)),
        lookup_url=f"{BASE}/records/{entity.name}",
        actions=_actions(tx, draft),
        changed=draft.changed,
    )


def _settle(tx: Tx, draft: Draft, entity: Entity) -> None:
    """Choose what a select that must say something would show first."""
    firsts = {
        "activity": ("entity", options.activities(tx, entity)),
        "label": ("field", options.label_fields(tx, entity)),
    }
    for step in draft.steps.values():
        name, known = firsts.get(str(step.get("kind")), ("", ()))
        if known and step.get(name) not in dict(known):
            step[name] = known[-1][0]
    if draft.trigger == "schedule":
        draft.settings.setdefault("cron", USUAL)


def _rule(tx: Tx, draft: Draft) -> Rule | None:
    """The rule that the draft means, as far as it can be understood."""
    try:
        return rule_in(tx, draft)
    except (Refused, msgspec.ValidationError):
        return None


def _calls(draft: Draft) -> bool:
    return any(step.get("kind") == "webhook" for step in draft.steps.values())


def _expression(tx: Tx, draft: Draft, errors: Mapping[str, str]) -> Control:
    return Control(
        name="condition",
        label=tx.say("automations.condition_text"),
        kind="code",
        value=str(draft.values.get("condition") or ""),
        help=tx.say("automations.condition_help"),
        error=errors.get("condition", ""),
        wide=True,
    )


def _builder(tx: Tx, entity: Entity, draft: Draft) -> str:
    try:
        return with_titles(tx, entity, draft.builder)
    except Refused:
        return "[]"


def _chips(tx: Tx, entity: Entity, draft: Draft) -> tuple[Chip, ...]:
    try:
        return chips_of(tx, entity, draft.builder)
    except Refused:
        return ()


def _actions(tx: Tx, draft: Draft) -> tuple[Action, ...]:
    if draft.id is None:
        return ()
    base = f"{BASE}/{draft.id}"
    return (
        Action(label=tx.say("automations.runs"), url=f"{base}/runs", way="go", icon="history"),
        Action(
            label=tx.say("record.delete"),
            url=f"{base}/delete",
            way="post",
            icon="trash",
            tone="danger",
            confirm=tx.say("automations.delete_sure"),
        ),
    )
