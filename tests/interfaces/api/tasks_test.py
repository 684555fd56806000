"""Tasks through the API: opened, completed, handed on, shared, asked about, laid aside; the worklist with counters."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.services.processes.drawing import drawn
from tests.world.cast import World

Ask = Callable[..., httpx.Response]
CHOICE = 'start s\nuser a destinations="{whom}" outcomes="yes,no" {more}\nxor x\nuser b\nend e\ns > a > x\nx >[outcome = "yes"] b > e\nx >* e'  # noqa: E501


def begun(asks: Callable[[str], Ask], key: str, whom: str, more: str = "", by: str = "admin") -> tuple[str, str]:
    """A running instance and the id of its first task."""
    text = CHOICE.replace("{whom}", whom).replace("{more}", more)
    made = asks("admin")(
        "POST", "/processes/import", content=drawn(text, key), headers={"Content-Type": "application/xml"}
    )
    answer = asks("admin")("POST", f"/processes/{made.json()['id']}/deploy")
    assert answer.status_code == 200, answer.text
    started = asks(by)("POST", f"/processes/{key}/start", json={})
    assert started.status_code == 201, started.text
    identity = started.json()["id"]
    return identity, tasks_of(asks, identity)[0]["id"]


def tasks_of(asks: Callable[[str], Ask], identity: str) -> list[dict[str, Any]]:
    shown = asks("admin")("GET", f"/process_instances/{identity}?$expand=tasks").json()
    found: list[dict[str, Any]] = shown["tasks"]
    return found


def does(asks: Callable[[str], Ask], who: str, task: str, verb: str, status: int = 200, **wish: Any) -> dict[str, Any]:
    answer = asks(who)("POST", f"/tasks/{task}/{verb}", json=wish)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def listed(asks: Callable[[str], Ask], who: str, query: str = "") -> list[str]:
    answer = asks(who)("GET", f"/worklist?{query}")
    assert answer.status_code == 200, answer.text
    return [each["task_id"] for each in answer.json()["value"]]


def test_whom_a_task_is_for_completes_it_without_any_other_right(asks: Callable[[str], Ask], world: World) -> None:
    identity, task = begun(asks, "plain", "stranger")
    assert task in listed(asks, "stranger")
    assert asks("stranger")("GET", f"/tasks/{task}").json()["process"] == "plain"
    does(asks, "stranger", task, "complete", 422, comment="Which one?")
    done = does(asks, "stranger", task, "complete", outcome="yes", comment="Fine.", variables={"n": 1})
    assert (done["value"]["status"], done["value"]["outcome"], done["value"]["result"]) == ("completed", "yes", "Fine.")
    assert [each["element"] for each in tasks_of(asks, identity)] == ["b"]
    assert task not in listed(asks, "stranger")


def test_stranger_sees_and_does_nothing_through_any_door(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "closed", "james")
    for who in ("stranger", "nadia"):
        assert task not in listed(asks, who)
        assert asks(who)("GET", f"/tasks/{task}").status_code == 404
        assert asks(who)("GET", f"/tasks/{task}/worklist").status_code == 404
        assert asks(who)("GET", "/tasks?$filter=process eq 'closed'").json()["value"] == []
        for verb in ("complete", "open", "release", "redirect", "share", "ask", "sleep", "comment"):
            wish = {"to": "sam", "outcome": "yes", "question": "?", "duration": "PT1H", "comment": "x"}
            answer = asks(who)("POST", f"/tasks/{task}/{verb}", json=wish)
            assert answer.status_code in (404, 422), (verb, answer.text)
    many = asks("stranger")("POST", "/tasks/actions/complete", json={"ids": [task], "params": {"outcome": "yes"}})
    assert many.status_code == 404


def test_record_of_a_process_task_is_no_back_door(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "door", "james")
    seen = {"If-Match": "*"}
    for values in ({"status": "completed"}, {"status": "canceled"}, {"owner": str(world.id_of("bastien"))}):
        answer = asks("james")("PATCH", f"/tasks/{task}", json=values, headers=seen)
        assert (answer.status_code, "task.of_process" in answer.text) == (422, True), answer.text
    assert asks("james")("DELETE", f"/tasks/{task}", headers=seen).status_code == 422
    assert asks("james")("PATCH", f"/tasks/{task}", json={"priority": "urgent"}, headers=seen).status_code == 200
    entry = asks("james")("GET", "/worklist?process=door").json()["value"][0]
    assert (entry["task_id"], entry["priority"]) == (task, 100)


def test_team_shares_one_place_and_the_second_is_told_who_was_first(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "team", "team:North")
    assert task in listed(asks, "james", "view=groups")
    assert task in listed(asks, "bastien", "view=groups")
    assert task not in listed(asks, "nadia")
    does(asks, "james", task, "open")
    assert task not in listed(asks, "bastien")
    assert listed(asks, "james", "process=team") == [task]
    refused = does(asks, "bastien", task, "open", 409)
    assert (refused["code"], "James" in refused["title"]) == ("worklist.slot_taken", True)
    does(asks, "james", task, "release")
    assert task in listed(asks, "bastien")
    does(asks, "bastien", task, "complete", outcome="no")
    refused = does(asks, "james", task, "complete", 409, outcome="yes")
    assert (refused["code"], "Bastien" in refused["title"]) == ("worklist.done_by", True)
    french = asks("james")("POST", f"/tasks/{task}/open", headers={"Accept-Language": "fr"})
    assert french.json()["title"].startswith("Déjà traitée par Bastien")


def test_handed_on_task_leaves_one_and_reaches_the_other(asks: Callable[[str], Ask], world: World) -> None:
    identity, task = begun(asks, "moved", "james")
    does(asks, "james", task, "redirect", 422, to="james")
    does(asks, "james", task, "redirect", 422, to="nobody")
    does(asks, "james", task, "redirect", to="stranger", reason="His field.")
    assert task not in listed(asks, "james")
    assert task in listed(asks, "stranger")
    assert does(asks, "james", task, "complete", 409, outcome="yes")["code"] == "worklist.not_yours_any_more"
    does(asks, "stranger", task, "complete", outcome="yes")
    assert [each["element"] for each in tasks_of(asks, identity)] == ["b"]


def test_shared_task_is_done_by_the_first_with_the_outcomes_lent(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "shared", "james")
    does(asks, "james", task, "share", 422, to=["sam"], outcomes=["maybe"])
    does(asks, "james", task, "share", to=["sam", "stranger"], outcomes=["no"])
    assert task in listed(asks, "sam", "view=shared")
    assert task in listed(asks, "james", "view=mine")
    assert does(asks, "sam", task, "complete", 422, outcome="yes")["code"] == "worklist.no_such_outcome"
    does(asks, "sam", task, "complete", outcome="no")
    assert does(asks, "james", task, "complete", 409, outcome="yes")["code"] == "worklist.done_by"
    assert task not in listed(asks, "stranger")


def test_question_keeps_a_task_open_until_its_answer(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "asked", "james")
    does(asks, "james", task, "ask", to="sam", question="Do you know them?")
    assert task in listed(asks, "sam", "view=asked")
    assert does(asks, "james", task, "complete", 409, outcome="yes")["code"] == "worklist.question_open"
    assert does(asks, "sam", task, "complete", 409, outcome="yes")["code"] == "worklist.question_open"
    does(asks, "sam", task, "answer", comment="Since long.")
    card = asks("james")("GET", f"/tasks/{task}/worklist").json()
    assert [each["comment"] for each in card["hands"] if each["origin"] == "ask"] == ["Since long."]
    does(asks, "james", task, "ask", to="sam", question="And now?")
    does(asks, "james", task, "withdraw_question")
    does(asks, "james", task, "complete", outcome="yes")


def test_task_laid_aside_is_out_of_sight_until_it_is_taken_up(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "aside", "james")
    does(asks, "james", task, "sleep", 422, duration="soon")
    does(asks, "james", task, "sleep", duration="PT4H")
    assert task not in listed(asks, "james")
    assert task in listed(asks, "james", "view=asleep")
    does(asks, "james", task, "wake")
    assert task in listed(asks, "james")
    does(asks, "james", task, "sleep", until="2026-12-24T08:00:00Z")
    does(asks, "james", task, "comment", comment="They called.")
    assert task in listed(asks, "james")


def test_card_offers_what_makes_sense_now(asks: Callable[[str], Ask], world: World) -> None:
    _, task = begun(asks, "verbs", "james")

    def verbs(who: str) -> set[str]:
        found: list[str] = asks(who)("GET", f"/tasks/{task}/worklist").json()["verbs"]
        return set(found)

    assert {"open", "complete", "redirect", "share", "ask", "sleep", "comment"} <= verbs("james")
    assert not {"release", "answer", "withdraw_question", "wake", "reopen", "escalate"} & verbs("james")
    does(asks, "james", task, "open")
    assert ("release" in verbs("james"), "open" in verbs("james")) == (True, False)
    does(asks, "james", task, "ask", to="sam", question="Well?")
    assert ("withdraw_question" in verbs("james"), "complete" in verbs("james")) == (True, False)
    assert "answer" in verbs("sam")


def test_hand_made_task_is_in_its_owners_worklist(asks: Callable[[str], Ask], world: World) -> None:
    made = asks("james")("POST", "/tasks", json={"subject": "Call back", "due_on": "2026-11-20"}).json()["id"]
    entry = next(each for each in asks("james")("GET", "/worklist?view=due").json()["value"] if each["task_id"] == made)
    assert (entry["flag"], entry["way"], entry["subject"]) == ("red", "mine", "Call back")
    does(asks, "james", made, "redirect", to="stranger", reason="Please.")
    assert asks("stranger")("GET", f"/tasks/{made}").json()["owner_id"] == str(world.id_of("stranger"))
    assert made not in listed(asks, "james")
    done = does(asks, "stranger", made, "complete", result="Done.", time_spent=5)["value"]
    assert (done["status"], done["result"], done["time_spent"]) == ("completed", "Done.", 5)


def test_owner_who_completes_by_writing_the_record_clears_his_list(asks: Callable[[str], Ask], world: World) -> None:
    made = asks("james")("POST", "/tasks", json={"subject": "Write"}).json()["id"]
    assert made in listed(asks, "james")
    seen = {"If-Match": "*"}
    assert asks("james")("PATCH", f"/tasks/{made}", json={"status": "completed"}, headers=seen).status_code == 200
    assert made not in listed(asks, "james")
    assert does(asks, "james", made, "reopen")["value"]["status"] == "not_started"
    assert made in listed(asks, "james")


def test_several_are_completed_at_once_with_a_result_each(asks: Callable[[str], Ask], world: World) -> None:
    tasks = [begun(asks, f"batch{at}", "james" if at else "sam")[1] for at in range(3)]
    params = {"outcome": "no", "comment": "All refused."}
    body = asks("james")("POST", "/tasks/actions/complete", json={"ids": tasks, "params": params}).json()
    assert len(body["value"]) == 2
    assert [each["id"] for each in body["refused"]] == [tasks[0]]


def test_worklist_is_filtered_ordered_counted_and_paged(asks: Callable[[str], Ask], world: World) -> None:
    found = [
        asks("marie")("POST", "/tasks", json={"subject": str(at), "due_on": f"2026-12-{at:02}", "priority": how})
        for at, how in ((3, "low"), (1, "urgent"), (2, "high"))
    ]
    third, first, second = (each.json()["id"] for each in found)
    assert listed(asks, "marie", "view=mine") == [first, second, third]
    assert listed(asks, "marie", "view=mine&order=new") == [second, first, third]
    assert listed(asks, "marie", "order=priority") == [first, second, third]
    assert listed(asks, "marie", "$filter=priority eq 'low'") == [third]
    assert listed(asks, "marie", "$filter=priority ne 'low'&$top=1") == [first]
    pages, path = [], "/worklist?$top=2&$count=true"
    while path:
        body = asks("marie")("GET", path).json()
        pages += [each["task_id"] for each in body["value"]]
        path = body.get("@odata.nextLink", "").removeprefix("/api/v1")
    assert pages == [first, second, third]
    assert asks("marie")("GET", "/worklist/counters").json()["mine"] == 3
    assert body["@entente.counters"]["mine"] == 3


def test_next_page_of_the_worklist_keeps_what_was_asked(asks: Callable[[str], Ask], world: World) -> None:
    for at in range(3):
        made = asks("bastien")("POST", "/tasks", json={"subject": f"R&D + {at}", "due_on": f"2026-12-0{at + 1}"})
        assert made.status_code == 201
    asks("bastien")("POST", "/tasks", json={"subject": "R", "due_on": "2026-12-09"})
    body = asks("bastien")("GET", "/worklist?$top=2&$filter=contains(subject,'R%26D%20%2B')").json()
    body = asks("bastien")("GET", body["@odata.nextLink"].removeprefix("/api/v1")).json()
    assert [each["subject"] for each in body["value"]] == ["R&D + 2"]


@pytest.mark.parametrize("query", ["view=none", "order=none", "record=x", "$top=0", "$filter=none eq 1", "colour=red"])
def test_what_the_worklist_does_not_understand_is_refused(asks: Callable[[str], Ask], world: World, query: str) -> None:
    assert asks("james")("GET", f"/worklist?{query}").status_code in (400, 422)
    assert asks("james")("GET", "/worklist?$skiptoken=x").status_code == 422
