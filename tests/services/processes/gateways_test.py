"""Flows, gateways, joins, ends: where tokens go, where they wait, what stops them."""

from typing import Any

import pytest
from tests.services.processes.playing import Play

DIAMOND = """
start s
user a
{split} f
user b
user c
user d
{join} j
user z
end e
s > a > f
f >{b} b > j
f >{c} c > j
f >{d} d > j
j > z > e
"""


def diamond(split: str, join: str, b: str = "", c: str = "", d: str = "", **values: Any) -> Play:
    def mark(text: str) -> str:
        return f"[{text}]" if text and text != "*" else text

    return Play(DIAMOND.format(split=split, join=join, b=mark(b), c=mark(c), d=mark(d)), values).do("a")


def test_sequence_runs_to_its_first_wait_and_on() -> None:
    play = Play("start s\ntask t\nuser a\nmanual m\nend e\ns > t > a > m > e")
    assert play.at == ["a"]
    assert play.do("a").ended
    assert play.trail == ["s", "t", "a", "m", "e"]


@pytest.mark.parametrize(("x", "taken"), [(1, "b"), (2, "c"), (9, "d")], ids=["first true", "second true", "default"])
def test_exclusive_takes_the_first_true_flow_or_the_default(x: int, taken: str) -> None:
    assert diamond("xor", "xor", "x = 1", "x <= 2", "*", x=x).at == [taken]


def test_exclusive_default_is_last_even_when_drawn_first() -> None:
    assert diamond("xor", "xor", "*", "x = 1", "x = 2", x=2).at == ["d"]


def test_exclusive_without_a_true_flow_is_an_incident_and_can_be_repaired() -> None:
    play = diamond("xor", "xor", "x = 1", "x = 2", "x = 3", x=7)
    assert play.at == ["f"]
    assert play.incidents == [("f", "no_flow")]
    play.set(x=3)
    assert play.retry("f").at == ["d"]
    assert play.incidents == []


def test_unknown_variable_is_no_true_condition() -> None:
    assert diamond("xor", "xor", "nobody = 1", "not(nobody)", "*").at == ["d"]


def test_parallel_waits_for_every_branch() -> None:
    play = diamond("and", "and")
    assert play.at == ["b", "c", "d"]
    assert play.do("c").do("b").at == ["d", "j", "j"]
    assert play.do("d").at == ["z"]
    assert play.do("z").ended


def test_parallel_split_ignores_conditions() -> None:
    assert diamond("and", "and", "false", "false", "false").at == ["b", "c", "d"]


def test_exclusive_merge_lets_every_token_through() -> None:
    play = diamond("and", "xor")
    assert play.do("b").do("c").do("d").at == ["z", "z", "z"]


@pytest.mark.parametrize(
    ("x", "taken"), [(1, ["b"]), (2, ["b", "c"]), (3, ["b", "c", "d"]), (0, None)],
    ids=["one", "two", "all", "none"],
)  # fmt: skip
def test_inclusive_takes_every_true_flow(x: int, taken: list[str]) -> None:
    play = diamond("or", "or", "x >= 1", "x >= 2", "x >= 3", x=x)
    if taken is None:
        assert play.incidents == [("f", "no_flow")]
        return
    assert play.at == taken
    for each in taken[:-1]:
        assert "z" not in play.do(each).at
    assert play.do(taken[-1]).at == ["z"]


def test_inclusive_takes_the_default_only_when_nothing_else() -> None:
    assert diamond("or", "or", "x > 1", "x > 2", "*", x=0).at == ["d"]
    assert diamond("or", "or", "x > 1", "x > 2", "*", x=2).at == ["b"]


def test_task_with_several_flows_splits() -> None:
    play = Play("start s\nuser a\nuser b\nuser c\ns > a > b\na > c").do("a")
    assert play.at == ["b", "c"]
    assert play.do("b").do("c").ended


@pytest.mark.parametrize(("x", "taken"), [(1, ["b", "c"]), (2, ["b", "d"]), (3, ["b"])])
def test_task_takes_its_plain_flow_and_the_true_ones(x: int, taken: list[str]) -> None:
    play = Play("start s\nuser a\nuser b\nuser c\nuser d\ns > a > b\na >[x = 1] c\na >[x = 2] d", {"x": x})
    assert play.do("a").at == taken


def test_task_with_conditions_only_falls_back_to_its_default() -> None:
    text = "start s\nuser a\nuser b\nuser c\ns > a\na >[x = 1] b\na >* c"
    assert Play(text, {"x": 1}).do("a").at == ["b"]
    assert Play(text, {"x": 2}).do("a").at == ["c"]


