"""The manager's screen and the rules that hand records out."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.records.journal import history
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.automation.assignment import assign_created, propose
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World


def prospect(world: World, **values: Any) -> Any:
    unit = seed_id("business_unit", "head")
    with world.system() as tx:
        return save(tx, "lead", {"last_name": "Berthier", "owner": None, "unit": unit, **values}, trusted=True)


def undo_in(html: str) -> str:
    where = re.search(r'hx-post="(/undo/[0-9a-f-]+)"', html)
    assert where, html
    return where[1]


def test_manager_assigns_several_with_comment_and_takes_it_back(client: Client, world: World) -> None:
    helene = Browser(client, world, "helene")
    first, second = (
        prospect(world),
        prospect(world, last_name="Dupré", emails="j@corvin.example"),
    )
    prospect(world, last_name="Dupre", emails="j@corvin.example")
    page_ = helene.get(f"/leads/assign?open={second.id}").text
    assert "Berthier" in page_
    assert "j@corvin.example" in page_
    assert "James" in page_
    assert "Stan" not in page_
    assert helene.get("/leads/assign/count").text == "3"
    james = str(world.id_of("james"))
    sent = {"ids": [str(first.id), str(second.id)], "owner": james, "priority": "high", "comment": "À rappeler"}
    done = helene.post("/leads/assign", sent)
    assert done.status_code == 201 or done.status_code == 200, done.text
    mine = found(world, "lead", 'priority = "high"')
    assert {str(each["owner"]) for each in mine} == {james}
    assert len(mine) == 2
    assert len(found(world, "note")) == 2
    helene.post(undo_in(done.text))
    assert len(found(world, "lead", "owner = null")) == 3
    assert found(world, "note") == []


def test_records_are_not_given_to_strangers_nor_by_everyone(client: Client, world: World) -> None:
    lead = prospect(world)
    sent = {"ids": str(lead.id), "owner": str(world.id_of("stranger"))}
    assert Browser(client, world, "helene").post("/leads/assign", sent).status_code == 403
    assert Browser(client, world, "james").get("/leads/assign").status_code == 403
    assert Browser(client, world, "helene").get("/notes/assign").status_code == 404
    assert found(world, "lead")[0]["owner"] is None


def ruled(world: World, method: str, people: list[str], **values: Any) -> None:
    pool = [world.id_of(login) for login in people]
    known = {"name": "North", "entity": "lead", "position": 1, "method": method, "pool": pool, "active": True}
    with world.system() as tx:
        save(tx, "assignment_rule", {**known, **values})


def followed(world: World) -> None:
    while dispatch(world.database, "main", [Follower("assignment", assign_created)]):
        pass


def owners(world: World) -> list[str]:
    logins = {world.id_of(login): login for login in ("james", "nadia", "bastien", "helene")}
    made = sorted(found(world, "lead"), key=lambda each: each["created_at"])
    return [logins.get(each["owner"], "") for each in sorted(made, key=lambda each: str(each.id))]


def test_records_go_round_those_who_are_there(world: World) -> None:
    ruled(world, "round_robin", ["james", "nadia", "bastien"])
    with world.system() as tx:
        absent = {"absent_from": "2026-11-20", "absent_until": "2026-11-30"}
        save(tx, "user", absent, id=world.id_of("nadia"))
    for _ in range(3):
        prospect(world)
        followed(world)
    assert owners(world) == ["bastien", "james", "bastien"]
    assert "North" in found(world, "lead")[0]["assignment_reason"]


def test_least_busy_gets_the_next_one_until_nobody_has_room(world: World) -> None:
    ruled(world, "least_busy", ["james", "nadia"], fallback=world.id_of("helene"))
    with world.system() as tx:
        save(tx, "user", {"lead_capacity": 2}, id=world.id_of("james"))
        save(tx, "user", {"lead_capacity": 1}, id=world.id_of("nadia"))
    world.has("lead", "james", last_name="Busy")
    for _ in range(3):
        prospect(world)
        followed(world)
    assert owners(world) == ["james", "nadia", "james", "helene"]


def test_first_rule_whose_condition_holds_decides_once(world: World) -> None:
    ruled(world, "fixed", [], assignee=world.id_of("nadia"), condition='priority = "urgent"')
    ruled(world, "fixed", [], assignee=world.id_of("james"), position=2)
    urgent = prospect(world, priority="urgent")
    prospect(world)
    followed(world)
    assert owners(world) == ["nadia", "james"]
    with world.system() as tx:
        save(tx, "lead", {"owner": None}, id=urgent.id, trusted=True)
        assign_created(tx, entries(tx, urgent.id))
    assert owners(world) == ["", "james"]


def entries(tx: Any, record: Any) -> list[Any]:
    return [each for each in history(tx, "lead", record) if each.deed == "create"]


def test_screen_hands_out_as_the_rules_propose(client: Client, world: World) -> None:
    ruled(world, "round_robin", ["james", "nadia"])
    helene = Browser(client, world, "helene")
    leads = [prospect(world), prospect(world)]
    assert "Assign as proposed" in helene.get("/leads/assign").text
    helene.post("/leads/assign", {"ids": [str(each.id) for each in leads], "proposed": "1"})
    assert sorted(owners(world)) == ["james", "nadia"]
    with world.system() as tx:
        assert propose(tx, "lead", leads[:1])[0].owner != found(world, "lead")[0]["owner"]


def test_what_waits_is_limited_by_words_conditions_and_saved_views_and_counted_so(client: Client, world: World) -> None:
    prospect(world, last_name="Berthier", source="web", priority="high")
    prospect(world, last_name="Dupré", company_name="Lisière", source="event", priority="low", score=80)
    prospect(world, last_name="Morvan", source="web", priority="low")
    helene = Browser(client, world, "helene")

    def shown(**asked: str) -> set[str]:
        text = helene.get(f"/leads/assign?{urlencode(asked)}").text
        return {name for name in ("Berthier", "Dupré", "Morvan") if f">{name}</a>" in text}

    website = json.dumps([{"field": "source", "op": "in", "value": ["web"]}])
    assert shown() == {"Berthier", "Dupré", "Morvan"}
    assert shown(filter=website) == {"Berthier", "Morvan"}
    assert shown(filter=website, choice="low") == {"Morvan"}
    assert shown(q="dupre") == {"Dupré"}
    assert shown(view="urgent") == {"Berthier"}
    either = [
        {"any": [{"field": "score", "op": "ge", "value": 50}, {"field": "last_name", "op": "eq", "value": "Morvan"}]}
    ]
    assert shown(filter=json.dumps(either)) == {"Dupré", "Morvan"}
    page_ = helene.get(f"/leads/assign?{urlencode({'filter': website})}").text
    assert 'data-condition="0"' in page_
    assert re.findall(r'class="count[^"]*">(\d+)<', page_.partition('class="tabs')[2])[:1] == ["2"]
    nobody = helene.get("/leads/assign?q=nobody").text.partition('class="empty')[2]
    assert 'href="/leads/assign"' in nobody
