"""Rules played over changes that came before them, at the moments of those changes: the past of invented data."""

from datetime import datetime

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.clock import SetClock
from entente.kernel.records.journal import entry_of
from entente.services.automation.changes import merged
from entente.services.automation.matching import events_of
from entente.services.automation.rules import Rule
from entente.services.automation.running import run_rule

_SINCE = """
SELECT id, at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth
FROM {schema}.journal WHERE entity = ANY(%(entities)s) AND at >= %(since)s ORDER BY at, id
"""


def replay(tx: Tx, rules: tuple[Rule, ...], since: datetime) -> int:
    """How many runs came of letting rules act on what happened since a moment, as if they had been there."""
    listening: dict[str, list[Rule]] = {}
    for rule in rules:
        listening.setdefault(rule.listens_to, []).append(rule)
    rows = engine_rows(tx, _SINCE, entities=list(listening), since=since)
    done = 0
    for entry in [entry_of(row) for row in rows]:
        done += sum(_act(tx, rule, entry) for rule in listening[entry.entity])
    return done


def _act(tx: Tx, rule: Rule, entry: Entry) -> int:
    change = merged([entry], [])
    if change is None:
        return 0
    then = tx.acting_as(tx.principal)
    then.clock = SetClock(entry.at)
    return sum(run_rule(then, rule, event) is not None for event in events_of(tx, rule, change))
