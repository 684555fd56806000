"""Plans, slots and destinations: who gets a task, how many act, what follows from it."""

import pytest
from tests.services.worklist.conftest import Office

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.processes.definitions import NotDeployable

THREE = 'destinations="james;nadia;sam" outcomes="yes,no"'


def test_two_of_three_have_to_agree(office: Office) -> None:
    instance, task = office.asks("two", f'{THREE} slots=2 "rule=at_least(2)" default=no')
    office.does("james", "open", task)
    office.does("nadia", "open", task)
    assert task not in office.finds("sam")
    with pytest.raises(Conflict):
        office.does("sam", "open", task)
    office.does("nadia", "release", task)
    assert task in office.finds("sam")
    office.does("james", "complete", task, outcome="yes")
    assert office.at(instance) == ["a"]
    with pytest.raises(Conflict):
        office.does("james", "complete", task, outcome="yes")
    office.does("sam", "complete", task, outcome="yes")
    assert office.at(instance) == ["b"]
    assert all(task not in office.finds(who) for who in ("james", "nadia", "sam"))


def test_team_of_two_acts_twice_by_any_two_of_it(office: Office) -> None:
    instance, task = office.asks("team2", 'destinations="team:North" slots=2')
    office.does("james", "complete", task)
    assert task not in office.finds("james")
    assert task in office.finds("bastien")
    with pytest.raises(Conflict):
        office.does("james", "open", task)
    office.does("bastien", "complete", task)
    assert office.at(instance) == ["b"]


def test_everyone_in_parallel_must_act(office: Office) -> None:
    instance, task = office.asks("parallel", f"{THREE} plan=parallel rule=all default=no")
    for who in ("nadia", "james"):
        office.does(who, "complete", task, outcome="yes")
        assert office.at(instance) == ["a"]
    office.does("sam", "complete", task, outcome="yes")
    assert office.at(instance) == ["b"]


def test_parallel_task_is_over_as_soon_as_it_is_decided(office: Office) -> None:
    instance, task = office.asks("early", f"{THREE} plan=parallel rule=all default=no")
    office.does("nadia", "complete", task, outcome="yes")
    office.does("james", "complete", task, outcome="no")
    assert office.at(instance) == ["b"]
    assert task not in office.finds("sam")
    with pytest.raises(Conflict):
        office.does("sam", "complete", task, outcome="yes")


def test_one_after_the_other_gets_the_task(office: Office) -> None:
    instance, task = office.asks("sequence", f"{THREE} plan=sequential rule=all default=no")
    assert (task in office.finds("james"), task in office.finds("nadia")) == (True, False)
    office.does("james", "complete", task, outcome="yes")
    assert (task in office.finds("james"), task in office.finds("nadia")) == (False, True)
    office.does("nadia", "complete", task, outcome="yes")
    office.does("sam", "complete", task, outcome="yes")
    assert office.at(instance) == ["b"]


def test_nobody_is_asked_any_more_once_a_sequence_is_decided(office: Office) -> None:
    instance, task = office.asks("sequence2", f"{THREE} plan=sequential rule=all default=no")
    office.does("james", "complete", task, outcome="yes")
    office.does("nadia", "complete", task, outcome="no")
    assert office.at(instance) == ["b"]
    assert task not in office.finds("sam")


def test_undecided_task_is_an_incident_and_never_silence(office: Office) -> None:
    instance, task = office.asks("stuck", f'{THREE} slots=2 "rule=at_least(2)"')
    office.does("james", "complete", task, outcome="yes")
    office.does("sam", "complete", task, outcome="no")
    assert office.incidents(instance) == ["process.incident.undecided"]
    assert task not in office.finds("nadia")


def test_rule_may_be_an_expression_over_the_slots(office: Office) -> None:
    rule = 'count(slots[item.outcome = "yes"]) >= 1'
    inside = f"<entente:outcome key='yes' rule='{rule}'/><entente:outcome key='no' rule='at_least(3)'/>".replace(
        ">= 1'", "&gt;= 1'"
    )
    instance, task = office.asks("feel", 'destinations="james;nadia;sam" slots=3', inside)
    office.does("james", "complete", task, outcome="no")
    office.does("nadia", "complete", task, outcome="yes")
    assert office.at(instance) == ["b"]


def test_inactive_people_receive_nothing_and_the_fallback_does(office: Office) -> None:
    with office.world.acts("admin") as tx:
        save(tx, "user", {"active": False}, id=office.world.id_of("rita"))
    _, task = office.asks("fallback", "destinations=rita fallback=sam")
    assert task in office.finds("sam")
    _, lost = office.asks("lost", "destinations=nobody")
    assert lost in office.finds("admin")
    with office.world.system() as tx:
        said = engine_rows(tx, "SELECT detail FROM {schema}.task_event WHERE task = %(task)s", task=lost)
    assert said[0]["detail"] == {"lost": True}


