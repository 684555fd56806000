"""Opportunities: process and stage, probability, result, weighted amount (`reference/crm.md` 1.3, 4.5, 4.16)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money, round_money
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.behaviours import check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.kernel.undoing import DEED as UNDO
from entente.modules.base.lookup import known, matching
from entente.modules.sales import pipeline
from entente.modules.sales.going_on import missing_to_go_on

STEPS = {"open": {"won", "lost", "dormant"}, "won": {"open"}, "lost": {"open"}, "dormant": {"open"}}
CLOSED = frozenset({"won", "lost"})


@prepare("opportunity", fills=("pipeline", "stage"))
def process_and_stage(tx: Tx, old: Record | None, new: Draft) -> None:
    """Without a process the default one is taken, without a stage its first; a new process keeps the like stage."""
    if new["pipeline"] is None:
        new["pipeline"] = pipeline.default_process(tx)
    if new["stage"] is None:
        new["stage"] = pipeline.first_stage(tx, new["pipeline"]).id
    elif old is not None and new.changes("pipeline") and not new.changes("stage"):
        new["stage"] = pipeline.like_stage(tx, new["pipeline"], pipeline.stage(tx, old["stage"])).id


@prepare("opportunity")
def result_and_stage_agree(tx: Tx, old: Record | None, new: Draft) -> None:
    """Entering a stage that is won, lost or dormant gives that result; a result brings the stage that shows it."""
    stage = pipeline.stage(tx, new["stage"])
    if new.changes("stage") and "result" not in new.given:
        new["result"] = stage["type"]
    elif new.changes("result") and stage["type"] != new["result"]:
        new["stage"] = _stage_of_result(tx, new, stage)
    if old is not None and new.changes("stage"):
        _leave_stage(tx, old, new)
    if new["stage_entered_at"] is None:
        new["stage_entered_at"] = new.at


def _stage_of_result(tx: Tx, new: Draft, stage: Record) -> Any:
    """The stage that shows a result: one of its type, else the stage that the opportunity stands in."""
    if new["result"] == "open":
        return new["last_open_stage"] or pipeline.first_stage(tx, new["pipeline"]).id
    found = pipeline.stage_of_type(tx, new["pipeline"], new["result"])
    if found is None and new["result"] in CLOSED:
        raise Refused("opportunity.no_stage", field="stage")
    return found.id if found else stage.id


def _leave_stage(tx: Tx, old: Record, new: Draft) -> None:
    new["stage_entered_at"] = new.at
    if pipeline.stage(tx, old["stage"])["type"] == "open":
        new["last_open_stage"] = old["stage"]


@prepare("opportunity")
def probability_follows_stage(tx: Tx, old: Record | None, new: Draft) -> None:
    """A written stage brings its probability and forecast unless they are typed with it or were typed before."""
    stage = pipeline.stage(tx, new["stage"])
    if "probability" in new.given and new.changes("probability") and "probability_is_manual" not in new.given:
        new["probability_is_manual"] = new["probability"] is not None and new["probability"] != stage["probability"]
    if stage["type"] in CLOSED:
        new["probability"], new["probability_is_manual"] = stage["probability"], False
    elif new["probability"] is None or (_is_unbound(old, new) and not new["probability_is_manual"]):
        new["probability"] = stage["probability"]
    if new["result"] == "dormant":
        new["forecast_category"] = "omitted"
    elif _is_moved(old, new) and "forecast_category" not in new.given:
        new["forecast_category"] = stage["forecast_category"] or new["forecast_category"]


def _is_moved(old: Record | None, new: Draft) -> bool:
    return old is None or new.changes("stage") or new.changes("result")


def _is_unbound(old: Record | None, new: Draft) -> bool:
    return _is_moved(old, new) or new.changes("probability_is_manual")


@prepare("opportunity")
def closing_is_dated(tx: Tx, old: Record | None, new: Draft) -> None:
    """A closed opportunity has its day, a won one its actual amount; one that is open again has neither."""
    result = new["result"]
    if result in CLOSED and new["actual_close_date"] is None:
        new["actual_close_date"] = new.at.date()
    if result == "won" and new["actual_amount"] is None:
        new["actual_amount"] = new["amount"]
    if result == "open" and new.changes("result"):
        for name in ("actual_close_date", "actual_amount", "loss_reason", "competitor", "wake_up_on", "dormant_reason"):
            new[name] = None


@prepare("opportunity")
def amount_follows_quote(tx: Tx, old: Record | None, new: Draft) -> None:
    """While an opportunity is not closed, its amount is that of its quote without tax, if it was asked to be."""
    quote = known(tx, "quote", new["quote"]) if new["amount_mode"] == "lines" else None
    if quote is None or new["result"] in CLOSED or quote["net_total"] is None:
        return
    if "amount" in new.given and new.changes("amount") and not _is_same(new["amount"], quote["net_total"]):
        raise Refused("opportunity.amount_from_quote", field="amount")
    if not _is_same(new["amount"], quote["net_total"]):
        new["amount"] = quote["net_total"]


def _is_same(one: Money | None, other: Money) -> bool:
    return one is not None and (one.amount, one.currency) == (other.amount, other.currency)


@derive("opportunity", sets=("weighted_amount",))
def weighted_amount(tx: Tx, old: Record | None, new: Draft) -> None:
    """The amount times the probability, in the amount's currency with the amount's rate to the base currency."""
    amount: Money | None = new["amount"]
    if amount is None:
        new["weighted_amount"] = None
        return
    share = Decimal(new["probability"] or 0) / 100
    weighted = amount.amount * share
    new["weighted_amount"] = msgspec.structs.replace(
        amount,
        amount=round_money(weighted, amount.currency) if amount.currency else weighted,
        base=None if amount.base is None else amount.base * share,
    )


@derive("opportunity", sets=("rots_on",))
def stalling_day(tx: Tx, old: Record | None, new: Draft) -> None:
    """The day from which an open opportunity has stood too long in its stage."""
    days = pipeline.stage(tx, new["stage"])["rot_days"]
    is_open = new["result"] == "open" and days and new["stage_entered_at"]
    new["rots_on"] = new["stage_entered_at"].date() + timedelta(days=days) if is_open else None


@check("opportunity")
def stage_is_of_process(tx: Tx, old: Record | None, new: Draft) -> None:
    """A stage belongs to the opportunity’s own process."""
    if pipeline.stage(tx, new["stage"])["pipeline"] != new["pipeline"]:
        raise Refused("opportunity.stage_of_other_process", field="stage")


@check("opportunity")
def stage_has_what_it_needs(tx: Tx, old: Record | None, new: Draft) -> None:
    """Who leaves a stage for a later one, or wins, has said what the stage asks for (`reference/crm.md` 1.3, 4.5)."""
    if old is None or not new.changes("stage") or tx.cause.deed == UNDO:
        return
    left, entered = pipeline.stage(tx, old["stage"]), pipeline.stage(tx, new["stage"])
    goes_on = entered["type"] == "won" or (entered["type"] == "open" and entered["position"] > left["position"])
    if left["type"] != "open" or left["pipeline"] != entered["pipeline"] or not goes_on:
        return
    if faults := missing_to_go_on(tx, new, left):
        raise Invalid(faults)


@check("opportunity")
def results_follow_each_other(tx: Tx, old: Record | None, new: Draft) -> None:
    """What is won, lost or dormant is opened again before it becomes anything else."""
    if old is None or old["result"] == new["result"] or new["result"] in STEPS[old["result"]]:
        return
    choices = {
        choice.key: choice.label for choice in tx.catalog.entity("opportunity").field("result").definition.choices
    }
    names = {"old": choices[old["result"]].to(tx.language), "new": choices[new["result"]].to(tx.language)}
    raise Refused("opportunity.no_such_step", field="result", **names)


@check("opportunity")
def days_are_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """An opportunity sleeps until a day to come, and was not closed in the future."""
    today = tx.clock.now().date()
    if tx.cause.deed == UNDO:
        return
    if new["result"] == "dormant" and new.changes("wake_up_on") and new["wake_up_on"] and new["wake_up_on"] <= today:
        raise Refused("opportunity.wake_in_past", field="wake_up_on")
    # A day of grace: it may be tomorrow already where the person is.
    if new["actual_close_date"] and new["actual_close_date"] > today + timedelta(days=1):
        raise Refused("opportunity.closed_in_future", field="actual_close_date")


@react("opportunity")
def stage_change_is_kept(tx: Tx, old: Record | None, deal: Record) -> None:
    """Every entry into a stage is one row, with the minutes spent in the stage before."""
    brings_own_history = old is None and deal["stage_entered_at"] != deal["created_at"]
    if brings_own_history or (old is not None and old["stage"] == deal["stage"]):
        return
    entered, before = deal["stage_entered_at"], old and old["stage_entered_at"]
    values = {
        "name": deal["name"],
        "opportunity": deal.id,
        "from_stage": old and old["stage"],
        "to_stage": deal["stage"],
        "entered_at": entered,
        "author": tx.principal.user_id,
        "amount": deal["amount"],
        "probability": deal["probability"],
        "minutes_in_stage": int((entered - before).total_seconds() // 60) if before else None,
    }
    save(tx, "stage_history", values, trusted=True)


@derive("opportunity_contact", sets=("name",))
def role_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A role is called by its contact and its opportunity."""
    ends = (known(tx, "contact", new["contact"]), known(tx, "opportunity", new["opportunity"]))
    new["name"] = " – ".join(str(end["name"]) for end in ends if end) or None


