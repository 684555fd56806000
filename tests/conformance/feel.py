"""The FEEL cases of the DMN test kit: run them, and say which stand outside our subset and why."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from entente.kernel.expressions import literals
from entente.kernel.expressions.values import Moment, Value, kind, normal
from entente.kernel.kit.refusal import Refused
from tests.conformance.dmn import Model, NotInSubsetError, child, children, read_xml

OUTSIDE = Path(__file__).with_name("feel_outside.yaml")
SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
MOMENT = Moment(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


class Outside(msgspec.Struct, frozen=True):
    """Cases outside our subset: a reason, and patterns `folder/case/decision` with `*` for any."""

    reason: str
    cases: tuple[str, ...]


def run(folder: Path, *, show: bool = False) -> int:
    """Print how many cases pass; the number of cases that fail without being listed, or pass though listed."""
    groups = msgspec.yaml.decode(OUTSIDE.read_bytes(), type=list[Outside])
    reasons: Counter[str] = Counter()
    passed = wrong = 0
    listed_in_vain = {pattern for group in groups for pattern in group.cases}
    for name, fault in results(folder):
        group = next((one for one in groups if name in one.cases), None)
        if fault is None:
            passed += 1
        elif group is not None:
            reasons[group.reason] += 1
            listed_in_vain.discard(name)
        else:
            wrong += 1
            print(f"FAILED {name}: {fault}")
    print(f"FEEL: {passed} passed, {sum(reasons.values())} outside the subset, {wrong} failed")
    for reason, count in reasons.most_common():
        print(f"  {count:4} outside: {reason}")
    for name in sorted(listed_in_vain):
        print(f"LISTED IN VAIN {name}")
    return wrong + len(listed_in_vain)


def results(folder: Path) -> Iterator[tuple[str, str | None]]:
    """Every expected value by `folder/case/decision`, with what went wrong."""
    for tests in sorted(folder.glob("*/*test*.xml")):
        root = read_xml(tests.read_bytes())
        named = child(root, "modelName")
        model = Model(read_xml((tests.parent / (named.text or "" if named is not None else "")).read_bytes()), MOMENT)
        for case in children(root, "testCase"):
            for wanted in children(case, "resultNode"):
                name = f"{tests.parent.name}/{case.get('id')}/{wanted.get('name')}"
                yield name, _fault(model, case, wanted)


def _fault(model: Model, case: Element, wanted: Element) -> str | None:
    inputs = {one.get("name", ""): value_of(one) for one in children(case, "inputNode")}
    expected = child(wanted, "expected")
    should = None if expected is None else value_of(expected)
    try:
        if case.get("type") == "decisionService":
            service = model.value_of(model.nodes[case.get("invocableName", "")], {})
            names = tuple(name for name in service.parameters if name in inputs)
            found = service.apply([inputs[name] for name in names], names)
        else:
            found = model.decide(wanted.get("name", ""), inputs)
    except NotInSubsetError as fault:
        found = None
        if should is not None:
            return f"not in our subset: {fault}"
    except Refused as refusal:
        return f"refused: {refusal.code}"
    return None if agrees(found, should) else f"{found!r}, expected {should!r}"


def agrees(found: Value, should: Value) -> bool:
    """Whether a value is the expected one; numbers to the digits that the kit gives."""
    found = normal(found)
    if isinstance(found, Decimal) and isinstance(should, Decimal):
        return abs(found - should) <= max(Decimal("1e-8"), abs(should) * Decimal("1e-12"))
    if isinstance(found, list) and isinstance(should, list):
        return len(found) == len(should) and all(agrees(a, b) for a, b in zip(found, should, strict=True))
    if kind(found) == kind(should) == "context":
        return set(found) == set(should) and all(agrees(found[key], should[key]) for key in found)
    return kind(found) == kind(should) and _written(found) == _written(should)


def _written(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.utcoffset(), value.replace(tzinfo=None)
    return (value.utcoffset(), value.replace(tzinfo=None)) if isinstance(value, time) else value


def value_of(element: Element) -> Value:
    """The value that the kit writes as XML."""
    simple, listed = child(element, "value"), child(element, "list")
    if listed is not None:
        return None if listed.get(f"{SCHEMA}nil") == "true" else [value_of(item) for item in children(listed, "item")]
    parts = children(element, "component")
    if parts:
        return {part.get("name", ""): value_of(part) for part in parts}
    if simple is None or simple.get(f"{SCHEMA}nil") == "true":
        return None
    return _simple(simple.text or "", (simple.get(f"{SCHEMA}type") or "").rpartition(":")[2])


def _simple(text: str, of: str) -> Value:
    readers: dict[str, Any] = {
        "string": str, "boolean": lambda t: t.strip() == "true",
        "date": literals.read_date, "time": literals.read_time, "dateTime": literals.read_datetime,
        "duration": literals.read_duration, "dayTimeDuration": literals.read_duration,
        "yearMonthDuration": literals.read_duration,
    }  # fmt: skip
    if of in readers and of != "string" and re.search(r"\.\d{7}", text):
        return f"finer than microseconds: {text}"
    if of in readers:
        found = readers[of](text if of == "string" else text.strip())
        return f"unreadable {text}" if found is None else found
    number = literals.number(text.strip())
    return text if number is None else number
