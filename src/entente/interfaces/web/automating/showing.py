"""Runs and tried runs on the screen: how they ended, why, and what every part of the condition was worth."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.html.views.automations import RunLog, RunView, StepResult, TraceLine, TrialView
from entente.interfaces.html.views.frame import Crumb, Empty, Tab
from entente.interfaces.web.automating.editing import BASE
from entente.interfaces.web.automating.listing import tabs_of
from entente.interfaces.web.wording import FIGURES, in_words
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.query import titles
from entente.services.automation.condition_words import value_words
from entente.services.automation.conditions import Traced
from entente.services.automation.dry_run import DryRun, Trial
from entente.services.automation.log import PAGE, Outcome, RunLine, StepDone, read_runs
from entente.services.automation.rules import RULE, Rule
from entente.services.automation.shape import moment_called

HUES: Mapping[str, str] = {"done": "green", "failed": "red", "stopped": "orange", "skipped": "gray", "waiting": "blue"}
SHOWN_OUTCOMES: tuple[Outcome, ...] = ("done", "failed", "stopped", "skipped", "waiting")
MOST_CHANGES = 12


def log_view(tx: Tx, rule: Rule | None, outcome: Outcome | None, before: Any) -> RunLog:
    """A page of the log, of one rule or of all."""
    runs = read_runs(tx, rule.id if rule else None, outcome=outcome, before=before)
    names = titles(tx, RULE, [run.automation for run in runs])
    base = f"{BASE}/{rule.id}/runs" if rule else f"{BASE}/log"
    shown = [run for run in runs if run.automation in names]
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
        runs=tuple(_run(tx, run, names[run.automation]) for run in shown),
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


def _run(tx: Tx, run: RunLine, rule: str) -> RunView:
    entity = tx.catalog.entities.get(run.entity)
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
        trace=tuple(_trace(tx, run.condition)) if run.condition else (),
        steps=tuple(_result(tx, each) for each in run.steps),
    )


def _occasion(tx: Tx, occasion: str) -> str:
    """What set a rule off; a named moment by its name."""
    kind, _, moment = occasion.partition(":")
    return moment_called(tx.catalog, moment, tx.language) or tx.say(f"automations.occasion.{kind}")


def _url(entity: Entity | None, record: UUID | None) -> str:
    return f"/{entity.definition.path}/{record}" if entity and record else ""


def _changes(tx: Tx, entity: Entity, changes: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The changed fields with their old and new values in words."""
    for name, pair in list(changes.items())[:MOST_CHANGES]:
        field = entity.fields.get(name)
        if field is not None:
            old, new = (_end(tx, field, end) or "—" for end in pair)
            yield field.definition.label.to(tx.language), old, new


def _end(tx: Tx, field: Field, value: Any) -> str:
    """A value as the journal keeps it, in the reader's words: amounts, days and figures as he writes them."""
    if field.type.key in FIGURES and value not in (None, ""):
        with suppress(Refused):
            return in_words(tx, field, field.type.clean(field.name, field.definition, value), None)
    return value_words(tx, field, _text(value))


def _text(value: Any) -> str:
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, Mapping):
        return " ".join(str(each) for each in (value.get("amount"), value.get("currency")) if each) or str(
            value.get("id") or ""
        )
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)[:120]


def _trace(tx: Tx, traced: Traced, depth: int = 0) -> Iterator[TraceLine]:
    value = traced.value
    shown = tx.say("automations.unknown") if value is None else str(value)
    if isinstance(value, bool):
        shown = tx.say("automations.yes" if value else "automations.no")
    yield TraceLine(
        text=traced.text, value=shown, holds=value if isinstance(value, bool) else None, depth=min(depth, 5)
    )
    for part in traced.parts:
        yield from _trace(tx, part, depth + 1)


def _result(tx: Tx, step: StepDone) -> StepResult:
    if step.failure:
        return StepResult(text=f"{tx.say(f'automations.kind.{step.kind}')} – {step.failure}", failed=True)
    values = dict(step.values)
    if step.kind == "action" and "action" in values:
        values["action"] = tx.say(values["action"])
    return StepResult(text=tx.say(step.key, **values), url=_url(tx.catalog.entities.get(step.entity), step.record))


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
        trace=tuple(_trace(tx, trial.condition)) if trial.condition else (),
        # What a trial made is gone again: only the record that it was tried on can be looked at.
        steps=tuple(
            msgspec.structs.replace(_result(tx, each), url="") if each.record != trial.record else _result(tx, each)
            for each in trial.steps
        ),
        tried=True,
    )
