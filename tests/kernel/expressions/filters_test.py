"""The filter builder's form and OData filters stand for the same trees as text."""

from typing import Any

import pytest

from entente.kernel.expressions.filters import from_filter, to_filter
from entente.kernel.expressions.odata import parse_odata
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.periods import PERIODS
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.refusal import Refused

CONDITIONS: list[tuple[dict[str, Any], str]] = [
    ({"field": "amount", "op": "gt", "value": {"number": "10.5"}}, "amount > 10.5"),
    ({"field": "account.name", "op": "contains", "value": "é"}, 'contains(lower case(account.name), "é")'),
    ({"field": "stage", "op": "in", "value": ["a", "b"]}, '(stage in ["a", "b"])'),
    ({"field": "stage", "op": "not_in", "value": ["a"]}, 'not(stage in ["a"])'),
    ({"field": "due", "op": "lt", "value": {"days": -3}}, 'due < today() - @"P3D"'),
    ({"field": "at", "op": "ge", "value": {"days": 0}, "moments": True}, "at >= start of day(today())"),
    ({"field": "due", "op": "last_days", "value": 7}, '(due in [today() - @"P7D"..today() + @"P1D"))'),
    ({"field": "owner", "op": "eq", "value": {"me": True}}, "owner = current user.id"),
    ({"field": "phone", "op": "not_empty"}, "not(is empty(phone))"),
    ({"field": "tags", "op": "has", "value": "hot"}, 'list contains(tags, "hot")'),
    ({"field": "due", "op": "between", "value": [{"at": "2026-01-01"}, {"at": "2026-02-01"}]},
     '(due in [@"2026-01-01"..@"2026-02-01"])'),
    ({"some": "contacts", "where": {"field": "email", "op": "empty"}},
     "(some each in contacts[is empty(email)] satisfies true)"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "text"), CONDITIONS, ids=[text for _, text in CONDITIONS])
def test_condition_is_an_expression_and_back(condition: dict[str, Any], text: str) -> None:
    node = from_filter({"all": [condition]})
    assert node == parse(text)
    assert to_filter(node) == {"all": [condition]}


@pytest.mark.parametrize("name", sorted(PERIODS))
@pytest.mark.parametrize("moments", [{}, {"moments": True}])
def test_period_survives_the_round_trip(name: str, moments: dict[str, bool]) -> None:
    condition = {"field": "at", "op": "period", "value": name, **moments}
    assert to_filter(parse(unparse(from_filter(condition)))) == {"all": [condition]}


def test_contains_asks_for_small_letters() -> None:
    assert (
        unparse(from_filter({"field": "name", "op": "contains", "value": "ÉA"})) == 'contains(lower case(name), "éa")'
    )


def test_groups_nest() -> None:
    body = {"any": [CONDITIONS[0][0], {"all": [CONDITIONS[1][0], CONDITIONS[2][0]]}]}
    assert to_filter(from_filter(body)) == body


@pytest.mark.parametrize(
    "body",
    [{"field": "a", "op": "drop", "value": 1}, {"field": "", "op": "eq"}, {"all": "x"}, {"field": "a", "op": "in"}],
)
def test_malformed_filter_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        from_filter(body)
    assert caught.value.code == "filter_malformed"


def test_free_expression_has_no_form() -> None:
    with pytest.raises(Refused) as caught:
        to_filter(parse("amount * 2 > budget"))
    assert caught.value.code == "expression_no_filter"


@pytest.mark.parametrize(
    ("odata", "text"),
    [
        ("amount gt 1000 and stage eq 'won'", 'amount > 1000 and stage = "won"'),
        ("contains(tolower(name),'o''b')", 'contains(lower case(name), "o\'b")'),
        ("not (account/country in ('FR','CH')) or active", 'not(account.country in ["FR", "CH"]) or active'),
        ("contacts/any(c: c/email eq null)", "some c in contacts satisfies c.email = null"),
        ("lines/all(l: l/qty ge 2)", "every l in lines satisfies l.qty >= 2"),
        ("at ge 2026-01-01T00:00Z and due lt 2026-02-01", 'at >= @"2026-01-01T00:00:00Z" and due < @"2026-02-01"'),
        ("owner eq 018F0000-0000-7000-8000-00000000000A", 'owner = "018f0000-0000-7000-8000-00000000000a"'),
        ("amount add 5 mul 2 ne -3", "amount + 5 * 2 != -3"),
        ("year(due) eq 2026 and startswith(name,'K')", 'due.year = 2026 and starts with(name, "K")'),
    ],
)
def test_odata_is_the_same_tree(odata: str, text: str) -> None:
    assert unparse(parse_odata(odata)) == unparse(parse(text))


@pytest.mark.parametrize(
    ("odata", "code", "at"),
    [
        ("amount gt", "odata_syntax", 10),
        ("name eq 'open", "odata_syntax", 9),
        ("geo.distance(a,b) lt 1", "odata_syntax", 4),
        ("substringof('a',name)", "odata_unsupported", 1),
        ("a eq 1 b", "odata_syntax", 8),
    ],
)
def test_odata_fault_has_a_position(odata: str, code: str, at: int) -> None:
    with pytest.raises(Refused) as caught:
        parse_odata(odata)
    assert (caught.value.code, caught.value.values["at"]) == (code, at)


def test_hostile_odata_is_refused() -> None:
    for text in ("(" * 300 + "a" + ")" * 300, "not " * 900 + "a"):
        with pytest.raises(Refused) as caught:
            parse_odata(text)
        assert caught.value.code == "expression_too_deep"
