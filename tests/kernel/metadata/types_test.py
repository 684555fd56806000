"""Every field type: what goes in comes out, and nonsense is refused with the field's name, never otherwise."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.types.checklist import Step
from entente.kernel.metadata.types.registry import FIELD_TYPES

NAME = "given"
SOME = UUID("01890000-0000-7000-8000-000000000001")
OTHER = UUID("01890000-0000-7000-8000-000000000002")
CHOICES = (
    Choice(key="new", label=Text("New", "Nouveau")),
    Choice(key="old", label=Text("Old", "Ancien")),
)


def field_of(kind: str, **options: Any) -> FieldDef:
    to: dict[str, Any] = {"link": {"to": "user"}, "links": {"to": "user"}, "polymorphic": {"to": ("user", "team")}}
    choices: dict[str, Any] = {"choices": CHOICES} if "choice" in kind else {}
    return FieldDef(type=kind, label=Text("Given", "Donné"), **to.get(kind, {}), **choices, **options)


def stored(kind: str, value: Any) -> Any:
    """What a value is after it went through the columns of its row."""
    made, field = FIELD_TYPES[kind], field_of(kind)
    row: Mapping[str, Any] = {
        name: each.obj if isinstance(each, Jsonb) else each for name, each in made.dump(NAME, field, value).items()
    }
    assert set(row) == {column.name for column in made.columns(NAME, field)}
    return made.load(NAME, field, {name: msgspec.to_builtins(each) if isinstance(each, list | dict) else each
                                   for name, each in row.items()})  # fmt: skip


def cleaned(kind: str, raw: Any, **options: Any) -> Any:
    return FIELD_TYPES[kind].clean(NAME, field_of(kind, **options), raw)


MEANT: list[tuple[str, Any, Any]] = [
    ("text", "  Anne \n Berthier\x00 ", "Anne Berthier"),
    ("text", "e\u0301", "é"),
    ("long_text", "a\r\nb \n", "a\nb"),
    ("rich_text", '<p onclick="x()">Bon<script>1</script>jour</p>', "<p>Bonjour</p>"),
    ("choice", "Nouveau", "new"),
    ("choice", "old", "old"),
    ("multi_choice", "Ancien; new", ("new", "old")),
    ("boolean", "oui", True),
    ("boolean", "off", False),
    ("integer", "1 234", 1234),
    ("integer", "\u202f12\u00a0000", 12000),
    ("duration", "90", 90),
    ("decimal", "1 234,5", Decimal("1234.5")),
    ("decimal", "1,234.5", Decimal("1234.5")),
    ("percent", "15 %", Decimal("15")),
    ("date", "23/11/2026", date(2026, 11, 23)),
    ("date", "2026-11-23", date(2026, 11, 23)),
    ("datetime", "2026-11-23T13:00:00+01:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
    ("link", {"id": str(SOME)}, SOME),
    ("links", [str(SOME), str(SOME), str(OTHER)], (SOME, OTHER)),
    ("url", "example.org/a", "https://example.org/a"),
    ("json", '{"a": [1]}', {"a": [1]}),
    ("checklist", "Appeler\n\n Noter ", (Step("Appeler"), Step("Noter"))),
    ("checklist", [{"text": "Appeler", "done": "1"}, "Noter", {"text": " "}], (Step("Appeler", True), Step("Noter"))),
    ("file", str(SOME), SOME),
    ("image", str(SOME), SOME),
    ("auto_number", "P-1", "P-1"),
    ("person_name", "Anne Berthier", "Anne Berthier"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "meant"), MEANT)
def test_input_means_a_value_that_is_stored_as_such(kind: str, raw: Any, meant: Any) -> None:
    value = cleaned(kind, raw)
    assert value == meant
    if not FIELD_TYPES[kind].virtual:
        assert stored(kind, value) == meant


NONSENSE: list[tuple[str, Any, str]] = [
    ("text", ["a"], "field.not_text"),
    ("text", True, "field.not_text"),
    ("text", "x" * 501, "field.too_long"),
    ("choice", "nouveaux", "field.no_such_choice"),
    ("multi_choice", 3, "field.not_a_list"),
    ("boolean", "maybe", "field.not_yes_or_no"),
    ("integer", "1.5", "field.not_whole"),
    ("integer", "NaN", "field.number_out_of_range"),
    ("integer", "1e999999", "field.number_out_of_range"),
    ("decimal", "Infinity", "field.number_out_of_range"),
    ("decimal", True, "field.not_a_number"),
    ("money", {"amount": "1", "currency": "XYZ"}, "field.no_such_currency"),
    ("date", "31/02/2026", "field.not_a_date"),
    ("date", "9999-01-01", "field.date_out_of_range"),
    ("datetime", "2026-11-23T13:00:00", "field.moment_without_zone"),
    ("datetime", "soon", "field.not_a_moment"),
    ("link", "42", "field.not_a_link"),
    ("links", [7], "field.not_a_link"),
    ("polymorphic", f"role:{SOME}", "field.not_a_link"),
    ("email_set", "anne@localhost", "field.not_an_email"),
    ("email_set", "a b@example.org", "field.not_an_email"),
    ("phone_set", "call me", "field.not_a_phone"),
    ("url", "javascript://example.org/%0aalert(1)", "field.not_a_web_address"),
    ("url", "https://user@example.org", "field.not_a_web_address"),
    ("address", 3, "field.not_an_address"),
    ("json", "{", "field.not_json"),
    ("checklist", 7, "field.not_a_list"),
    ("checklist", [{"text": ["x"]}], "field.not_text"),
    ("checklist", ["x"] * 51, "field.too_many_steps"),
    ("checklist", ["x" * 251], "field.too_long"),
    ("file", "../etc/passwd", "field.not_a_link"),
]


@pytest.mark.parametrize(("kind", "raw", "code"), NONSENSE)
def test_nonsense_is_refused_with_its_field(kind: str, raw: Any, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        cleaned(kind, raw)
    assert (refusal.value.code, refusal.value.field) == (code, NAME)


def test_bounds_are_kept() -> None:
    assert cleaned("integer", 5, min=5, max=5) == 5
    for raw, code in ((4, "field.too_small"), (6, "field.too_large")):
        with pytest.raises(Refused, match=code):
            cleaned("integer", raw, min=5, max=5)


def test_money_keeps_the_digits_of_its_currency() -> None:
    assert cleaned("money", {"amount": "10.005", "currency": "eur"}) == Money(Decimal("10.01"), "EUR")
    assert cleaned("money", {"amount": "10.4", "currency": "JPY"}) == Money(Decimal("10"), "JPY")


def test_money_keeps_rate_and_base() -> None:
    money = Money(Decimal("10.00"), "USD", Decimal("0.9"), Decimal("9.00"))
    assert stored("money", money) == money


def test_one_entry_of_a_set_is_primary_and_each_value_occurs_once() -> None:
    entries = cleaned("email_set", ["a@example.org", {"value": "b@example.org", "primary": True}, "a@example.org"])
    assert [(entry.value, entry.primary) for entry in entries] == [("a@example.org", False), ("b@example.org", True)]
    assert stored("email_set", entries) == entries


def test_polymorphic_link_keeps_its_entity() -> None:
    ref = cleaned("polymorphic", f"team:{SOME}")
    assert stored("polymorphic", ref) == ref
    assert FIELD_TYPES["polymorphic"].plain(ref) == {"entity": "team", "id": str(SOME)}


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=8) | st.uuids()
    | st.datetimes(timezones=st.just(UTC)) | st.dates()
    | st.datetimes(timezones=st.just(timezone(timedelta(hours=14)))) | st.decimals()
    | st.sampled_from(["1" * 400, "1e9999999999", "-0", "\x00", "@", "://", "a@b.c", "=1+1", "\ud800", "٣", "1_000"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["id", "value", "amount", "currency", "entity", "city", "kind", "x"]), inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(kind=st.sampled_from(sorted(FIELD_TYPES)), raw=HOSTILE)
def test_any_input_is_a_value_or_a_refusal(kind: str, raw: Any) -> None:
    made, field = FIELD_TYPES[kind], field_of(kind)
    fault = None
    try:
        value = made.clean(NAME, field, raw)
    except Refused as refusal:
        fault = refusal
    if fault is not None:
        assert fault.field == NAME
        return
    if isinstance(value, Money) and not value.currency:
        value = made.clean(NAME, field, {"amount": value.amount, "currency": "EUR"})
    # Clean values stay as they are (a text given to a JSON field is JSON's source, not its value) …
    if kind != "json":
        assert made.plain(made.clean(NAME, field, made.plain(value))) == made.plain(value)
    # … survive their columns, and are JSON for the journal and the API.
    if not made.virtual:
        assert made.plain(stored(kind, value)) == made.plain(value)
    assert b"\\u0000" not in msgspec.json.encode(made.plain(value))
    assert isinstance(made.words(value), str)
