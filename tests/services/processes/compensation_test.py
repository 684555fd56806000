"""Compensation: in reverse order of completion, with the variables of then, through sub-processes and transactions."""

from typing import Any

import pytest
from tests.services.processes.playing import Play, faults

from entente.services.processes.engine.state import State, Token
from entente.services.processes.model.graph import Element

TRIP = """start s
service hotel
boundary ch on=hotel undo
service unhotel undoes=ch
service flight
boundary cf on=flight undo
service unflight undoes=cf
"""


def done(play: Play, *names: str) -> list[str]:
    return [each for each in play.trail if each in names]


def test_completed_work_is_undone_in_reverse_order() -> None:
    play = Play(TRIP + "throw back undo\nuser z\ns > hotel > flight > back > z")
    assert play.trail == ["s", "hotel", "flight", "unflight", "unhotel", "back"]
    assert play.at == ["z"]


def test_end_event_undoes_and_then_ends() -> None:
    play = Play(TRIP + "end back undo\ns > hotel > flight > back")
    assert play.trail[-3:] == ["unflight", "unhotel", "back"]
    assert play.ended


def test_one_activity_is_undone_when_it_is_named() -> None:
    play = Play(TRIP + "throw back undo=hotel\nuser z\ns > hotel > flight > back > z")
    assert done(play, "unhotel", "unflight") == ["unhotel"]


def test_what_was_not_completed_is_not_undone() -> None:
    play = Play(TRIP + "throw back undo\nuser z\ns > hotel > back > z")
    assert done(play, "unhotel", "unflight") == ["unhotel"]


def test_nothing_to_undo_goes_on() -> None:
    assert Play("start s\nthrow back undo\nuser z\ns > back > z").at == ["z"]


def test_work_is_undone_once() -> None:
    play = Play(TRIP + "throw one undo\nthrow two undo\nuser z\ns > hotel > one > two > z")
    assert done(play, "unhotel") == ["unhotel"]


def test_each_turn_of_a_loop_back_is_undone() -> None:
    text = TRIP + "user more\nxor x\nthrow back undo\nuser z\ns > hotel > more > x\nx >[again] hotel\nx >* back > z"
    play = Play(text, {"again": True}).do("more").do("more", again=False)
    assert done(play, "unhotel") == ["unhotel", "unhotel"]


def test_handler_sees_the_variables_of_then() -> None:
    seen = []

    def work(state: State, token: Token, element: Element) -> None:
        found = play_names(state, token)
        if element.id == "unhotel":
            seen.append(found["booking"])

    def play_names(state: State, token: Token) -> dict[str, Any]:
        from_scope = state.scopes[token.scope]
        return {**state.scopes[1].values, **from_scope.values}

    text = TRIP + "user more\nthrow back undo\nuser z\ns > hotel > more > back > z"
    Play(text, {"booking": "H1"}, work=work).do("more", booking="H2")
    assert seen == ["H1"]


def test_what_a_handler_sets_is_kept() -> None:
    text = """start s
    service hotel
    boundary c on=hotel undo
    user refund undoes=c
    throw back undo
    user z
    s > hotel > back > z"""
    play = Play(text, {"paid": True})
    assert play.at == ["refund"]
    play.do("refund", paid=False, fee=10)
    assert (play.at, play.values) == (["z"], {"paid": False, "fee": 10})


def test_throwing_waits_for_every_handler() -> None:
    play = Play(TRIP.replace("service un", "user un") + "throw back undo\nuser z\ns > hotel > flight > back > z")
    assert play.at == ["unflight"]
    assert play.do("unflight").at == ["unhotel"]
    assert play.do("unhotel").at == ["z"]


INNER = """start s
sub trip {
start i
service hotel
boundary ch on=hotel undo
service unhotel undoes=ch
service flight
boundary cf on=flight undo
service unflight undoes=cf
i > hotel > flight
}
"""


def test_completed_sub_process_is_undone_by_what_is_in_it() -> None:
    play = Play(INNER + "throw back undo\nuser z\ns > trip > back > z")
    assert done(play, "unhotel", "unflight") == ["unflight", "unhotel"]


