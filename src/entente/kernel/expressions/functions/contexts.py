"""Built-in functions of contexts."""

from typing import Any

from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import Value, kind, normal

Record = dict[str, Any]


def _get(context: Record, key: str) -> Value:
    return normal(context.get(key))


def _entries(context: Record) -> list[Value]:
    return [{"key": key, "value": normal(value)} for key, value in context.items()]


def _context(entries: list[Value]) -> Record | None:
    found: Record = {}
    for entry in entries:
        if kind(entry) != "context" or "key" not in entry or "value" not in entry:
            return None
        if not isinstance(entry["key"], str) or entry["key"] in found:
            return None
        found[entry["key"]] = entry["value"]
    return found


def _put(context: Record, key: str, value: Value) -> Record:
    return {**context, key: value}


def _put_deep(context: Record, keys: list[Value], value: Value) -> Record | None:
    if not keys or not isinstance(keys[0], str):
        return None
    if len(keys) == 1:
        return _put(context, keys[0], value)
    inner = context.get(keys[0])
    deeper = _put_deep(dict(inner), keys[1:], value) if kind(inner) == "context" and inner is not None else None
    return None if deeper is None else _put(context, keys[0], deeper)


def _merge(contexts: list[Value]) -> Record | None:
    merged: Record = {}
    for context in contexts:
        if kind(context) != "context":
            return None
        merged.update(context)
    return merged


FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "get value": (Overload("m:context, key:string", "any", _get),),
    "get entries": (Overload("m:context", "list<context>", _entries),),
    "context": (Overload("entries:list", "context", _context),),
    "context put": (
        Overload("context:context, key:string, value:any?", "context", _put),
        Overload("context:context, keys:list, value:any?", "context", _put_deep),
    ),
    "context merge": (Overload("contexts:list", "context", _merge),),
}
