"""Whoever is asked about a task answers, and is offered nothing that is refused to him."""

from uuid import UUID

import pytest
from tests.services.worklist.conftest import Office

from entente.services.worklist.card import card_of
from entente.services.worklist.listing import Counters, counters


def count(office: Office, who: str) -> Counters:
    with office.world.acts(who) as tx:
        return counters(tx)


def verbs(office: Office, who: str, task: UUID) -> set[str]:
    with office.world.acts(who) as tx:
        return set(card_of(tx, task).verbs)


@pytest.mark.parametrize("verb", ["ask", "share"])
def test_what_comes_from_a_group_of_others_is_not_counted_among_ones_own(office: Office, verb: str) -> None:
    _, task = office.asks(f"counted{verb}", 'outcomes="ok" destinations="role:sales_manager"')
    before = count(office, "stranger").groups
    wish = {"question": "Do you know them?"} if verb == "ask" else {}
    office.does("helene", verb, task, to=str(office.world.id_of("stranger")), **wish)
    assert count(office, "stranger").groups == before == 0


def test_who_is_asked_is_offered_to_answer_and_to_remark_alone(office: Office) -> None:
    _, task = office.asks("offered", 'outcomes="ok" destinations="user:helene"')
    office.does("helene", "ask", task, to=str(office.world.id_of("stranger")), question="Do you know them?")
    assert verbs(office, "stranger", task) == {"answer", "comment"}
    office.does("stranger", "answer", task, comment="No")
    assert verbs(office, "stranger", task) == {"comment"}
    assert {"complete", "redirect", "share", "ask"} <= verbs(office, "helene", task)
    assert {"complete", "redirect", "share"} <= verbs(office, "admin", task)


def test_a_task_made_by_hand_is_offered_to_whoever_may_change_it(office: Office) -> None:
    task = office.world.has("task", "james", owner=office.world.id_of("james"), subject="Ring back")
    assert {"complete", "redirect", "share"} <= verbs(office, "helene", task)