def test_task_with_conditions_only_and_none_true_is_an_incident() -> None:
    play = Play("start s\nuser a\nuser b\nuser c\ns > a\na >[x = 1] b\na >[x = 2] c").do("a")
    assert play.incidents == [("a", "no_flow")]
    assert play.set(x=2).retry("a").at == ["c"]


def test_several_flows_into_a_task_do_not_merge() -> None:
    play = Play("start s\nand f\nuser a\nend e\ns > f > a > e\nf > a")
    assert play.at == ["a", "a"]
    assert not play.do("a").ended
    assert play.do("a").ended


def test_process_ends_when_the_last_token_does() -> None:
    play = Play("start s\nand f\nend e\nuser a\nend g\ns > f > e\nf > a > g")
    assert play.at == ["a"]
    assert play.do("a").ended


def test_terminate_ends_everything() -> None:
    play = Play("start s\nand f\nuser a\nuser b\nend t terminate\ns > f > a > t\nf > b")
    assert play.do("a").ended
    assert play.state.tokens == {}
    assert [each.outcome for each in play.state.history if each.element == "b"] == ["cancelled"]


def test_parallel_join_needs_one_token_of_each_flow_and_keeps_what_is_over() -> None:
    play = Play("""start s
        and f
        user a
        user b
        and j
        user z
        s > f > a > j > z
        f > a
        f > b > j""")
    play.do("a").do("a")
    assert play.at == ["b", "j", "j"]
    assert play.do("b").at == ["j", "z"]


def test_join_that_nothing_can_fill_is_a_deadlock_at_once() -> None:
    play = Play("start s\nxor x\nuser a\nuser b\nand j\nend e\ns > x\nx >[true] a > j > e\nx >* b > j").do("a")
    assert play.incidents == [("j", "deadlock")]
    assert not play.ended


DEAD = "xor x\nmanual p\nmanual q\nand j\nx >[true] p > j\nx >* q > j"


@pytest.mark.parametrize(
    "around",
    [
        f"start s\nuser a\nand f\n{DEAD}\ns > f > a\nf > x",
        f"start s\nuser a\nand f\nsub u {{\nstart i\n{DEAD}\ni > x\n}}\ns > f > a\nf > u",
        f"start s\n{DEAD}\ns > x\nsub e event {{\nstart m message=help keep\nuser a\nm > a\n}}",
        f"start s\nuser a\nsub u {{\nstart i\n{DEAD}\ni > x\n}}\nboundary b on=u after=P1D\ns > u\nb > a",
    ],
    ids=["a task beside it", "in a sub-process", "an event beside it", "an event at its boundary"],
)
def test_join_that_nothing_can_fill_is_told_whatever_else_is_waited_for(around: str) -> None:
    play = Play(around)
    assert play.incidents == [("j", "deadlock")]


def test_joins_that_wait_for_each_other_are_told() -> None:
    play = Play("start s\nuser a\nand f\nand j\nand k\nxor x\ns > f > a\nf > j > x > k\nf > k > j\nx > j")
    assert play.incidents == [("j", "deadlock"), ("k", "deadlock")]


@pytest.mark.parametrize(
    "far",
    ["f > b > x > j", "f > x > b > j", "f > x > y > b > j\ny >* x", "f > x > k > b > j\nf > c > k"],
    ids=["a task before it", "behind a choice", "in a loop", "behind another join"],
)
def test_join_that_something_may_still_reach_waits(far: str) -> None:
    text = "start s\nuser a\nuser b\nuser c\nand f\nand j\nand k\nxor x\nxor y\ns > f\nf > a > j\n"
    play = Play(
        text.replace("user c", "user c" if "c" in far else "").replace("and k", "and k" if "k" in far else "") + far
    )
    play.do("a")
    assert play.incidents == []
    assert "j" in play.at


def test_join_reached_through_a_boundary_or_a_link_waits() -> None:
    play = Play("""start s
        user a
        user b
        and f
        and j
        boundary t on=b after=P1D keep
        throw go link=there
        catch there link=there
        end e
        s > f > a > j
        f > b > e
        t > go
        there > j""").do("a")
    assert (play.incidents, play.at) == ([], ["b", "j"])
    assert play.later(days=2).at == ["b"]


def test_endless_loop_without_a_wait_stops() -> None:
    play = Play("start s\ntask a\ntask b\ns > a > b > a")
    assert [code for _, code in play.incidents] == ["loop_without_wait"]
    assert play.state.steps == 10_000


def test_loop_back_through_a_gateway() -> None:
    play = Play("start s\nuser a\nxor x\nend e\ns > a > x\nx >[again] a\nx >* e")
    assert play.do("a", again=True).do("a", again=True).at == ["a"]
    assert play.do("a", again=False).ended


