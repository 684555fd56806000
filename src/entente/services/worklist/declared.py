"""What a task may declare about its worklist: for whom, how many have to act, which outcomes, when it escalates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Plan = Literal["once", "parallel", "sequential"]
HolderKind = Literal["user", "team", "role"]
PRIORITIES = {"low": 25, "normal": 50, "high": 75, "urgent": 100}


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way in which a task can end; its own rule says when it has, else the task's rule does."""

    key: str
    en: str = ""
    fr: str = ""
    rule: str = ""

    def label(self, language: str) -> str:
        """What people read; the key when nothing else was given."""
        return (self.fr if language == "fr" else self.en) or self.en or self.fr or self.key


class Destination(msgspec.Struct, frozen=True):
    """Whom a task is for; `members` asks for one item for each active member of a team or role."""

    kind: HolderKind
    id: UUID
    members: bool = False


class Escalation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happens while a task is not done: when, how often, under which condition, and what.

    `at` is an ISO 8601 duration from the creation of the task, or to its due moment if it says `due` before it:
    `PT4H`, `due-P1D`, `due+PT2H`. `every` repeats it, `most` times in all. Reminders and notices leave by e-mail as
    well when they name the `template` of the mail.
    """

    at: str
    action: Literal["remind", "notify", "redirect", "priority", "complete", "escalate"]
    to: str = ""
    outcome: str = ""
    code: str = ""
    when: str = ""
    every: str = ""
    most: int = 1
    template: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A task to be put into people's hands; what it is about is the record of the instance that asks for it."""

    subject: str
    destinations: tuple[Destination, ...]
    names: Mapping[str, str] = {}  # the subject by language, where it has several
    fallback: tuple[Destination, ...] = ()
    instructions: str = ""
    entity: str | None = None
    record: UUID | None = None
    process: str = ""
    element: str = ""
    instance: UUID | None = None
    token: int | None = None
    plan: Plan = "once"
    slots: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    rule: str = ""
    otherwise: str = ""
    form: str = ""
    redirectable: bool = True
    calendar: str = ""
    priority: int = 50
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    expected_minutes: int | None = None
    escalations: tuple[Escalation, ...] = ()
    idle: str = ""  # ISO 8601 duration after which an opened task that is left alone is free again


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says as he completes a task.

    `values` become variables of the process, `noted` fields of the record; `seen` is the version that he saw.
    """

    outcome: str = ""
    comment: str = ""
    values: dict[str, Any] = {}
    noted: dict[str, Any] = {}
    channel: str = ""
    seen: int | None = None


def priority_name(number: int) -> str:
    """The priority of a task's record that is nearest to a number from 0 to 100."""
    return min(PRIORITIES, key=lambda name: abs(PRIORITIES[name] - number))
