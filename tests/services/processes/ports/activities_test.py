"""What the field's engine tests ask of sub-processes, calls, repetition and compensation, in models of our own."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.services.processes.ports.walking import walk

SUB = "start s\nsub x {\nstart i\nuser a\nuser b\ni > a > b\n}\nuser z\ns > x > z"
CHILD = "start s\nuser a\nend e\ns > a > e"
CALL = "start s\ncall c called=q %s\nuser z\ns > c > z"
EACH = "start s\nuser a each=people %s\nuser z\ns > a > z"
TIMES = "start s\nuser a times=3 %s\nuser z\ns > a > z"
BOOK = """start s
service a
boundary ca on=a undo
service ua undoes=ca
service b
boundary cb on=b undo
service ub undoes=cb
"""

CASES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "sub-process in order": (SUB, {}, "at a; do a; at b; do b; at z"),
    "sub-process without a start event begins everywhere": (
        "start s\nsub x {\nuser a\nuser b\n}\nuser z\ns > x > z", {}, "at a b; do a; at b; do b; at z",
    ),
    "sub-process within a sub-process": (
        "start s\nsub x {\nsub y {\nuser a\n}\nuser b\ny > b\n}\nuser z\ns > x > z", {}, "do a; at b; do b; at z",
    ),
    "sub-process that holds nothing waiting": (
        "start s\nsub x {\nstart i\ntask t\ni > t\n}\nuser z\ns > x > z",
        {}, "at z",
    ),
    "sub-processes side by side": (
        "start s\nand f\nsub x {\nuser a\n}\nsub y {\nuser b\n}\nand j\nuser z\ns > f > x > j > z\nf > y > j", {},
        "at a b; do b; at a j; do a; at z",
    ),
    "sub-process in a loop back begins anew": (
        "start s\nsub x {\nuser a\n}\nxor q\nuser z\ns > x > q\nq >[again = true] x\nq >* z", {},
        "do a again=true; at a; do a again=false; at z",
    ),
    "sub-process sets variables of the process": (SUB, {"n": 1}, "do a n=2; value n 2"),
    "sub-process has variables of its own": (
        "start s\nsub x input='{own: 1}' {\nuser a\n}\nuser z\n"
        "s > x > z", {}, "at a; do a own=2; value own null; at z",
    ),
    "sub-process with two ends": (
        "start s\nsub x {\nstart i\nand f\nuser a\nuser b\nend e\nend g\ni > f > a > e\nf > b > g\n}\nuser z\n"
        "s > x > z",
        {},
        "do a; at b; do b; at z",
    ),
    "transaction that ends well": (
        "start s\ntransaction t {\nuser a\n}\nboundary c on=t cancel\nuser no\nuser z\ns > t > z\nc > no",
        {}, "do a; at z",
    ),
    "call waits for the called process": (CALL % "", {}, "at a; do a; at z"),
    "call takes all variables in": (CALL % "", {"n": 1}, "at a; do a n=2; at z; value n 1"),
    "call gives variables out": (CALL % 'output="{n: m}"', {"n": 1}, "do a m=5; value n 5"),
    "call takes chosen variables in": (CALL % 'input="{m: n + 1}" output="{n: m}"', {"n": 1}, "do a; value n 2"),
    "call with a boundary timer": (
        CALL % "" + "\nboundary t on=c after=PT1H\nuser late\nt > late", {}, "after 1h; at late",
    ),
    "call that is interrupted ends the called process": (
        CALL % "" + "\nboundary m on=c message=stop\nuser late\nm > late", {}, "hear stop; at late; do late; ended",
    ),
    "call repeated": (CALL % "times=2", {}, "at a a; do a; do a; at z"),
    "call of what is not deployed stops": ("start s\ncall c called=missing\ns > c", {}, "incident c called"),
    "call of a pinned version": ("start s\ncall c called=q version=1\nuser z\ns > c > z", {}, "at old; do old; at z"),
    "call calls on": ("start s\ncall c called=r\nuser z\ns > c > z", {}, "at a; do a; at z"),
    "call that calls itself stops": ("start s\ncall c called=self\ns > c", {}, "running; never z"),
    "error of the called process is caught at the call": (
        "start s\ncall c called=fails\nboundary b on=c error=E1\nuser caught\ns > c\nb > caught", {}, "at caught",
    ),
    "escalation of the called process is caught at the call": (
        "start s\ncall c called=tells\nboundary b on=c keep escalation=C1\nuser told\nuser z\ns > c > z\n"
        "b > told", {},
        "at told z",
    ),
    "terminate in the called process ends that alone": ("start s\ncall c called=stops\nuser z\n"
        "s > c > z", {}, "at z"),
    "parallel turns by number": (TIMES % "", {}, "at a a a; do a; do a; at a; do a; at z"),
    "sequential turns by number": (TIMES % "sequential", {}, "at a; do a; at a; do a; at a; do a; at z"),
    "turns by an expression": (TIMES.replace("times=3", "times=n") % "", {"n": 2}, "at a a"),
    "no turns are skipped": (TIMES.replace("times=3", "times=n") % "", {"n": 0}, "at z"),
    "turns that are no number stop": (TIMES.replace("times=3", "times=n") % "", {"n": "x"}, "incident a cardinality"),
    "turns over a list": (EACH % "", {"people": ["x", "y"]}, "at a a; do a; do a; at z"),
    "turns over an empty list": (EACH % "", {"people": []}, "at z"),
    "turns over nothing": (EACH % "", {"people": None}, "at z"),
    "sequential turns over a list": (EACH % "sequential", {"people": ["x", "y"]}, "at a; do a; at a; do a; at z"),
    "completion condition ends the rest": (
        TIMES % 'until="numberOfCompletedInstances >= 2"', {}, "do a; at a a; do a; at z",
    ),
    "completion condition of sequential turns": (
        TIMES % 'sequential until="ok = true"', {}, "do a ok=false; at a; do a ok=true; at z",
    ),
    "completion condition that is never true": (TIMES % 'until="1 = 2"', {}, "do a; do a; do a; at z"),
    "results are gathered": (
        "start s\nservice a each=people collect=item into=out\nuser z\n"
        "s > a > z", {"people": ["x"], "out": []}, "at z",
    ),
    "sub-process in parallel turns": (
        "start s\nsub x times=2 {\nuser a\nuser b\na > b\n}\nuser z\ns > x > z",
        {}, "at a a; do a; at a b; do b; do a; do b; at z",
    ),
    "sub-process in sequential turns": (
        "start s\nsub x times=2 sequential {\nuser a\n}\nuser z\ns > x > z", {}, "at a; do a; at a; do a; at z",
    ),
    "turns within turns": (
        "start s\nsub x times=2 {\nuser a times=2\n}\nuser z\ns > x > z",
        {}, "at a a a a; do a; do a; do a; do a; at z",
    ),
    "error in one turn ends all": (
        "start s\nsub x times=2 {\nstart i\nuser a\nend e error=E1\ni > a > e\n}\nboundary b on=x error=E1\n"
        "user caught\n"
        "s > x\nb > caught", {}, "at a a; do a; at caught",
    ),
    "terminate in one turn leaves the others": (
        "start s\nsub x times=2 {\nstart i\nuser a\nend e terminate\ni > a > e\n}\nuser z\ns > x > z",
        {}, "do a; at a; do a; at z",
    ),
    "loop tested after": (
        'start s\nuser a loop="again = true"\nuser z\ns > a > z',
        {"again": False}, "at a; do a; at z",
    ),
    "loop goes on while it is true": (
        'start s\nuser a loop="again = true"\nuser z\ns > a > z', {}, "do a again=true; at a; do a again=false; at z",
    ),
    "loop tested before": ('start s\nuser a loop="again = true" before\nuser z\ns > a > z', {"again": False}, "at z"),
    "loop with a maximum": ("start s\nuser a most=2\nuser z\ns > a > z", {}, "do a; at a; do a; at z"),
    "loop whose maximum comes before its condition": (
        'start s\nuser a loop="true" most=2\nuser z\ns > a > z', {}, "do a; do a; at z",
    ),
    "loop of a sub-process": (
        'start s\nsub x loop="again = true" {\nuser a\n}\nuser z\n'
        's > x > z', {}, "do a again=true; at a; do a again=false; at z",
    ),
    "compensation in reverse order": (BOOK + "throw t undo\nuser z\ns > a > b > t > z", {}, "done ub ua t; at z"),
    "compensation of one": (BOOK + "throw t undo=a\nuser z\ns > a > b > t > z", {}, "done ua t; never ub"),
    "compensation by the end event": (BOOK + "end t undo\ns > a > b > t", {}, "done ub ua; ended"),
    "compensation of what was not done": (BOOK + "throw t undo=b\nuser z\ns > a > t > z", {}, "never ua ub; at z"),
    "compensation in parallel work": (
        BOOK + "and f\nand j\nthrow t undo\nuser z\ns > f > a > j > t > z\nf > b > j", {}, "done ub ua t; at z",
    ),
    "compensation from an event sub-process": (
        BOOK + "user w\nsub v event {\nstart m message=stop\nthrow t undo\nm > t\n}\n"
        "s > a > b > w", {}, "hear stop; done ub ua; ended",
    ),
    "compensation after an error": (
        BOOK + "sub x {\nstart i\nend e error=E1\ni > e\n}\nboundary er on=x error=E1\nthrow t undo\nuser z\n"
        "s > a > b > x\ner > t > z", {}, "done ub ua t; at z",
    ),
    "compensation handler that waits": (
        BOOK.replace("service ua", "user ua") + "throw t undo\nuser z\ns > a > b > t > z", {}, "at ua; do ua; at z",
    ),
    "manual and plain tasks pass": ("start s\nmanual m\ntask t\nuser z\ns > m > t > z", {}, "at z; done m t"),
    "receive task waits": ("start s\nreceive r message=hey\nuser z\ns > r > z", {}, "at r; hear hey; at z"),
    "send task goes on": ("start s\nsend m message=hey\nuser z\ns > m > z", {}, "at z"),
    "result of work is a variable": ("start s\nservice w result=n\nuser z\ns > w > z", {}, "at z; value n 7"),
    "start by a message": ("start s\nuser a\ns > a", {}, "at a"),
}  # fmt: skip
CALLED = {
    "q": CHILD,
    "q/1": "start s\nuser old\ns > old",
    "r": "start s\ncall d called=q\ns > d",
    "self": "start s\ncall c called=self\ns > c",
    "fails": "start s\nend e error=E1\ns > e",
    "tells": "start s\nend e escalation=C1\ns > e",
    "stops": "start s\nand f\nuser u\nend e terminate\ns > f > u\nf > e",
}


@pytest.mark.parametrize("name", CASES)
def test_activities(name: str) -> None:
    drawing, values, steps = CASES[name]
    walk(drawing, steps, values, CALLED, lambda state, token, element: 7)
