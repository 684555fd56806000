"""What keeps the decisions of a file from being worked out: every problem at once, each on its element.

In a table `cell` names the place too: `in.0.expression`, `out.1.default`, `rule.2.in.0` (all counted from zero).
"""

from collections.abc import Callable, Iterator
from typing import Any

from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.deciding import expression, feel_type, tests
from entente.services.processes.decisions.table import AGGREGATIONS, POLICIES, Decision, Model, Rule, Table
from entente.services.processes.model.problems import Problem

WORKED_OUT = ("decisionTable", "literalExpression")


def problems(model: Model) -> list[Problem]:
    """Everything that is wrong with the decisions of a file."""
    return [each for decision in model.decisions.values() for each in _of_decision(model, decision)]


def _problem(element: str, code: str, **values: str) -> Problem:
    return Problem(element, f"decision.problem.{code}", "error", values)


def _of_decision(model: Model, decision: Decision) -> Iterator[Problem]:
    if decision.kind not in WORKED_OUT:
        yield _problem(decision.id, "unsupported", kind=decision.kind or "-")
    for required in decision.requires:
        if required not in model.decisions:
            yield _problem(decision.id, "unknown_decision", name=required)
    if _in_circle(model, decision):
        yield _problem(decision.id, "circle")
    if decision.type and feel_type(model, decision.type) is None:
        yield _problem(decision.id, "unknown_type", name=decision.type)
    if decision.kind == "literalExpression":
        yield from _of_text(expression, decision.id, decision.expression, model)
    if decision.table is not None:
        yield from _of_table(model, decision.table)


def _in_circle(model: Model, decision: Decision) -> bool:
    seen: set[str] = set()
    left = list(decision.requires)
    while left:
        each = left.pop()
        if each not in seen and each in model.decisions:
            seen.add(each)
            left += model.decisions[each].requires
    return decision.id in seen


def _of_table(model: Model, table: Table) -> Iterator[Problem]:
    yield from _of_policy(table)
    if not table.outputs:
        yield _problem(table.id, "no_output")
    names = [column.name for column in table.outputs]
    if len(names) > 1 and (len(set(names)) < len(names) or "" in names):
        yield _problem(table.id, "output_names")
    yield from _of_columns(model, table)
    for place, rule in enumerate(table.rules):
        yield from _of_rule(model, table, rule, f"rule.{place}")


def _of_columns(model: Model, table: Table) -> Iterator[Problem]:
    for at, column in enumerate(table.inputs):
        yield from _of_text(expression, column.id, column.expression, model, f"in.{at}.expression")
        if column.allowed:
            yield from _of_text(tests, column.id, column.allowed, model, f"in.{at}.allowed")
    for at, output in enumerate(table.outputs):
        if output.default:
            yield from _of_text(expression, output.id, output.default, model, f"out.{at}.default")
        if output.allowed:
            yield from _of_text(expression, output.id, f"[{output.allowed}]", model, f"out.{at}.allowed")
    typed = [(f"in.{at}.type", each.id, each.type) for at, each in enumerate(table.inputs)]
    typed += [(f"out.{at}.type", each.id, each.type) for at, each in enumerate(table.outputs)]
    for cell, identity, name in typed:
        if name and feel_type(model, name) is None:
            yield _problem(identity, "unknown_type", name=name, cell=cell)


def _of_policy(table: Table) -> Iterator[Problem]:
    if table.policy not in POLICIES:
        yield _problem(table.id, "policy", name=table.policy)
    if table.aggregation and (table.aggregation not in AGGREGATIONS or table.policy != "COLLECT"):
        yield _problem(table.id, "aggregation", name=table.aggregation)
    if table.aggregation and len(table.outputs) > 1:
        yield _problem(table.id, "one_output")
    if table.policy in ("PRIORITY", "OUTPUT ORDER") and not all(column.allowed for column in table.outputs):
        yield _problem(table.id, "no_weights")


def _of_rule(model: Model, table: Table, rule: Rule, place: str) -> Iterator[Problem]:
    if len(rule.tests) != len(table.inputs) or len(rule.results) != len(table.outputs):
        yield _problem(rule.id, "cells", cell=place)
        return
    for at, text in enumerate(rule.tests):
        yield from _of_text(tests, rule.id, text, model, f"{place}.in.{at}")
    for at, text in enumerate(rule.results):
        if text:
            yield from _of_text(expression, rule.id, text, model, f"{place}.out.{at}")


def _of_text(
    read: Callable[[str, tuple[str, ...]], Any], element: str, text: str, model: Model, cell: str = ""
) -> Iterator[Problem]:
    try:
        read(text, model.names)
    except Refused:
        yield _problem(element, "expression", text=text, cell=cell)
