"""Tables written into DMN files, and decisions tried out with typed values."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from tests.services.processes.tables import DMN, tabled
from tests.world.cast import World

from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.naming import with_texts
from entente.services.processes.decisions.proving import problems
from entente.services.processes.decisions.reading import read_model
from entente.services.processes.decisions.table import Input, Output, Rule, Table, Texts, Value
from entente.services.processes.decisions.trying import Asked, asked_by, try_out
from entente.services.processes.decisions.versions import (
    Draft,
    decision_versions,
    deploy_decisions,
    deployed_decisions,
    file_of,
    import_decisions,
    put_table,
    versions_of_decisions,
)
from entente.services.processes.decisions.writing import new_file, with_table

NOON = Moment(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
TABLE = Table(
    id="t1",
    policy="PRIORITY",
    aggregation="",
    inputs=(
        Input("i1", "Montant > 0 & été", "record.amount", "number", ">= 0"),
        Input("i2", "segment", "segment", "string"),
    ),
    outputs=(Output("o1", "rate", "number", "1, 2", "0"), Output("o2", "who", "", '"a"')),
    rules=(Rule("r1", ("< 1000", "-"), ("1", '"a"'), "petit « montant »"), Rule("r2", ("-", '"gold"'), ("2", ""))),
)
SEVERAL = f"""<?xml version="1.0"?><!-- ours -->
<d:definitions xmlns:d="{DMN}" id="file" name="File" namespace="n"><d:inputData id="in" name="n"/>
<d:decision id="first" name="First"><d:variable name="first"/><d:decisionTable id="a" hitPolicy="FIRST">
 <d:output id="o" name="x"/><d:rule id="r"><d:outputEntry><d:text>1</d:text></d:outputEntry></d:rule></d:decisionTable>
</d:decision>
<d:decision id="second" name="Second"><d:variable name="second"/>
 <d:informationRequirement><d:requiredDecision href="#first"/></d:informationRequirement>
 <d:literalExpression><d:text>first * n</d:text></d:literalExpression></d:decision>
