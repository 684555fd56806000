from typing import Any

import pytest
from tests.sent import sent_from_now_on
from tests.world.cast import World

from entente.job_worker import all_followers
from entente.kernel.db.tx import engine_rows
from entente.kernel.jobs.followers import dispatch
from entente.kernel.records.save import save


def arrive(world: World, addresses: list[str], via: str = "api") -> None:
    for address in addresses:
        with world.acts("nadia", via) as tx:
            save(tx, "lead", {"last_name": "Kerbrat", "emails": address})


def written_to(world: World) -> list[str]:
    with world.system() as tx:
        mails = engine_rows(tx, "SELECT recipient, entity FROM {schema}.outgoing_mail WHERE key LIKE 'arrival:%%'")
    return sorted(mail["recipient"] for mail in mails)


def test_who_comes_of_his_own_accord_is_written_to_once(world: World) -> None:
    arrive(world, ["ines@example.org", "paul@example.org"])
    arrive(world, ["typed.in@example.org"], via="web")
    followers = [each for each in all_followers() if each.name.endswith("acknowledge_request")]
    dispatch(world.database, "main", followers)
    assert written_to(world) == ["ines@example.org", "paul@example.org"]


def test_many_who_come_at_once_are_written_to_in_as_many_statements_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent_for(addresses: list[str]) -> int:
        arrive(world, addresses)
        with monkeypatch.context() as patch:
            sent: list[Any] = sent_from_now_on(patch)
            dispatch(world.database, "main", all_followers())
            return len(sent)

    sent_for(["first@example.org"])
    assert sent_for([f"later{at}@example.org" for at in range(9)]) == sent_for(["last@example.org"])
