"""Built-in functions of lists, and the aggregates."""

from collections.abc import Callable
from decimal import Decimal, DecimalException
from functools import cmp_to_key

from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import ARITHMETIC, MAX_LIST, Function, Value, comparable, equal, kind, less
from entente.kernel.kit.refusal import Refused

Items = list[Value]


def bounded(items: Items) -> Items:
    """The list itself, unless it has more than 10,000 elements (refused with `expression_list_limit`)."""
    if len(items) > MAX_LIST:
        raise Refused("expression_list_limit", limit=MAX_LIST)
    return items


def _count(items: Items) -> Decimal:
    return Decimal(len(items))


def _numbers(items: Items) -> list[Decimal] | None:
    return items if items and all(kind(item) == "number" for item in items) else None


def total(items: Items) -> Value:
    """The sum of numbers or of durations; nothing of an empty or mixed list."""
    if not items or kind(items[0]) not in ("number", "duration"):
        return None
    if any(kind(item) != kind(items[0]) for item in items):
        return None
    result = items[0]
    for item in items[1:]:
        result = ARITHMETIC.add(result, item) if isinstance(result, Decimal) else result + item
    return result


def _best(items: Items, better: Callable[[Value, Value], bool | None]) -> Value:
    if not items or (len(items) == 1 and comparable(items[0], items[0]) is None):
        return None
    best = items[0]
    for item in items[1:]:
        wins = better(item, best)
        if wins is None:
            return None
        best = item if wins else best
    return best


def _min(items: Items) -> Value:
    return _best(items, less)


def _max(items: Items) -> Value:
    return _best(items, lambda a, b: less(b, a))


def _mean(items: Items) -> Value:
    numbers = _numbers(items)
    return None if numbers is None else ARITHMETIC.divide(total(numbers), Decimal(len(numbers)))


def _product(items: Items) -> Value:
    numbers = _numbers(items)
    if numbers is None:
        return None
    result = Decimal(1)
    for item in numbers:
        result = ARITHMETIC.multiply(result, item)
    return result


def _median(items: Items) -> Value:
    numbers = sorted(_numbers(items) or [])
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return ARITHMETIC.divide(ARITHMETIC.add(numbers[middle - 1], numbers[middle]), Decimal(2))


def _stddev(items: Items) -> Value:
    numbers = _numbers(items)
    if numbers is None or len(numbers) < 2:
        return None
    mean = ARITHMETIC.divide(total(numbers), Decimal(len(numbers)))
    squares = [ARITHMETIC.power(ARITHMETIC.subtract(item, mean), 2) for item in numbers]
    return ARITHMETIC.sqrt(ARITHMETIC.divide(total(squares), Decimal(len(numbers) - 1)))


def _mode(items: Items) -> Value:
    if not items:
        return []
    numbers = _numbers(items)
    if numbers is None:
        return None
    counts: dict[Decimal, int] = {}
    for item in numbers:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, count in counts.items() if count == most)


def _every(items: Items) -> bool | None:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _some(items: Items) -> bool | None:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _has(items: Items, element: Value) -> bool:
    return any(equal(item, element) is True for item in items)


def _sublist(items: Items, start: Decimal, length: Decimal | None) -> Items | None:
    at = int(start)
    first = at - 1 if at > 0 else len(items) + at
    if at == 0 or not 0 <= first < len(items):
        return None
    if length is None:
        return items[first:]
    return None if length < 1 or first + int(length) > len(items) else items[first : first + int(length)]


def _append(items: Items, more: Items) -> Items:
    return bounded([*items, *more])


def _concatenate(lists: Items) -> Items:
    return bounded([item for one in lists for item in (one if isinstance(one, list) else [one])])


def _place(items: Items, position: Decimal) -> int | None:
    at = int(position)
    place = at - 1 if at > 0 else len(items) + at
    return place if at and 0 <= place < len(items) else None


def _insert(items: Items, position: Decimal, new: Value) -> Items | None:
    place = _place(items, position)
    return None if place is None else bounded([*items[:place], new, *items[place:]])


