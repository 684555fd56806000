"""What deployment finds wrong with a model, each on its element."""

from pathlib import Path
from typing import Any

import pytest
from tests.services.processes.drawing import drawn
from tests.services.processes.playing import NOON, graph
from tests.world.cast import World

from entente.kernel.expressions.values import Moment
from entente.kernel.kit.words import load_words
from entente.services.processes import definitions
from entente.services.processes.definitions import deploy, import_model, problems_of
from entente.services.processes.expressions import value_of
from entente.services.processes.model.problems import problems
from entente.services.processes.model.reading import main_graph, read_graphs


def found(text: str, **more: Any) -> set[tuple[str, str]]:
    return {(each.element, each.code.rpartition(".")[2]) for each in problems(graph(text), ("assign",), **more)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start s\nuser a\nend e\ns > a > e", set()),
        ("start s\nservice a\ns > a", {("a", "no_action")}),
        ("start s\nservice a action=explode\ns > a", {("a", "unknown_action")}),
        ("start s\nservice a action=assign\ns > a", set()),
        ("start s\nsend a message=m\ns > a", set()),
        ("start s\nstart t\nuser a\ns > a\nt > a", {("p", "several_starts")}),
        ("start s\nuser a\ns > a > nowhere", {("f2", "loose_flow")}),
        ("start s\nsub b {\nuser i\n}\ns > b\ns > i", {("f2", "flow_crosses")}),
        ("start s\nxor x\nuser a\nuser b\ns > x > a\nx >* b", {("f2", "no_condition")}),
        ("start s\nxor x\nuser a\nuser b\ns > x\nx >[n = ] a\nx >* b", {("f2", "expression")}),
        ("start s\nand x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx > b", {("f2", "condition_ignored")}),
        ("start s\nchoice x\nuser a\ns > x > a", {("f2", "no_event_behind")}),
        ("start s\nscript x\ns > x", {("x", "unsupported")}),
        ("start s\ncatch c message=\ns > c", {("c", "no_message")}),
        ("start s\ncatch c signal=\ns > c", {("c", "no_signal")}),
        ("start s\nreceive c\ns > c", {("c", "no_message")}),
        ("start s\ncatch c after=\ns > c", {("c", "no_timer")}),
        ("start s\ncatch c after='in a while,'\ns > c", {("c", "expression")}),
        ("start s after=wait\nuser a\ns > a", {("s", "start_timer")}),
        ("start s error=E\nuser a\ns > a", {("s", "unsupported")}),
        ("start s\nthrow t link=L\ns > t", {("t", "no_link")}),
        ("start s\nuser a\nboundary t on=b after=PT1H\ns > a", {("t", "not_attached")}),
        ("start s\nuser a\nboundary t on=a after=PT1H\ns > a > t", {("t", "leads_into_event")}),
        ("start s\nuser a\nboundary t on=a\ns > a", {("t", "no_event")}),
        ("start s\nsub b {\nstart i message=m\n}\ns > b", {("b", "plain_start")}),
        ("start s\nuser a\ns > a\nsub b event {\nstart i\n}", {("b", "event_start")}),
        ("start s\ncall c\ns > c", {("c", "no_called")}),
        ("start s\nuser a each=\ns > a", {("a", "no_cardinality")}),
        ("start s\nservice a action=assign loop=\ns > a", {("a", "endless_loop")}),
        ("start s\nxor x\ns > x", {("x", "no_way_out")}),
    ],
)
def test_problem_is_found_on_its_element(text: str, expected: object) -> None:
    assert found(text) == expected


def test_recorded_work_needs_no_action() -> None:
    assert found("start s\nservice a\ns > a", recorded=True) == set()


def test_every_problem_has_words() -> None:
    words = load_words([Path(definitions.__file__).parent])
    text = "start s\nservice a\nxor x\nuser b\nscript c\ncatch d after=\ns > a > x > b\nx > c > d"
    codes = {each.code for each in problems(graph(text), ())}
    assert len(codes) >= 4
    assert all(words.has(code) for code in codes)


def test_data_may_have_names_with_spaces() -> None:
    file = drawn('start s\nxor x\nuser a\nuser b\ns > x\nx >[Vacation Approval = "Approved"] a\nx >* b')
    named = file.replace(b'<startEvent id="s"', b'<dataObject id="d" name="Vacation Approval"/><startEvent id="s"')
    assert [each.code for each in problems(main_graph(read_graphs(file)), ())] == ["process.problem.expression"]
    assert problems(main_graph(read_graphs(named)), ()) == []
    assert value_of('Vacation Approval = "Approved"', {"Vacation Approval": "Approved"}, Moment(NOON)) is True


def test_a_call_of_a_process_that_is_not_deployed_is_warned_of_until_it_is(world: World) -> None:
    """Only a warning, since two processes that call each other could not be deployed one after the other otherwise."""
    with world.acts("admin") as tx:
        caller = deploy(tx, import_model(tx, drawn("start s\ncall c called=child\ns > c", "parent")).id)
        warned = problems_of(tx, caller)
        deploy(tx, import_model(tx, drawn("start s\nuser a\ns > a", "child")).id)
        after = problems_of(tx, caller)
        itself = import_model(
            tx, drawn("start s\nxor x\ncall c called=turns\ns > x\nx >[1 = 1] c\nx >* e\nend e", "turns")
        )
        alone = problems_of(tx, itself)
    assert [(each.element, each.code, each.severity, each.values) for each in warned] == [
        ("c", "process.problem.unknown_process", "warning", {"name": "child"})
    ]
    assert (after, alone) == ([], [])
