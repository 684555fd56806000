"""Rules in words: “When stage goes from Proposal to Negotiation, then create a task”; in the reader's language."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import titles
from entente.services.automation.condition_words import condition_words, value_words
from entente.services.automation.rules import Rule
from entente.services.automation.shape import kind_field, moment_called, path_field, regarding, result_field
from entente.services.automation.steps import kinds
from entente.services.automation.steps.activities import BY_RULE
from entente.services.mail.letters import named_letters

LONGEST = 80
BLANK = re.compile(r"\{\{\s*([a-z_]+)[^}]*\}\}")
OWNER = "owner"
GAP = "…"
OFTEN = re.compile(r"\*/(?P<minutes>\d+) \* \* \* \*|\d+ \*(?:/(?P<hours>\d+))? \* \* \*")
WEEKDAYS = re.compile("[0-7](?:,[0-7])*")
SUNDAY = 7  # as 0 too


def sentence(tx: Tx, rule: Rule, called: Mapping[str, str] | None = None) -> str:
    """A whole rule in one sentence; `called` names the processes that it may start."""
    when = when_words(tx, rule)
    asked = condition_words(tx, tx.catalog.entity(rule.entity), rule.condition) if rule.condition else ""
    only = tx.say("automation.words.if", condition=asked) if asked else ""
    steps = ", ".join(step_words(tx, tx.catalog.entity(rule.entity), step, called) for step in rule.actions)
    return tx.say("automation.words.rule", when=when, only=only, steps=steps)


def when_words(tx: Tx, rule: Rule) -> str:
    """What sets a rule off."""
    entity = tx.catalog.entity(rule.entity)
    values = _WHEN.get(rule.trigger, _plain)(tx, entity, rule)
    form = values.pop("form", "")
    key = f"automation.when.{rule.trigger}{'.' + form if form else ''}"
    return tx.say(key, entity=entity.label.to(tx.language), **_open(values))


def _open(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for a text; what is not said yet shows as a gap."""
    return {name: GAP if value == "" else value for name, value in values.items()}


