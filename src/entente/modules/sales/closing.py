"""How an opportunity ends, rests and comes back: won, lost, dormant, open again."""

from datetime import date
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import job
from entente.kernel.kit.money import Money
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import action
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import known, matching

LossReason = Literal[
    "price", "competition", "budget", "features", "timing", "no_decision_maker", "no_answer", "poor_fit", "other"
]


class Win(msgspec.Struct, frozen=True, kw_only=True):
    """What was really sold, and when; left out, it is the amount of the opportunity and today."""

    actual_amount: Money | None = None
    actual_close_date: date | None = None
    close_note: str | None = None


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Why an opportunity was lost, to whom, and when; a reason outside the list needs a note."""

    loss_reason: LossReason
    competitor: UUID | None = None
    actual_close_date: date | None = None
    close_note: str | None = None


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Until when an opportunity sleeps, and why."""

    wake_up_on: date
    dormant_reason: str


def as_it_stands(tx: Tx, deal: Record) -> Win:
    """The dialog as it opens: the amount of the opportunity, today where the person is."""
    today = tx.clock.now().astimezone(ZoneInfo(tx.principal.timezone)).date()
    return Win(actual_amount=deal["actual_amount"] or deal["amount"], actual_close_date=today)


def _given(wish: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(wish).items() if value is not None}


@action("opportunity", scope="each", show_if='result = "open"', icon="trophy", tone="primary", propose=as_it_stands)
def win(tx: Tx, deal: Record, wish: Win) -> Record:
    """The opportunity as won."""
    return save(tx, "opportunity", {"result": "won", **_given(wish)}, id=deal.id)


@action("opportunity", scope="each", show_if='result = "open"', icon="thumb-down", tone="danger", propose=as_it_stands)
def lose(tx: Tx, deal: Record, wish: Loss) -> Record:
    """The opportunity as lost."""
    return save(tx, "opportunity", {"result": "lost", **_given(wish)}, id=deal.id)


@action("opportunity", scope="each", show_if='result = "open"', icon="moon")
def sleep(tx: Tx, deal: Record, wish: Rest) -> Record:
    """The opportunity as dormant: out of the forecast until its day."""
    return save(tx, "opportunity", {"result": "dormant", **_given(wish)}, id=deal.id)


@action("opportunity", scope="each", show_if='result = "dormant"', icon="sun", tone="primary")
def wake(tx: Tx, deal: Record) -> Record:
    """The dormant opportunity as open again."""
    return save(tx, "opportunity", {"result": "open"}, id=deal.id)


@action("opportunity", scope="each", show_if='result in ("won", "lost")', icon="rotate")
def reopen(tx: Tx, deal: Record) -> Record:
    """The closed opportunity as open again, with all its history."""
    return save(tx, "opportunity", {"result": "open"}, id=deal.id)


@job("sales.wake_opportunities", every="20 4 * * *")
def wake_sleepers(tx: Tx) -> int:
    """How many dormant opportunities were woken because their day has come, each with a task; run daily."""
    due = matching(tx, "opportunity", 'result = "dormant" and wake_up_on <= today()')
    for deal in due:
        wake(tx, deal)
        owner = known(tx, "user", deal["owner"])
        language = owner["language"] if owner else tx.language
        task = {
            "subject": tx.words.say(language, "opportunity.woken", name=deal["name"])[:250],
            "regarding": Ref("opportunity", deal.id),
            "due_on": tx.clock.now().date(),
            "subtype": "commercial",
            "owner": deal["owner"],
        }
        save(tx, "task", task, trusted=True)
    return len(due)
