"""A rule while it is being written: from the record, from the form that was sent, and back to values to save."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.web.conditions import items_of, node_of
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.ids import new_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record
from entente.services.automation.rules import Rule, read_rule
from entente.services.automation.soundness import OWN_CHANGES

NUMBERS = ("debounce", "delay", "position")
LISTS = ("to", "add", "remove")
ROWS = {"activity": "values", "create": "values", "update": "values", "related": "values", "action": "wish"}
ROWS |= {"webhook": "values"}
MOST_ROWS = 60
MAIL = ("mailbox", "sender", "subject", "text")
FILES: Mapping[str, Any] = {"documents": False, "files": False, "attachments": []}
NEW_STEPS: Mapping[str, dict[str, Any]] = {
    "activity": {"entity": "", "subject": "", "assignee": "field:owner", "due": 1, "due_unit": "working_days"},
    "post": {"body": ""},
    "notify": {"to": ["field:owner"], "text": ""},
    "mail": {"to": ["field:owner"], "template": "", "subject": "", "body": "", **FILES},
    "update": {"values": {}},
    "create": {"entity": "", "link": "", "values": {}},
    "related": {"field": "", "values": {}},
    "assign": {},
    "label": {"field": "", "add": [], "remove": []},
    "action": {"action": "", "wish": {}},
    "webhook": {"url": "https://", "values": {}},
    "refuse": {"en": "", "fr": "", "field": ""},
}


class Draft(msgspec.Struct, kw_only=True):
    """What the form shows: the plain values of a rule, its trigger's details, and its steps by key."""

    id: UUID | None = None
    version: int = 0
    values: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    steps: dict[str, dict[str, Any]] = {}
    builder: str = "[]"
    by_text: bool = False
    changed: bool = False

    @property
    def entity(self) -> str:
        """The entity that the rule is for."""
        return str(self.values.get("entity") or "")

    @property
    def trigger(self) -> str:
        """What sets the rule off."""
        return str(self.values.get("trigger") or "created")


def fresh(entity: str, scope: str, name: str) -> Draft:
    """The draft of a new rule for an entity, within a process if one is named by `field:value`."""
    field, _, value = scope.partition(":")
    values = {
        "entity": entity,
        "name": name,
        "trigger": "created",
        "active": True,
        "scope_field": field if value else "",
        "scope_value": value,
    }
    return Draft(values=values, steps={"s1": {"kind": "activity", **NEW_STEPS["activity"]}})


def of_record(tx: Tx, record: Record) -> Draft:
    """The draft that shows a saved rule, under its name in the reader's language."""
    steps = {f"s{number}": dict(step) for number, step in enumerate(record["actions"] or (), 1)}
    built = (record["conditions"] or {}).get("items") if isinstance(record["conditions"], dict) else None
    values = {name: record.get(name) for name in record if name not in ("actions", "settings", "conditions")}
    return Draft(
        id=record.id,
        version=record.version,
        values=values | {"name": tx.words.called(tx.language, record.id, str(record["name"] or ""))},
        settings=dict(record["settings"] or {}),
        steps=steps,
        builder=msgspec.json.encode(built).decode() if built else "[]",
        by_text=bool(record["condition"]) and not built,
    )


def of_form(form: FormMultiDict, identity: UUID | None, version: int, op: str) -> Draft:
    """The draft that a form holds, after what its button asks for: `add`, `remove:s1`, `up:s1`, `down:s1`, `renew`."""
    values: dict[str, Any] = {
        name: str(form.get(name) or "").strip()
        for name in ("name", "entity", "scope", "trigger", "timing", "condition", "run_as", "once_per", "description")
    }
    field, _, value = values.pop("scope").partition(":")
    values["trigger"], _, moment = values["trigger"].partition(":")
    if values["trigger"] not in OWN_CHANGES:
        values["timing"] = "after"  # there is no other moment, and it is not asked for
    values |= {"scope_field": field if value else "", "scope_value": value}
    values |= {name: _number(form.get(name)) for name in NUMBERS}
    values |= {name: name in form for name in ("active", "reentrant")}
    draft = Draft(
        id=identity,
        version=version,
        values=values,
        settings=_settings(form) | ({"moment": moment} if moment else {}),
        steps={key: _step(form, key) for key in form.getall("order", [])},
        builder=str(form.get("filter") or "[]"),
        by_text=form.get("condition_by") == "text",
        changed=True,
    )
    _carry_out(draft, op, str(form.get("new_kind") or ""))
    return draft


def _number(given: Any) -> Any:
    """A whole number, or what was typed in its place, to be refused where it is saved."""
    text = str(given or "0").strip()
    return int(text) if text.lstrip("-").isdigit() else text


