"""Quotes over the opportunities of the year: written when the proposal is due, sent, answered, revised, forgotten."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from entente.modules.base.demo.play import Deed

QUOTES = 26
SEED = 20_260_402
PROPOSED = "@pipeline_stage:sale_proposal"
WORDS = Path(__file__).parent / "quotes.yaml"
NUMBER = "D-{year}-{number:05}"  # as the entity numbers them


class Words(msgspec.Struct, frozen=True):
    """What quotes are made of."""

    sections: tuple[str, ...]
    setup: tuple[str, ...]
    services: tuple[str, ...]
    options: tuple[str, ...]
    texts: tuple[str, ...]
    notes: tuple[str, ...]
    closing: tuple[str, ...]


class Proposal(msgspec.Struct, frozen=True):
    """An opportunity for which a quote was written: how it was opened, when it came to that, how it ended."""

    deal: Deed
    at: datetime
    end: Deed | None


def quotes(stock: Sequence[Deed], story: Sequence[Deed], now: datetime) -> tuple[Deed, ...]:
    """Everything that was done with quotes, in order of time."""
    random = Random(SEED)  # noqa: S311 - invented data, nothing secret
    words = msgspec.yaml.decode(WORDS.read_bytes(), type=Words)
    found = _proposals(stock, story)
    chosen = sorted(random.sample(found, min(QUOTES, len(found))), key=lambda each: each.at)
    years: Counter[int] = Counter()
    deeds: list[Deed] = []
    for each in chosen:
        written = each.at + timedelta(hours=2)
        years[written.year] += 1
        number = NUMBER.format(year=written.year, number=years[written.year])
        deeds += _course(random, words, each, written, now, number)
    return tuple(sorted((deed for deed in deeds if deed.at < now), key=lambda deed: deed.at))


def _proposals(stock: Sequence[Deed], story: Sequence[Deed]) -> list[Proposal]:
    """The opportunities that came to a proposal."""
    changes = [deed for deed in story if deed.entity == "opportunity" and not deed.new]
    proposed = {deed.key: deed.at for deed in changes if deed.values.get("stage") == PROPOSED}
    ends = {deed.key: deed for deed in changes if {"close_note", "dormant_reason"} & set(deed.values)}
    deals = {deed.key: deed for deed in stock if deed.entity == "opportunity"}
    return [Proposal(deals[key], at, ends.get(key)) for key, at in sorted(proposed.items())]


def _course(
    random: Random, words: Words, proposal: Proposal, written: datetime, now: datetime, number: str
) -> list[Deed]:
    """A quote from its draft to its end, a few of them in two versions."""
    key, sent = proposal.deal.key, written + timedelta(hours=random.randint(1, 30))
    first = _written(random, words, proposal, key, written, {})
    if written > now - timedelta(days=2):
        return first
    deeds = [*first, _becomes(proposal, key, sent, {"status": "sent", "sent_at": sent})]
    revised = sent + timedelta(days=3)
    if random.random() < 0.2 and revised < _end(proposal, now):
        deeds.append(_becomes(proposal, key, revised, {"status": "superseded"}))
        again = {"number": number, "revision": 1, "supersedes": f"@quote:{key}", "discount_percent": 5}
        deeds += _written(random, words, proposal, f"{key}-1", revised, again)
        key, sent = f"{key}-1", revised + timedelta(hours=4)
        deeds.append(_becomes(proposal, key, sent, {"status": "sent", "sent_at": sent}))
    return [*deeds, *_answered(random, words, proposal, key, sent, now)]


def _end(proposal: Proposal, now: datetime) -> datetime:
    return proposal.end.at if proposal.end is not None else now


def _answered(random: Random, words: Words, proposal: Proposal, key: str, sent: datetime, now: datetime) -> list[Deed]:
    """What became of a quote that was sent; a won opportunity has an accepted one."""
    end, values = proposal.end, proposal.end.values if proposal.end is not None else {}
    if "actual_amount" in values and end is not None:
        at = max(end.at - timedelta(hours=1), sent + timedelta(minutes=30))
        return [_becomes(proposal, key, at, {"status": "accepted", "accepted_at": at})]
    over = sent + timedelta(days=31)
    if "loss_reason" in values and end is not None and end.at > sent:
        reason = random.choice(("price", "competition", "budget", "scope"))
        refused = {"status": "rejected", "close_reason": reason, "close_note": random.choice(words.closing)}
        return [_becomes(proposal, key, end.at, refused)]
    if over < now:
        expired = _becomes(proposal, key, over, {"status": "expired"})
        again = over + timedelta(days=1)
        if again < now - timedelta(days=1) and random.random() < 0.5:
            until = (again + timedelta(days=30)).date()
            return [expired, _becomes(proposal, key, again, {"status": "draft", "sent_at": None, "valid_until": until})]
        return [expired]
    if random.random() < 0.3 and sent < now - timedelta(days=4):
        return [_becomes(proposal, key, sent + timedelta(days=2), {"status": "draft", "sent_at": None})]
    return []


def _written(
    random: Random, words: Words, proposal: Proposal, key: str, at: datetime, more: dict[str, Any]
) -> list[Deed]:
    deal = proposal.deal.values
    values = {
        "opportunity": f"@opportunity:{proposal.deal.key}",
        "date": at.date(),
        "valid_until": (at + timedelta(days=30)).date(),
        "note": random.choice(words.notes),
        **more,
    }
    lines = _lines(random, words, deal["amount"])
    return [
        _deed(proposal, "quote", key, at, values),
        *(
            _deed(proposal, "quote_line", f"{key}-{place}", at, {"quote": f"@quote:{key}", "position": place, **line})
            for place, line in enumerate(lines, 1)
        ),
    ]


def _lines(random: Random, words: Words, amount: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines that come to an amount: setting up, twelve months of service, now and then an option and a text."""
    whole, currency = int(amount["amount"]), str(amount["currency"])
    setup, option = whole * random.choice((10, 15, 20)) // 100, whole * random.choice((0, 5, 8)) // 100
    months = 12 if whole > 6000 else 1
    monthly = (whole - setup - option) // months
    setup = whole - option - monthly * months
    sections = words.sections
    lines = [
        {"kind": "section", "name": sections[0]},
        _item(random.choice(words.setup), 1, setup, currency),
        {"kind": "section", "name": sections[1]},
        _item(random.choice(words.services), months, monthly, currency),
    ]
    if option:
        lines += [{"kind": "section", "name": sections[2]}, _item(random.choice(words.options), 1, option, currency)]
    return [*lines, {"kind": "text", "name": random.choice(words.texts)}]


def _item(name: str, quantity: int, price: int, currency: str) -> dict[str, Any]:
    return {"name": name, "quantity": quantity, "unit_price": {"amount": price, "currency": currency}}


def _becomes(proposal: Proposal, key: str, at: datetime, values: dict[str, Any]) -> Deed:
    return Deed(who=proposal.deal.who, at=at, entity="quote", key=key, values=values, new=False)


def _deed(proposal: Proposal, entity: str, key: str, at: datetime, values: dict[str, Any]) -> Deed:
    return Deed(who=proposal.deal.who, at=at, entity=entity, key=key, values=values)
