"""Decision tables: hit policies, unary tests, types, what is wrong with a table told at once."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.services.processes.tables import DMN, tabled

from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.deciding import decide
from entente.services.processes.decisions.proving import problems
from entente.services.processes.decisions.reading import read_model

NOON = Moment(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
DISCOUNT = """amount:number | segment:string > rate:number
< 1000 | - | 0
>= 1000 | "gold" | 0.15
>= 1000 | not("gold") | 0.05"""
MARKS = """n:number > mark:string
> 0 | "low"
> 10 | "high"
> 20 | "top\""""


def decided(file: bytes, **names: Any) -> Any:
    return decide(read_model(file), "d", names, NOON)


def faults(file: bytes) -> set[str]:
    return {each.code.rpartition(".")[2] for each in problems(read_model(file))}


@pytest.mark.parametrize(
    ("amount", "segment", "rate"),
    [(999, "gold", "0"), (1000, "gold", "0.15"), (5000, "silver", "0.05"), (Decimal("999.99"), "silver", "0")],
)
def test_unique_rule_gives_the_result(amount: Any, segment: str, rate: str) -> None:
    assert decided(tabled(DISCOUNT), amount=amount, segment=segment) == Decimal(rate)


def test_unique_table_refuses_two_rules() -> None:
    with pytest.raises(Refused) as refused:
        decided(tabled(MARKS), n=15)
    assert refused.value.code == "decision.not_unique"


@pytest.mark.parametrize(
    ("policy", "more", "result"),
    [
        ("FIRST", {}, "low"),
        ("PRIORITY", {"values_mark": '"top", "high", "low"'}, "top"),
        ("RULE ORDER", {}, ["low", "high", "top"]),
        ("OUTPUT ORDER", {"values_mark": '"top", "low", "high"'}, ["top", "low", "high"]),
        ("COLLECT", {}, ["low", "high", "top"]),
        ("COLLECT", {"aggregation": "COUNT"}, Decimal(3)),
    ],
)
def test_hit_policy_says_what_several_rules_give(policy: str, more: dict[str, str], result: Any) -> None:
    assert decided(tabled(MARKS, policy=policy, **more), n=25) == result


def test_any_rule_may_give_the_result_when_all_agree() -> None:
    text = "n:number > ok:boolean\n> 0 | true\n> 10 | true\n< 5 | false"
    assert decided(tabled(text, policy="ANY"), n=20) is True
    with pytest.raises(Refused) as refused:
        decided(tabled(text, policy="ANY"), n=3)
    assert refused.value.code == "decision.rules_differ"


@pytest.mark.parametrize(("gathers", "result"), [("SUM", "16"), ("MIN", "1"), ("MAX", "10"), ("COUNT", "3")])
def test_results_are_counted_together(gathers: str, result: str) -> None:
    text = "n:number > points:number\n> 0 | 1\n> 10 | 5\n> 20 | 10"
    assert decided(tabled(text, policy="COLLECT", aggregation=gathers), n=25) == Decimal(result)


def test_nothing_fits() -> None:
    text = "n:number > points:number\n> 10 | 5"
    assert decided(tabled(text), n=1) is None
    assert decided(tabled(text, default_points="-1"), n=1) == Decimal(-1)
    assert decided(tabled(text, policy="COLLECT"), n=1) == []
    assert decided(tabled(text, policy="COLLECT", aggregation="COUNT"), n=1) == Decimal(0)
    assert decided(tabled(text, policy="COLLECT", aggregation="SUM"), n=1) is None


def test_several_outputs_are_a_context() -> None:
    text = 'n:number > who:string | days:number\n<= 10 | "sales" | 2\n> 10 | "director" | n * 2'
    assert decided(tabled(text), n=20) == {"who": "director", "days": Decimal(40)}


def test_tests_read_dates_ranges_lists_and_the_record() -> None:
    text = """day:date | record.status | tags > due:boolean
    < date("2026-12-01") | "new", "open" | list contains(?, "hot") | true
    [date("2026-12-01")..date("2026-12-31")] | - | - | false"""
    assert decided(tabled(text), day="2026-11-30", record={"status": "open"}, tags=["hot"]) is True
    assert decided(tabled(text), day="2026-12-31", record={"status": "x"}, tags=[]) is False
    assert decided(tabled(text), day="2026-11-30", record={"status": "lost"}, tags=["hot"]) is None


@pytest.mark.parametrize("given", [{"amount": "a lot", "segment": "gold"}, {"amount": 5, "segment": 7}])
def test_values_of_another_type_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        decided(tabled(DISCOUNT), **given)
    assert refused.value.code == "decision.wrong_type"


def test_result_of_another_type_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        decided(tabled('n:number > ok:boolean\n> 0 | "yes"'), n=1)
    assert refused.value.code == "decision.wrong_type"


def test_decision_uses_the_decisions_that_it_needs() -> None:
    file = f"""<definitions xmlns="{DMN}" id="f" name="f">
    <inputData id="i" name="Yearly amount"/>
    <decision id="size" name="Size of account"><variable name="Size of account"/>
      <literalExpression><text>if Yearly amount > 100 then "large" else "small"</text></literalExpression></decision>
    <decision id="d" name="d"><variable name="d"/>
      <informationRequirement><requiredDecision href="#size"/></informationRequirement>
      <decisionTable id="t" hitPolicy="FIRST"><input id="x"><inputExpression><text>Size of account</text>
      </inputExpression></input><output name="o"/>
      <rule id="r"><inputEntry><text>"large"</text></inputEntry><outputEntry><text>"VIP"</text></outputEntry></rule>
      <rule id="q"><inputEntry><text>-</text></inputEntry><outputEntry><text>"usual"</text></outputEntry></rule>
      </decisionTable></decision></definitions>""".encode()
    model = read_model(file)
    assert (problems(model), model.main.id) == ([], "d")
    assert decide(model, "d", {"Yearly amount": 500}, NOON) == "VIP"
    assert decide(model, "d", {"Yearly amount": 5}, NOON) == "usual"


def test_everything_wrong_is_told_at_once() -> None:
    text = "n:nothing | m > a | a\n> | 1 | 2 | 3\n1 | 2 | 3"
    assert faults(tabled(text, policy="BEST", aggregation="SUM")) == {
        "unknown_type", "policy", "aggregation", "one_output", "output_names", "expression", "cells",
    }  # fmt: skip
    assert faults(tabled(MARKS, policy="PRIORITY")) == {"no_weights"}
    assert faults(tabled(DISCOUNT)) == set()


def test_circle_and_missing_decisions_are_told() -> None:
    def decision(name: str, *needs: str) -> str:
        wants = "".join(f'<requiredDecision href="#{each}"/>' for each in needs)
        body = "<literalExpression><text>1</text></literalExpression>"
        return f'<decision id="{name}"><informationRequirement>{wants}</informationRequirement>{body}</decision>'

    inner = (
        decision("a", "b") + decision("b", "a") + decision("c", "nowhere") + '<decision id="e"><context/></decision>'
    )
    model = read_model(f'<definitions xmlns="{DMN}" id="f">{inner}</definitions>'.encode())
    assert {(each.element, each.code.rpartition(".")[2]) for each in problems(model)} == {
        ("a", "circle"), ("b", "circle"), ("c", "unknown_decision"), ("e", "unsupported"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "file", [b"<definitions/>", f'<definitions xmlns="{DMN}"/>'.encode(), b"<!DOCTYPE x><x/>", b"x"]
)
def test_what_is_no_decision_model_is_refused(file: bytes) -> None:
    with pytest.raises(Refused):
        read_model(file)
