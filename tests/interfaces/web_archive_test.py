"""Archived instances as pages show them, and how long instances stay, for those who may say so."""

from datetime import timedelta
from uuid import UUID

import pytest

from entente.services.processes.archiving import archive
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.retention import retention
from entente.services.processes.rights import Right, put_rights
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.processes.drawing import drawn
from tests.world.cast import World

HERE = "/processes/retention"


@pytest.fixture
def ended(world: World) -> UUID:
    """An instance that ended at once."""
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nend e\ns > e", "kept")).id)
        return start(tx, "kept", business_key="OLD-1").id


def nights(world: World, days: int) -> int:
    """How many instances go to the archive so many days later."""
    world.clock.move(timedelta(days=days))
    with world.system() as tx:
        return archive(tx)


def test_the_archive_lists_filters_and_shows_what_ended(client: Client, world: World, ended: UUID) -> None:
    assert "Nothing is archived yet." in Browser(client, world, "admin").get("/processes/archive").text
    assert nights(world, 181) == 1
    admin, james = Browser(client, world, "admin"), Browser(client, world, "james")
    assert james.get("/processes/archive").status_code == 403
    assert "OLD-1" in admin.get("/processes/archive").text
    assert "OLD-1" not in admin.get("/processes/instances").text
    assert "OLD-1" in admin.get("/processes/archive", state="completed", process="kept").text
    for other in ({"state": "cancelled"}, {"key": "NEW"}, {"since": "2099-01-01"}):
        assert "No instance fits" in admin.get("/processes/archive", **other).text
    page = admin.get(f"/processes/instances/{ended}").text
    assert "OLD-1" in page
    assert "/repair/" not in page
    assert admin.get(f"/processes/instances/{ended}/state").json()["elements"]["e"]["state"] == "done"
    assert admin.get(f"/processes/instances/{ended}/elements/s").status_code == 200
    assert james.get(f"/processes/instances/{ended}").status_code == 404


def test_a_process_keeps_its_instances_as_long_as_it_says(client: Client, world: World, ended: UUID) -> None:
    admin = Browser(client, world, "admin")
    assert admin.post(HERE, **{"days.": "90", "days.kept": "10"}).status_code == 200
    with world.system() as tx:
        assert retention(tx) == {"": 90, "kept": 10}
    assert 'value="10"' in admin.get(HERE).text
    assert nights(world, 9) == 0
    assert nights(world, 2) == 1


def test_a_period_of_one_process_lets_the_others_stay(client: Client, world: World, ended: UUID) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nend e\ns > e", "short")).id)
        start(tx, "short")
    assert Browser(client, world, "admin").post(HERE, **{"days.short": "1"}).status_code == 200
    assert nights(world, 2) == 1
    assert nights(world, 180) == 1


@pytest.mark.parametrize("days", ["0", "40000", "many", "-1"])
def test_a_period_is_a_number_of_days(client: Client, world: World, ended: UUID, days: str) -> None:
    assert Browser(client, world, "admin").post(HERE, **{"days.": days}).status_code == 422
    with world.system() as tx:
        assert retention(tx) == {"": 180}


def test_who_looks_after_a_process_sets_its_own_period_only(client: Client, world: World, ended: UUID) -> None:
    james = Browser(client, world, "james")
    assert james.get(HERE).status_code == 403
    assert james.post(HERE, **{"days.kept": "5"}).status_code == 403
    with world.acts("admin") as tx:
        put_rights(tx, "kept", [Right("user", world.id_of("james"), "admin")])
    assert 'name="days."' not in james.get(HERE).text
    assert james.post(HERE, **{"days.": "5"}).status_code == 403
    assert james.post(HERE, **{"days.kept": "5"}).status_code == 200
    assert james.post(HERE, **{"days.kept": ""}).status_code == 200
    with world.system() as tx:
        assert retention(tx) == {"": 180}
