"""Who is told of what: once, only of what he may read, never of what he did himself."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from tests.world.cast import World

from entente.kernel.db.tx import engine_row
from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.save import Write, save, save_many
from entente.services.mail.notices import notifier
from entente.services.mail.outbox import list_mails
from entente.services.stream.following import (
    follow,
    follow_entities,
    followed_entities,
    followers_of,
    my_level,
    unfollow,
)
from entente.services.stream.notes import edit_note, post_note
from entente.services.stream.notifications import (
    Notification,
    list_notifications,
    mark_all,
    mark_read,
    unread_count,
)
from entente.services.stream.preferences import Notices, my_notices, set_my_notices
from entente.services.worklist.called import tasks_in_words

NOTIFIER = notifier(tasks_in_words)


@pytest.fixture
def account(world: World) -> UUID:
    made = world.has("account", "james", name="Menuiserie Guivarch")
    spread(world)
    return made


def spread(world: World) -> None:
    """Tell the follower everything that was committed."""
    while dispatch(world.database, "main", [NOTIFIER]):
        pass
    with world.system() as tx:
        assert tx.connection.execute("SELECT count(*) FROM org_main.outbox_failure").fetchone() == (0,)


def told(world: World, login: str) -> list[Notification]:
    with world.acts(login) as tx:
        return list_notifications(tx)


def test_task_of_a_process_is_called_in_the_language_of_its_reader(world: World) -> None:
    task = world.has("task", "helene", subject="Relire le contrat")
    with world.system() as tx:
        called = "UPDATE {schema}.work_task SET names = %(names)s WHERE id = %(id)s RETURNING id"
        assert engine_row(tx, called, id=task, names='{"en": "Proofread the contract"}')
    with world.acts("helene") as tx:
        save(tx, "task", {"owner": world.id_of("james")}, id=task)
    spread(world)
    assert texts(world, "james") == ["Hélène Helene assigned “Proofread the contract” to you (Task)"]


def texts(world: World, login: str) -> list[str]:
    return [each.text for each in told(world, login)]


def test_owner_of_a_converted_lead_is_told_once_what_became_of_it(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay", company_name="Sorel", status="in_process")
    spread(world)
    with world.acts("helene") as tx:
        perform(tx, "lead", "convert", [lead])
    spread(world)
    (news,) = told(world, "james")
    assert news.subject == Ref("lead", lead)
    other = world.has("lead", "james", last_name="Madec", company_name="Chais", status="in_process")
    spread(world)
    deal = {"values": {"owner": str(world.id_of("bastien"))}}
    with world.acts("helene") as tx:
        perform(tx, "lead", "convert", [other], {"opportunity": deal})
    spread(world)
    assert [each.subject and each.subject.entity for each in told(world, "bastien")] == ["opportunity"]


def test_new_owner_is_told_in_the_application_and_by_mail(world: World, account: UUID) -> None:
    with world.acts("helene") as tx:
        save(tx, "account", {"owner": world.id_of("bastien")}, id=account)
    spread(world)
    (notification,) = told(world, "bastien")
    assert notification.text == "Hélène Helene assigned “Menuiserie Guivarch” to you (Account)"
    assert (notification.kind, notification.subject, notification.is_read) == (
        "assigned",
        Ref("account", account),
        False,
    )
    assert told(world, "helene") == told(world, "james") == []
    with world.system() as tx:
        (mail,) = list_mails(tx)
    assert (mail.recipient, mail.subject) == ("bastien@kervella.example", notification.text)
    assert str(account) in mail.body_text
    assert mail.headers == {"Auto-Submitted": "auto-generated"}


def test_mass_assignment_is_one_notification(world: World) -> None:
    owner = world.id_of("bastien")
    with world.acts("helene") as tx:
        made = save_many(tx, "account", [Write(values={"name": f"Client {n}", "owner": owner}) for n in range(12)])
    spread(world)
    (notification,) = told(world, "bastien")
    assert (notification.text, notification.count) == ("Hélène Helene assigned 12 records to you (Accounts)", 12)
    assert len(made) == notification.count
    with world.system() as tx:
        assert len(list_mails(tx)) == 1


def test_batches_of_one_stroke_grow_one_notification(world: World) -> None:
    seen: list[Any] = []
    spread(world)
    owner = world.id_of("bastien")
    with world.acts("helene") as tx:
        save_many(tx, "account", [Write(values={"name": f"Client {n}", "owner": owner}) for n in range(3)])
    dispatch(world.database, "main", [Follower("keep", lambda tx, entries: seen.extend(entries))])
    for entry in (seen[0], seen[1], seen[2], seen[1]):
        with world.system() as tx:
            NOTIFIER.function(tx, [entry])
    (notification,) = told(world, "bastien")
    assert notification.count == 3


def test_a_later_batch_that_says_the_same_disturbs_nobody_again(world: World) -> None:
    seen: list[Any] = []
    spread(world)
    owner = world.id_of("bastien")
    with world.acts("helene") as tx:
        save_many(tx, "account", [Write(values={"name": f"Client {n}", "owner": owner}) for n in range(3)])
    dispatch(world.database, "main", [Follower("keep", lambda tx, entries: seen.extend(entries))])
    with world.system() as tx:
        NOTIFIER.function(tx, seen[:2])
    with world.acts("bastien") as tx:
        assert mark_all(tx) == 1
    with psycopg.connect(world.database.conninfo, autocommit=True) as listener:
        listener.execute("LISTEN entente_live")
        with world.system() as tx:
            NOTIFIER.function(tx, seen[2:])
        heard = [each.payload for each in listener.notifies(timeout=1)]
    assert [payload for payload in heard if '"notification"' in payload] == []
    with world.acts("bastien") as tx:
        assert unread_count(tx) == 0
        assert [each.count for each in list_notifications(tx)] == [3]


def test_telling_twice_changes_nothing(world: World, account: UUID) -> None:
    seen: list[Any] = []
    with world.acts("helene") as tx:
        save(tx, "account", {"owner": world.id_of("bastien")}, id=account)
    dispatch(world.database, "main", [Follower("keep", lambda tx, entries: seen.extend(entries))])
    for _ in range(2):
        with world.system() as tx:
            NOTIFIER.function(tx, seen)
        with world.acts("bastien") as tx:
            mark_all(tx)
    assert [(each.count, each.is_read) for each in told(world, "bastien")] == [(1, True)]
    with world.system() as tx:
        assert len(list_mails(tx)) == 1


def test_mentioned_person_is_told_and_follows(world: World, account: UUID) -> None:
    with world.acts("helene") as tx:
        note = post_note(tx, Ref("account", account), "<p>@bastien regarde</p>")
    spread(world)
    assert texts(world, "bastien") == ["Hélène Helene mentioned you on “Menuiserie Guivarch”"]
    assert texts(world, "james") == ["Hélène Helene wrote a note on “Menuiserie Guivarch”"]
    with world.acts("helene") as tx:
        levels = {each.name: each.reason for each in followers_of(tx, "account", account)}
        assert levels == {"Bastien Bastien": "mention", "Hélène Helene": "poster", "James James": "creator"}
        edit_note(tx, note.id, "<p>@bastien @admin regarde</p>")
    spread(world)
    assert len(texts(world, "bastien")) == 1
    assert texts(world, "admin") == ["Hélène Helene mentioned you on “Menuiserie Guivarch”"]


def test_nobody_is_told_of_what_he_may_not_read(world: World, account: UUID) -> None:
    with world.acts("helene") as tx:
        post_note(tx, Ref("account", account), "<p>@stranger @nadia regarde</p>")
    with world.system() as tx:
        save(
            tx,
            "follow",
            {"owner": world.id_of("stranger"), "entity": "account", "record_id": str(account)},
            trusted=True,
        )
    with world.acts("helene") as tx:
        post_note(tx, Ref("account", account), "<p>encore</p>")
    spread(world)
    assert told(world, "stranger") == []
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        follow(tx, "account", account)


def test_levels_decide_what_a_follower_hears(world: World, account: UUID) -> None:
    for login, level in (("bastien", "mentions"), ("admin", "all")):
        with world.acts(login) as tx:
            follow(tx, "account", account, level)  # type: ignore[arg-type]
            assert my_level(tx, "account", account) == level
    with world.acts("james") as tx:
        unfollow(tx, "account", account)
    with world.acts("helene") as tx:
        post_note(tx, Ref("account", account), "<p>note</p>")
    spread(world)
    assert [len(texts(world, login)) for login in ("admin", "bastien", "james")] == [1, 0, 0]


def test_change_of_status_is_told_in_the_readers_words(world: World) -> None:
    lead = world.has("lead", "james", last_name="Prigent", company_name="Guivarch")
    spread(world)
    with world.acts("helene") as tx:
        save(tx, "lead", {"status": "in_process"}, id=lead, trusted=True)
    spread(world)
    (text,) = texts(world, "james")
    with world.acts("james") as tx:
        choices = {each.key: each.label.en for each in tx.catalog.entity("lead").field("status").definition.choices}
        assert text.endswith(f"to {choices['in_process']}")
        tx.language = "fr"
        assert "a fait passer" in list_notifications(tx)[0].text


def test_followed_entities_tell_of_new_records(world: World) -> None:
    with world.acts("helene") as tx:
        follow_entities(tx, ["account", "contact"])
        follow_entities(tx, ["account"])
        assert followed_entities(tx) == ["account"]
    world.has("account", "james", name="Tout neuf")
    spread(world)
    assert texts(world, "helene") == ["James James created “Tout neuf” (Account)"]


def test_preferences_choose_the_mails_and_the_following(world: World, account: UUID) -> None:
    with world.acts("bastien") as tx:
        assert my_notices(tx) == Notices()
        set_my_notices(tx, Notices(mailed=("note",), follow_created=False, follow_posted=False))
        assert my_notices(tx).mailed == ("note",)
    with world.acts("helene") as tx:
        save(tx, "account", {"owner": world.id_of("bastien")}, id=account)
    spread(world)
    assert len(told(world, "bastien")) == 1
    with world.system() as tx:
        assert list_mails(tx) == []


def test_notifications_are_counted_and_marked(world: World, account: UUID) -> None:
    for text in ("un", "deux", "trois"):
        with world.acts("helene") as tx:
            post_note(tx, Ref("account", account), f"<p>{text}</p>")
    spread(world)
    with world.acts("james") as tx:
        assert unread_count(tx) == 3
        first, *rest = list_notifications(tx)
        last = list_notifications(tx, after=(rest[0].at, rest[0].id))
        assert [each.id for each in last] == [rest[1].id]
        assert mark_read(tx, [first.id]) == 1
        assert (unread_count(tx), len(list_notifications(tx, unread_only=True))) == (2, 2)
    with world.acts("helene") as tx:
        assert mark_read(tx, [each.id for each in rest]) == 0
    with world.acts("james") as tx:
        assert (mark_all(tx), unread_count(tx)) == (2, 0)


def test_open_pages_are_told_when_the_transaction_commits(world: World, account: UUID) -> None:
    with psycopg.connect(world.database.conninfo, autocommit=True) as listener:
        listener.execute("LISTEN entente_live")
        with world.acts("helene") as tx:
            save(tx, "account", {"owner": world.id_of("bastien")}, id=account)
        spread(world)
        heard = [msgspec.json.decode(each.payload) for each in listener.notifies(timeout=2, stop_after=1)]
    assert heard == [{"organisation": "main", "kind": "notification", "users": [str(world.id_of("bastien"))]}]