</d:definitions>""".encode()


def test_a_written_table_is_read_back_as_it_was() -> None:
    model = read_model(new_file("discount", "Remise <à> l’été", TABLE))
    assert model.decisions["discount"].table == TABLE
    assert model.decisions["discount"].name == "Remise <à> l’été"
    assert problems(model) == []


def test_only_the_table_changes_in_a_known_file() -> None:
    made = with_table(SEVERAL, "first", TABLE)
    start, end = SEVERAL.index(b"<d:decisionTable"), SEVERAL.index(b"</d:decisionTable>") + len(b"</d:decisionTable>")
    assert made.startswith(SEVERAL[:start])
    assert made.endswith(SEVERAL[end:])
    assert read_model(made).decisions["first"].table == TABLE


def test_a_file_in_another_encoding_stays_readable() -> None:
    file = tabled("n:number > x\n1 | 2").decode()
    made = with_table(f'<?xml version="1.0" encoding="ISO-8859-1"?>{file}'.encode("latin-1"), "d", TABLE)
    assert read_model(made).decisions["d"].table == TABLE


@pytest.mark.parametrize("decision", ["second", "unknown"])
def test_what_is_no_table_is_not_written(decision: str) -> None:
    with pytest.raises(Refused) as refused:
        with_table(SEVERAL, decision, TABLE)
    assert refused.value.code == "decision.no_table"


def test_values_are_asked_for_by_name_and_type() -> None:
    assert asked_by(read_model(new_file("d", "d", TABLE)), "d") == [
        Asked("record.amount", "number"),
        Asked("segment", "string"),
    ]
    assert asked_by(read_model(SEVERAL), "second") == [Asked("n")]


@pytest.mark.parametrize(
    ("given", "value", "rules"),
    [
        ({"record.amount": "10", "segment": "silver"}, {"rate": Decimal(1), "who": "a"}, (0,)),
        ({"record.amount": "10", "segment": '"gold"'}, {"rate": Decimal(1), "who": "a"}, (0, 1)),
        ({"record.amount": "1000", "segment": "gold"}, {"rate": Decimal(2), "who": None}, (1,)),
        ({"record.amount": "1000"}, {"rate": Decimal(0), "who": None}, ()),
    ],
)
def test_a_trial_says_the_value_and_its_rules(given: dict[str, str], value: object, rules: tuple[int, ...]) -> None:
    made = try_out(read_model(new_file("d", "d", TABLE)), "d", given, NOON)
    assert made.value == value
    assert made.rules == rules


def test_a_trial_goes_through_what_a_decision_needs() -> None:
    assert try_out(read_model(SEVERAL), "second", {"n": "7"}, NOON).value == Decimal(7)


def test_a_trial_refuses_a_value_of_another_type() -> None:
    with pytest.raises(Refused) as refused:
        try_out(read_model(new_file("d", "d", TABLE)), "d", {"record.amount": "much"}, NOON)
    assert refused.value.code == "decision.wrong_type"


def test_problems_name_their_cell() -> None:
    broken = msgspec.structs.replace(
        TABLE,
        rules=(*TABLE.rules, Rule("r3", ("-", "<<"), ("1 +", ""))),
        inputs=(msgspec.structs.replace(TABLE.inputs[0], expression="a b c ("), TABLE.inputs[1]),
        outputs=(msgspec.structs.replace(TABLE.outputs[0], default="="), TABLE.outputs[1]),
    )
    cells = [each.values["cell"] for each in problems(read_model(new_file("d", "d", broken))) if "cell" in each.values]
    assert cells == ["in.0.expression", "out.0.default", "rule.2.in.1", "rule.2.out.0"]


def test_a_new_key_is_well_formed_and_free(world: World) -> None:
    with world.acts("admin") as tx:
        made = put_table(tx, None, "discount", "Remise", Draft(TABLE))
        for key, code in (("discount", "decision.key_taken"), ("2 much", "decision.bad_key")):
            with pytest.raises(Refused) as refused:
                put_table(tx, None, key, "Remise", Draft(TABLE))
            assert refused.value.code == code
        again = put_table(tx, made.id, "discount", "", Draft(msgspec.structs.replace(TABLE, policy="FIRST")))
        assert (again.key, again.version, again.state) == (made.key, 2, "draft")
        assert b'hitPolicy="PRIORITY"' in file_of(tx, made.id)
        assert import_decisions(tx, file_of(tx, made.id)).id == made.id


def test_words_in_two_languages_are_read_back_as_they_were_written() -> None:
    named = msgspec.structs.replace(
        TABLE,
        inputs=(
            msgspec.structs.replace(
                TABLE.inputs[0], labels={"en": "Amount", "fr": "Montant"}, values=(Value('"a"', {"fr": "L’« a »"}),)
            ),
            TABLE.inputs[1],
        ),
        outputs=(TABLE.outputs[0], msgspec.structs.replace(TABLE.outputs[1], label="Who", labels={"fr": "Qui ?"})),
        rules=(msgspec.structs.replace(TABLE.rules[0], notes={"en": "a small <one>"}), TABLE.rules[1]),
    )
    model = read_model(new_file("discount", "Remise", named))
    assert model.decisions["discount"].table == named
    assert [each.called("fr") for each in named.inputs] == ["Montant", "segment"]
    assert [each.called("fr") for each in named.outputs] == ["rate", "Qui ?"]


TEXTS = Texts({"en": 'First "one"', "fr": "Premier <à gauche>"}, {"fr": "Ce qu’il décide"})


def test_a_decision_is_named_in_its_head_and_all_else_stays() -> None:
    made = with_texts(SEVERAL, "first", TEXTS)
    decision = read_model(made).decisions["first"]
    assert decision.texts == TEXTS
    assert [decision.called(each) for each in ("en", "fr")] == ['First "one"', "Premier <à gauche>"]
    assert decision.name == decision.variable.capitalize() == "First"
    head = made[made.index(b'<d:decision id="first"') : made.index(b"><d:variable")]
    assert made.replace(head, b'<d:decision id="first" name="First"', 1) == SEVERAL
    again = with_texts(made, "first", Texts({"fr": "Premier"}))
    assert read_model(again).decisions["first"].texts == Texts({"fr": "Premier"})
    assert read_model(with_texts(again, "first", Texts())).decisions["first"].texts == Texts()
    with pytest.raises(Refused):
        with_texts(SEVERAL, "third", TEXTS)


def test_names_in_a_latin_file_stay_readable() -> None:
    plain = tabled("n:number > x\n1 | 2").decode()
    file = f'<?xml version="1.0" encoding="ISO-8859-1"?>{plain}'.encode("latin-1")
    assert read_model(with_texts(file, "d", TEXTS)).decisions["d"].texts == TEXTS


def test_a_decision_is_listed_in_its_readers_language(world: World) -> None:
    with world.acts("admin") as tx:
        first = put_table(tx, None, "discount", "Remise", Draft(TABLE))
        made = put_table(tx, first.id, "discount", "", Draft(TABLE, Texts({"en": "Discount", "fr": "Rabais"})))
        same = put_table(tx, made.id, "discount", "", Draft(TABLE, Texts({"en": "Discount", "fr": "Rabais"})))
        kept = put_table(tx, made.id, "discount", "", Draft(TABLE))
        deploy_decisions(tx, made.id)
        for language, name in (("en", "Discount"), ("fr", "Rabais")):
            tx.language = language
            assert [each.name for each in decision_versions(tx)] == [name]
            assert deployed_decisions(tx)["discount"].name == name
            assert [each.name for each in versions_of_decisions(tx, made.key)] == [name, "Remise"]
    assert made.id == same.id == kept.id
