"""The format `comparisons`: pairs of fields of two entities that must agree, and how they are compared."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Options, Pick, Row, Rows
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.rows import changed, first, numbered
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.duplicate_rules import COMPARABLE, Normaliser
from entente.kernel.metadata.tables import Field

Given = Mapping[str, Any]
WAYS: tuple[Normaliser, ...] = get_args(Normaliser)
# How values of a type are compared when nobody has said yet.
USUAL: Mapping[str, Normaliser] = {
    "email_set": "email", "phone_set": "phone", "url": "domain", "person_name": "person_name",
}  # fmt: skip
LIKENESSES = (95, 90, 85, 80, 75, 70)


def reads(place: Place, form: FormMultiDict) -> list[dict[str, Any]]:
    """The pairs that a form sends, as far as they are filled in."""
    return [dict(_read(sent)) for sent in numbered(place.field.name, form)]


def _read(sent: dict[str, list[str]]) -> Iterator[tuple[str, Any]]:
    for part in ("source_field", "target_field", "normaliser"):
        if given := first(sent, part):
            yield part, given
    likeness = first(sent, "threshold")
    if likeness.isdigit():
        yield "threshold", int(likeness) / 100


def asks(place: Place, value: Any, deed: str = "") -> Rows:
    """A row for each pair of fields; none can be chosen before both entities are."""
    if len(place.spoken_of) != 2:
        return Rows(url=place.url, missing=place.missing)
    pairs = changed(_pairs(value), deed) or [{}]
    rows = tuple(_row(place, at, given) for at, given in enumerate(pairs))
    note = place.say("format.compare.note")
    return Rows(url=place.url, rows=rows, note=note, add=place.say("format.compare.add"), ordered=True)


def _pairs(value: Any) -> list[Given]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _row(place: Place, at: int, given: Given) -> Row:
    source, target = place.spoken_of
    ours = source.fields.get(str(given.get("source_field")))
    theirs = target.fields.get(str(given.get("target_field"))) or _counterpart(target, ours)
    way = given.get("normaliser") or (USUAL.get(ours.type.key, "text") if ours else "")
    ways = [("", "—")] if ours is None else []
    ways += [(each, place.say(f"format.way.{each}")) for each in WAYS]
    return Row(
        number=at,
        picks=(
            _pick(place, at, "source_field", (_options(place, source), ours.name if ours else ""), source),
            _pick(place, at, "normaliser", (tuple(ways), str(way))),
            _pick(place, at, "target_field", (_options(place, target), theirs.name if theirs else ""), target),
            _pick(place, at, "threshold", (_likenesses(place, given), _percent(given))),
        ),
    )


def _pick(place: Place, at: int, part: str, offered: tuple[Options, str], entity: Entity | None = None) -> Pick:
    """A choice of a row, with its options and the one that is chosen."""
    label = place.say(f"format.compare.{part}", entity=entity.label.to(place.tx.language) if entity else "")
    return Pick(name=f"{place.field.name}.{at}.{part}", label=label, options=offered[0], value=offered[1])


def _options(place: Place, entity: Entity) -> Options:
    fields = (field for field in place.usable(entity) if field.type.key in COMPARABLE)
    return (("", "—"), *((field.name, place.label(field)) for field in fields))


def _counterpart(target: Entity, ours: Field | None) -> Field | None:
    """The field of the other entity that most likely holds the same: by its name, else the only one of its type."""
    if ours is None:
        return None
    same = target.fields.get(ours.name)
    alike = [field for field in target.fields.values() if field.type.key == ours.type.key]
    return same if same and same.type.key in COMPARABLE else alike[0] if len(alike) == 1 else None


def _percent(given: Given) -> str:
    threshold = given.get("threshold")
    return str(round(threshold * 100)) if isinstance(threshold, int | float) and threshold else ""


def _likenesses(place: Place, given: Given) -> Options:
    """How alike two values have to be; what a program chose is offered as well."""
    own = _percent(given)
    known = sorted({*LIKENESSES, *([int(own)] if own else [])}, reverse=True)
    some = ((str(each), place.say("format.likeness", percent=each)) for each in known)
    return (("", place.say("format.likeness.same")), *some)


def tells(place: Place, value: Any) -> tuple[str, ...]:
    """What is compared with what, a sentence for each pair."""
    return tuple(_sentence(place, given) for given in _pairs(value))


def _sentence(place: Place, given: Given) -> str:
    parts = dict.fromkeys(
        (_named(place, 0, given.get("source_field")), _named(place, -1, given.get("target_field"))),
    )
    way = place.say(f"format.way.{given.get('normaliser') or 'text'}")
    key = "format.compare.similar" if _percent(given) else "format.compare.same"
    return place.say(key, fields=place.say("format.compare.and").join(parts), way=way, percent=_percent(given))


def _named(place: Place, at: int, name: Any) -> str:
    """What a field is called, with its entity where two of them are compared."""
    if not place.spoken_of:
        return str(name)
    entity = place.spoken_of[at]
    field = entity.fields.get(str(name))
    label = place.label(field) if field else str(name)
    same = len({each.name for each in place.spoken_of}) == 1
    return label if same else f"{label} ({entity.label.to(place.tx.language)})"
