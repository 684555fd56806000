"""Automations: the list of rules in sentences, the editor, a dry run, the run log, the map."""

from datetime import datetime
from typing import Literal

from entente.interfaces.html.views.frame import Action, Banner, Crumb, Empty, Tab, View
from entente.interfaces.html.views.lists import Chip, FilterField

Options = tuple[tuple[str, str], ...]


class RuleLine(View, frozen=True, kw_only=True):
    """A rule as a sentence with its switch, its place in the order, and how it did in the last 30 days."""

    id: str
    name: str
    sentence: str
    url: str
    active: bool
    badges: tuple[tuple[str, str], ...] = ()  # text and hue
    last: datetime | None = None
    done: int = 0
    failed: int = 0
    runs_url: str = ""


class RuleGroup(View, frozen=True, kw_only=True):
    """The rules of an entity, or of one of its processes."""

    key: str
    label: str
    icon: str
    new_url: str
    lines: tuple[RuleLine, ...]


class RuleList(View, frozen=True, kw_only=True):
    """All rules; `may_write` whether switches and the order can be changed."""

    title: str
    url: str
    tabs: tuple[Tab, ...]
    groups: tuple[RuleGroup, ...]
    actions: tuple[Action, ...] = ()
    banners: tuple[Banner, ...] = ()
    empty: Empty | None = None


class Control(View, frozen=True, kw_only=True):
    """One input of the editor; `redraws` when the rest of the form depends on it, `rule` whose schedule it is."""

    name: str
    label: str
    kind: Literal["text", "area", "select", "number", "check", "checks", "code", "schedule"] = "text"
    value: str = ""
    values: tuple[str, ...] = ()  # checks: what is ticked
    options: Options = ()
    help: str = ""
    error: str = ""
    wide: bool = False
    required: bool = False
    redraws: bool = False
    rule: str = ""


class StepView(View, frozen=True, kw_only=True):
    """One action of a rule: its key within the form, what it is, its inputs, the fields that it sets."""

    key: str
    number: int
    kind: str
    label: str
    icon: str
    controls: tuple[Control, ...]
    rows: tuple[tuple[Control, Control], ...] = ()
    first: bool = False
    last: bool = False


class RuleForm(View, frozen=True, kw_only=True):
    """The editor of one rule."""

    title: str
    url: str
    is_new: bool
    version: int
    crumbs: tuple[Crumb, ...]
    basics: tuple[Control, ...]
    trigger: tuple[Control, ...]
    expression: Control
    builder: str
    chips: tuple[Chip, ...]
    filter_fields: tuple[FilterField, ...]
    by_text: bool
    steps: tuple[StepView, ...]
    kinds: Options
    more: tuple[Control, ...]
    sentence: str = ""
    address: str = ""
    secret: str = ""
    errors: tuple[str, ...] = ()
    lookup_url: str = ""  # records to try the rule on
    actions: tuple[Action, ...] = ()
    changed: bool = False


class TraceLine(View, frozen=True, kw_only=True):
    """A part of a condition with its value, so deep within the whole."""

    text: str
    value: str
    holds: bool | None
    depth: int


class StepResult(View, frozen=True, kw_only=True):
    """What became of one step."""

    text: str
    failed: bool = False
    url: str = ""


class RunView(View, frozen=True, kw_only=True):
    """A run, or a `tried` one: its record, how it ended, why, the values of its condition, what was done."""

    id: str
    title: str
    url: str
    outcome: str
    hue: str
    at: datetime | None = None
    rule: str = ""
    rule_url: str = ""
    actor: str = ""
    occasion: str = ""
    reason: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    trace: tuple[TraceLine, ...] = ()
    steps: tuple[StepResult, ...] = ()
    tried: bool = False


class TrialView(View, frozen=True, kw_only=True):
    """What came of a dry run."""

    text: str
    runs: tuple[RunView, ...]
    error: str = ""


class RunLog(View, frozen=True, kw_only=True):
    """A page of the run log."""

    title: str
    url: str
    tabs: tuple[Tab, ...]
    runs: tuple[RunView, ...]
    crumbs: tuple[Crumb, ...] = ()
    filters: tuple[Tab, ...] = ()
    next_url: str = ""
    empty: Empty | None = None


class MapStage(View, frozen=True, kw_only=True):
    """A stage, or an occasion that belongs to none, with the rules that act there."""

    label: str
    lines: tuple[RuleLine, ...]


class MapColumn(View, frozen=True, kw_only=True):
    """An entity or process on the map."""

    label: str
    icon: str
    stages: tuple[MapStage, ...]


class RuleMap(View, frozen=True, kw_only=True):
    """Every rule by entity and stage."""

    title: str
    tabs: tuple[Tab, ...]
    columns: tuple[MapColumn, ...]
    empty: Empty | None = None