def _remove(items: Items, position: Decimal) -> Items | None:
    place = _place(items, position)
    return None if place is None else [*items[:place], *items[place + 1 :]]


def _replace_at(items: Items, position: Decimal, new: Value) -> Items | None:
    place = _place(items, position)
    return None if place is None else [*items[:place], new, *items[place + 1 :]]


def _replace_where(items: Items, match: Function, new: Value) -> Items | None:
    if match.parameters is None or len(match.parameters) != 2:
        return None
    chosen = [match.call(item, new) for item in items]
    if any(not isinstance(choice, bool) for choice in chosen):
        return None
    return [new if choice else item for item, choice in zip(items, chosen, strict=True)]


def _reverse(items: Items) -> Items:
    return items[::-1]


def _index_of(items: Items, match: Value) -> Items:
    return [Decimal(at) for at, item in enumerate(items, 1) if equal(item, match) is True]


def _distinct(items: Items) -> Items:
    found: Items = []
    seen: set[tuple[str, Value]] = set()
    for item in items:
        key = (kind(item), item) if kind(item) in ("number", "string", "boolean", "null", "date") else None
        if key in seen if key else _has(found, item):
            continue
        if key:
            seen.add(key)
        found.append(item)
    return found


def _duplicates(items: Items) -> Items:
    return _distinct([item for item in items if len(_index_of(items, item)) > 1])


def _union(lists: Items) -> Items:
    return _distinct(_concatenate(lists))


def _flatten(items: Items) -> Items:
    flat: Items = []
    for item in items:
        flat.extend(_flatten(item) if isinstance(item, list) else (item,))
    return bounded(flat)


def _sort(items: Items, precedes: Function | None) -> Items | None:
    before = less if precedes is None else precedes.call
    faults: list[Value] = []

    def order(a: Value, b: Value) -> int:
        first = before(a, b)
        if not isinstance(first, bool):
            faults.append(first)
        return -1 if first is True else 1 if before(b, a) is True else 0

    result = sorted(items, key=cmp_to_key(order))
    return None if faults else result


def _guarded(run: Callable[[Items], Value]) -> Callable[[Items], Value]:
    def guarded(items: Items) -> Value:
        try:
            return run(items)
        except (DecimalException, OverflowError):
            return None

    return guarded


_REST = "list...:list"
_AT = "list:list, position:number"
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "count": (Overload(_REST, "number", _count),),
    "sum": (Overload(_REST, "element", _guarded(total)),),
    "min": (Overload(_REST, "element", _min),),
    "max": (Overload(_REST, "element", _max),),
    "mean": (Overload(_REST, "number", _guarded(_mean)),),
    "product": (Overload(_REST, "number", _guarded(_product)),),
    "median": (Overload(_REST, "number", _guarded(_median)),),
    "stddev": (Overload(_REST, "number", _guarded(_stddev)),),
    "mode": (Overload(_REST, "list<number>", _mode),),
    "all": (Overload(_REST, "boolean", _every),),
    "any": (Overload(_REST, "boolean", _some),),
    "list contains": (Overload("list:list, element:any?", "boolean", _has),),
    "sublist": (Overload("list:list, start position:number, length:number=", "first", _sublist),),
    "append": (Overload("list:list, item...:any?", "elements", _append),),
    "concatenate": (Overload("list...:any", "elements", _concatenate),),
    "insert before": (Overload("list:list, position:number, newItem:any?", "elements", _insert),),
    "remove": (Overload(_AT, "elements", _remove),),
    "list replace": (
        Overload("list:list, position:number, newItem:any?", "elements", _replace_at),
        Overload("list:list, match:function, newItem:any?", "elements", _replace_where),
    ),
    "reverse": (Overload("list:list", "elements", _reverse),),
    "index of": (Overload("list:list, match:any?", "list<number>", _index_of),),
    "distinct values": (Overload("list:list", "elements", _distinct),),
    "duplicate values": (Overload("list:list", "elements", _duplicates),),
    "union": (Overload("list...:any", "elements", _union),),
    "flatten": (Overload("list:list", "list", _flatten),),
    "sort": (Overload("list:list, precedes:function?=", "elements", _sort),),
}
