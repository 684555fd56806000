"""What an account’s activities come to: the next one that is planned, the time spent. Kept after the commit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Row, Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.jobs.queue import enqueue, job
from entente.kernel.kit.money import Money
from entente.kernel.records.behaviours import follow, react
from entente.kernel.records.query import Ask
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.records.totals import Measure, totals
from entente.modules.base.lookup import as_system, known_among, matching

DAYS: Mapping[str, str] = {"task": "due_on", "call": "start_at", "meeting": "start_at"}
TOLD = frozenset({"account", "status", "done_at", "time_spent", *DAYS.values()})
PORTION = 200


def accounts_of(tx: Tx, entity: str, entries: Iterable[Entry], told: frozenset[str]) -> list[UUID]:
    """The accounts whose figures a change of what counts for them concerns: the one of now and the one before."""
    heard = [entry for entry in entries if entry.deed != "delete" and told & set(entry.changes or {})]
    named = {UUID(str(each)) for entry in heard for each in entry.changes.get("account", ()) if each}
    silent = {entry.record for entry in heard if entry.deed != "create" and "account" not in entry.changes}
    counted = known_among(tx, entity, list(silent)) if silent else []
    return sorted(named | {record["account"] for record in counted if record["account"]})


def grouped(tx: Tx, entity: str, accounts: Sequence[UUID], condition: str, measures: Sequence[Measure]) -> list[Row]:
    """Figures over the records of an entity that fulfil a condition, one row for each of the accounts that has some."""
    among = ", ".join(f'"{account}"' for account in accounts)
    ask = Ask(entity=entity, filter=f"account in ({among}) and {condition}")
    return totals(as_system(tx), ask, ["account"], measures)


def keep_figures(tx: Tx, figures: Mapping[UUID, Mapping[str, Any]]) -> int:
    """How many accounts had other figures until now."""
    changed = 0
    for account in known_among(tx, "account", list(figures)):
        new = {name: value for name, value in figures[account.id].items() if _differs(account[name], value)}
        if new:
            save(tx, "account", new, id=account.id, trusted=True)
            changed += 1
    return changed


def _differs(old: Any, new: Any) -> bool:
    if isinstance(old, Money) and isinstance(new, Money):
        return (old.amount, old.currency) != (new.amount, new.currency)
    return bool(old != new)


@follow("task")
@follow("call")
@follow("meeting")
def activities_are_counted(tx: Tx, entries: Sequence[Entry]) -> None:
    """The accounts know the next planned activity and the time spent, whoever may see the activities."""
    for entity in DAYS:
        found = accounts_of(tx, entity, (entry for entry in entries if entry.entity == entity), TOLD)
        for at in range(0, len(found), PORTION):
            count_activities(tx, found[at : at + PORTION])


def count_activities(tx: Tx, accounts: Sequence[UUID]) -> int:
    """How many accounts had another next activity or time spent until now."""
    next_at: dict[UUID, datetime] = {}
    spent: dict[UUID, int] = {}
    for entity, day in DAYS.items():
        for line in grouped(tx, entity, accounts, "done_at = null", [Measure("min", "day", day)]):
            if line["day"] is not None:
                moment = _moment(line["day"])
                next_at[line["account"]] = min(moment, next_at.get(line["account"], moment))
        for line in grouped(tx, entity, accounts, "time_spent > 0", [Measure("sum", "minutes", "time_spent")]):
            spent[line["account"]] = spent.get(line["account"], 0) + int(line["minutes"])
    figures = {
        account: {"next_activity_at": next_at.get(account), "time_spent_minutes": spent.get(account, 0)}
        for account in accounts
    }
    return keep_figures(tx, figures)


def _moment(day: date | datetime) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time(), UTC)


@react("task", binned=True)
@react("call", binned=True)
@react("meeting", binned=True)
def binned_is_counted_no_more(tx: Tx, activity: Record) -> None:
    """An activity that is binned or brought back changes the figures of its account."""
    if activity["account"]:
        enqueue(tx, recount_activities, accounts=[str(activity["account"])])


@job("base.recount_activities", every="17 * * * *")
def recount_activities(tx: Tx, accounts: Sequence[str] = ()) -> int:
    """How many accounts were counted anew: those named, else those that never were, a portion at a time."""
    found = [UUID(account) for account in accounts] or uncounted(tx, "time_spent_minutes")
    if not accounts and len(found) == PORTION:
        enqueue(tx, recount_activities)
    return count_activities(tx, found) if found else 0


def uncounted(tx: Tx, field: str) -> list[UUID]:
    """Accounts from before a figure was kept, some at a time."""
    return [account.id for account in matching(tx, "account", f"{field} = null", limit=PORTION)]
