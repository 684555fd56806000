"""People told of a task in their own words: a notification that leads to it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.principal import system
from entente.kernel.records.save import save
from entente.services.stream.notifying import announce
from entente.services.worklist.holding import Work

TASK = "task"
LONGEST = 500


def tell(tx: Tx, work: Work, people: Iterable[UUID], code: str, **values: Any) -> None:
    """Tell people about a task, each in his language; whoever acts is not told what he does himself."""
    engine = tx.acting_as(system("worklist"))
    told = []
    for person in dict.fromkeys(people):
        principal = principal_of(tx, person)
        if principal is None or person == tx.principal.user_id:
            continue
        subject = work.called(principal.language)
        text = tx.words.say(principal.language, code, subject=subject, name=tx.principal.name, **values)
        save(
            engine,
            "notification",
            {
                "kind": TASK,
                "text": text[:LONGEST],
                "owner": person,
                "sender": tx.principal.user_id,
                "regarding": {"entity": TASK, "id": work.id},
            },
            trusted=True,
        )
        told.append(person)
    announce(tx, told)
