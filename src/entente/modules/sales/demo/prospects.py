"""The prospects of a year: received, assigned, worked on, converted or given up."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from entente.modules.base.demo.companies import Company, Inventor, Person
from entente.modules.base.demo.people import SELLERS
from entente.modules.base.demo.play import Deed, Past
from entente.modules.sales.demo.market import Market, Partner
from entente.modules.sales.demo.phrases import Phrases, activity, moment, planned

MANAGER = "helene.marchetti"
MARKETING = "clemence.vautrin"
# Fate: how many, and how many days ago they came at the earliest and at the latest.
FATES = {
    "new": (36, 9, 0),
    "assigned": (64, 21, 1),
    "in_process": (88, 75, 4),
    "nurturing": (30, 240, 60),
    "recycled": (26, 300, 40),
    "dead": (36, 350, 25),
}
SOURCES = ("web", "web", "web", "email", "call", "event", "referral", "campaign", "partner", "other")
REASONS = ("lost", "cannot_contact", "cannot_contact", "not_interested", "not_interested", "canceled", "spam")
TWINS = 16


class Prospect(msgspec.Struct, frozen=True):
    """A prospect to be: who it is, when it came, what becomes of it."""

    key: str
    company: Company
    person: Person
    at: datetime
    fate: str
    owner: str


def prospects(inventor: Inventor, phrases: Phrases, partners: Market, now: datetime) -> Past:
    """All prospects with their stories: those that became partners, and those of each other fate."""
    random = inventor.random
    stock: list[Deed] = []
    story: list[Deed] = []
    for partner in partners.partners:
        if partner.lead:
            came = moment(random, partner.since - timedelta(days=40), partner.since - timedelta(days=3))
            prospect = Prospect(partner.lead, partner.company, partner.people[0][1], came, "converted", partner.owner)
            stock.append(_arrival(inventor, phrases, prospect))
            story += _converted(inventor, phrases, prospect, partner)
    for prospect in _others(inventor, partners, now):
        stock.append(_arrival(inventor, phrases, prospect))
        story += _story(inventor, phrases, prospect, now)
    return Past(stock=tuple(stock), story=tuple(story))


def _others(inventor: Inventor, partners: Market, now: datetime) -> list[Prospect]:
    random, made = inventor.random, []
    for fate, (count, first, last) in FATES.items():
        for at in range(count):
            key = f"{fate}{at:03}"
            came = moment(random, now - timedelta(days=first), now - timedelta(days=last, hours=1))
            if fate in ("new", "assigned") and at < TWINS // 2:
                # Someone who is known already writes again: what duplicate rules are for.
                partner = partners.partners[random.randrange(len(partners.partners))]
                company, person = partner.company, random.choice(partner.people)[1]
            else:
                company = inventor.company(key)
                person = inventor.person(company.domain)
            made.append(Prospect(key, company, person, came, fate, random.choice(SELLERS)))
    return made


def _arrival(inventor: Inventor, phrases: Phrases, prospect: Prospect) -> Deed:
    """The prospect as received: not assigned to anyone."""
    random, company, person = inventor.random, prospect.company, prospect.person
    source = random.choice(SOURCES)
    values: dict[str, Any] = {
        "salutation": person.salutation,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company_name": company.name,
        "job_title": person.job_title if random.random() < 0.7 else None,
        "emails": [{"value": person.email}],
        "phones": [{"value": person.mobile, "kind": "mobile"}] if random.random() < 0.8 else None,
        "website": f"https://www.{company.domain}" if random.random() < 0.4 else None,
        "address": company.address if random.random() < 0.6 else None,
        "industry": company.industry if random.random() < 0.8 else None,
        "employees": company.employees if random.random() < 0.5 else None,
        "source": source,
        "priority": random.choices(("low", "normal", "high", "urgent"), (2, 8, 3, 1))[0],
        "score": random.randint(5, 95),
        "purchase_timeframe": random.choice(("immediate", "quarter", "next_quarter", "year", "unknown")),
        "budget_status": random.choice(("none", "may", "can", "will")),
        "decision_maker": random.random() < 0.4,
        "estimated_amount": _amount(inventor) if random.random() < 0.75 else None,
        "probability": random.choice((10, 20, 30, 40, 60)),
        "description": random.choice(phrases.needs),
        "tags": [f"@tag:{random.choice(('tender', 'partner', 'newsletter'))}"] if random.random() < 0.2 else None,
        **_origin(inventor, source),
    }
    given = {name: value for name, value in values.items() if value is not None}
    who = MARKETING if source in ("web", "campaign", "event") else MANAGER
    # Nobody owns it yet; `owner` is said so that its author does not become its owner.
    return Deed(who=who, at=prospect.at, entity="lead", key=prospect.key, values={**given, "owner": None})


def _origin(inventor: Inventor, source: str) -> dict[str, Any]:
    if source not in ("web", "campaign"):
        return {}
    random = inventor.random
    utm = {
        "utm_source": random.choice(("newsletter", "moteur", "annuaire", "salon")),
        "utm_medium": random.choice(("email", "organic", "cpc")),
        "utm_campaign": random.choice(("rentree", "printemps", "energie", "multiservice")),
    }
    return {**utm, "web_form": "@web_form:contact_request"} if source == "web" else utm


def _amount(inventor: Inventor) -> dict[str, Any]:
    random = inventor.random
    currency = random.choices(("EUR", "CHF", "GBP"), (18, 2, 1))[0]
    return {"amount": random.randint(6, 160) * 500, "currency": currency}


def _story(inventor: Inventor, phrases: Phrases, prospect: Prospect, now: datetime) -> list[Deed]:
    random, fate = inventor.random, prospect.fate
    if fate == "new":
        return []
    assigned = _assignment(inventor, phrases, prospect, now)
    if fate == "assigned":
        return [*assigned, planned(random, phrases, prospect.owner, now, f"lead:{prospect.key}", since=prospect.at)]
    last = now - timedelta(hours=3) if fate == "in_process" else prospect.at + timedelta(days=24)
    story = [*assigned, *_work(inventor, phrases, prospect, min(last, now - timedelta(hours=3)))]
    if fate == "in_process":
        if random.random() < 0.6:
            story.append(planned(random, phrases, prospect.owner, now, f"lead:{prospect.key}", since=prospect.at))
        return story
    return [*story, _change(prospect, prospect.at + timedelta(days=24, hours=2), _end(inventor, fate, now))]


def _end(inventor: Inventor, fate: str, now: datetime) -> dict[str, Any]:
    random = inventor.random
    if fate == "nurturing":
        return {"status": "nurturing"}
    values = {"status": fate, "disqualify_reason": random.choice(REASONS)}
    if fate == "recycled":
        values["recycle_on"] = (now + timedelta(days=random.randint(3, 120))).date().isoformat()
    return values


def _assignment(inventor: Inventor, phrases: Phrases, prospect: Prospect, now: datetime) -> list[Deed]:
    random = inventor.random
    at = min(prospect.at + timedelta(minutes=random.randint(20, 1800)), now - timedelta(minutes=30))
    values = {"owner": f"@user:{prospect.owner}", "assignment_reason": "Attribué par Hélène Marchetti"}
    deeds = [_change(prospect, at, values, who=MANAGER)]
    if random.random() < 0.3:
        note = {"body": f"<p>{random.choice(phrases.comments)}</p>", "regarding": f"@lead:{prospect.key}"}
        deeds.append(Deed(who=MANAGER, at=at, entity="note", key=f"assign-{prospect.key}", values=note))
    return deeds


def _work(inventor: Inventor, phrases: Phrases, prospect: Prospect, last: datetime) -> list[Deed]:
    random = inventor.random
    first = min(prospect.at + timedelta(days=2), last)
    days = sorted(moment(random, first, last) for _ in range(random.randint(1, 3)))
    return [activity(random, phrases, prospect.owner, day, f"lead:{prospect.key}") for day in days]


def _converted(inventor: Inventor, phrases: Phrases, prospect: Prospect, partner: Partner) -> list[Deed]:
    key = partner.company.key
    has_deal = int(key[1:]) % 4 != 3
    values = {
        "status": "converted",
        "converted_at": partner.since.isoformat(),
        "outcome": "deal" if has_deal else "no_deal",
        "created_account": f"@account:{key}",
        "created_contact": f"@contact:{partner.people[0][0]}",
        "created_opportunity": f"@opportunity:lead-{key}" if has_deal else None,
    }
    story = _assignment(inventor, phrases, prospect, partner.since - timedelta(hours=5))
    story += _work(inventor, phrases, prospect, partner.since - timedelta(hours=2))
    return [*story, _change(prospect, partner.since, values)]


def _change(prospect: Prospect, at: datetime, values: dict[str, Any], *, who: str | None = None) -> Deed:
    return Deed(who=who or prospect.owner, at=at, entity="lead", key=prospect.key, values=values, new=False)
