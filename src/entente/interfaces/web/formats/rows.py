"""Rows in a form: read in their order, and changed as its buttons ask."""

from typing import Any

from litestar.datastructures import FormMultiDict


def numbered(name: str, form: FormMultiDict) -> list[dict[str, list[str]]]:
    """What a form sends of each row, by part: `name.2.part`, in the order of the numbers."""
    found: dict[int, dict[str, list[str]]] = {}
    for key, value in form.multi_items():
        parts = key.split(".")
        if len(parts) == 3 and parts[0] == name and parts[1].isdigit() and isinstance(value, str):
            found.setdefault(int(parts[1]), {}).setdefault(parts[2], []).append(value)
    return [found[number] for number in sorted(found)]


def first(sent: dict[str, list[str]], part: str) -> str:
    """The one value of a part of a row; empty when none was sent."""
    return next((each.strip() for each in sent.get(part, ()) if each.strip()), "")


def changed(rows: list[Any], deed: str) -> list[Any]:
    """The rows after a button was pressed: `add`, `up:2`, `down:2`, `remove:2`; else they stay as they are."""
    kind, _, text = deed.partition(":")
    at = int(text) if text.isdigit() else -1
    rows = list(rows)
    if kind == "add":
        return [*rows, {}]
    if not 0 <= at < len(rows):
        return rows
    row = rows.pop(at)
    if kind in ("up", "down"):
        rows.insert(max(0, at + (1 if kind == "down" else -1)), row)
    elif kind != "remove":
        rows.insert(at, row)
    return rows
