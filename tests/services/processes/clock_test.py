"""By which clock timers of processes go: the organisation's."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.services.automation.setting import job_run
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.kit.refusal import Invalid
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.waking import wake_due

ISLAND = "Indian/Reunion"


def moves_to(world: World, zone: str) -> None:
    with world.acts("admin") as tx:
        for unit in ("head", "abroad"):  # either is the topmost, as their ids have it
            save(tx, "business_unit", {"timezone": zone}, id=seed_id("business_unit", unit))


def due(world: World, sql: str) -> list[datetime]:
    with world.system() as tx:
        return [row["due_at"].astimezone(UTC) for row in engine_rows(tx, sql) if row["due_at"]]


def test_start_timer_and_its_next_turns_go_by_the_clock_of_the_organisation(world: World) -> None:
    moves_to(world, ISLAND)
    with world.acts("admin") as tx:
        assert str(organisation_zone(tx)) == ISLAND
        deploy(tx, import_model(tx, drawn('start s every="0 8 * * *"\nuser a\ns > a', "morning")).id)
    sql = "SELECT due_at FROM {schema}.process_start WHERE kind = 'timer' ORDER BY due_at DESC LIMIT 1"
    [first] = due(world, sql)
    assert (first.hour, first.minute) == (4, 0)
    world.clock.move(timedelta(days=1))
    job_run(world, wake_due)
    [following] = due(world, sql)
    assert following == first + timedelta(days=1)


def test_cycle_within_an_instance_goes_by_the_clock_of_the_organisation(world: World) -> None:
    moves_to(world, ISLAND)
    with world.acts("admin") as tx:
        model = drawn('start s\nuser a\nboundary t on=a every="0 8 * * *" keep\nuser b\ns > a\nt > b', "inside")
        deploy(tx, import_model(tx, model).id)
        start(tx, "inside")
    sql = "SELECT due_at FROM {schema}.process_subscription WHERE kind = 'timer'"
    assert [(each.hour, each.minute) for each in due(world, sql)] == [(4, 0)]
    world.clock.move(timedelta(days=1))
    job_run(world, wake_due)
    assert [(each.hour, each.minute) for each in due(world, sql)] == [(4, 0)]


def test_clock_of_a_unit_has_to_exist_and_may_be_left_open(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        moves_to(world, "Atlantis/Centre")
    assert [(each.code, each.field) for each in refused.value.faults] == [("calendar.timezone", "timezone")]
    with world.acts("admin") as tx:
        assert str(organisation_zone(tx)) == "Europe/Paris"
