"""Tasks that are put into a person's hands can be thousands, and a list asks of each row whether it is one."""

from tests.world.cast import World

from entente.kernel.access.predicate import visible
from entente.kernel.db.statement import DIALECT


def test_what_is_entrusted_is_looked_up_and_not_gone_through(world: World) -> None:
    with world.acts("james") as tx:
        made = str(visible(tx, tx.catalog.entity("task")).compile(dialect=DIALECT))
    before, function, _ = " ".join(made.split()).partition("work_entrusted(")
    assert function
    assert before.rpartition("(SELECT")[0].endswith("IN ")
