"""Saved views through both doors: whom a view is for means the same in lists and for programs."""

from collections.abc import Callable
from typing import Any

from entente.interfaces.web.saved import saved_views
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

CAST = ("james", "bastien", "nadia", "helene", "marie", "rita", "stranger")


def view(ask: Ask, name: str, visibility: str) -> Any:
    return ask("POST", "/saved-views", json={"name": name, "entity": "lead", "visibility": visibility})


def by_program(ask: Ask) -> set[str]:
    return {each["name"] for each in ask("GET", "/saved-views").json()["value"]}


def on_screen(world: World, login: str) -> set[str]:
    with world.acts(login) as tx:
        return {each.label for each in saved_views(tx, tx.catalog.entity("lead")) if each.id}


def test_a_view_is_for_the_same_people_on_screen_and_for_programs(asks: Callable[[str], Ask], world: World) -> None:
    for login in ("james", "nadia"):
        assert view(asks(login), f"{login}, seul", "private").status_code == 201
        assert view(asks(login), f"{login}, équipe", "team").status_code == 201
    assert view(asks("admin"), "Pour tous", "everyone").status_code == 201
    seen = {login: by_program(asks(login)) for login in CAST}
    assert seen["bastien"] == {"james, équipe", "Pour tous"}
    assert seen["nadia"] == {"nadia, seul", "nadia, équipe", "Pour tous"}
    assert seen["stranger"] == {"Pour tous"}
    assert seen == {login: on_screen(world, login) for login in CAST}


def test_who_may_read_a_view_for_all_may_not_change_it_and_is_told_why(asks: Callable[[str], Ask]) -> None:
    made = view(asks("james"), "Nous", "team").json()
    place, bastien = f"/saved-views/{made['id']}", asks("bastien")
    assert bastien("GET", place).status_code == 200
    told = bastien("GET", f"{place}/why").json()
    assert told["allowed"] is True
    assert {each["code"]: each["grants"] for each in told["reasons"] if "aud" in each["code"]} == {"why.audience": True}
    assert bastien("PATCH", place, json={"name": "x"}, headers={"If-Match": "*"}).status_code == 403
    assert bastien("DELETE", place, headers={"If-Match": "*"}).status_code == 403
    assert asks("nadia")("GET", place).status_code == 404


def test_a_program_shares_a_view_no_further_than_a_person_may(asks: Callable[[str], Ask]) -> None:
    refused = view(asks("james"), "Pour le monde", "everyone")
    assert (refused.status_code, refused.json()["code"]) == (403, "view.audience")
    made = view(asks("james"), "À moi", "private").json()
    wider = asks("james")(
        "PATCH", f"/saved-views/{made['id']}", json={"visibility": "everyone"}, headers={"If-Match": "*"}
    )
    assert wider.status_code == 403
