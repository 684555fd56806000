"""Outcome rules: true, impossible or open, whatever is said in whatever order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.services.worklist.deciding import Decision, Slot, decide, parse_rule, satisfiable, verdict
from entente.services.worklist.declared import Outcome

NOW = Moment(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
YES_NO = (Outcome("yes"), Outcome("no"))
RULES = (
    "first", "all", "none", "at_least(1)", "at_least(2)", "at_most(1)", "at_least_percent(50)",
    'count(slots[item.outcome = "yes"]) >= 2',
)  # fmt: skip


def said(text: str) -> list[Slot]:
    return [Slot({"y": "yes", "n": "no"}[each]) for each in text]


def decided(
    slots: int, text: str, rule: str = "", otherwise: str = "", outcomes: Sequence[Outcome] = YES_NO
) -> Decision:
    return decide(slots, said(text), outcomes, rule, otherwise, NOW)


@pytest.mark.parametrize(
    ("slots", "text", "rule", "expected"),
    [
        (1, "", "", "open"),
        (1, "y", "", "yes"),
        (3, "n", "first", "no"),
        (3, "yy", "all", "open"),
        (3, "yyy", "all", "yes"),
        (3, "yn", "all", "stuck"),
        (3, "yn", "at_least(2)", "open"),
        (3, "yny", "at_least(2)", "yes"),
        (3, "nn", "at_least(2)", "no"),
        (4, "yy", "at_least_percent(50)", "yes"),
        (4, "y", "at_least_percent(50)", "open"),
        (3, "yn", 'count(slots[item.outcome = "yes"]) >= 2', "open"),
        (3, "yny", 'count(slots[item.outcome = "yes"]) >= 2', "yes"),
        (3, "ynn", '=count(slots[item.outcome = "yes"]) >= 2', "stuck"),
    ],
)
def test_rules_decide(slots: int, text: str, rule: str, expected: str) -> None:
    found = decided(slots, text, rule)
    assert (found.outcome or found.state) == expected


def test_each_outcome_may_have_a_rule_of_its_own() -> None:
    outcomes = (Outcome("yes", rule="all"), Outcome("no", rule="at_least(1)"))
    assert decided(3, "yn", outcomes=outcomes).outcome == "no"
    assert decided(3, "yy", outcomes=outcomes).state == "open"
    assert decided(3, "yyy", outcomes=outcomes).outcome == "yes"


def test_none_is_true_once_nobody_can_say_it_any_more() -> None:
    outcomes = (Outcome("unanimous", rule="none"), Outcome("no", rule="at_least(3)"))
    assert decided(2, "n", outcomes=outcomes).state == "open"
    assert decided(2, "nn", outcomes=outcomes).outcome == "unanimous"


def test_default_outcome_stands_in_for_what_cannot_be_decided() -> None:
    assert decided(2, "yn", "all", otherwise="no").outcome == "no"


def test_task_without_declared_outcomes_takes_what_is_said() -> None:
    assert decide(1, [Slot("maybe")], (), "", "", NOW) == Decision("decided", "maybe")
    assert decide(2, [Slot("")], (), "", "", NOW).state == "open"
    assert decide(2, [Slot(""), Slot("")], (), "", "", NOW) == Decision("decided", "")


@given(
    st.integers(1, 4),
    st.lists(st.sampled_from("yn"), max_size=4),
    st.sampled_from(RULES),
    st.sampled_from(("yes", "no")),
)
def test_verdict_foresees_every_continuation(slots: int, answers: list[str], rule: str, outcome: str) -> None:
    """True stays true, impossible never becomes true, and an open rule is one that more answers may still make true."""
    answers = answers[:slots]
    found = verdict(rule, outcome, slots, said("".join(answers)), NOW)
    rest = ["".join(more) for more in product("yn", repeat=slots - len(answers))]
    ends = {verdict(rule, outcome, slots, said("".join(answers) + more), NOW) for more in rest}
    if found == "true":
        assert ends == {"true"}
    elif found == "impossible":
        assert ends == {"impossible"}
    else:
        assert len(answers) < slots


@given(st.integers(1, 5), st.lists(st.sampled_from("yn"), min_size=5, max_size=5), st.sampled_from(RULES))
def test_full_task_is_never_left_open(slots: int, answers: list[str], rule: str) -> None:
    assert decided(slots, "".join(answers[:slots]), rule).state in ("decided", "stuck")


@pytest.mark.parametrize("rule", ["at_least", "first(2)", "at_least(x", "most of them ("])
def test_rule_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(Refused):
        parse_rule(rule)


def test_rule_that_asks_for_more_than_there_are_is_found() -> None:
    assert not satisfiable("at_least(3)", 2)
    assert satisfiable("at_least(2)", 2)
    assert not satisfiable("at_least_percent(120)", 2)
