"""Undo: a stroke taken back from the journal, and nothing newer lost by it."""

import pytest
from tests.world.cast import World

from entente.kernel import undoing
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.actions import perform
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.save import Write, delete, restore, save, save_many
from entente.kernel.undoing import summary, undo


def test_creation_is_undone(world: World) -> None:
    with world.acts("james") as tx:
        lead, cause = save(tx, "lead", {"last_name": "Berthier"}).id, tx.cause.id
    with world.acts("james") as tx:
        assert undo(tx, cause).count == 1
    with world.acts("james") as tx, pytest.raises(NotFound):
        find(tx, "lead", lead)


def test_change_is_undone_to_the_value_before(world: World) -> None:
    tags = [world.has("tag", "admin", name=f"Retour {number}") for number in range(2)]
    lead = world.has("lead", "james", last_name="Berthier", budget="10", tags=tags[:1], emails="a@example.org")
    with world.acts("james") as tx:
        save(tx, "lead", {"last_name": "Autre", "budget": "20", "tags": tags[1:], "emails": None}, id=lead)
        cause = tx.cause.id
    with world.acts("james") as tx:
        assert undo(tx, cause).left == []
        found = find(tx, "lead", lead)
    assert (found["last_name"], found["name"], str(found["budget"].amount)) == ("Berthier", "Berthier", "10.00")
    assert found["tags"] == tuple(tags[:1])
    assert [entry.value for entry in found["emails"]] == ["a@example.org"]


def test_deletion_is_undone(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("helene") as tx:
        delete(tx, "lead", lead)
        cause = tx.cause.id
    with world.acts("helene") as tx:
        assert undo(tx, cause).count == 1
        assert find(tx, "lead", lead)["last_name"] == "Berthier"


def test_whole_stroke_is_undone_at_once(world: World) -> None:
    lead = world.has("lead", "james", first_name="Camille", last_name="Berthier", company_name="Lisière")
    with world.acts("james") as tx:
        perform(tx, "lead", "convert", [lead], {})
        cause, touched = tx.cause.id, summary(tx, tx.cause.id)
    assert touched["account.create"] == touched["contact.create"] == 1
    with world.acts("james") as tx:
        assert undo(tx, cause).left == []
        found = find(tx, "lead", lead)
        assert (found["state"], found["created_account"], found["created_contact"]) == ("open", None, None)


def test_undo_of_undo_does_it_again(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        save(tx, "lead", {"job_title": "Directrice"}, id=lead)
        first = tx.cause.id
    with world.acts("james") as tx:
        undo(tx, first)
        second = tx.cause.id
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["job_title"] is None
        assert undo(tx, second).left == []
        assert find(tx, "lead", lead)["job_title"] == "Directrice"


def test_what_changed_since_is_left_alone(world: World) -> None:
    leads = [world.has("lead", "james", last_name=f"Nom {number}") for number in range(2)]
    with world.acts("james") as tx:
        save_many(tx, "lead", [Write(values={"job_title": "Chef"}, id=each) for each in leads])
        cause = tx.cause.id
    with world.acts("bastien") as tx:
        save(tx, "lead", {"job_title": "Directrice"}, id=leads[0])
    with world.acts("bastien") as tx:
        save(tx, "lead", {"employees": 3}, id=leads[1])
    with world.acts("james") as tx:
        done = undo(tx, cause)
        assert (done.count, done.left) == (1, [("lead", leads[0], "undo.changed_since")])
        assert [find(tx, "lead", each)["job_title"] for each in leads] == ["Directrice", None]


def test_record_that_others_worked_on_is_not_uncreated(world: World) -> None:
    with world.acts("james") as tx:
        lead, cause = save(tx, "lead", {"last_name": "Berthier"}).id, tx.cause.id
    with world.acts("bastien") as tx:
        save(tx, "lead", {"job_title": "Chef"}, id=lead)
    with world.acts("james") as tx:
        assert undo(tx, cause).left == [("lead", lead, "undo.changed_since")]
        assert find(tx, "lead", lead)["job_title"] == "Chef"


def stranger_cannot_undo_what_others_did(world: World) -> None:
    with world.acts("james") as tx:
        lead, cause = save(tx, "lead", {"last_name": "Berthier"}).id, tx.cause.id
    with world.acts("stranger") as tx:
        assert undo(tx, cause).left == [("lead", lead, "undo.not_yours")]
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["last_name"] == "Berthier"


def test_nothing_is_undone_under_an_unknown_cause(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(NotFound):
        undo(tx, world.id_of("james"))


def test_many_new_records_are_taken_back_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.acts("james") as tx:
        ids = [
            made.id for made in save_many(tx, "lead", [Write(values={"last_name": f"Neu {at}"}) for at in range(30)])
        ]
        cause = tx.cause.id
    with world.acts("helene") as tx:
        save(tx, "lead", {"last_name": "Gepflegt"}, id=ids[3])
    one_by_one: list[object] = []
    plain = undoing._take_back

    def noting(tx: Tx, entry: Entry) -> None:
        one_by_one.append(entry.record)
        plain(tx, entry)

    monkeypatch.setattr(undoing, "_take_back", noting)
    with world.acts("james") as tx:
        done = undo(tx, cause)
    assert (done.count, [(record, code) for _, record, code in done.left]) == (29, [(ids[3], "undo.changed_since")])
    assert one_by_one == [ids[3]]
    with world.acts("james") as tx:
        live = {record.id for record in page(tx, Ask(entity="lead", ids=tuple(ids), limit=50)).records}
        lines = history(tx, "lead", ids[0])
    assert live == {ids[3]}
    assert [(line.deed, line.version, line.title) for line in lines] == [("delete", 2, "Neu 0"), ("create", 1, "Neu 0")]
    with world.acts("james") as tx:
        assert restore(tx, "lead", ids[0]).version == 2


def test_what_hangs_on_new_records_goes_along_when_many_are_taken_back(world: World) -> None:
    with world.acts("james") as tx:
        ids = [
            made.id for made in save_many(tx, "lead", [Write(values={"last_name": f"Alt {at}"}) for at in range(25)])
        ]
        cause = tx.cause.id
    call = world.has("call", "james", subject="Rappeler", regarding=f"lead:{ids[4]}")
    with world.acts("james") as tx:
        assert undo(tx, cause).left == []
    for entity, gone in (("lead", ids[4]), ("lead", ids[5]), ("call", call)):
        with world.acts("james") as tx, pytest.raises(NotFound):
            find(tx, entity, gone)


def test_changed_and_created_in_one_stroke_is_taken_back_newest_first(world: World) -> None:
    with world.acts("james") as tx:
        ids = [
            made.id for made in save_many(tx, "lead", [Write(values={"last_name": f"Zwei {at}"}) for at in range(25)])
        ]
        save_many(tx, "lead", [Write(values={"last_name": "Geändert"}, id=each) for each in ids])
        cause = tx.cause.id
    with world.acts("james") as tx:
        done = undo(tx, cause)
    assert (done.count, done.left) == (50, [])
    with world.acts("james") as tx:
        assert not page(tx, Ask(entity="lead", ids=tuple(ids), limit=50)).records