def test_completed_sub_process_can_be_named() -> None:
    play = Play(INNER + "throw back undo=trip\nuser z\ns > trip > back > z")
    assert done(play, "unhotel", "unflight") == ["unflight", "unhotel"]


def test_own_handler_of_a_sub_process_wins_over_those_in_it() -> None:
    play = Play(
        INNER + "boundary c on=trip undo\nservice untrip undoes=c\nthrow back undo\nuser z\ns > trip > back > z"
    )
    assert done(play, "unhotel", "unflight", "untrip") == ["untrip"]


def test_event_sub_process_undoes_its_sub_process() -> None:
    inner = INNER.replace(
        "i > hotel", "sub own event {\nstart o undo\nservice mine\nend oe\no > mine > oe\n}\ni > hotel"
    )
    play = Play(inner + "throw back undo\nuser z\ns > trip > back > z")
    assert done(play, "unhotel", "unflight", "mine") == ["mine"]
    assert play.at == ["z"]


def test_event_sub_process_has_undone_what_is_beside_it() -> None:
    own = "sub own event {\nstart o undo\nservice mine\nthrow rest undo\no > mine > rest\n}\ni > hotel"
    play = Play(INNER.replace("i > hotel", own) + "throw back undo\nuser z\ns > trip > back > z")
    assert done(play, "unhotel", "unflight", "mine") == ["mine", "unflight", "unhotel"]


def test_interrupted_sub_process_is_not_undone() -> None:
    text = (
        INNER.replace("i > hotel > flight", "user w\ni > hotel > w")
        + """boundary t on=trip after=PT1H
    throw back undo
    user z
    s > trip
    t > back > z"""
    )
    assert done(Play(text).later(hours=1), "unhotel") == []


def test_interrupting_event_sub_process_undoes_what_was_completed() -> None:
    text = """start s
    service hotel
    boundary ch on=hotel undo
    service unhotel undoes=ch
    user w
    sub late event {
    start t after=PT1H
    throw back undo
    t > back
    }
    s > hotel > w"""
    play = Play(text).later(hours=1)
    assert done(play, "unhotel") == ["unhotel"]
    assert play.ended


def test_each_turn_of_a_repeated_task_is_undone() -> None:
    text = """start s
    service book each=rooms item=room
    boundary c on=book undo
    service unbook undoes=c
    throw back undo
    user z
    s > book > back > z"""
    play = Play(text.replace(" item=room", ""), {"rooms": ["A", "B", "C"]})
    assert done(play, "unbook") == ["unbook"] * 3


def test_called_process_is_undone_by_what_is_in_it() -> None:
    other = "start s\nservice hotel\nboundary c on=hotel undo\nservice unhotel undoes=c\ns > hotel"
    play = Play("start s\ncall c called=q\nthrow back undo\nuser z\ns > c > back > z", called={"q": other})
    assert done(play, "unhotel") == ["unhotel"]


def test_error_in_a_handler_is_caught_around_the_throwing() -> None:
    text = """start s
    sub x {
    start i
    service hotel
    boundary c on=hotel undo
    sub unhotel undoes=c {
    start u
    end fails error=E
    u > fails
    }
    throw back undo
    i > hotel > back
    }
    boundary e on=x error=E
    user caught
    s > x
    e > caught"""
    assert Play(text).at == ["caught"]


TRANSACTION = """start s
transaction t {
start i
service hotel
boundary c on=hotel undo
user unhotel undoes=c
and f
user other
end stop cancel
i > hotel > f > other
f > stop
}
boundary cancelled on=t cancel
user failed
user fine
s > t > fine
cancelled > failed"""


def test_cancelled_transaction_undoes_and_is_left_by_its_boundary() -> None:
    play = Play(TRANSACTION)
    assert play.at == ["unhotel"]
    assert play.do("unhotel").at == ["failed"]


@pytest.mark.parametrize(
    "places", ["boundary c on=hotel undo\n", "boundary c on=hotel undo\nboundary k on=hotel cancel\n"]
)
def test_handlers_that_are_missing_are_told(places: str) -> None:
    from_text = faults("start s\nservice hotel\n" + places + "s > hotel")
    assert ("c", "no_compensation") in from_text
    assert (("k", "no_transaction") in from_text) == ("cancel" in places)
