"""Sub-processes, calls, repeated activities, boundary events, event sub-processes, errors, timers, messages."""

from collections.abc import Callable

import pytest
from tests.services.processes.playing import Play

from entente.kernel.kit.cron import HOME, next_run
from entente.services.processes.engine.state import BusinessError, State, Token
from entente.services.processes.engine.timers import is_iso
from entente.services.processes.model.graph import Element

SUB = """
start s
sub box {
start bs
user inner
user other
end be
bs > inner > other > be
}
user after
end e
s > box > after > e
"""


def refuse(code: str) -> Callable[[State, Token, Element], None]:
    def work(state: State, token: Token, element: Element) -> None:
        raise BusinessError(code, "no")

    return work


def test_sub_process_ends_before_the_flow_goes_on() -> None:
    play = Play(SUB)
    assert play.at == ["inner"]
    assert play.do("inner").at == ["other"]
    assert play.do("other").at == ["after"]
    assert play.do("after").ended


def test_sub_process_without_a_start_begins_everywhere() -> None:
    play = Play("start s\nsub box {\nuser a\nuser b\n}\nuser z\ns > box > z")
    assert play.at == ["a", "b"]
    assert play.do("a").do("b").at == ["z"]


def test_empty_sub_process_is_passed() -> None:
    assert Play("start s\nsub box {\n}\nuser z\ns > box > z").at == ["z"]


def test_terminate_in_a_sub_process_ends_only_that() -> None:
    play = Play("""start s
        sub box {
        start bs
        and f
        user a
        user b
        end t terminate
        bs > f > a > t
        f > b
        }
        user z
        s > box > z""")
    assert play.do("a").at == ["z"]


def test_variables_of_a_sub_process_stay_inside() -> None:
    play = Play('start s\nsub box input="{secret: 1}" {\nuser a\n}\nuser z\ns > box > z')
    play.do("a", secret=2, shared=3)
    assert play.values == {"shared": 3}


BOUNDARY = SUB + "boundary t on=box after=PT2H {keep}\nuser late\nt > late\n"


def test_interrupting_timer_ends_the_sub_process() -> None:
    play = Play(BOUNDARY.replace("{keep}", "")).do("inner")
    assert play.later(hours=2).at == ["late"]
    assert play.do("late").ended


def test_non_interrupting_timer_leaves_the_sub_process() -> None:
    play = Play(BOUNDARY.replace("{keep}", "keep")).later(hours=3)
    assert play.at == ["inner", "late"]
    assert play.later(hours=9).at == ["inner", "late"]


def test_boundary_is_disarmed_when_the_activity_ends() -> None:
    play = Play(BOUNDARY.replace("{keep}", "")).do("inner").do("other")
    assert play.state.waits == {}
    assert play.later(hours=9).at == ["after"]


def test_cycle_counts_its_turns() -> None:
    play = Play("start s\nuser a\nboundary t on=a every=R3/P1D keep\nuser b\ns > a\nt > b")
    assert play.later(days=1).at == ["a", "b"]
    assert play.later(days=1).at == ["a", "b", "b"]
    assert play.later(days=1).later(days=9).at == ["a", "b", "b", "b"]


def test_cycle_may_be_a_cron_line_by_the_clock_on_the_wall() -> None:
    play = Play('start s\nuser a\nboundary t on=a every="0 8 * * 1-5" keep\nuser b\ns > a\nt > b')
    (wait,) = play.state.waits.values()
    assert wait.due_at is not None
    assert wait.due_at == next_run("0 8 * * 1-5", play.state.outside.now)
    assert wait.due_at.astimezone(HOME).hour == 8
    assert play.later(days=3).at == ["a", "b"]
    (wait,) = play.state.waits.values()
    assert wait.due_at is not None
    assert wait.due_at > play.state.outside.now


def test_cron_line_is_no_duration() -> None:
    assert not is_iso("duration", "0 8 * * 1-5")
    assert is_iso("cycle", "0 8 * * 1-5")
    assert not is_iso("cycle", "0 8 30 2 *")


def test_missed_turns_fire_once_and_go_on() -> None:
    play = Play("start s\nuser a\nboundary t on=a every=R/P1D keep\nuser b\ns > a\nt > b")
    assert play.later(days=5).at == ["a", "b"]
    assert play.later(days=1).at == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("timer", "hours"),
    [
        ("after=PT5H", 5),
        ("at=2026-11-23T17:00:00Z", 5),
        ("at=2026-11-24", 12),
        ("after=wait", 3),
        ("at='date and time(day)'", 12),
    ],
)
def test_intermediate_timer_is_due_when_said(timer: str, hours: float) -> None:
    play = Play(f"start s\ncatch t {timer}\nuser a\ns > t > a", {"wait": "PT3H", "day": "2026-11-24T00:00:00Z"})
    assert play.at == ["t"]
    assert play.later(hours=hours, minutes=-1).at == ["t"]
    assert play.later(minutes=1).at == ["a"]


