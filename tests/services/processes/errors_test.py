"""Errors and escalations, who catches them; event sub-processes; work that fails."""

from collections.abc import Callable

import pytest
from tests.services.processes.playing import Play

from entente.services.processes.engine.state import BusinessError, Failed, State, Token
from entente.services.processes.model.graph import Element


def refuse(code: str) -> Callable[[State, Token, Element], None]:
    def work(state: State, token: Token, element: Element) -> None:
        raise BusinessError(code, "no")

    return work


ERRORS = """start s
sub box {
start bs
service w
user fine
bs > w > fine
}
boundary one on=box error=E1
boundary any on=box error=
user a
user b
s > box
one > a
any > b"""


@pytest.mark.parametrize(("code", "at"), [("E1", "a"), ("E2", "b")], ids=["by code", "catch-all"])
def test_error_is_caught_by_its_code_before_by_all(code: str, at: str) -> None:
    play = Play(ERRORS, work=refuse(code))
    assert play.at == [at]
    assert play.values["error"] == {"code": code, "message": "no"}


def test_uncaught_error_is_an_incident() -> None:
    play = Play("start s\nservice w\nuser a\ns > w > a", work=refuse("E"))
    assert play.incidents == [("w", "error")]
    play.work = lambda state, token, element: None
    assert play.retry("w").at == ["a"]


def test_error_end_event_is_caught_around_the_sub_process() -> None:
    play = Play("""start s
        sub box {
        start bs
        and f
        user a
        user c
        end x error=E
        bs > f > a > x
        f > c
        }
        boundary b on=box error=E
        user z
        s > box
        b > z""")
    assert play.do("a").at == ["z"]


def test_nearest_catcher_has_the_error() -> None:
    play = Play(
        """start s
        sub out {
        start os
        service w
        boundary near on=w error=E
        user a
        os > w
        near > a
        }
        boundary far on=out error=E
        user b
        s > out
        far > b""",
        work=refuse("E"),
    )
    assert play.at == ["a"]


def test_event_sub_process_has_the_error_before_the_boundary() -> None:
    play = Play(
        """start s
        sub box {
        start bs
        service w
        bs > w
        sub catcher event {
        start es error=E
        user a
        es > a
        }
        }
        boundary far on=box error=E
        user b
        user z
        s > box > z
        far > b""",
        work=refuse("E"),
    )
    assert play.at == ["a"]
    assert play.do("a").at == ["z"]


def test_error_in_the_event_sub_process_is_not_caught_by_itself() -> None:
    play = Play(
        """start s
        sub box {
        start bs
        service w
        bs > w
        sub catcher event {
        start es error=E
        end ex error=E
        es > ex
        }
        }
        boundary far on=box error=E
        user b
        s > box
        far > b""",
        work=refuse("E"),
    )
    assert play.at == ["b"]


def test_work_that_fails_is_tried_again_and_then_waits_for_a_person() -> None:
    tries = []

    def work(state: State, token: Token, element: Element) -> None:
        tries.append(1)
        raise Failed("away")

    play = Play("start s\nservice w\nuser a\ns > w > a", work=work)
    assert (play.at, len(tries)) == (["w"], 1)
    play.later(minutes=1).later(minutes=5)
    assert (play.incidents, len(tries)) == ([], 3)
    play.later(minutes=30)
    assert (play.incidents, len(tries)) == ([("w", "work")], 4)
    play.work = lambda state, token, element: None
    assert play.retry("w").at == ["a"]


def test_result_of_work_is_a_variable() -> None:
    play = Play("start s\nservice w result=made\nuser a\ns > w > a", work=lambda *_: {"id": 7})
    assert play.values == {"made": {"id": 7}}


def test_escalation_is_heard_and_the_thrower_goes_on() -> None:
    play = Play("""start s
        sub box {
        start bs
        throw t escalation=late
        user a
        bs > t > a
        }
        boundary b on=box escalation=late keep
        user z
        s > box
        b > z""")
    assert play.at == ["a", "z"]


def test_interrupting_escalation_ends_the_thrower() -> None:
    play = Play("""start s
        sub box {
        start bs
        end t escalation=late
        bs > t
        }
        boundary b on=box escalation=late
        user z
        user y
        s > box > y
        b > z""")
    assert play.at == ["z"]


def test_escalation_that_nobody_hears_is_written_down_and_forgotten() -> None:
    play = Play("start s\nthrow t escalation=late\nuser a\ns > t > a")
    assert play.at == ["a"]
    assert [each.detail for each in play.state.history if each.outcome == "escalation_ignored"] == ["late"]


EVENT_SUB = """start s
user a
user b
s > a > b
sub ear event {
start es message=call {keep}
user h
es > h
}"""


def test_interrupting_event_sub_process_ends_its_siblings() -> None:
    play = Play(EVENT_SUB.replace("{keep}", ""))
    assert play.hear("call").at == ["h"]
    assert not play.waits_for("call")
    assert play.do("h").ended


def test_non_interrupting_event_sub_process_runs_beside() -> None:
    play = Play(EVENT_SUB.replace("{keep}", "keep")).hear("call").hear("call")
    assert play.at == ["a", "h", "h"]
    play.do("a").do("b")
    assert not play.ended
    assert play.do("h").do("h").ended


def test_event_sub_process_ends_with_its_scope() -> None:
    play = Play(EVENT_SUB.replace("{keep}", "")).do("a").do("b")
    assert play.ended
    assert play.state.waits == {}


def test_timer_of_an_event_sub_process() -> None:
    play = Play("start s\nuser a\ns > a\nsub ear event {\nstart es every=R2/PT1H keep\nuser h\nes > h\n}")
    assert play.later(hours=1).later(hours=1).later(hours=1).at == ["a", "h", "h"]
