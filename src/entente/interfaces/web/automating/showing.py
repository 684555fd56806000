"""Runs and tried runs on the screen: how they ended, why, and what every part of the condition was worth."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from entente.interfaces.html.views.automations import RunLog, RunView, StepResult, TraceLine, TrialView
from entente.interfaces.html.views.frame import Crumb, Empty, Tab
from entente.interfaces.web.automating.editing import BASE
from entente.interfaces.web.automating.listing import tabs_of
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import titles
from entente.services.automation.conditions import Traced
from entente.services.automation.dry_run import DryRun, Trial
from entente.services.automation.log import PAGE, Outcome, RunLine, StepDone, read_runs
from entente.services.automation.rules import RULE, Rule
from entente.services.automation.shape import moment_called
from entente.services.connect.webhooks import Fate, fates
from entente.services.stream.wording import in_words as value_in_words
from entente.services.stream.wording import links_in, titles_of

HUES: Mapping[str, str] = {"done": "green", "failed": "red", "stopped": "orange", "skipped": "gray", "waiting": "blue"}
SHOWN_OUTCOMES: tuple[Outcome, ...] = ("done", "failed", "stopped", "skipped", "waiting")
MOST_CHANGES = 12
CALL = "webhook"
LABELLED = ("choice", "multi_choice", "link")  # what a condition sees by key or id, and a person by its name


def log_view(tx: Tx, rule: Rule | None, outcome: Outcome | None, before: Any) -> RunLog:
    """A page of the log, of one rule or of all."""
    runs = read_runs(tx, rule.id if rule else None, outcome=outcome, before=before)
    names = titles(tx, RULE, [run.automation for run in runs])
    base = f"{BASE}/{rule.id}/runs" if rule else f"{BASE}/log"
    shown = [run for run in runs if run.automation in names]
    told = fates(tx, (_call_key(run, at) for run in shown for at, each in enumerate(run.steps) if each.kind == CALL))
    asked = f"&outcome={outcome}" if outcome else ""
    more = (
        f"{base}?before={runs[-1].at.isoformat().replace('+', '%2B')}_{runs[-1].id}{asked}" if len(runs) == PAGE else ""
    )
    return RunLog(
        title=tx.say("automations.runs_of", name=_called(tx, rule)) if rule else tx.say("automations.title"),
        url=base,
        tabs=() if rule else tabs_of(tx, "log"),
        crumbs=_crumbs(tx, rule) if rule else (),
        filters=_filters(tx, base, outcome),
        runs=tuple(_run(tx, run, names[run.automation], told) for run in shown),
        next_url=more,
        empty=None if shown else Empty(text=tx.say("automations.no_runs"), icon="history"),
    )


def _crumbs(tx: Tx, rule: Rule) -> tuple[Crumb, ...]:
    return (Crumb(label=tx.say("automations.title"), url=BASE), Crumb(label=_called(tx, rule), url=f"{BASE}/{rule.id}"))


def _called(tx: Tx, rule: Rule) -> str:
    return tx.words.called(tx.language, rule.id, rule.name)


def _filters(tx: Tx, base: str, outcome: Outcome | None) -> tuple[Tab, ...]:
    every = Tab(label=tx.say("automations.outcome.all"), url=base, current=outcome is None)
    return (
        every,
        *(
            Tab(label=tx.say(f"automations.outcome.{each}"), url=f"{base}?outcome={each}", current=each == outcome)
            for each in SHOWN_OUTCOMES
        ),
    )


def _call_key(run: RunLine, at: int) -> str:
    return f"{run.id}:{at}"


def _run(tx: Tx, run: RunLine, rule: str, told: Mapping[str, Fate]) -> RunView:
    entity = tx.catalog.entities.get(run.entity)
    steps = (_result(tx, entity, each, told.get(_call_key(run, at))) for at, each in enumerate(run.steps))
    return RunView(
        id=str(run.id),
        title=run.title or "—",
        url=_url(entity, run.record),
        outcome=tx.say(f"automations.outcome.{run.outcome}"),
        hue=HUES[run.outcome],
        at=run.at,
        rule=rule,
        rule_url=f"{BASE}/{run.automation}",
        actor=run.actor_name,
        occasion=_occasion(tx, run.occasion),
        reason=tx.say(run.reason) if run.reason else "",
        changes=tuple(_changes(tx, entity, run.changes)) if entity else (),
        trace=tuple(_trace(tx, entity, run.condition)) if run.condition else (),
        steps=tuple(steps),
    )


def _occasion(tx: Tx, occasion: str) -> str:
    """What set a rule off; a named moment by its name."""
    kind, _, moment = occasion.partition(":")
    return moment_called(tx.catalog, moment, tx.language) or tx.say(f"automations.occasion.{kind}")


def _url(entity: Entity | None, record: UUID | None) -> str:
    return f"/{entity.definition.path}/{record}" if entity and record else ""


def _changes(tx: Tx, entity: Entity, changes: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The changed fields with their old and new values in words."""
    known = [(field, pair) for name, pair in changes.items() if (field := entity.fields.get(name))]
    called = titles_of(tx, (end for field, pair in known for each in pair for end in links_in(field, each)))
    told = ((field, [value_in_words(tx, field, each, called) for each in pair]) for field, pair in known)
    for field, (old, new) in islice(((field, ends) for field, ends in told if any(ends)), MOST_CHANGES):
        yield field.definition.label.to(tx.language), old or "—", new or "—"