def test_destinations_come_from_record_role_and_expression(office: Office) -> None:
    record = office.world.has("account", "james", name="Ferro")
    _, owner = office.asks("owner", "destinations=field:owner", entity="account", record=record)
    assert owner in office.finds("james")
    _, role = office.asks("role", "destinations=role:marketing")
    assert role in office.finds("marie", "groups")
    _, worked_out = office.asks(
        "worked", '"destinations==if amount > 10 then \\"sam\\" else \\"james\\""', values={"amount": 20}
    )
    assert worked_out in office.finds("sam")
    _, members = office.asks("members", "plan=parallel", "<entente:destination team='North' members='true'/>")
    assert all(members in office.finds(who, "mine") for who in ("james", "bastien"))


def test_set_of_destinations_counts_only_if_its_rule_is_true(office: Office) -> None:
    inside = (
        "<entente:destination user='sam' when='amount &lt; 10'/><entente:destination user='james' when='amount >= 10'/>"
    )
    _, task = office.asks("sets", "plan=once", inside, values={"amount": 3})
    assert (task in office.finds("sam"), task in office.finds("james")) == (True, False)


def test_subject_priority_and_due_moment_are_worked_out(office: Office) -> None:
    settings = '"subject==\\"Check \\" + name" priority=urgent due=PT2H expected=30 calendar=france destinations=james'
    _, task = office.asks("facts", settings, values={"name": "Ferro"})
    with office.world.acts("james") as tx:
        record = find(tx, "task", task)
    assert (record["subject"], record["priority"]) == ("Check Ferro", "urgent")
    assert record["due_at"].isoformat() == "2026-11-23T15:00:00+00:00"


def test_faulty_declaration_is_an_incident(office: Office) -> None:
    instance = office.starts("faulty", "destinations=james slots==none.such")
    assert office.incidents(instance) == ["process.incident.task"]
    assert office.at(instance) == ["a"]


@pytest.mark.parametrize(
    ("task", "inside", "code"),
    [
        ("plan=twice", "", "task_plan"),
        ("destinations=james slots=2", "", "task_slots"),
        ('"rule=at_least(4)" slots=2', "", "task_unsatisfiable"),
        ('"rule=at_least"', "", "task_rule"),
        ("outcomes=yes,no default=maybe", "", "task_outcome"),
        ('"destinations==1 +"', "", "expression"),
        ("", "<entente:escalation at='soon' action='remind'/>", "task_escalation"),
        ("", "<entente:escalation at='PT1H' action='redirect'/>", "task_escalation"),
    ],
)
def test_what_cannot_work_is_refused_at_deployment(office: Office, task: str, inside: str, code: str) -> None:
    with pytest.raises(NotDeployable) as refused:
        office.asks(f"wrong_{code}", task, inside)
    assert code in {each.code.rpartition(".")[2] for each in refused.value.problems}


def test_manager_acts_for_his_people_and_nobody_else_does(office: Office) -> None:
    with office.world.acts("admin") as tx:
        save(tx, "user", {"manager": office.world.id_of("helene")}, id=office.world.id_of("nadia"))
    instance, task = office.asks("people", "destinations=nadia")
    assert task in office.finds("helene", "people")
    assert task not in office.finds("helene", "inbox")
    with pytest.raises(NotFound):
        office.does("james", "complete", task)
    office.does("helene", "complete", task, comment="For her.")
    assert office.at(instance) == ["b"]
    with office.world.system() as tx:
        item = engine_rows(tx, "SELECT acted_by, acted_for FROM {schema}.work_item WHERE task = %(task)s", task=task)[0]
    assert item == {"acted_by": office.world.id_of("helene"), "acted_for": office.world.id_of("nadia")}


def test_who_reads_the_record_does_not_act(office: Office) -> None:
    record = office.world.has("account", "nadia", name="Kerbrat")
    _, task = office.asks("reader", "destinations=nadia", entity="account", record=record)
    with office.world.acts("marie") as tx:
        assert find(tx, "task", task)["subject"]
    for verb, wish in (("complete", {}), ("redirect", {"to": "marie"}), ("sleep", {"duration": "PT1H"})):
        with pytest.raises(Forbidden):
            office.does("marie", verb, task, **wish)


def test_task_that_stays_put_is_handed_on_by_a_manager_only(office: Office) -> None:
    _, task = office.asks("stays", "destinations=nadia redirect=false")
    with pytest.raises(Refused, match="stays"):
        office.does("nadia", "redirect", task, to="sam")
    office.does("admin", "redirect", task, to="sam")
    assert task in office.finds("sam")
