"""One timeline from the journal, notes, activities and files; in the reader's words, within the reader's rights."""

from datetime import timedelta
from typing import cast
from uuid import UUID

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import save
from entente.services.documents.files import store_file
from entente.services.stream.notes import edit_note, logins_in, pin_note, post_note
from entente.services.stream.timeline import field_history, pinned_notes, timeline


@pytest.fixture
def account(world: World) -> UUID:
    return world.has("account", "james", name="Menuiserie Guivarch")


def tick(world: World, **by: float) -> None:
    cast("SetClock", world.database.clock).move(timedelta(**(by or {"minutes": 1})))


def lived(world: World, account: UUID) -> None:
    """A change, a note with a file, a call, an owner change and a file, a minute apart."""
    regarding = Ref("account", account)
    with world.acts("james") as tx:
        tick(world)
        save(tx, "account", {"rating": "hot"}, id=account)
        tick(world)
        post_note(tx, regarding, "<p>Bonjour <b>tous</b></p>", file=store_file(tx, "plan.pdf", b"%PDF-1.4"))
        tick(world)
        save(tx, "call", {"subject": "Relance", "regarding": regarding})
    with world.acts("helene") as tx:
        tick(world)
        save(tx, "account", {"owner": world.id_of("bastien")}, id=account)
        tick(world)
        store_file(tx, "photo.txt", b"bonjour", "account", account)


def test_timeline_merges_everything_newest_first(world: World, account: UUID) -> None:
    lived(world, account)
    with world.acts("helene") as tx:
        items = timeline(tx, "account", account).items
    assert [item.kind for item in items] == ["file", "change", "call", "note", "change", "change"]
    assert [item.at for item in items] == sorted((item.at for item in items), reverse=True)
    file, handed, call, note, rated, created = items
    assert (file.title, file.actor_name) == ("photo.txt", "Hélène Helene")
    assert (call.title, call.is_open, call.words["status"]) == ("Relance", True, "Planned")
    assert note.file is not None
    assert (note.file.name, note.actor_name, note.values["body"]) == (
        "plan.pdf", "James James", "<p>Bonjour <b>tous</b></p>",
    )  # fmt: skip
    owner = next(change for change in handed.changes if change.field == "owner")
    assert (owner.label, owner.old, owner.new) == ("Owner", "James James", "Bastien Bastien")
    assert [change.new for change in rated.changes] == ["Hot"]
    assert (created.deed, created.changes) == ("create", ())


def test_words_are_the_readers(world: World, account: UUID) -> None:
    lived(world, account)
    with world.acts("helene") as tx:
        tx.language = "fr"
        call = next(item for item in timeline(tx, "account", account).items if item.kind == "call")
    assert call.words["status"] == "Prévu"


def test_pages_follow_each_other_without_gap_or_double(world: World, account: UUID) -> None:
    lived(world, account)
    with world.acts("james") as tx:
        for number in range(5):
            post_note(tx, Ref("account", account), f"<p>au même instant {number}</p>")
        whole = [item.key for item in timeline(tx, "account", account).items]
        paged, after = [], None
        while True:
            page = timeline(tx, "account", account, after=after, limit=2)
            assert len(page.items) <= 2
            paged += [item.key for item in page.items]
            after = page.next
            if after is None:
                break
        assert paged == whole
        with pytest.raises(Refused):
            timeline(tx, "account", account, after="nonsense")


def test_kinds_are_told_apart(world: World, account: UUID) -> None:
    lived(world, account)
    with world.acts("helene") as tx:
        exchanges = timeline(tx, "account", account, kind="exchanges").items
        changes = timeline(tx, "account", account, kind="changes").items
    assert {item.kind for item in exchanges} == {"file", "call", "note"}
    assert {item.kind for item in changes} == {"change"}


def test_new_record_shows_the_life_of_the_one_it_was_made_from(world: World, account: UUID) -> None:
    older = world.has("lead", "james", last_name="Prigent", company_name="Guivarch")
    with world.acts("james") as tx:
        post_note(tx, Ref("lead", older), "<p>Premier contact</p>")
        save(tx, "account", {"originating_lead": older}, id=account, trusted=True)
        items = timeline(tx, "account", account).items
    note = next(item for item in items if item.kind == "note")
    assert (note.is_older_record, note.subject) == (True, Ref("lead", older))
    assert "Prigent" in note.subject_title or "Guivarch" in note.subject_title