def _trace(tx: Tx, entity: Entity | None, traced: Traced, depth: int = 0) -> Iterator[TraceLine]:
    value = traced.value
    field = entity.fields.get(traced.text) if entity else None
    shown = tx.say("automations.unknown") if value is None else str(value)
    if isinstance(value, bool):
        shown = tx.say("automations.yes" if value else "automations.no")
    elif field and value is not None and field.type.key in LABELLED:
        shown = value_in_words(tx, field, value, titles_of(tx, links_in(field, value)))
    yield TraceLine(
        text=traced.text, value=shown, holds=value if isinstance(value, bool) else None, depth=min(depth, 5)
    )
    for part in traced.parts:
        yield from _trace(tx, entity, part, depth + 1)


def _result(tx: Tx, entity: Entity | None, step: StepDone, fate: Fate | None = None) -> StepResult:
    if step.failure:
        return StepResult(text=f"{tx.say(f'automations.kind.{step.kind}')} – {step.failure}", failed=True)
    values = dict(step.values)
    if step.kind == "action" and "action" in values:
        values["action"] = tx.say(values["action"])
    if step.kind == "update" and entity:
        values["fields"] = ", ".join(_label(tx, entity, each) for each in str(values["fields"]).split(", "))
    parts = [tx.say(step.key, **values)]
    if "unread" in values:
        parts.append(tx.say(f"{step.key}.unread", **values))
    if fate:
        parts.append(_fate(tx, fate))
    url = _url(tx.catalog.entities.get(step.entity), step.record)
    return StepResult(text=" – ".join(parts), url=url, failed=fate is not None and fate.state == "failed")


def _label(tx: Tx, entity: Entity, name: str) -> str:
    field = entity.fields.get(name)
    return field.definition.label.to(tx.language) if field else name


def _fate(tx: Tx, fate: Fate) -> str:
    """What has become of a call that left after the run."""
    error = fate.error or ""
    host = urlsplit(fate.url).hostname or ""
    reason = tx.say(error, host=host, url=fate.url, limit="") if tx.words.has(error) else error
    return tx.say(f"automations.call.{fate.state}", status=fate.status or "", reason=reason)


def trial_view(tx: Tx, rule: Rule, found: DryRun) -> TrialView:
    """What a dry run came to."""
    entity = tx.catalog.entity(rule.entity)
    if found.days:
        text = tx.say("automations.tried_days", count=found.fired, occasions=found.occasions, days=found.days)
    else:
        text = tx.say("automations.tried_yes" if found.fired else "automations.tried_no")
    return TrialView(text=text, runs=tuple(_trial(tx, entity, each) for each in found.trials))


def _trial(tx: Tx, entity: Entity, trial: Trial) -> RunView:
    outcome = "waiting" if trial.fires else "skipped"
    return RunView(
        id=str(trial.record),
        title=trial.title or "—",
        url=_url(entity, trial.record),
        outcome=tx.say("automations.would_act" if trial.fires else "automations.would_not"),
        hue=HUES[outcome],
        reason=trial.reason or "",
        trace=tuple(_trace(tx, entity, trial.condition)) if trial.condition else (),
        # What a trial made is gone again: only the record that it was tried on can be looked at.
        steps=tuple(
            msgspec.structs.replace(_result(tx, entity, each), url="")
            if each.record != trial.record
            else _result(tx, entity, each)
            for each in trial.steps
        ),
        tried=True,
    )