def _settings(form: FormMultiDict) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("old", "new", "field", "activity", "subtype", "cron", "view", "en", "fr", "show_if", *MAIL):
        if text := str(form.get(f"settings.{name}") or "").strip():
            found[name] = text
    for name in ("fields", "places"):
        if chosen := [str(each) for each in form.getall(f"settings.{name}", []) if each]:
            found[name] = chosen
    days = str(form.get("settings.days") or "0")
    found |= {"days": int(days)} if days.lstrip("-").isdigit() and int(days) else {}
    renewed = str(form.get("settings.renewed") or "0")
    found |= {"renewed": int(renewed)} if renewed.isdigit() and int(renewed) else {}
    return found | {name: True for name in ("confirm", "unproved", "newcomer") if f"settings.{name}" in form}


def _step(form: FormMultiDict, key: str) -> dict[str, Any]:
    kind = str(form.get(f"step.{key}.kind") or "")
    made: dict[str, Any] = {"kind": kind}
    for name, usual in NEW_STEPS.get(kind, {}).items():
        sent = f"step.{key}.{name}"
        if isinstance(usual, dict):
            made[name] = _rows(form, sent)
        elif isinstance(usual, bool):
            made[name] = sent in form
        elif isinstance(usual, list):
            made[name] = [text for each in form.getall(sent, []) for part in each.split(",") if (text := part.strip())]
        elif name == "due":
            text = str(form.get(sent) or "").strip()
            made[name] = int(text) if text.isdigit() else None
        else:
            made[name] = str(form.get(sent) or "").strip()
    return made


def _rows(form: FormMultiDict, name: str) -> dict[str, Any]:
    """The fields that a step sets; a row without a field is no row."""
    found = {}
    for at in range(MOST_ROWS):
        field = form.get(f"{name}.{at}.name")
        if field:
            found[str(field)] = str(form.get(f"{name}.{at}.value") or "")
    return found


def _carry_out(draft: Draft, op: str, kind: str) -> None:
    deed, _, key = op.partition(":")
    keys = list(draft.steps)
    if deed == "add" and kind in NEW_STEPS:
        taken = {int(each[1:]) for each in keys if each[1:].isdigit()}
        draft.steps[f"s{max(taken, default=0) + 1}"] = {"kind": kind, **NEW_STEPS[kind]}
    elif deed == "renew":
        draft.settings["renewed"] = draft.settings.get("renewed", 0) + 1
    elif key in draft.steps and deed == "remove":
        del draft.steps[key]
    elif key in draft.steps and deed in ("up", "down"):
        at = keys.index(key)
        to = max(0, min(len(keys) - 1, at + (1 if deed == "down" else -1)))
        keys.insert(to, keys.pop(at))
        draft.steps = {each: draft.steps[each] for each in keys}


def condition_of(tx: Tx, entity: Entity | None, draft: Draft) -> str:
    """The expression that the draft means: as typed, or what its conditions stand for; Refused for a wrong one."""
    if draft.by_text or entity is None:
        return str(draft.values.get("condition") or "")
    node = node_of(tx, entity, draft.builder)
    return unparse(node) if node is not None else ""


def to_save(tx: Tx, draft: Draft) -> dict[str, Any]:
    """The values with which the rule is saved; Refused when its conditions cannot be understood."""
    entity = tx.catalog.entities.get(draft.entity)
    items = [] if draft.by_text else items_of(draft.builder)
    return {
        **{name: value for name, value in draft.values.items() if name in _OWN},
        "settings": draft.settings,
        "condition": condition_of(tx, entity, draft) or None,
        "conditions": {"items": items} if items else None,
        "actions": [_slim(step) for step in draft.steps.values()],
    }


_OWN = (
    "name", "entity", "scope_field", "scope_value", "trigger", "timing", "position", "active", "run_as", "once_per",
    "debounce", "delay", "reentrant", "description",
)  # fmt: skip


def _slim(step: dict[str, Any]) -> dict[str, Any]:
    """A step without what stands empty and may."""
    kept = ("subject", "body", "text", "to", "values", "entity", "url", "action", "en", "fr")
    return {name: value for name, value in step.items() if name in kept or value not in (None, "", [], {})}


def rule_in(tx: Tx, draft: Draft) -> Rule:
    """The rule that a draft means, unsaved; Refused or msgspec.ValidationError when it means none."""
    values = {**to_save(tx, draft), "id": draft.id or new_id(), "owner": tx.principal.user_id}
    return read_rule({**values, "created_at": tx.clock.now(), "active_since": tx.clock.now()})
