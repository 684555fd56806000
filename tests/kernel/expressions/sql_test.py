"""The shape of the SQL: plain comparisons that an index serves, parameters always, refusals when there is no equal."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.kernel.expressions.fuzz_table import ROWS, TableColumns

from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.sql import compile_sql
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.plan import DIALECT

MOMENT = Moment(datetime(2026, 11, 22, 12, tzinfo=UTC))
USER = {"user": {"id": "018f0000-0000-7000-8000-00000000000a", "groups": ["sales"]}}


def where(text: str) -> str:
    condition = compile_sql(parse(text), TableColumns(ROWS, ROWS.c.id), MOMENT, known=USER)
    compiled = sa.select(ROWS.c.id).where(condition).compile(dialect=DIALECT)
    return (
        " ".join(str(compiled).split())
        .partition(" WHERE ")[2]
        .replace("fuzz_row.", "")
        .replace("(", "")
        .replace(")", "")
    )


def test_equality_is_plain_in_a_positive_place() -> None:
    assert where('name = "a"') == "name = %param_1s::VARCHAR"
    assert where('name = "a" and (n = 1 or active)').count("DISTINCT") == 0


def test_equality_is_exact_below_a_negation() -> None:
    assert "IS NOT DISTINCT FROM" in where('not(name = "a")')
    assert where('name != "a"') == "name IS DISTINCT FROM %param_1s::VARCHAR"
    assert "IS NOT DISTINCT FROM" in where("name = code")


def test_integer_column_is_compared_with_an_integer() -> None:
    assert where("n = 3") == "n = %param_1s::INTEGER"
    assert where("n = 3.5") == "false"


def test_what_reads_no_column_is_a_parameter() -> None:
    assert where('in group("sales") and n = 1').startswith("%param_1s AND n =")
    assert where("due >= start of month(today())") == "due >= %param_1s::DATE"


def test_texts_never_stand_in_the_statement() -> None:
    text = where('contains(name, "x\'; drop table") or name in ["y\'--"]')
    assert "drop" not in text
    assert "--" not in text


def test_related_list_becomes_exists() -> None:
    assert where("some c in lines satisfies c.ok").startswith("EXISTS SELECT 1 FROM fuzz_line AS")


def test_element_of_an_array_uses_containment() -> None:
    assert "@>" in where('"x" in tags')
    assert "@>" in where('list contains(tags, "x")')


@pytest.mark.parametrize(
    "text", ["n ** 2 > 1", 'replace(name, "a", "b") = "b"', 'changed("name")', "for t in tags return t", "missing = 1"]
)
def test_what_has_no_sql_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        where(text)
    assert caught.value.code == "expression_no_sql"
