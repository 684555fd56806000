"""The accounts and contacts that the invented company knows, some of them won from prospects."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from entente.modules.base.demo.companies import Company, Inventor, Person, account_values, contact_values
from entente.modules.base.demo.people import SELLERS
from entente.modules.base.demo.play import Deed, by_author
from entente.modules.sales.demo.phrases import moment

ACCOUNTS = 126
FROM_LEADS = 56
SUBSIDIARIES = 9


class Partner(msgspec.Struct, frozen=True):
    """An account with its people: who looks after it, since when, from which lead."""

    company: Company
    people: tuple[tuple[str, Person], ...]
    owner: str
    since: datetime
    lead: str | None


class Market(msgspec.Struct, frozen=True):
    """All partners, and the deeds that wrote them down."""

    partners: tuple[Partner, ...]
    stock: tuple[Deed, ...]


def market(inventor: Inventor, now: datetime) -> Market:
    """The partners at a moment: those from leads came within the last year, the others before or since."""
    partners = [_partner(inventor, at, now) for at in range(ACCOUNTS)]
    accounts = [_account(inventor, partner) for partner in partners]
    contacts = [_contact(partner, key, person) for partner in partners for key, person in partner.people]
    heads = partners[FROM_LEADS : FROM_LEADS + SUBSIDIARIES]
    below = [_subsidiary(inventor, at, head, now) for at, head in enumerate(heads)]
    second = _second_positions(inventor.random, partners)
    stock = [*by_author(accounts), *by_author(contacts), *by_author(second), *by_author(below)]
    return Market(tuple(partners), tuple(stock))


def _partner(inventor: Inventor, at: int, now: datetime) -> Partner:
    random = inventor.random
    company = inventor.company(f"a{at:03}")
    count = random.choices((1, 2, 3, 4), (3, 5, 3, 2))[0]
    people = tuple((f"{company.key}p{each}", inventor.person(company.domain)) for each in range(count))
    from_lead = at < FROM_LEADS
    first, last = (320, 12) if from_lead else (690, 20)
    since = moment(random, now - timedelta(days=first), now - timedelta(days=last))
    return Partner(company, people, random.choice(SELLERS), since, f"c{at:03}" if from_lead else None)


def _account(inventor: Inventor, partner: Partner) -> Deed:
    random = inventor.random
    values = account_values(random, partner.company, random.choice(inventor.words.legal_forms))
    kinds = (["prospect"],) if partner.lead else (["customer"], ["customer"], ["prospect"], ["supplier"], ["partner"])
    values |= {"relation": random.choice(kinds), "originating_lead": partner.lead and f"@lead:{partner.lead}"}
    return _deed(partner, "account", partner.company.key, values)


def _contact(partner: Partner, key: str, person: Person) -> Deed:
    values = contact_values(person, partner.company)
    if partner.lead and key.endswith("p0"):
        values["originating_lead"] = f"@lead:{partner.lead}"
    return _deed(partner, "contact", key, values)


def _deed(partner: Partner, entity: str, key: str, values: dict[str, Any]) -> Deed:
    given = {name: value for name, value in values.items() if value is not None}
    return Deed(who=partner.owner, at=partner.since, entity=entity, key=key, values=given)


def _subsidiary(inventor: Inventor, at: int, head: Partner, now: datetime) -> Deed:
    company = inventor.company(f"f{at:03}")
    values = account_values(inventor.random, company, "SAS")
    values |= {"parent": f"@account:{head.company.key}", "relation": ["customer"]}
    given = {name: value for name, value in values.items() if value is not None}
    since = moment(inventor.random, head.since, now - timedelta(days=2))
    return Deed(who=head.owner, at=since, entity="account", key=company.key, values=given)


def _second_positions(random: Random, partners: list[Partner]) -> list[Deed]:
    """Some people work for a second company as well."""
    deeds = []
    for partner, other in zip(partners[:18], partners[60:78], strict=True):
        key, _ = partner.people[0]
        values = {
            "contact": f"@contact:{key}",
            "account": f"@account:{other.company.key}",
            "role": random.choice(("consultant", "shareholder", "technical")),
            "start_date": max(partner.since, other.since).date(),
        }
        deeds.append(
            Deed(
                who=partner.owner,
                at=max(partner.since, other.since),
                entity="account_contact",
                key=f"{key}-{other.company.key}",
                values=values,
            )
        )
    return deeds
