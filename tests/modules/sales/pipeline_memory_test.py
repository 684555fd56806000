"""Sales processes and their stages are kept in memory, and never older than what is committed."""

from contextlib import suppress
from uuid import UUID

from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.records.save import delete, restore, save
from entente.modules.sales import pipeline


def default_stages(tx: Tx) -> dict[UUID, int]:
    """The probabilities of the stages in use of the default process."""
    return {made.id: made["probability"] for made in pipeline.stages(tx, pipeline.default_process(tx))}


def test_a_changed_stage_is_seen_by_the_one_who_changes_it_and_by_all_others_after_the_commit(world: World) -> None:
    with world.database.begin(system("test")) as tx:
        before = default_stages(tx)
        first = next(iter(before))
    with world.database.begin(system("test")) as tx:
        save(tx, "pipeline_stage", {"probability": 17}, id=first)
        assert default_stages(tx)[first] == 17
        with world.database.begin(system("another")) as other:
            assert default_stages(other)[first] == before[first] != 17
    for _ in range(2):
        with world.database.begin(system("test")) as tx:
            assert default_stages(tx)[first] == 17


def test_what_was_undone_is_not_kept(world: World) -> None:
    with world.database.begin(system("test")) as tx:
        before = default_stages(tx)
    with suppress(LookupError), world.database.begin(system("test")) as tx:
        save(tx, "pipeline_stage", {"probability": 17}, id=next(iter(before)))
        assert default_stages(tx) != before
        raise LookupError
    with world.database.begin(system("test")) as tx:
        assert default_stages(tx) == before


def test_a_binned_stage_is_gone_until_it_is_brought_back(world: World) -> None:
    with world.database.begin(system("test")) as tx:
        before = default_stages(tx)
        last = list(before)[-1]
        delete(tx, "pipeline_stage", last)
        assert last not in default_stages(tx)
    with world.database.begin(system("test")) as tx:
        assert last not in default_stages(tx)
        restore(tx, "pipeline_stage", last)
        assert default_stages(tx) == before
    with world.database.begin(system("test")) as tx:
        assert default_stages(tx) == before