def test_inclusive_join_waits_for_a_token_far_upstream() -> None:
    play = Play("""start s
        or f
        user a
        user b
        user b2
        user b3
        or j
        user z
        s > f
        f >[true] a > j
        f >[true] b > b2 > b3 > j
        j > z""")
    play.do("a").do("b").do("b2")
    assert play.at == ["b3", "j"]
    assert play.do("b3").at == ["z"]


def test_inclusive_join_opens_when_the_other_branch_turns_away() -> None:
    play = Play("""start s
        and f
        user a
        user b
        xor x
        user away
        or j
        user z
        s > f > a > j > z
        f > b > x
        x >[leave] away
        x >* j""")
    assert play.do("a").at == ["b", "j"]
    assert play.do("b", leave=True).at == ["away", "z"]


def test_inclusive_join_waits_for_a_boundary_event_of_an_activity() -> None:
    play = Play("""start s
        and f
        user a
        user b
        boundary t on=b after=PT1H
        user end_b
        or j
        user z
        s > f > a > j > z
        f > b > end_b
        t > j""")
    assert play.do("a").at == ["b", "j"]
    assert play.later(hours=1).at == ["z"]


def test_inclusive_join_in_a_loop_is_not_held_by_what_lies_behind_it() -> None:
    play = Play("""start s
        or j
        user a
        xor x
        end e
        s > j > a > x
        x >[again] j
        x >* e""")
    assert play.at == ["a"]
    assert play.do("a", again=True).at == ["a"]
    assert play.do("a", again=False).ended


def test_process_without_a_start_event_begins_everywhere_nothing_leads_to() -> None:
    play = Play("user a\nuser b\nuser c\na > c")
    assert play.at == ["a", "b"]
    assert play.do("a").do("b").do("c").ended


def test_flows_without_ids_are_followed() -> None:
    play = Play("start s\nuser a\nend e\ns > a > e")
    graph = next(iter(play.state.graphs.values()))
    assert set(graph.flows) == {"f1", "f2"}


def test_link_events_lead_from_one_to_the_other() -> None:
    play = Play("start s\nuser a\nthrow go link=L\ncatch come link=L\nuser b\ns > a > go\ncome > b")
    assert play.do("a").at == ["b"]
    assert play.do("b").ended


@pytest.mark.parametrize("blocks", [1, 10, 40])
def test_parallel_blocks_in_a_row_cost_the_same_each(blocks: int) -> None:
    lines = ["start s", "end e"]
    before = "s"
    for k in range(blocks):
        lines += [f"and f{k}x", f"and j{k}x", f"task a{k}x", f"task b{k}x"]
        lines += [f"{before} > f{k}x > a{k}x > j{k}x", f"f{k}x > b{k}x > j{k}x"]
        before = f"j{k}x"
    play = Play("\n".join([*lines, f"{before} > e"]))
    assert play.ended
    assert play.state.steps == 2 + 5 * blocks
    assert len(play.state.history) == 2 + 5 * blocks


def test_five_thousand_turns_cost_the_same_each() -> None:
    play = Play("start s\nuser a\ntask t\nxor x\nend e\ns > a > t > x\nx >[turn < 5000] a\nx >* e", {"turn": 0})
    for turn in range(1, 5001):
        play.state.history.clear()
        play.do("a", turn=turn)
        assert play.state.steps <= 3
        assert len(play.state.history) <= 4
        assert len(play.state.tokens) <= 1
    assert play.ended


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("${approved}", True),
        ("${!approved}", False),
        ("${word == 'yes' && n >= 2}", True),
        ("#{word != 'yes' || approved}", True),
    ],
)
def test_conditions_of_other_engines_are_understood(condition: str, true: bool) -> None:
    play = Play(
        f"start s\nxor x\nuser a\nuser b\ns > x\nx >[{condition}] a\nx >* b",
        {"approved": True, "word": "yes", "n": 2},
    )
    assert play.at == (["a"] if true else ["b"])


def test_inclusive_join_in_a_loop_does_not_wait_for_the_next_turn() -> None:
    play = Play(
        """start s
        xor top
        and f
        or split
        user b
        user c
        or j
        user other
        and all
        user more
        xor bottom
        end e
        s > top > f > split
        split >[x = 1] b > j
        split >* c > j
        j > all
        f > other > all
        all > more > bottom
        bottom >[again] top
        bottom >* e""",
        {"x": 1, "again": False},
    )
    assert play.at == ["b", "other"]
    assert play.do("other").do("b").at == ["more"]
    assert play.do("more", again=True, x=2).at == ["c", "other"]
    assert play.do("c").do("other").do("more", again=False).ended
