"""Keys under which duplicates meet: one probe for each rule."""

from typing import Any

import pytest

from entente import product
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.metadata.duplicate_rules import Condition, Rule
from entente.kernel.metadata.types.sets import Entry
from entente.kernel.records.match_keys import keys_of

LEAD = Catalog(product.all_sources(), schema="org_t", version=1).entity("lead")


def rule(*conditions: Condition) -> Rule:
    return Rule(name="r", source="lead", target="lead", conditions=conditions)


SAME_EMAIL = rule(Condition("emails", "emails", "email"))
SAME_PERSON = rule(Condition("name", "name", "person_name"), Condition("company_name", "company_name", "company_name"))
SIMILAR = rule(Condition("company_name", "company_name", "similarity", 0.8))


def keys(of: Rule, **values: Any) -> set[str]:
    return keys_of(of, LEAD, values, target=True)


def test_each_address_is_a_key() -> None:
    assert len(keys(SAME_EMAIL, emails=(Entry("a@x.example"), Entry("B@x.example"), Entry("b+1@x.example")))) == 2


@pytest.mark.parametrize("missing", ["name", "company_name"])
def test_rule_without_one_of_its_values_gives_no_key(missing: str) -> None:
    assert keys(SAME_PERSON, **{"name": "Anne Berthier", "company_name": "Lisière", missing: None}) == set()


def test_order_accents_and_legal_form_do_not_matter() -> None:
    first = keys(SAME_PERSON, name="Anne Berthier", company_name="Lisière SAS")
    assert first == keys(SAME_PERSON, name="BERTHIER Anne", company_name="lisiere")
    assert first != keys(SAME_PERSON, name="Anne Berthier", company_name="Lumière")


def test_similar_names_share_their_first_letters() -> None:
    assert keys(SIMILAR, company_name="Menuiserie Kermarec") == keys(SIMILAR, company_name="Menuiseries Kermarrec")


def test_keys_of_different_rules_never_meet() -> None:
    other = rule(Condition("emails", "emails", "text"))
    entries = (Entry("a@x.example"),)
    assert not keys(SAME_EMAIL, emails=entries) & keys(other, emails=entries)