def _plain(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    return {}


def _from_to(rule: Rule) -> str:
    return {(True, True): "from_to", (True, False): "from", (False, True): "to", (False, False): ""}[
        (bool(rule.settings.old), bool(rule.settings.new))
    ]


def _updated(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    names = [entity.fields[name].definition.label.to(tx.language) for name in rule.settings.fields]
    if not names:
        return {"form": ""}
    first = entity.fields[rule.settings.fields[0]]
    ends = {name: value_words(tx, first, getattr(rule.settings, name)) for name in ("old", "new")}
    return {"form": _from_to(rule) or "fields", "fields": ", ".join(names), **ends}


def _moved(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    field = path_field(tx.catalog, entity) if rule.trigger == "stage" else result_field(tx.catalog, entity)
    if field is None:
        return {}
    ends = {name: value_words(tx, field, getattr(rule.settings, name)) for name in ("old", "new")}
    return {"form": _from_to(rule), "field": field.definition.label.to(tx.language), **ends}


def _activity(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    made = tx.catalog.entities.get(rule.settings.activity)
    name = made.label.to(tx.language) if made else rule.settings.activity
    field = kind_field(made) if made else None
    if rule.settings.subtype and field:
        name = f"{name} – {value_words(tx, field, rule.settings.subtype)}"
    return {"activity": name}


def _moment(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    called = moment_called(tx.catalog, rule.settings.moment, tx.language)
    return {"moment": called[:1].lower() + called[1:]}


def _relation(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    return {"relation": relation_words(tx, entity, rule.settings.field)}


def relation_words(tx: Tx, entity: Entity, name: str) -> str:
    """What a relation is called: a field of the entity's own, or an entity that points to it."""
    other, dot, field = name.partition(".")
    if not dot:
        return entity.fields[name].definition.label.to(tx.language) if name in entity.fields else name
    made = tx.catalog.entities.get(other)
    if made is None or field not in made.fields:
        return name
    words = made.plural.to(tx.language)
    link = regarding(made, entity.name)
    return words if link and link.name == field else f"{words} – {made.fields[field].definition.label.to(tx.language)}"


def _date(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    days = rule.settings.days
    field = entity.fields.get(rule.settings.field)
    label = field.definition.label.to(tx.language) if field else rule.settings.field
    return {"form": "before" if days < 0 else "after" if days else "", "field": label, "count": abs(days)}


def _schedule(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    view = parse_id(rule.settings.view)
    name = titles(tx, "saved_view", [view]).get(view, "") if view else ""
    return {"form": "view" if name else "", "cron": cron_words(tx, rule.settings.cron), "view": name}


def cron_words(tx: Tx, cron: str) -> str:
    """A schedule in words where it is a plain one, else as it is written."""
    if often := OFTEN.fullmatch(" ".join(cron.split())):
        unit = "minutes" if often["minutes"] else "hours"
        return tx.say(f"automation.words.{unit}", count=int(often[unit] or 1))
    parts = cron.split()
    if len(parts) != 5 or not (parts[0].isdigit() and parts[1].isdigit() and parts[3] == "*"):
        return cron
    return _days_at(tx, parts[2], parts[4], f"{int(parts[1]):02}:{int(parts[0]):02}") or cron


def _days_at(tx: Tx, day: str, weekdays: str, time: str) -> str:
    """On which days, at a time, in words; empty when it is nothing frequent."""
    match day, weekdays:
        case "*", ("*" | "1-5"):
            return tx.say("automation.words.daily" if weekdays == "*" else "automation.words.weekdays", time=time)
        case "*", list_ if WEEKDAYS.fullmatch(list_):
            names = [tx.say(f"automation.words.day.{int(each) % SUNDAY}") for each in list_.split(",")]
            last = (
                tx.say("automation.words.and", first=", ".join(names[:-1]), last=names[-1]) if names[1:] else names[0]
            )
            return tx.say("automation.words.weekly", days=last, time=time)
        case (("L" | "l"), "*"):
            return tx.say("automation.words.month_end", time=time)
        case day, "*" if day.isdigit():
            return tx.say("automation.words.monthly", day=int(day), time=time)
    return ""


def _button(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    return {"label": rule.settings.fr if tx.language == "fr" else rule.settings.en}


def _form(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    form = parse_id(rule.settings.new)
    name = titles(tx, "web_form", [form]).get(form, "") if form else ""
    return {"form": "named" if name else "", "name": name}


def _mail(tx: Tx, entity: Entity, rule: Rule) -> dict[str, Any]:
    """What is asked of a mail, one after the other."""
    asked = [
        tx.say(f"automation.words.mail_{name}", text=getattr(rule.settings, name))
        for name in ("mailbox", "sender", "subject", "text")
        if getattr(rule.settings, name)
    ]
    asked += [tx.say("automation.words.mail_newcomer")] if rule.settings.newcomer else []
    return {"form": "narrowed" if asked else "", "asked": ", ".join(asked)}


_WHEN = {
    "updated": _updated,
    "saved": _updated,
    "stage": _moved,
    "result": _moved,
    "moment": _moment,
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


def step_words(tx: Tx, entity: Entity, step: kinds.Step, called: Mapping[str, str] | None = None) -> str:
    """What a step does; `called` names the processes that it may start."""
    values: dict[str, Any] = {}
    form = ""
    match step:
        case kinds.Activity():
            form = "due" if step.due is not None else ""
            values = {
                "entity": _label(tx, step.entity),
                "subject": _short(entity, tx, step.subject),
                "who": person_words(tx, entity, step.assignee),
                "due": _due_words(tx, step),
            }
        case kinds.Create():
            values = {"entity": _label(tx, step.entity)}
        case kinds.Update():
            values = {"fields": _field_words(tx, entity, step.values)}
        case kinds.Related():
            values = {"relation": relation_words(tx, entity, step.field)}
        case kinds.Label():
            field = entity.fields.get(step.field)
            form = "remove" if step.remove and not step.add else ""
            values = {"names": ", ".join(_named(tx, field, (*step.add, *step.remove)))}
        case kinds.Mail() if step.template:
            form = "template"
            identity = parse_id(step.template)
            found = named_letters(tx, identity) if identity else None
            values = {**_message_words(tx, entity, step), "name": found[0] if found else ""}
        case kinds.Perform():
            values = {"action": action_words(tx, entity, step, called)}
        case _:
            values = _message_words(tx, entity, step)
    tag = str(step.__struct_config__.tag)
    return tx.say(f"automation.step.{tag}{'.' + form if form else ''}", **_open(values))


def _message_words(tx: Tx, entity: Entity, step: Any) -> dict[str, Any]:
    match step:
        case kinds.Notify() | kinds.Mail():
            return {"who": ", ".join(person_words(tx, entity, each) for each in step.to)}
        case kinds.Post():
            return {"text": _short(entity, tx, step.body)}
        case kinds.Webhook():
            return {"url": step.url.partition("?")[0]}
        case kinds.Refuse():
            return {"text": _short(entity, tx, step.fr if tx.language == "fr" else step.en)}
    return {}


def _label(tx: Tx, name: str) -> str:
    made = tx.catalog.entities.get(name)
    return made.label.to(tx.language) if made else name


def _due_words(tx: Tx, step: kinds.Activity) -> str:
    return tx.say(f"automation.words.{step.due_unit}" if step.due else "automation.words.today", count=step.due or 0)


def _short(entity: Entity, tx: Tx, text: str) -> str:
    """A text with the labels of its fields in brackets, no longer than it can be read at a glance."""

    def named(found: re.Match[str]) -> str:
        field = entity.fields.get(found[1])
        return f"[{field.definition.label.to(tx.language)}]" if field else f"[{found[1]}]"

    plain = BLANK.sub(named, text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def _field_words(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> str:
    names = [entity.fields[name].definition.label.to(tx.language) for name in values if name in entity.fields]
    return ", ".join(names)


def _named(tx: Tx, field: Field | None, names: Iterable[str]) -> list[str]:
    ids = [identity for each in names if (identity := parse_id(each))]
    found: dict[UUID, str] = titles(tx, targets(field.definition)[0], ids) if field and ids else {}
    return [found.get(identity, each) if (identity := parse_id(each)) else each for each in names]


def person_words(tx: Tx, entity: Entity, text: str) -> str:
    """Whom a recipient or assignee means."""
    kind, _, value = text.partition(":")
    if kind == "field" and value == OWNER:
        return tx.say("automation.who.owner")
    if kind == "field" and value in entity.fields:
        return entity.fields[value].definition.label.to(tx.language)
    if kind in ("user", "team"):
        identity = parse_id(value)
        return titles(tx, kind, [identity]).get(identity, value) if identity else value
    return tx.say(f"automation.who.{kind}") if kind in ("actor", BY_RULE) else text


def action_words(tx: Tx, entity: Entity, step: kinds.Perform, called: Mapping[str, str] | None = None) -> str:
    """What an action is called, with the process that it starts."""
    found = tx.catalog.actions.get(f"{entity.name}.{step.action}") or tx.catalog.actions.get(f"*.{step.action}")
    key = found.key if found else step.action
    process = step.wish.get("process")
    if not process:
        return tx.say(key)
    return tx.say("automation.words.starting", action=tx.say(key), process=(called or {}).get(process, process))
