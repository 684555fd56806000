"""Signing in, staying in, being thrown out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from tests.kernel.installation import ORGANISATION, SCHEMA, begin, clock_of, insert, link
from tests.sent import sent_from_now_on

from entente.kernel.db.database import Database
from entente.kernel.db.tx import engine_rows
from entente.kernel.db.versions import bump_access
from entente.kernel.identity.authenticate import Authenticated, Door, authenticate, principal_of
from entente.kernel.identity.invitations import accept_invitation, invite, invite_first_admin
from entente.kernel.identity.passwords import change_password, set_password
from entente.kernel.identity.sessions import IDLE, LONGEST, end_sessions, sessions_of, sign_in, sign_out
from entente.kernel.identity.tokens import create_token, organisation_of, revoke_token, tokens_of
from entente.kernel.identity.upkeep import forget_what_is_over
from entente.kernel.kit.refusal import Conflict, NotFound, Refused, Throttled

PASSWORD = "correct horse battery"


@pytest.fixture
def user(database: Database) -> Iterator[UUID]:
    with begin(database) as tx:
        made = insert(tx, "user", login="ada", name="Ada Byron", last_name="Byron", language="fr", active=True)
        set_password(tx, made, PASSWORD)
    yield made
    with begin(database) as tx:
        engine_rows(tx, "TRUNCATE {schema}.attempt, {schema}.credential, {schema}.session, {schema}.invitation")
        engine_rows(tx, "TRUNCATE {schema}.user__roles, {schema}.user__teams, {schema}.api_token")
        for entity in ("user", "team", "role", "business_unit"):
            engine_rows(tx, f'DELETE FROM {{schema}}."{entity}"')
        bump_access(tx)


def enter(database: Database, password: str = PASSWORD, *, login: str = "ada", peer: str = "192.0.2.1") -> str:
    return sign_in(database, ORGANISATION, login, password, peer=peer, agent="test")


def asks(database: Database, token: str, door: Door = "session") -> Authenticated | None:
    with database.connection() as connection:
        return authenticate(connection, SCHEMA, door, token, database.clock.now())


@contextmanager
def counted(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[list[str]]:
    """The statements that the server was sent."""
    with pytest.MonkeyPatch.context() as patch:
        yield sent_from_now_on(patch)


def test_right_password_opens_a_session(database: Database, user: UUID) -> None:
    found = asks(database, enter(database, login=" ADA "))
    assert found
    assert (found.principal.user_id, found.principal.login, found.principal.language) == (user, "ada", "fr")
    assert not found.must_change


@pytest.mark.parametrize(("login", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_wrong_pair_gives_one_answer(database: Database, user: UUID, login: str, password: str) -> None:
    with pytest.raises(Refused) as refused:
        enter(database, password, login=login)
    assert refused.value.code == "identity.sign_in_refused"


def test_disabled_user_dies_at_the_next_request(database: Database, user: UUID) -> None:
    session = enter(database)
    with begin(database) as tx:
        token = create_token(tx, user, "robot", 30)
    assert asks(database, session)
    assert asks(database, token, "token")
    with begin(database) as tx:
        engine_rows(tx, 'UPDATE {schema}."user" SET active = false WHERE id = %(id)s', id=user)
    assert asks(database, session) is None
    assert asks(database, token, "token") is None
    with begin(database) as tx:
        assert principal_of(tx, user) is None
    with pytest.raises(Refused):
        enter(database)


def fail(database: Database, **where: str) -> None:
    with pytest.raises(Refused) as refused:
        enter(database, "wrong", **where)
    assert refused.value.code == "identity.sign_in_refused"


def wait_asked(database: Database) -> int:
    with pytest.raises(Throttled) as throttled:
        enter(database)
    return throttled.value.seconds


def test_account_is_throttled_whoever_tries_and_freed_by_time(database: Database, user: UUID) -> None:
    for at in range(5):
        fail(database, peer=f"192.0.2.{at + 10}")
    assert wait_asked(database) == 1
    clock_of(database).move(timedelta(seconds=1))
    assert enter(database)
    fail(database)


def test_account_has_one_limit_however_its_name_is_written(database: Database, user: UUID) -> None:
    with begin(database) as tx:
        engine_rows(
            tx, 'UPDATE {schema}."user" SET email = %(mail)s WHERE id = %(id)s', mail="ada@byron.example", id=user
        )
    for written in ("ada", " ada", "ada  ", "ADA", "Ada@byron.example"):
        fail(database, login=written)
    for written in ("ada@byron.example", "ada\t"):
        with pytest.raises(Throttled):
            enter(database, login=written)


def test_waits_double_and_refused_tries_do_not_lengthen_them(database: Database, user: UUID) -> None:
    for _ in range(5):
        fail(database)
    for expected in (1, 2, 4, 8):
        assert {wait_asked(database) for _ in range(3)} == {expected}
        clock_of(database).move(timedelta(seconds=expected))
        fail(database)


def test_peer_is_throttled_across_accounts(database: Database, user: UUID) -> None:
    for at in range(20):
        with pytest.raises(Refused):
            enter(database, "wrong", login=f"user{at}", peer=f"2001:db8::{at + 1:x}")
    with pytest.raises(Throttled):
        enter(database, "wrong", login="other", peer="2001:db8::ffff")
    with pytest.raises(Throttled):
        enter(database, peer="2001:db8::abcd")
    assert enter(database, peer="2001:db8:1::1")


def test_warm_request_costs_one_statement(database: Database, user: UUID) -> None:
    token = enter(database)
    asks(database, token)
    with database.connection() as connection, counted(connection) as sent:
        assert authenticate(connection, SCHEMA, "session", token, database.clock.now())
        assert len(sent) == 1


def test_rights_follow_a_change_at_once(database: Database, user: UUID) -> None:
    token = enter(database)
    before = asks(database, token)
    assert before
    assert before.principal.depth("team", "read") == "none"
    with begin(database) as tx:
        role = insert(tx, "role", key="r", name="R", grants={"*": {"read": "unit"}, "role": {"read": "own"}})
        link(tx, "user__roles", user, role)
        bump_access(tx)
    after = asks(database, token)
    assert after
    assert after.principal.depth("team", "read") == "unit"
    assert after.principal.depth("role", "read") == "own"


def test_rights_of_a_rolled_back_transaction_are_forgotten(database: Database, user: UUID) -> None:
    token = enter(database)
    asks(database, token)
    with begin(database) as tx:
        link(tx, "user__roles", user, insert(tx, "role", key="r", name="R", administrator=True))
        bump_access(tx)
        inside = principal_of(tx, user)
        assert inside
        assert inside.is_admin
        tx.connection.rollback()
    with begin(database) as tx:
        bump_access(tx)
    outside = asks(database, token)
    assert outside
    assert not outside.principal.is_admin


def test_principal_knows_teams_and_units_below(database: Database, user: UUID) -> None:
    with begin(database) as tx:
        top = insert(tx, "business_unit", name="Top")
        below = insert(tx, "business_unit", name="Below", parent=top)
        deepest = insert(tx, "business_unit", name="Deepest", parent=below)
        insert(tx, "business_unit", name="Elsewhere")
        main, other = (insert(tx, "team", name=name, unit=top) for name in ("Main", "Other"))
        engine_rows(
            tx, 'UPDATE {schema}."user" SET unit = %(unit)s, team = %(team)s WHERE id = %(id)s',
            unit=below, team=main, id=user,
        )  # fmt: skip
        link(tx, "user__teams", user, other)
        insert(tx, "role", key="b", name="B", baseline=True, may=["export"])
        bump_access(tx)
    with begin(database) as tx:
        found = principal_of(tx, user)
    assert found
    assert set(found.units_below) == {below, deepest}
    assert found.team_ids == (main, other)
    assert found.may == {"export"}


def test_faulty_role_grants_nothing_and_locks_nobody_out(database: Database, user: UUID) -> None:
    with begin(database) as tx:
        link(tx, "user__roles", user, insert(tx, "role", key="r", name="R", grants={"team": {"read": "everything"}}))
        bump_access(tx)
    found = asks(database, enter(database))
    assert found
    assert found.principal.depth("team", "read") == "none"


def test_session_ends_when_idle_and_at_last(database: Database, user: UUID) -> None:
    token = enter(database)
    clock_of(database).move(IDLE - timedelta(minutes=1))
    assert asks(database, token)
    clock_of(database).move(IDLE - timedelta(minutes=1))
    assert asks(database, token)
    clock_of(database).move(IDLE)
    assert asks(database, token) is None
    lasting = enter(database)
    steps = LONGEST // timedelta(hours=6)
    for _ in range(steps - 1):
        clock_of(database).move(timedelta(hours=6))
        assert asks(database, lasting)
    clock_of(database).move(timedelta(hours=6))
    assert asks(database, lasting) is None


def test_sessions_are_listed_and_ended(database: Database, user: UUID) -> None:
    first, second, third = (enter(database) for _ in range(3))
    with begin(database) as tx:
        assert [made.agent for made in sessions_of(tx, user)] == ["test"] * 3
        sign_out(tx, first)
        end_sessions(tx, user, keep=third)
    assert [bool(asks(database, token)) for token in (first, second, third)] == [False, False, True]


def test_new_password_ends_every_session(database: Database, user: UUID) -> None:
    token = enter(database)
    with begin(database) as tx, pytest.raises(Refused):
        change_password(tx, user, "wrong", "another long password")
    with begin(database) as tx:
        change_password(tx, user, PASSWORD, "another long password")
    assert asks(database, token) is None
    assert enter(database, "another long password")


@pytest.mark.parametrize("password", ["short", "a" * 20, "adaadaadaada12", "x" * 1001])
def test_weak_password_is_refused(database: Database, user: UUID, password: str) -> None:
    with begin(database) as tx, pytest.raises(Refused):
        set_password(tx, user, password)


def test_token_expires_and_can_be_revoked(database: Database, user: UUID) -> None:
    with begin(database) as tx:
        short, long = create_token(tx, user, "short", 1), create_token(tx, user, "long", 30)
        listed = {made.name: made.id for made in tokens_of(tx, user)}
    assert organisation_of(short) == ORGANISATION
    assert asks(database, short, "token")
    assert asks(database, short, "session") is None
    clock_of(database).move(timedelta(days=1))
    assert asks(database, short, "token") is None
    assert asks(database, long, "token")
    with begin(database) as tx:
        revoke_token(tx, user, listed["long"])
        with pytest.raises(NotFound):
            revoke_token(tx, UUID(int=7), listed["long"])
    assert asks(database, long, "token") is None


def test_link_works_once_and_not_for_ever(database: Database, user: UUID) -> None:
    with begin(database) as tx:
        replaced, link_token = invite(tx, user, "reset"), invite(tx, user, "reset")
    with begin(database) as tx, pytest.raises(NotFound):
        accept_invitation(tx, replaced, "a brand new password")
    with begin(database) as tx:
        assert accept_invitation(tx, link_token, "a brand new password") == user
    assert enter(database, "a brand new password")
    with begin(database) as tx, pytest.raises(NotFound):
        accept_invitation(tx, link_token, "yet another password")
    with begin(database) as tx:
        late = invite(tx, user, "reset")
    clock_of(database).move(timedelta(hours=2))
    with begin(database) as tx, pytest.raises(NotFound):
        accept_invitation(tx, late, "yet another password")


def test_first_administrator_is_invited_only_to_an_empty_organisation(database: Database, user: UUID) -> None:
    with begin(database) as tx, pytest.raises(Conflict):
        invite_first_admin(tx)
    with begin(database) as tx:
        engine_rows(tx, "TRUNCATE {schema}.credential")
        token = invite_first_admin(tx)
    with begin(database) as tx:
        assert accept_invitation(tx, token, PASSWORD, user=user) == user


def test_upkeep_deletes_what_is_over(database: Database, user: UUID) -> None:
    enter(database)
    clock_of(database).move(timedelta(days=40))
    with begin(database) as tx:
        forget_what_is_over(tx)
        for table in ("session", "attempt"):
            assert engine_rows(tx, f"SELECT count(*) AS n FROM {{schema}}.{table}")[0]["n"] == 0


def test_one_may_sign_in_with_an_address_that_nobody_else_has(database: Database, user: UUID) -> None:
    shared = {"last_name": "Hopper", "language": "fr", "active": True, "email": "grace@hopper.example"}
    with begin(database) as tx:
        set_password(tx, insert(tx, "user", login="grace", name="Grace", **shared), PASSWORD)
    assert asks(database, enter(database, login="Grace@hopper.example"))
    with begin(database) as tx:
        insert(tx, "user", login="eve", name="Eve", **shared)
    with pytest.raises(Refused):
        enter(database, login="grace@hopper.example")
    assert asks(database, enter(database, login="grace"))