@react("opportunity")
def main_contact_takes_part(tx: Tx, old: Record | None, deal: Record) -> None:
    """The main contact is always among the contacts of the opportunity, and the only main one."""
    contact = deal["contact"]
    if contact is None or (old is not None and old["contact"] == contact):
        return
    roles = matching(tx, "opportunity_contact", f'opportunity = "{deal.id}"') if old is not None else []
    for role in roles:
        if role["is_primary"] != (role["contact"] == contact):
            save(tx, "opportunity_contact", {"is_primary": role["contact"] == contact}, id=role.id, trusted=True)
    if all(role["contact"] != contact for role in roles):
        values = {"opportunity": deal.id, "contact": contact, "is_primary": True}
        save(tx, "opportunity_contact", values, trusted=True)


@react("opportunity_contact")
def main_role_is_main_contact(tx: Tx, old: Record | None, role: Record) -> None:
    """A contact that is marked as the main one becomes the opportunity’s contact."""
    if not role["is_primary"] or (old is not None and old["is_primary"]):
        return
    deal = known(tx, "opportunity", role["opportunity"])
    if deal is not None and deal["contact"] != role["contact"]:
        save(tx, "opportunity", {"contact": role["contact"]}, id=deal.id, trusted=True)


@react("opportunity")
def winner_is_customer(tx: Tx, old: Record | None, deal: Record) -> None:
    """An account that a deal was won with is a customer, no longer a prospect."""
    if deal["result"] != "won" or (old is not None and old["result"] == "won"):
        return
    account = known(tx, "account", deal["account"])
    if account is not None and "customer" not in account["relation"]:
        relation = [key for key in account["relation"] if key != "prospect"]
        save(tx, "account", {"relation": [*relation, "customer"]}, id=account.id, trusted=True)