def test_lineage_does_not_open_what_may_not_be_read(world: World) -> None:
    hidden = world.has("lead", "james", last_name="Secret", company_name="Secret")
    mine = world.has("account", "nadia", name="À moi")
    with world.system() as tx:
        post_note(tx, Ref("lead", hidden), "<p>confidentiel</p>")
        save(tx, "account", {"originating_lead": hidden}, id=mine, trusted=True)
    with world.acts("nadia") as tx:
        items = timeline(tx, "account", mine).items
        assert {item.subject for item in items} == {Ref("account", mine)}
        history = field_history(tx, "account", mine, "originating_lead")
    assert [change.new for change in history] == ["a record that you may not see"]


def stranger_cannot_read_a_timeline(world: World, account: UUID) -> None:
    with world.acts("stranger") as tx:
        for ask in (timeline, pinned_notes):
            with pytest.raises(NotFound):
                ask(tx, "account", account)
        with pytest.raises(NotFound):
            field_history(tx, "account", account, "name")


def test_hidden_fields_are_told_nowhere(world: World, account: UUID) -> None:
    lived(world, account)
    rules = {"account": {"rating": "hidden", "owner": "masked"}, "call": {"status": "hidden"}}
    with world.acts("helene") as tx:
        reader = tx.acting_as(msgspec.structs.replace(tx.principal, field_rules=rules))
        items = timeline(reader, "account", account).items
        assert not {"rating", "owner"} & {change.field for item in items for change in item.changes}
        assert all("status" not in item.values for item in items)
        for field in ("rating", "owner", "nonsense"):
            with pytest.raises(Refused):
                field_history(reader, "account", account, field)


def test_history_of_a_field_says_who_and_from_what(world: World, account: UUID) -> None:
    lived(world, account)
    with world.acts("helene") as tx:
        owner = field_history(tx, "account", account, "owner")
    assert [(each.actor_name, each.old, each.new) for each in owner] == [
        ("Hélène Helene", "James James", "Bastien Bastien"),
        ("James James", "", "James James"),
    ]


def test_timeline_costs_few_statements(world: World, account: UUID, counted: list[bytes]) -> None:
    lived(world, account)
    with world.acts("james") as tx:
        counted.clear()
        timeline(tx, "account", account)
        assert len(counted) <= 4, counted


def test_notes_are_sanitised_and_pinned(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        note = post_note(tx, Ref("account", account), '<p onclick="x">Oui<script>alert(1)</script></p>')
        assert note["body"] == "<p>Oui</p>"
        post_note(tx, Ref("account", account), "<p>autre</p>")
        pin_note(tx, note.id)
        assert [item.record for item in pinned_notes(tx, "account", account)] == [note.id]


def test_mentions_are_read_from_the_text_and_kept(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        picked = world.id_of("rita")
        note = post_note(tx, Ref("account", account), "<p>@Nadia et @nobody, voir x@helene.fr</p>", mentions=[picked])
        assert set(note["mentions"]) == {picked, world.id_of("nadia")}
        again = edit_note(tx, note.id, "<p>@helene aussi</p>")
        assert set(again["mentions"]) == {picked, world.id_of("nadia"), world.id_of("helene")}


def test_logins_are_found() -> None:
    assert logins_in("<p>@james, @nadia.b. (@rita) a@b.fr @@x</p>") == ["james", "nadia.b", "rita"]


def test_only_the_author_rewrites_and_only_for_a_week(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        note = post_note(tx, Ref("account", account), "<p>un</p>")
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        edit_note(tx, note.id, "<p>deux</p>")
    assert isinstance(refusal.value, Forbidden)
    with world.acts("james") as tx:
        edit_note(tx, note.id, "<p>deux</p>")
        tick(world, days=8)
        with pytest.raises(Refused):
            edit_note(tx, note.id, "<p>trois</p>")
        pin_note(tx, note.id)
