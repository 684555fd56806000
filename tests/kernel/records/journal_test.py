"""The journal: a row for every deed, an outbox row with it, nothing for what was rolled back."""

from contextlib import suppress

from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.records.journal import entries_of, history
from entente.kernel.records.save import delete, restore, save


def test_every_deed_has_a_row_with_who_and_what(world: World) -> None:
    with world.acts("james") as tx:
        lead = save(tx, "lead", {"last_name": "Berthier", "score": 3}).id
    with world.acts("helene", via="api") as tx:
        save(tx, "lead", {"score": 4}, id=lead)
    with world.acts("helene") as tx:
        delete(tx, "lead", lead)
    with world.acts("helene") as tx:
        restore(tx, "lead", lead)
    with world.system() as tx:
        told = list(reversed(history(tx, "lead", lead)))
    assert [(line.deed, line.version) for line in told] == [
        ("create", 1), ("update", 2), ("delete", 3), ("restore", 4)
    ]  # fmt: skip
    assert [line.actor for line in told] == [world.id_of("james"), *[world.id_of("helene")] * 3]
    assert (told[0].title, told[1].via) == ("Berthier", "api")
    assert told[0].changes["last_name"] == [None, "Berthier"]
    assert told[1].changes == {"score": [3, 4]}


def test_one_stroke_has_one_cause(world: World) -> None:
    with world.acts("james") as tx:
        made = [save(tx, "lead", {"last_name": name}).id for name in ("A", "B")]
        assert [entry.record for entry in entries_of(tx, tx.cause.id)] == made


def test_outbox_holds_what_was_committed_and_nothing_else(world: World) -> None:
    def waiting() -> set[int]:
        with world.system() as tx:
            return {row["entry"] for row in engine_rows(tx, "SELECT entry FROM {schema}.outbox")}

    before = waiting()
    with suppress(RuntimeError), world.acts("james") as tx:
        save(tx, "lead", {"last_name": "Jamais"})
        raise RuntimeError
    assert waiting() == before
    with world.acts("james") as tx:
        save(tx, "lead", {"last_name": "Berthier"})
        entries = {entry.id for entry in entries_of(tx, tx.cause.id)}
    assert waiting() - before == entries


def test_unaudited_fields_are_not_told(world: World) -> None:
    with world.acts("james") as tx:
        lead = save(tx, "lead", {"last_name": "Berthier"}).id
        assert not {"created_at", "modified_by", "version"} & set(history(tx, "lead", lead)[0].changes)
