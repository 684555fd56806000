"""Running instances on another version: what goes along, and what is lost and told."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.services.processes.playing import NOON, Play, graph

from entente.services.processes.engine.migrating import Outlook, Place, Route, migrate
from entente.services.processes.engine.modifying import start, withdraw
from entente.services.processes.engine.state import Fault


def moved(play: Play, text: str, recalculate: bool = False, **mapping: str) -> Outlook:
    source, target = UUID(int=1), UUID(int=2)
    route = Route(source, target, play.state.graphs[source], graph(text), mapping)
    found = migrate(play.state, route, recalculate=recalculate)
    play.go()
    return found


def test_token_goes_to_the_same_element_of_the_new_version() -> None:
    play = Play("start s\nuser a\ns > a")
    assert moved(play, "start s\nuser a\nuser b\ns > a > b") == Outlook([], [], [], [], [])
    assert play.do("a").at == ["b"]


def test_token_without_a_place_keeps_the_instance_where_it_is() -> None:
    play = Play("start s\nuser a\ns > a")
    number = next(iter(play.state.tokens))
    assert moved(play, "start s\nuser b\ns > b").unmapped == [Place(number, "a")]
    assert play.do("a").ended


def test_mapping_names_the_place() -> None:
    play = Play("start s\nuser a\ns > a")
    assert moved(play, "start s\nuser b\nuser c\ns > b > c", a="b").unmapped == []
    assert (play.at, play.do("b").at) == (["b"], ["c"])


@pytest.mark.parametrize(
    "text",
    [
        "start s\nservice a\ns > a",
        "start s\nsub x {\nuser a\n}\ns > x",
        "start s\nuser a times=2\ns > a",
    ],
)
def test_other_kind_other_scope_and_other_repetition_are_no_place(text: str) -> None:
    assert moved(Play("start s\nuser a\ns > a"), text).unmapped


def test_timer_keeps_its_moment_unless_it_is_worked_out_anew() -> None:
    old = "start s\nuser a\nboundary t on=a after=PT1H\nuser late\ns > a\nt > late"
    new = old.replace("PT1H", "PT5H")
    for recalculate, due in ((False, timedelta(hours=1)), (True, timedelta(hours=5))):
        play = Play(old)
        moved(play, new, recalculate)
        assert [each.due_at for each in play.state.waits.values()] == [NOON + due]


def test_lost_timer_and_lost_subscription_are_told() -> None:
    text = "start s\nuser a\nboundary t on=a after=PT1H\nboundary m on=a message=hey keep\nuser z\ns > a\nt > z\nm > z"
    found = moved(Play(text), "start s\nuser a\ns > a")
    assert (found.lost_timers, found.lost_subscriptions, found.loses) == (["t"], ["m"], True)


def test_new_boundary_and_new_event_sub_process_wait_from_now_on() -> None:
    play = Play("start s\nuser a\ns > a")
    text = """start s
    user a
    boundary t on=a after=PT1H
    user late
    sub e event {
    start m message=stop
    user stopped
    m > stopped
    }
    s > a
    t > late"""
    assert moved(play, text).added == ["t", "m"]
    assert play.later(hours=1).at == ["late"]
    assert play.hear("stop").at == ["stopped"]


def test_message_of_the_new_version_is_waited_for() -> None:
    play = Play("start s\ncatch c message=old\nuser z\ns > c > z")
    moved(play, "start s\ncatch c message=new\nuser z\ns > c > z")
    assert (play.waits_for("old"), play.waits_for("new")) == (False, True)


def test_catching_token_that_lost_its_event_has_no_place() -> None:
    assert moved(Play("start s\ncatch c message=old\ns > c"), "start s\ncatch c signal=new\ns > c").unmapped


def test_sub_processes_and_repeated_tasks_go_along() -> None:
    old = "start s\nsub x {\nstart i\nuser a times=2\ni > a\n}\nuser z\ns > x > z"
    play = Play(old).do("a")
    moved(play, old.replace("user z", "user y\nuser z").replace("x > z", "x > y > z"))
    assert play.at == ["a"]
    assert play.do("a").at == ["y"]


def test_token_at_a_join_needs_its_flow() -> None:
    old = "start s\nand f\nuser a\nuser b\nand j\nuser z\ns > f > a > j > z\nf > b > j"
    assert moved(Play(old).do("a"), old + "\nuser q\nz > q").unmapped == []
    play = Play(old).do("a")
    other = "start s\nuser q\nuser r\nand f\nuser b\nand j\ns > q > r > f > b > j\nf > j"
    assert [each.element for each in moved(play, other).unmapped] == ["j"]


def test_compensation_goes_along_or_is_told_as_lost() -> None:
    old = """start s
    service hotel
    boundary c on=hotel undo
    service unhotel undoes=c
    user a
    throw back undo
    s > hotel > a > back"""
    play = Play(old)
    moved(play, old + "\nuser z\nback > z")
    assert "unhotel" in play.do("a").trail
    lost = moved(Play(old), "start s\nservice hotel\nuser a\nthrow back undo\ns > hotel > a > back")
    assert lost.lost_compensations == ["hotel"]


def test_token_is_put_into_a_sub_process_that_is_not_running() -> None:
    play = Play("start s\nuser a\nsub x {\nstart i\nuser b\nuser c\ni > b > c\n}\nuser z\ns > a > x > z")
    start(play.state, "c")
    assert play.go().at == ["a", "c"]
    assert play.do("c").at == ["a", "z"]


def test_token_is_put_behind_an_element_and_others_are_withdrawn() -> None:
    play = Play("start s\nuser a\nxor x\nuser b\nuser c\ns > a > x\nx >[n = 1] b\nx >* c", {"n": 1})
    withdraw(play.state, next(iter(play.state.tokens.values())))
    assert play.go().ended
    play = Play("start s\nuser a\nxor x\nuser b\nuser c\ns > a > x\nx >[n = 1] b\nx >* c", {"n": 1})
    start(play.state, "a", after=True)
    assert play.go().at == ["a", "b"]


@pytest.mark.parametrize("element", ["nowhere", "t", "inner"])
def test_there_are_places_where_no_token_can_be_put(element: str) -> None:
    text = "start s\nuser a\nboundary t on=a after=PT1H\nsub m times=2 {\nuser inner\n}\ns > a > m"
    with pytest.raises(Fault):
        start(Play(text).state, element)
