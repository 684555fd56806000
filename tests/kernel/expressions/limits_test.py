"""Hostile expressions are refused, and patterns take linear time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entente.kernel.expressions.automaton import Automaton
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.nodes import from_json, to_json
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.pattern_syntax import read
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused

MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC))


def evaluate(expression: str, **values: Any) -> Any:
    return compile_python(parse(expression))(Context(values, MOMENT))


def refused(expression: str, **values: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        evaluate(expression, **values)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1" + " + 1" * 1_000, "expression_too_long"),
        ("a " * 2_000 + "b", "expression_too_long"),
        ("(" * 200 + "1" + ")" * 200, "expression_too_deep"),
        ("-" * 500 + "1", "expression_too_deep"),
        ("not(" * 100 + "a" + ")" * 100, "expression_too_deep"),
        ("1" + "+1" * 200, "expression_too_deep"),
        ("for i in 1..1000, j in 1..1000 return 1", "expression_list_limit"),
        ("for i in 1..100000000 return i", "expression_list_limit"),
        ("some i in 1..9999, j in 1..9999 satisfies i + j = 0", "expression_step_limit"),
        ("(function(f) f(f))(function(f) f(f))", "expression_too_deep"),
        ('string join(for i in 1..9000 return text, "")', "expression_string_limit"),
        ('replace(text, "(a*)*(a*)*b", "")', "expression_pattern_costly"),
    ],
)
def test_hostile_expression_is_refused(text: str, code: str) -> None:
    assert refused(text, text="a" * 5_000).code == code


def test_long_conjunction_is_flat_and_fine() -> None:
    assert evaluate(" and ".join(["a = 1"] * 200), a=1) is True


@pytest.mark.parametrize(
    ("text", "column"), [("a > ", 5), ("a >> 1", 4), ("if a then b", 12), ('"open', 1), ("a b", 3)]
)
def test_syntax_fault_has_a_position(text: str, column: int) -> None:
    caught = refused(text)
    assert caught.code in ("expression_syntax", "expression_unfinished")
    assert caught.values["column"] == column
    assert caught.values["line"] == 1


def test_power_beyond_decimal128_is_null() -> None:
    assert evaluate("9 ** 9 ** 9 ** 9 ** 9") is None


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+$", "(a?){30}a{30}c", "a*a*a*a*a*b", "(.*)*x"])
def test_classic_backtracking_patterns_answer(pattern: str) -> None:
    automaton = Automaton(read(pattern, ""), multiline=False)
    steps = 0
    original = automaton._step

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return original(*arguments)

    automaton._step = counted  # type: ignore[assignment, method-assign]
    automaton.search("a" * 20_000 + "!")
    assert steps < 100


def test_deep_json_tree_is_refused() -> None:
    body: Any = {"node": "name", "name": "a"}
    for _ in range(100):
        body = {"node": "negative", "of": body}
    with pytest.raises(Refused) as caught:
        from_json(body)
    assert caught.value.code == "expression_too_deep"


def test_unknown_node_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        from_json({"node": "exec", "code": "1"})
    assert caught.value.code == "expression_malformed"


def test_tree_survives_json() -> None:
    node = parse('for i in [1..3] return if i in (< 2, 3) then {a: i}.a else @"P1D" / 2')
    assert from_json(to_json(node)) == node
