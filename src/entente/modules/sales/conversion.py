"""Converting a lead into an account, a contact and an opportunity: each created, linked or left out, at one stroke."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.metadata.parts import Target
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import action
from entente.kernel.records.query import exists, find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.records.series import numbers_of
from entente.kernel.records.stroke import recall
from entente.modules.base.lookup import matching
from entente.modules.sales import pipeline
from entente.services.stream.following import Subscription, follow_by_itself, subscriptions

Part = Literal["account", "contact", "opportunity"]
Numbers = Mapping[str, Mapping[str, str]]
# What a new account or contact is given besides what the lead says, and a linked one is not.
BY_THE_WAY = ("originating_lead", "open_opportunities")
PARTS: tuple[Part, ...] = ("account", "contact", "opportunity")

# Lead field -> field of the new record, where the names differ (`reference/crm.md` 4.2).
MAP: Mapping[Part, Mapping[str, str]] = {
    "account": {"company_name": "name", "address": "billing_address"},
    "contact": {},
    "opportunity": {"estimated_amount": "amount"},
}
# What every new record has of its own, whatever the lead says.
OWN = frozenset({"name", "status", "state", "probability", "number", "last_activity_at", "description", "budget"})
KEPT: Mapping[Part, frozenset[str]] = {
    "account": frozenset(),
    "contact": frozenset(),
    "opportunity": frozenset({"description"}),
}
# Fields of the lead and of the new record without which there is nothing to call it by.
NAMED_BY: Mapping[Part, tuple[str, str]] = {"account": ("company_name", "name"), "contact": ("last_name", "last_name")}
OWNERSHIP = ("owner", "team", "unit")
PERSONAL = ("emails", "phones")
DAYS_TO_CLOSE = {"immediate": 14, "quarter": 60, "next_quarter": 120, "year": 240}
USUAL_DAYS = 90


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """What a lead becomes; a part that is not given becomes what is proposed for the lead."""

    account: Target | None = None
    contact: Target | None = None
    opportunity: Target | None = None
    no_deal: bool = False  # qualified without anything to sell now


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What a lead became."""

    lead: UUID
    account: UUID | None = None
    contact: UUID | None = None
    opportunity: UUID | None = None


def suggested(tx: Tx, lead: Record) -> Conversion:
    """The dialog as it opens: known records linked, the others to be created with the values shown."""
    return Conversion(
        account=_suggestion(tx, "account", lead, lead["existing_account"], bool(lead["company_name"])),
        contact=_suggestion(tx, "contact", lead, lead["existing_contact"], bool(lead["last_name"])),
        opportunity=_suggestion(tx, "opportunity", lead, None, True),
    )


def _suggestion(tx: Tx, part: Part, lead: Record, known: UUID | None, possible: bool) -> Target:
    # Whatever is proposed, the values stand ready for whoever prefers a new record.
    values = prefilled(tx, part, lead)
    if known is not None and exists(tx, part, known):
        return Target(means="link", id=known, values=values)
    return Target(means="create" if possible else "none", values=values)


def _unfilled(target: Target) -> Target:
    """What is done where nobody chose: a known record is linked as it stands."""
    return msgspec.structs.replace(target, values={}) if target.means == "link" else target


@action("lead", scope="each", show_if='state = "open"', icon="transform", tone="primary", propose=suggested)
def convert(tx: Tx, lead: Record, wish: Conversion) -> Converted:
    """What the lead became: records created or linked with the converter’s rights; the lead itself stays."""
    usual = suggested(tx, lead)
    targets: dict[Part, Target] = {part: getattr(wish, part) or _unfilled(getattr(usual, part)) for part in PARTS}
    if wish.no_deal:
        targets["opportunity"] = Target(means="none")
    _refuse_empty(lead, targets, no_deal=wish.no_deal)
    targets = {part: _possible(part, lead, target) for part, target in targets.items()}
    new: dict[str, Mapping[str, Any]] = {
        part: target.values for part, target in targets.items() if target.means == "create"
    }
    make = partial(_made, tx, lead, targets, numbers_of(tx, new))
    deals = int(targets["opportunity"].means == "create")
    account = make("account", originating_lead=lead.id, open_opportunities=deals)
    contact = make("contact", account=account and account.id, originating_lead=lead.id)
    deal = make("opportunity", account=account and account.id, contact=contact and contact.id, lead=lead.id)
    done = {
        "status": _converted_status(tx),
        "converted_at": tx.clock.now(),
        "outcome": "deal" if deal else "no_deal",
        "created_account": account and account.id,
        "created_contact": contact and contact.id,
        "created_opportunity": deal and deal.id,
    }
    save(tx, "lead", done, id=lead.id, trusted=True)
    made = [record for record in (deal, account, contact) if record is not None]
    _hand_over_tasks(tx, lead, made)
    _hand_over_followers(tx, lead, made)
    return Converted(lead=lead.id, **{record.entity: record.id for record in made})


