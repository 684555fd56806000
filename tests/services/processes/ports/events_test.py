"""What the field's engine tests ask of events: boundaries, timers, messages, signals, errors, escalations, links."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.services.processes.ports.walking import walk

TIMED = "start s\nuser a\nboundary t on=a after=PT1H\nuser late\nuser z\ns > a > z\nt > late"
KEPT = TIMED.replace("after=PT1H", "after=PT1H keep")
INSIDE = (
    "start s\nsub x {\nuser i\nuser k\ni > k\n}\nboundary t on=x after=PT1H\nuser late\nuser z\ns > x > z\nt > late"
)
FAILS = (
    "start s\nsub x {\nstart i\nuser u\nend e error=E1\ni > u > e\n}\n%s\nuser caught\nuser z\ns > x > z\nb > caught"
)
RAISES = (
    "start s\nsub x {\nstart i\nthrow e escalation=C1\nuser u\ni > e > u\n}\n%s\nuser told\nuser z\ns > x > z\nb > told"
)
SUB = "start s\nuser a\n%s\ns > a"
EVENT = "sub v event {\nstart w %s\nuser h\nw > h\n}"
WAITS = "start s\ncatch c %s\nuser z\ns > c > z"

CASES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "boundary timer interrupts": (TIMED, {}, "after 1h; at late"),
    "boundary timer is gone with its task": (TIMED, {}, "do a; after 2h; at z"),
    "boundary timer beside the task": (KEPT, {}, "after 1h; at a late; do a; at late z"),
    "boundary timer beside the task once": (KEPT, {}, "after 9h; at a late"),
    "boundary timer again and again": (
        KEPT.replace("after=PT1H", "every=R3/PT1H"), {},
        "after 1h; at a late; after 1h; after 1h; after 9h; at a late late late",
    ),
    "boundary timer without an end": (
        KEPT.replace("after=PT1H", "every=R/PT1H"), {}, "after 1h; after 1h; do a; after 9h; at late late z",
    ),
    "boundary timer at a moment": (
        TIMED.replace("after=PT1H", "at=2026-11-23T13:00:00Z"),
        {}, "after 59m; at a; after 1m; at late",
    ),
    "boundary timer from a variable": (
        TIMED.replace("PT1H", "wait"),
        {"wait": "PT2H"}, "after 1h; at a; after 1h; at late",
    ),
    "boundary timer whose variable is none": (TIMED.replace("PT1H", "wait"), {"wait": "soon"}, "incident a timer"),
    "boundary timer ends everything inside": (INSIDE, {}, "do i; at k; after 1h; at late"),
    "boundary timer beside a sub-process": (
        INSIDE.replace("PT1H", "PT1H keep"),
        {}, "after 1h; at i late; do i; do k; at late z",
    ),
    "two boundary timers, the earlier wins": (
        TIMED + "\nboundary u on=a after=PT30M\nuser early\nu > early", {}, "after 40m; at early; after 9h; at early",
    ),
    "boundary message interrupts": (TIMED.replace("after=PT1H", "message=stop"), {}, "hear stop; at late"),
    "boundary message beside the task, several times": (
        TIMED.replace("after=PT1H", "message=note keep"), {},
        "hear note; hear note; at a late late; do a; at late late z",
    ),
    "boundary message brings variables": (
        TIMED.replace("after=PT1H", "message=stop"),
        {}, "hear stop why=tired; value why tired",
    ),
    "boundary signal interrupts": (TIMED.replace("after=PT1H", "signal=fire"), {}, "hear fire; at late"),
    "boundary condition interrupts": (
        'start s\nuser a\nboundary t on=a when="n > 5"\nuser late\ns > a\n'
        't > late', {"n": 1}, "set n=4; at a; set n=6; at late",
    ),
    "boundary condition beside the task fires when it becomes true again": (
        'start s\nuser a\nboundary t on=a keep when="n > 5"\nuser late\ns > a\nt > late', {"n": 1},
        "set n=6; set n=7; at a late; set n=1; set n=8; at a late late",
    ),
    "boundary of a receive task": (
        "start s\nreceive a message=letter\nboundary t on=a after=PT1H\nuser late\nuser z\ns > a > z\nt > late", {},
        "hear letter; at z; after 2h; at z",
    ),
    "boundary of a repeated task ends all turns": (
        "start s\nuser a times=3\nboundary t on=a after=PT1H\nuser late\ns > a\nt > late",
        {}, "at a a a; do a; after 1h; at late",
    ),
    "boundary leads back to its own task": (
        "start s\nuser a\nboundary t on=a after=PT1H\ns > a\n"
        "t > a", {}, "after 1h; at a; after 1h; at a; do a; ended",
    ),
    "boundary event without a way on ends": (
        "start s\nuser a\nboundary t on=a after=PT1H\ns > a",
        {}, "after 1h; ended",
    ),
    "error is caught by its code": (FAILS % "boundary b on=x error=E1", {}, "do u; at caught"),
    "error is caught without a code": (FAILS % "boundary b on=x error=", {}, "do u; at caught"),
    "error of another code is not caught": (FAILS % "boundary b on=x error=E2", {}, "do u; incident e error"),
    "error prefers its code to all": (
        FAILS % "boundary q on=x error=\nuser other\nq > other\nboundary b on=x error=E1", {}, "do u; at caught",
    ),
    "error that nobody catches stops": ("start s\nend e error=E1\ns > e", {}, "incident e error; running"),
    "error goes through several sub-processes": (
        "start s\nsub x {\nsub y {\nend e error=E1\n}\n}\nboundary b on=x error=E1\nuser caught\ns > x\n"
        "b > caught", {},
        "at caught",
    ),
    "error is caught by the nearest": (
        "start s\nsub x {\nsub y {\nend e error=E1\n}\nboundary n on=y error=E1\nuser near\nn > near\n}\n"
        "boundary b on=x error=E1\nuser far\ns > x\nb > far", {}, "at near",
    ),
    "error ends what runs beside it": (
        "start s\nsub x {\nstart i\nand f\nuser u\nuser w\nend e error=E1\ni > f > u > e\nf > w\n}\n"
        "boundary b on=x error=E1\nuser caught\ns > x\nb > caught", {}, "at u w; do u; at caught",
    ),
    "error is caught by an event sub-process": (
        "start s\nuser u\nend e error=E1\n" + EVENT % "error=E1" + "\ns > u > e", {}, "do u; at h; do h; ended",
    ),
    "error event sub-process wins over the boundary": (
        "start s\nsub x {\nstart i\nend e error=E1\n" + EVENT % "error=E1" + "\ni > e\n}\nboundary b on=x error=E1\n"
        "user caught\nuser z\ns > x > z\nb > caught", {}, "at h; do h; at z",
    ),
    "error out of an event sub-process goes further out": (
        "start s\nsub x {\nstart i\nend e error=E1\nsub v event {\nstart w error=E1\nend again error=E1\n"
        "w > again\n}\n"
        "i > e\n}\nboundary b on=x error=E1\nuser caught\ns > x\nb > caught", {}, "at caught",
    ),
    "error tells its code": (FAILS % "boundary b on=x error=", {}, "do u; done u; at caught"),
    "escalation leaves the work running": (
        RAISES % "boundary b on=x keep escalation=C1",
        {}, "at told u; do u; at told z",
    ),
    "escalation interrupts": (RAISES % "boundary b on=x escalation=C1", {}, "at told"),
    "escalation without a code catches all": (RAISES % "boundary b on=x keep escalation=", {}, "at told u"),
    "escalation that nobody catches is passed over": (
        "start s\nthrow e escalation=C1\nuser z\ns > e > z", {}, "at z",
    ),
    "escalation of another code is passed over": (RAISES % "boundary b on=x escalation=C2", {}, "at u; do u; at z"),
    "escalation by an end event": (
        "start s\nsub x {\nstart i\nend e escalation=C1\ni > e\n}\nboundary b on=x keep escalation=C1\n"
        "user told\nuser z\n"
        "s > x > z\nb > told", {}, "at told z",
    ),
    "escalation is caught by an event sub-process": (
        "start s\nthrow e escalation=C1\nuser a\nsub v event {\nstart w keep escalation=C1\nuser h\nw > h\n}\n"
        "s > e > a",
        {},
        "at a h",
    ),
    "event sub-process by message interrupts": (SUB % (EVENT % "message=stop"), {}, "hear stop; at h; do h; ended"),
    "event sub-process by message beside the work": (
        SUB % (EVENT % "message=note keep"), {}, "hear note; hear note; at a h h; do a; at h h; do h; do h; ended",
    ),
    "event sub-process by signal": (SUB % (EVENT % "signal=fire"), {}, "hear fire; at h"),
    "event sub-process by timer": (SUB % (EVENT % "after=PT1H"), {}, "after 1h; at h"),
    "event sub-process by timer is gone with the process": (SUB % (EVENT % "after=PT1H keep"), {}, "do a; ended"),
    "event sub-process by condition": (SUB % (EVENT % 'when="n = 1"'), {"n": 0}, "set n=1; at h"),
    "event sub-process within a sub-process": (
        "start s\nsub x {\nuser i\n" + EVENT % "message=stop" + "\n}\nuser z\ns > x > z",
        {}, "hear stop; at h; do h; at z",
    ),
    "event sub-process is armed in its scope only": (
        "start s\nuser a\nsub x {\nuser i\n" + EVENT % "after=PT1H" + "\n}\ns > a > x",
        {}, "after 2h; do a; at i; after 1h; at h",
    ),
    "caught timer": (WAITS % "after=PT1H", {}, "at c; after 59m; at c; after 1m; at z"),
    "caught timer that is past": (WAITS % "at=2001-01-01T00:00:00Z", {}, "after 1m; at z"),
    "caught timer by calendar": (WAITS % "after=P1M", {}, "after 29d; at c; after 1d; at z"),
    "caught message": (WAITS % "message=hey", {}, "at c; hear hey x=3; at z; value x 3"),
    "caught signal": (WAITS % "signal=hey", {}, "hear hey; at z"),
    "caught condition that is true already": (WAITS % 'when="n = 1"', {"n": 1}, "at z"),
    "caught condition later": (WAITS % 'when="n = 1"', {"n": 0}, "at c; set n=1; at z"),
    "two wait for one message, one gets it": (
        "start s\nand f\ncatch c message=hey\ncatch d message=hey\nuser y\nuser z\ns > f > c > y\nf > d > z", {},
        "hear hey; at d y; hear hey; at y z",
    ),
    "none event passes": ("start s\nthrow t\ncatch c\nuser z\ns > t > c > z", {}, "at z; done t c"),
    "link jumps": ("start s\nthrow l link=there\ncatch m link=there\nuser z\ns > l\nm > z", {}, "at z; done l m"),
    "several links lead to one": (
        "start s\nxor x\nthrow l link=there\nthrow k link=there\ncatch m link=there\nuser z\ns > x\n"
        "x >[n = 1] l\nx >* k\nm > z",
        {"n": 1}, "at z; done l m; never k",
    ),
    "links of two names": (
        "start s\nand f\nthrow l link=one\nthrow k link=two\ncatch m link=one\ncatch n link=two\nuser y\nuser z\n"
        "s > f > l\nf > k\nm > y\nn > z", {}, "at y z",
    ),
    "link within a sub-process": (
        "start s\nsub x {\nstart i\nthrow l link=there\ncatch m link=there\nuser u\ni > l\nm > u\n}\nuser z\n"
        "s > x > z",
        {},
        "at u; do u; at z",
    ),
    "terminate ends all": ("start s\nand f\nuser a\nuser b\nend e terminate\ns > f > a > e\n"
        "f > b", {}, "do a; ended"),
    "terminate ends its sub-process only": (
        "start s\nand g\nuser out\nsub x {\nstart i\nand f\nuser a\nuser b\nend e terminate\ni > f > a > e\n"
        "f > b\n}\nuser z\n"
        "s > g > x > z\ng > out", {}, "at a b out; do a; at out z",
    ),
    "terminate ends sub-processes inside": (
        "start s\nand f\nsub x {\nuser i\n}\nuser a\nend e terminate\ns > f > x\n"
        "f > a > e", {}, "at a i; do a; ended",
    ),
    "plain end leaves the others": (
        "start s\nand f\nuser a\nuser b\nend e\ns > f > a > e\nf > b",
        {}, "do a; at b; do b; ended",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_events(name: str) -> None:
    drawing, values, steps = CASES[name]
    walk(drawing, steps, values)
