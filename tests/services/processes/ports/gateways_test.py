"""What the field's engine tests ask of gateways and plain flows, in models of our own."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.services.processes.ports.walking import walk

XOR = "start s\nxor x\nuser a\nuser b\nuser c\ns > x\nx >[n = 1] a\nx >[n = 2] b\nx >* c"
AND = "start s\nand f\nuser a\nuser b\nand j\nuser z\ns > f > a > j > z\nf > b > j"
OR = "start s\nor f\nuser a\nuser b\nuser c\nor j\nuser z\ns > f\nf >[n > 0] a > j\nf >[n > 1] b > j\nf >* c > j > z"
NESTED = """start s
and f
user a
and g
user b
user c
and k
and j
user z
s > f > a > j > z
f > g > b > k > j
g > c > k"""
LOOP = "start s\nuser a\nxor x\nuser z\ns > a > x\nx >[again = true] a\nx >* z"
EVENTS = """start s
choice g
catch m message=yes
catch t after=PT1H
catch q signal=alarm
receive r message=letter
user a
user b
user c
user d
s > g > m > a
g > t > b
g > q > c
g > r > d"""

CASES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "exclusive: first true": (XOR, {"n": 1}, "at a"),
    "exclusive: second true": (XOR, {"n": 2}, "at b"),
    "exclusive: default": (XOR, {"n": 9}, "at c"),
    "exclusive: unknown value takes the default": (XOR, {"n": None}, "at c"),
    "exclusive: both true, first of the file": (
        "start s\nxor x\nuser a\nuser b\ns > x\nx >[n > 0] a\nx >[n > 1] b", {"n": 5}, "at a",
    ),
    "exclusive: nothing true and no default": (
        "start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b", {"n": 3}, "incident x no_flow; at x",
    ),
    "exclusive: nothing true, mended and tried again": (
        "start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b", {"n": 3}, "set n=2; retry x; at b",
    ),
    "exclusive: merge does not wait": (
        "start s\nand f\nuser a\nuser b\nxor m\nuser z\ns > f > a > m > z\nf > b > m", {},
        "do a; at b z; do b; at z z",
    ),
    "exclusive: default may come first in the file": (
        "start s\nxor x\nuser a\nuser b\ns > x\nx >* a\nx >[n = 1] b", {"n": 1}, "at b",
    ),
    "exclusive: missing variable is unknown, not an error": (XOR, {}, "at c"),
    "exclusive: single way out needs no condition": ("start s\nxor x\nuser a\ns > x > a", {}, "at a"),
    "parallel: join waits for all": (AND, {}, "at a b; do a; at b j; do b; at z"),
    "parallel: split without join": (
        "start s\nand f\nuser a\nuser b\ns > f > a\nf > b", {}, "do a; running; do b; ended",
    ),
    "parallel: no waiting inside": (
        "start s\nand f\nservice a\nservice b\nand j\nuser z\ns > f > a > j > z\nf > b > j", {}, "at z; done a b",
    ),
    "parallel: fork goes straight into the join": (
        "start s\nand f\nand j\nuser z\ns > f > j > z\nf > j", {}, "at z",
    ),
    "parallel: three ways": (
        "start s\nand f\nuser a\nuser b\nuser c\nand j\nuser z\ns > f > a > j > z\nf > b > j\nf > c > j", {},
        "do c; do a; at b j j; do b; at z",
    ),
    "parallel: nested": (NESTED, {}, "at a b c; do b; do a; at c j k; do c; at z"),
    "parallel: unbalanced joins": (
        "start s\nand f\nuser a\nuser b\nuser c\nand j\nand k\nuser z\ns > f > a > j > k > z\nf > b > j\n"
        "f > c > k", {},
        "do c; do b; at a j k; do a; at z",
    ),
    "parallel: the same way twice leaves one waiting": (
        "start s\nand f\nuser a\nuser b\nxor m\nand j\nuser z\nuser c\ns > f > a > m > j > z\nf > b > m\n"
        "f > c > j", {},
        "do a; do b; at c j j; do c; at j z; do z; incident j deadlock; at j",
    ),
    "parallel: one gateway joins and forks": (
        "start s\nand f\nuser a\nuser b\nand x\nuser c\nuser d\ns > f > a > x > c\nf > b > x > d", {},
        "do a; do b; at c d",
    ),
    "parallel: join behind a choice can never be filled": (
        "start s\nxor x\nuser a\nuser b\nand j\ns > x\nx >[n = 1] a > j\nx >* b > j", {"n": 1},
        "do a; incident j deadlock",
    ),
    "parallel: conditions behind it are not looked at": (
        "start s\nand f\nuser a\nuser b\ns > f\nf >[n = 1] a\nf >[n = 2] b", {"n": 1}, "at a b",
    ),
    "parallel: many forks in a row": (
        "start s\nand a\nand b\nand c\nand d\nuser z\ns > a > b > c > d > z\na > b\nb > c\nc > d", {}, "at z",
    ),
    "inclusive: one true": (OR, {"n": 1}, "at a; do a; at z"),
    "inclusive: all true": (OR, {"n": 2}, "at a b; do a; at b j; do b; at z; do z; ended"),
    "inclusive: default": (OR, {"n": 0}, "at c; do c; at z"),
    "inclusive: nothing true and no default": (
        "start s\nor f\nuser a\nuser b\ns > f\nf >[n = 1] a\nf >[n = 2] b", {"n": 0}, "incident f no_flow",
    ),
    "inclusive: join waits for what may still come from afar": (
        "start s\nor f\nuser a\nuser b\nuser c\nor j\nuser z\ns > f\nf >[n > 0] a > j\nf >[n > 0] b > c > j\nj > z",
        {"n": 1}, "do a; at b j; do b; at c j; do c; at z",
    ),
    "inclusive: join does not wait for what cannot come": (
        "start s\nor f\nuser a\nuser b\nxor x\nuser q\nor j\nuser z\ns > f\nf >[n > 0] a > j\nf >[n > 0] b > x\n"
        "x >[go = true] j\nx >* q\nj > z",
        {"n": 1}, "do a; at b j; do b go=false; at q z",
    ),
    "inclusive: join behind a parallel split": (
        "start s\nand f\nuser a\nuser b\nor j\nuser z\ns > f > a > j > z\nf > b > j", {}, "do a; at b j; do b; at z",
    ),
    "inclusive: join within a loop back": (
        "start s\nor m\nuser a\nxor x\nuser z\ns > m > a > x\nx >[again = true] m\nx >* z", {},
        "do a again=true; at a; do a again=false; at z",
    ),
    "inclusive: two joins in a row": (
        OR.replace("j > z", "j > k > z").replace("user z", "or k\nuser z"), {"n": 2}, "do a; do b; at z",
    ),
    "inclusive: way that ended is not waited for": (
        "start s\nor f\nuser a\nuser b\nend e\nor j\nuser z\nuser c\n"
        "s > f\nf >[n > 0] a > j > z\nf >[n > 0] b > e\n"
        "f >[n > 9] c > j", {"n": 1}, "at a b; do a; at b z; do b; at z",
    ),
    "flows: a task with two ways out takes both": (
        "start s\nuser a\nuser b\nuser c\ns > a > b\na > c",
        {}, "do a; at b c",
    ),
    "flows: a task takes the ways that are true": (
        "start s\nuser a\nuser b\nuser c\nuser d\ns > a\na >[n = 1] b\na >[n > 0] c\na >[n = 3] d", {"n": 1},
        "do a; at b c",
    ),
    "flows: a task takes its default when nothing is true": (
        "start s\nuser a\nuser b\nuser c\ns > a\na >[n = 1] b\na >* c", {"n": 7}, "do a; at c",
    ),
    "flows: a task without a true way stops": (
        "start s\nuser a\nuser b\ns > a\na >[n = 1] b", {"n": 7}, "do a; incident a no_flow",
    ),
    "flows: two ways into a task make it twice": (
        "start s\nand f\nuser a\nuser b\nuser c\ns > f > a > c\n"
        "f > b > c", {}, "do a; do b; at c c; do c; do c; ended",
    ),
    "flows: going back": (LOOP, {}, "do a again=true; at a; do a again=true; at a; do a again=false; at z"),
    "flows: nothing leads on from a task": ("start s\nuser a\ns > a", {}, "do a; ended"),
    "flows: a process without a start event": ("user a\nuser b", {}, "at a b; do a; do b; ended"),
    "flows: round without a wait": (
        "start s\ntask a\nxor x\nuser z\ns > a > x\nx >[n = 1] a\nx >* z", {"n": 1}, "running; never z",
    ),
    "events: the first message decides": (EVENTS, {}, "hear yes; at a; after 2h; at a"),
    "events: the first timer decides": (EVENTS, {}, "after 1h; at b"),
    "events: the first signal decides": (EVENTS, {}, "hear alarm; at c"),
    "events: a receive task is an event too": (EVENTS, {}, "hear letter; at d"),
    "events: two timers, the earlier": (
        "start s\nchoice g\ncatch t after=PT2H\ncatch u after=PT1H\nuser a\nuser b\ns > g > t > a\ng > u > b", {},
        "after 3h; at b",
    ),
    "events: in a loop, armed anew": (
        "start s\nchoice g\ncatch m message=more\ncatch t after=PT1H\nuser z\ns > g > m > g\ng > t > z", {},
        "hear more; after 1h; at z",
    ),
    "events: a condition decides": (
        'start s\nchoice g\ncatch c when="n = 1"\ncatch t after=PT1H\nuser a\nuser b\ns > g > c > a\n'
        'g > t > b', {"n": 0},
        "at g; set n=1; at a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_gateways(name: str) -> None:
    drawing, values, steps = CASES[name]
    walk(drawing, steps, values)