def test_timer_that_is_none_is_an_incident() -> None:
    play = Play("start s\ncatch t after=wait\nuser a\ns > t > a", {"wait": "soon"})
    assert play.incidents == [("t", "timer")]
    assert play.set(wait="PT1M").retry("t").later(minutes=1).at == ["a"]


def test_message_lets_the_catch_go_on_with_its_values() -> None:
    play = Play("start s\ncatch m message=reply\nuser a\ns > m > a")
    assert play.at == ["m"]
    assert play.hear("reply", answer=42).at == ["a"]
    assert play.values == {"answer": 42}


def test_receive_task_waits_for_its_message() -> None:
    play = Play("start s\nreceive m message=reply\nuser a\ns > m > a")
    assert play.hear("reply").at == ["a"]


def test_one_message_reaches_one_of_two_receivers() -> None:
    play = Play("start s\nand f\ncatch m message=reply\ncatch n message=reply\ns > f > m\nf > n")
    assert play.hear("reply").at == ["n"]


def test_interrupting_message_boundary() -> None:
    play = Play("start s\nuser a\nboundary m on=a message=stop\nuser b\nend e\ns > a > e\nm > b")
    assert play.hear("stop").at == ["b"]
    assert not play.waits_for("stop")


def test_non_interrupting_message_boundary_hears_again() -> None:
    play = Play("start s\nuser a\nboundary m on=a message=more keep\nuser b\nend e\ns > a > e\nm > b")
    assert play.hear("more").hear("more").at == ["a", "b", "b"]


def test_thrown_messages_and_signals_leave_with_their_values() -> None:
    play = Play("start s\nthrow m message=hello input='{x: 1}'\nsend t message=there\nend e signal=over\ns > m > t > e")
    assert [(each.kind, each.name, each.values) for each in play.state.sent] == [
        ("message", "hello", {"x": 1}),
        ("message", "there", {}),
        ("signal", "over", {}),
    ]


CHOICE = """start s
choice g
catch m message=reply
catch t after=PT1H
receive r message=other
user a
user b
user c
s > g > m > a
g > t > b
g > r > c"""


@pytest.mark.parametrize(
    ("deed", "at"),
    [
        (lambda play: play.hear("reply"), "a"),
        (lambda play: play.later(hours=1), "b"),
        (lambda play: play.hear("other"), "c"),
    ],
    ids=["message", "timer", "receive task"],
)
def test_event_based_gateway_takes_the_first_event_only(deed: Callable[[Play], Play], at: str) -> None:
    play = Play(CHOICE)
    assert play.at == ["g"]
    assert deed(play).at == [at]
    assert play.state.waits == {}


def test_condition_goes_on_when_it_becomes_true() -> None:
    play = Play("start s\nuser x\ncatch c when='n > 3'\nuser a\nand f\ns > f > c > a\nf > x", {"n": 1})
    assert play.set(n=2).at == ["c", "x"]
    assert play.set(n=4).at == ["a", "x"]


def test_non_interrupting_condition_fires_on_each_change_to_true() -> None:
    play = Play("start s\nuser x\nboundary c on=x when='n > 3' keep\nuser a\ns > x\nc > a", {"n": 1})
    assert play.set(n=4).at == ["a", "x"]
    assert play.set(n=5).at == ["a", "x"]
    assert play.set(n=1).set(n=9).at == ["a", "a", "x"]


CALLED = {"child": "start cs\nuser inner\nend ce\ncs > inner > ce"}


def test_call_waits_for_the_called_process_with_variables_of_its_own() -> None:
    play = Play(
        'start s\ncall c called=child input="{n: x + 1}" output="{back: n * 10}"\nuser z\ns > c > z', {"x": 1},
        called=CALLED,
    )  # fmt: skip
    assert play.at == ["inner"]
    assert play.do("inner", x=99).at == ["z"]
    assert play.values == {"x": 1, "back": 20}


def test_call_without_a_mapping_gets_a_copy_and_gives_nothing_back() -> None:
    play = Play("start s\ncall c called=child\nuser z\ns > c > z", {"x": 1}, called=CALLED)
    assert play.do("inner", x=2).values == {"x": 1}


def test_error_of_a_called_process_is_caught_at_the_call() -> None:
    play = Play(
        "start s\ncall c called=child\nboundary b on=c error=E\nuser z\ns > c\nb > z",
        called={"child": "start cs\nuser inner\nend ce error=E\ncs > inner > ce"},
    )
    assert play.do("inner").at == ["z"]


def test_interrupted_call_ends_the_called_process() -> None:
    play = Play("start s\ncall c called=child\nboundary b on=c after=PT1H\nuser z\ns > c\nb > z", called=CALLED)
    assert play.later(hours=1).at == ["z"]