def _refuse_empty(lead: Record, targets: Mapping[Part, Target], *, no_deal: bool) -> None:
    if lead["state"] != "open":
        raise Refused("lead.not_open", field="status")
    if not no_deal and all(target.means == "none" for target in targets.values()):
        raise Refused("lead.nothing_chosen", field="account")
    for part, target in targets.items():
        if target.means == "link" and target.id is None:
            raise Refused("lead.link_what", field=part)


def _converted_status(tx: Tx) -> str:
    choices = tx.catalog.entity("lead").field("status").definition.choices
    return next(choice.key for choice in choices if choice.group == "qualified")


def _possible(part: Part, lead: Record, target: Target) -> Target:
    """What becomes of a part: nothing where a new record would have no name."""
    ours, theirs = NAMED_BY.get(part, ("name", "name"))
    nameless = target.means == "create" and part in NAMED_BY and not (lead[ours] or target.values.get(theirs))
    return Target(means="none") if nameless else target


def _made(
    tx: Tx, lead: Record, targets: Mapping[Part, Target], numbers: Numbers, part: Part, /, **links: Any
) -> Record | None:
    """The record of a part: new, or the linked one with its empty fields filled; nothing when the part is left out."""
    target = targets[part]
    given = {name: value for name, value in links.items() if value is not None}
    if target.means == "none":
        return None
    if target.means == "create":
        usual = prefilled(tx, part, lead)
        values = {**usual, **given, **_said(target, usual)}
        origin = {name: values.pop(name) for name in BY_THE_WAY if name in values}
        return save(tx, part, values, also={**origin, **numbers.get(part, {})})
    record = find(tx, part, target.id or lead.id)
    fillable = {**{name: value for name, value in given.items() if name not in BY_THE_WAY}, **target.values}
    empty = {name: value for name, value in fillable.items() if not record.get(name)}
    return save(tx, part, empty, id=record.id) if empty else record


def _said(target: Target, usual: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a dialog: an empty one clears what was prefilled, and says nothing of what was not."""
    return {name: value for name, value in target.values.items() if name in usual or value not in (None, "", [], ())}


def prefilled(tx: Tx, part: Part, lead: Record) -> dict[str, Any]:
    """What a new record of a part takes from the lead: fields of the same name and type, and the mapped ones."""
    return recall(tx, lead.entity, ("prefilled", part, lead.id), partial(_prefilled, tx, part, lead))


def _prefilled(tx: Tx, part: Part, lead: Record) -> dict[str, Any]:
    values = {
        goal: lead[field.name]
        for field, goal in _carried(tx.catalog, part)
        if field.name in lead and not field.type.is_empty(lead[field.name])
    }
    if part == "account" and lead["last_name"]:
        # The person's own addresses go to the contact; the account has them only when there is no person.
        values = {name: value for name, value in values.items() if name not in PERSONAL}
    return {**values, **_usual(tx, part, lead)}


@lru_cache(maxsize=64)
def _carried(catalog: Catalog, part: Part) -> tuple[tuple[Field, str], ...]:
    """The fields of a lead that a new record of a part takes over, each with its name there."""
    target = catalog.entity(part).fields
    found = []
    for name, field in catalog.entity("lead").fields.items():
        goal = MAP[part].get(name, name)
        aim = target.get(goal)
        if aim is None or aim.type.key != field.type.key or aim.definition.read_only or aim.definition.computed:
            continue
        if goal != name or name not in OWN or name in KEPT[part]:
            found.append((field, goal))
    return tuple(found)


def _usual(tx: Tx, part: Part, lead: Record) -> dict[str, Any]:
    """What a new record of a part has when the lead does not say."""
    if part == "account":
        return {"relation": ["prospect"]}
    if part == "contact":
        return {}
    days = DAYS_TO_CLOSE.get(lead["purchase_timeframe"] or "", USUAL_DAYS)
    process = pipeline.default_process(tx)
    amount = lead["estimated_amount"] or Money(Decimal(0), "")
    return {
        "name": tx.say("lead.deal_of", name=lead["company_name"] or lead["name"])[:250],
        "pipeline": process,
        "stage": pipeline.first_stage(tx, process).id,
        "amount": amount,
        "close_date": tx.clock.now().date() + timedelta(days=days),
    }


def _hand_over_tasks(tx: Tx, lead: Record, made: Iterable[Record]) -> None:
    """Open tasks move to the opportunity, else to the account or the contact; lineage shows all that stays."""
    heir = next(iter(made), None)
    if heir is None:
        return
    for task in matching(tx, "task", f'regarding = "{lead.id}" and done_at = null'):
        save(tx, "task", {"regarding": Ref(heir.entity, heir.id)}, id=task.id, trusted=True)


def _hand_over_followers(tx: Tx, lead: Record, made: Iterable[Record]) -> None:
    """Who followed the lead follows what it became."""
    followers = subscriptions(tx, [Ref("lead", lead.id)])
    follow_by_itself(
        tx,
        [
            Subscription(each.user, record.entity, record.id, each.level, each.reason)
            for record in made
            for each in followers
        ],
    )
