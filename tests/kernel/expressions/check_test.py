"""The static check: right types, and refusals that name the culprit."""

import pytest

from entente.kernel.expressions.check import check
from entente.kernel.expressions.depends import reads
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.types import BOOLEAN, CONTEXT, DATE, DATETIME, ID, NUMBER, STRING, Type, list_of
from entente.kernel.kit.refusal import Invalid, Refused

FIELDS: dict[tuple[str, ...], Type] = {
    ("amount",): NUMBER,
    ("stage",): STRING,
    ("owner",): ID,
    ("account",): ID,
    ("account", "name"): STRING,
    ("due",): DATE,
    ("created_at",): DATETIME,
    ("tags",): list_of(STRING),
    ("contacts",): list_of(CONTEXT),
    ("contacts", "email"): STRING,
    ("contacts", "amount"): NUMBER,
    ("user",): CONTEXT,
    ("user", "id"): ID,
}


class Fields:
    def type_of(self, path: tuple[str, ...]) -> Type | None:
        return FIELDS.get(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('amount > 3 and stage = "x"', "boolean"),
        ("sum(contacts[amount > 3].amount)", "number"),
        ("contacts.email", "list<string>"),
        ("created_at.hour + 1", "number"),
        ('due + @"P1M"', "date"),
        ("due - today()", "duration"),
        ("owner = current user.id", "boolean"),
        ('changed("stage") and old.amount > 3', "boolean"),
        ("if amount > 1 then null else stage", "string"),
        ("record.account.name", "string"),
        ("some c in contacts satisfies c.amount > amount", "boolean"),
        ("min(due, today())", "date"),
    ],
)
def test_expression_has_type(text: str, kind: str) -> None:
    assert str(check(parse(text), Fields())) == kind


@pytest.mark.parametrize(
    ("text", "code", "values"),
    [
        ("amout > 3", "expression_unknown_field", {"name": "amout"}),
        ("account.nmae = null", "expression_unknown_field", {"name": "account.nmae"}),
        ("count(contacts[emial = null]) > 1", "expression_unknown_field", {"name": "emial"}),
        ('changed("stag")', "expression_unknown_field", {"name": "stag"}),
        ("frobnicate(1)", "expression_unknown_function", {"name": "frobnicate"}),
        ("today() = due", "expression_function_forbidden", {"name": "today"}),
        ("upper case(amount)", "expression_arguments", {"name": "upper case", "given": "number"}),
        ('amount > "3"', "expression_types_differ", {"left": "number", "right": "string"}),
        ("due > now()", "expression_types_differ", {"left": "date", "right": "datetime"}),
        ("amount and true", "expression_wrong_type", {"part": "amount", "given": "number", "wanted": "boolean"}),
        ("amount + 1", "expression_wrong_type", {"part": "amount + 1", "given": "number", "wanted": "boolean"}),
    ],
)
def test_fault_is_named(text: str, code: str, values: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        check(parse(text), Fields(), expect=BOOLEAN, forbid=("today",))
    assert caught.value.code == code
    assert values.items() <= dict(caught.value.values).items()


def test_several_faults_come_together() -> None:
    with pytest.raises(Invalid) as caught:
        check(parse('foo = 1 and amount > "x"'), Fields())
    assert [fault.code for fault in caught.value.faults] == ["expression_unknown_field", "expression_types_differ"]


def test_reads_names_every_path() -> None:
    node = parse(
        'old.amount > 1 and count(contacts[email = null]) > 0 and changed("stage") and current user.id = owner'
    )
    assert reads(node) == {("amount",), ("contacts",), ("contacts", "email"), ("stage",), ("user", "id"), ("owner",)}


def test_reads_follows_variables_and_record() -> None:
    node = parse("some c in record.contacts satisfies c.email = record.account.name")
    assert reads(node) == {("contacts",), ("contacts", "email"), ("account", "name")}