def test_call_of_nothing_is_an_incident() -> None:
    assert Play("start s\ncall c called=nobody\ns > c").incidents == [("c", "called")]


def test_process_that_calls_itself_for_ever_stops() -> None:
    text = "start s\ncall c called=me\ns > c"
    assert [code for _, code in Play(text, called={"me": text}).incidents] == ["too_deep"]


def test_parallel_turns_over_a_list() -> None:
    play = Play('start s\nuser a each="[10, 20, 30]"\nuser z\ns > a > z')
    assert play.at == ["a", "a", "a"]
    items = [each.values["item"] for each in play.state.scopes.values() if each.kind == "body"]
    assert [int(each) for each in items] == [10, 20, 30]
    assert play.do("a").do("a").at == ["a"]
    assert play.do("a").at == ["z"]


def test_sequential_turns_one_after_the_other() -> None:
    play = Play("start s\nuser a times=3 sequential\nuser z\ns > a > z")
    for _ in range(3):
        assert play.at == ["a"]
        play.do("a")
    assert play.at == ["z"]


def test_no_turns_are_passed() -> None:
    assert Play('start s\nuser a each="[]"\nuser z\ns > a > z').at == ["z"]
    assert Play("start s\nuser a times=0\nuser z\ns > a > z").at == ["z"]


def test_turns_end_early_when_their_condition_is_met() -> None:
    play = Play("start s\nuser a times=5 until='numberOfCompletedInstances >= 2'\nuser z\ns > a > z").do("a")
    assert play.at == ["a"] * 4
    assert play.do("a").at == ["z"]
    assert [each.kind for each in play.state.scopes.values()] == ["process"]


def test_turns_gather_their_results() -> None:
    play = Play(
        'start s\nservice a each="[1, 2, 3]" collect="item * item" into=squares\nuser z\ns > a > z', {"squares": []}
    )
    assert [int(each) for each in play.values["squares"]] == [1, 4, 9]


def test_turns_that_are_no_number_are_an_incident() -> None:
    play = Play("start s\nuser a times=many\nuser z\ns > a > z", {"many": "a lot"})
    assert play.incidents == [("a", "cardinality")]
    assert play.set(many=1).retry("a").at == ["a"]
    assert play.do("a").at == ["z"]


def test_boundary_of_repeated_activity_ends_all_turns() -> None:
    play = Play("start s\nuser a times=3\nboundary t on=a after=PT1H\nuser z\ns > a\nt > z").do("a")
    assert play.later(hours=1).at == ["z"]


def test_error_in_one_turn_ends_all_turns() -> None:
    play = Play("start s\nservice a times=3\nboundary b on=a error=E\nuser z\ns > a\nb > z", work=refuse("E"))
    assert play.at == ["z"]
    assert len(play.state.tokens) == 1


def test_repeated_sub_process_keeps_its_turns_apart() -> None:
    play = Play('start s\nsub box each="[1, 2]" {\nuser a\nuser b\na > b\n}\nuser z\ns > box > z')
    assert play.do("a").at == ["a", "b"]
    assert play.do("b").do("a").do("b").at == ["z"]


@pytest.mark.parametrize(("before", "turns"), [("", 1), ("before", 0)])
def test_loop_tests_after_or_before(before: str, turns: int) -> None:
    done = []
    play = Play(f"start s\nservice a loop=false {before}\nuser z\ns > a > z", work=lambda *_: done.append(1))
    assert play.at == ["z"]
    assert len(done) == turns


def test_loop_ends_at_its_maximum() -> None:
    done = []
    play = Play("start s\nservice a loop=true most=4\nuser z\ns > a > z", work=lambda *_: done.append(1))
    assert play.at == ["z"]
    assert len(done) == 4


def test_loop_goes_on_while_its_condition_holds() -> None:
    play = Play("start s\nuser a loop='go'\nuser z\ns > a > z").do("a", go=True).do("a", go=True)
    assert play.at == ["a"]
    assert play.do("a", go=False).at == ["z"]


def test_message_start_begins_at_its_event() -> None:
    play = Play("start s\nstart m message=order\nuser a\nuser b\ns > a\nm > b", start="m")
    assert play.at == ["b"]


def test_message_without_its_key_is_an_incident_and_not_for_everybody() -> None:
    play = Play("start s\ncatch m message=reply correlation=number\nuser a\ns > m > a")
    assert play.incidents == [("m", "no_key")]
    play.set(number=7).retry("m")
    assert [each.key for each in play.state.waits.values()] == ["7"]


def test_sub_process_that_could_not_begin_begins_once() -> None:
    play = Play('start s\nsub box input="[1]" {\nuser a\n}\nuser z\ns > box > z')
    assert play.incidents == [("box", "no_context")]
    play.retry("box").retry("box")
    assert play.incidents == [("box", "no_context")]
    assert [each.kind for each in play.state.scopes.values()] == ["process", "sub"]
