"""The opportunities of a year over both processes: through their stages to won, lost, dormant or still open."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from entente.modules.base.demo.companies import Inventor
from entente.modules.base.demo.play import Deed, Past
from entente.modules.sales.demo.market import Market, Partner
from entente.modules.sales.demo.phrases import Phrases, activity, moment, planned

STAGES = {
    "sale": ("prospecting", "qualification", "proposal", "negotiation"),
    "renewal": ("due", "review", "agreed"),
}
DIRECT_SALES = 26
RENEWALS = 26
FATES = ("open", "won", "lost", "dormant")
WEIGHTS = {"sale": (11, 6, 4, 2), "renewal": (6, 6, 1, 1)}
LOSSES = ("price", "competition", "budget", "features", "timing", "no_decision_maker", "no_answer", "poor_fit")


class Deal(msgspec.Struct, frozen=True):
    """An opportunity to be: with whom, since when, what becomes of it."""

    key: str
    partner: Partner
    process: str
    at: datetime
    fate: str


def deals(inventor: Inventor, phrases: Phrases, partners: Market, now: datetime) -> Past:
    """All opportunities with their stories."""
    stock: list[Deed] = []
    story: list[Deed] = []
    for deal in _planned_deals(inventor, partners, now):
        first = _first(inventor, phrases, deal, now)
        stock.append(first)
        story += _story(inventor, phrases, deal, first.values["amount"], now)
    return Past(stock=tuple(stock), story=tuple(story))


def _planned_deals(inventor: Inventor, partners: Market, now: datetime) -> list[Deal]:
    random = inventor.random
    known = [partner for partner in partners.partners if not partner.lead]
    made = [
        _deal(inventor, f"lead-{partner.company.key}", partner, "sale", partner.since, now)
        for partner in partners.partners
        if partner.lead and int(partner.company.key[1:]) % 4 != 3
    ]
    for process, count in (("sale", DIRECT_SALES), ("renewal", RENEWALS)):
        for at in range(count):
            partner = random.choice(known)
            first = max(partner.since + timedelta(days=1), now - timedelta(days=330))
            start = moment(random, min(first, now - timedelta(days=6)), now - timedelta(days=5))
            made.append(_deal(inventor, f"{process}{at:03}", partner, process, start, now))
    return made


def _deal(inventor: Inventor, key: str, partner: Partner, process: str, at: datetime, now: datetime) -> Deal:
    fate = inventor.random.choices(FATES, WEIGHTS[process])[0]
    if now - at < timedelta(days=25):
        fate = "open"
    return Deal(key, partner, process, at, fate)


def _first(inventor: Inventor, phrases: Phrases, deal: Deal, now: datetime) -> Deed:
    """The opportunity as it was opened, in the first stage of its process."""
    random, partner = inventor.random, deal.partner
    offer = random.choice(phrases.offers if deal.process == "sale" else phrases.renewals)
    currency = random.choices(("EUR", "CHF", "GBP", "USD"), (16, 2, 1, 1))[0]
    close = now + timedelta(days=random.randint(-9, 95)) if deal.fate == "open" else deal.at + timedelta(days=75)
    values: dict[str, Any] = {
        "name": f"{offer} – {partner.company.name}",
        "account": f"@account:{partner.company.key}",
        "contact": f"@contact:{random.choice(partner.people)[0]}",
        "lead": f"@lead:{partner.lead}" if deal.key.startswith("lead-") else None,
        "pipeline": f"@pipeline:{deal.process}",
        "stage": _stage(deal, STAGES[deal.process][0]),
        "amount": {"amount": random.randint(7, 180) * 500, "currency": currency},
        "close_date": close.date(),
        "source": random.choice(("web", "referral", "event", "existing_customer", "call")),
        "next_step": random.choice(phrases.next_steps),
        "tags": [f"@tag:{random.choice(('strategic', 'tender'))}"] if random.random() < 0.25 else None,
        "description": random.choice(phrases.needs),
    }
    given = {name: value for name, value in values.items() if value is not None}
    return Deed(who=partner.owner, at=deal.at, entity="opportunity", key=deal.key, values=given)


def _stage(deal: Deal, name: str) -> str:
    return f"@pipeline_stage:{deal.process}_{name}"


def _story(inventor: Inventor, phrases: Phrases, deal: Deal, amount: dict[str, Any], now: datetime) -> list[Deed]:
    random, names = inventor.random, STAGES[deal.process]
    last = min(deal.at + timedelta(days=random.randint(20, 100)), now - timedelta(days=1))
    reached = random.randint(0, len(names) - 1) if deal.fate in ("open", "lost", "dormant") else len(names) - 1
    first = deal.at + timedelta(days=1)
    if deal.fate == "open":
        # What is still open has mostly moved of late.
        last = now - timedelta(hours=random.choice((2, 30, 80, 200, 420)))
        first = max(first, now - timedelta(days=random.choice((9, 14, 21, 60))))
    first = min(first, last)
    days = sorted(moment(random, first, last) for _ in range(reached))
    story = [
        _change(deal, day, {"stage": _stage(deal, name), "next_step": random.choice(phrases.next_steps)})
        for day, name in zip(days, names[1:], strict=False)
    ]
    for day in sorted(moment(random, first, last) for _ in range(random.randint(1, 4))):
        story.append(activity(random, phrases, deal.partner.owner, day, f"opportunity:{deal.key}"))
    if deal.fate == "open":
        if random.random() < 0.7:
            story.append(planned(random, phrases, deal.partner.owner, now, f"opportunity:{deal.key}", since=deal.at))
        return story
    return [*story, _change(deal, last + timedelta(hours=5), _end(inventor, phrases, deal, amount, now))]


def _end(inventor: Inventor, phrases: Phrases, deal: Deal, amount: dict[str, Any], now: datetime) -> dict[str, Any]:
    random = inventor.random
    if deal.fate == "won":
        # Half of the time something is given away at the end.
        share = random.choice((100, 100, 97, 95, 90))
        return {
            "stage": _stage(deal, "closed_won"),
            "actual_amount": {**amount, "amount": amount["amount"] * share // 100},
            "close_note": random.choice(phrases.meeting_results),
        }
    if deal.fate == "lost":
        return {
            "stage": _stage(deal, "closed_lost"),
            "loss_reason": random.choice(LOSSES),
            "close_note": random.choice(phrases.notes),
        }
    return {
        "result": "dormant",
        "wake_up_on": (now + timedelta(days=random.randint(4, 150))).date(),
        "dormant_reason": random.choice(phrases.dormant_reasons),
    }


def _change(deal: Deal, at: datetime, values: dict[str, Any]) -> Deed:
    return Deed(
        who=deal.partner.owner, at=at, entity="opportunity", key=deal.key, values=values, new=False
    )  # fmt: skip
