"""What salespeople write, and activities made of it."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from entente.modules.base.demo.play import Deed


class Phrases(msgspec.Struct, frozen=True):
    """Sentences by occasion."""

    offers: tuple[str, ...]
    renewals: tuple[str, ...]
    needs: tuple[str, ...]
    calls: tuple[str, ...]
    call_results: tuple[str, ...]
    meetings: tuple[str, ...]
    meeting_results: tuple[str, ...]
    tasks: tuple[str, ...]
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]
    comments: tuple[str, ...]
    dormant_reasons: tuple[str, ...]


def read_phrases() -> Phrases:
    """The sentences beside this file."""
    return msgspec.yaml.decode(Path(__file__).with_name("words.yaml").read_bytes(), type=Phrases)


def moment(random: Random, first: datetime, last: datetime) -> datetime:
    """A moment of office hours between two others, or the last one when they are too near."""
    span = max(int((last - first).total_seconds()), 1)
    found = first + timedelta(seconds=random.randrange(span))
    found = found.replace(hour=random.randint(7, 16), minute=random.choice((0, 5, 10, 20, 30, 45)), second=0)
    return min(max(found, first), last)


def activity(random: Random, phrases: Phrases, who: str, at: datetime, target: str) -> Deed:
    """Something done with a record: mostly a call, often a note, sometimes a meeting or a task."""
    kind = random.choices(("call", "note", "meeting", "task"), (5, 4, 2, 3))[0]
    values: dict[str, Any] = {"regarding": f"@{target}"}
    if kind == "note":
        values["body"] = f"<p>{random.choice(phrases.notes)}</p>"
    elif kind == "call":
        outcome = random.choice(("answered", "answered", "answered", "voicemail", "no_answer"))
        values |= {"subject": random.choice(phrases.calls), "status": "held", "start_at": at, "outcome": outcome}
        values |= {"result": random.choice(phrases.call_results), "time_spent": random.choice((5, 10, 15, 20))}
    elif kind == "meeting":
        values |= {"subject": random.choice(phrases.meetings), "status": "held", "start_at": at}
        values |= {"result": random.choice(phrases.meeting_results), "time_spent": random.choice((45, 60, 90))}
    else:
        values |= {"subject": random.choice(phrases.tasks), "status": "completed", "due_on": at.date()}
    return Deed(who=who, at=at, entity=kind, key=f"{target}:{at:%y%m%d%H%M%S}:{random.randrange(10**6)}", values=values)


def planned(random: Random, phrases: Phrases, who: str, now: datetime, target: str, *, since: datetime) -> Deed:
    """Something still to be done with a record, some of it late."""
    day = now + timedelta(days=random.randint(-6, 14))
    at = day.replace(hour=random.randint(8, 16), minute=random.choice((0, 30)), second=0)
    kind = random.choices(("task", "call", "meeting"), (5, 3, 2))[0]
    values: dict[str, Any] = {"regarding": f"@{target}", "priority": random.choice(("normal", "normal", "high", "low"))}
    if kind == "task":
        values |= {
            "subject": random.choice(phrases.tasks),
            "due_on": at.date(),
            **_arranged(phrases, values["priority"]),
        }
    elif kind == "call":
        values |= {"subject": random.choice(phrases.calls), "start_at": at}
    else:
        values |= {"subject": random.choice(phrases.meetings), "start_at": max(at, now + timedelta(hours=2))}
        values["reminder"] = "hour_1"
    made = max(now - timedelta(days=random.randint(1, 20)), since)
    return Deed(who=who, at=made, entity=kind, key=f"{target}:next:{random.randrange(10**6)}", values=values)


def _arranged(phrases: Phrases, priority: str) -> dict[str, Any]:
    """Urgent tasks have steps, of which one is done; those that can wait come again every month."""
    if priority == "high":
        return {"checklist": [{"text": step, "done": at == 0} for at, step in enumerate(phrases.steps)]}
    return {"recurrence": "monthly", "reminder": "at_start"} if priority == "low" else {}
