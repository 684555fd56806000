"""Links with which somebody chooses a password: shown to the administrator, and sent by e-mail."""

import re
from uuid import UUID

import msgspec
import pytest

from entente.kernel.db.tx import engine_rows
from entente.kernel.identity.invitations import invite, invite_first_admin
from entente.kernel.identity.organisation import organisation_name
from entente.kernel.records.save import save
from entente.services.mail.outbox import list_mails, read_mail
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

PASSWORD = "trois lunes au-dessus du lac"


def test_an_invitation_is_mailed_and_kept_from_those_who_only_look_after_settings(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = msgspec.structs.replace(world.database.settings, smtp_url="smtp://mail.kervella.example")
    monkeypatch.setattr(world.database, "settings", served)
    admin = Browser(client, world, "admin")
    answer = admin.post(f"/settings/users/{world.id_of('james')}/link", {"purpose": "invite"}).text
    assert "The link was sent to james@kervella.example" in answer
    link = re.search(r"https?://[^\s<\"]+/invitation/[\w-]+", answer)
    assert link
    with world.acts("admin") as tx:
        (mail,) = list_mails(tx)
    assert (mail.recipient, mail.subject) == ("james@kervella.example", f"Your access to {topmost(world)[1]}")
    assert link[0] in mail.body_text
    assert link[0] in mail.body_html
    with world.database.begin(msgspec.structs.replace(world.principal("rita"), may=frozenset({"settings"}))) as tx:
        assert mail.id in [each.id for each in list_mails(tx)]
        assert link[0] not in repr(list_mails(tx))
        assert link[0] not in repr(read_mail(tx, mail.id))


def test_whoever_invites_is_told_when_the_letter_cannot_leave(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Browser(client, world, "admin")
    one = f"/users/{world.id_of('james')}/actions/invite"
    assert "the e-mail did not leave, as no mail server is set" in admin.post(one, {}).text
    both = {"sure": "1", "ids": f"{world.id_of('james')},{world.id_of('rita')}"}
    assert "2 e-mails did not leave" in admin.post("/users/many/invite", both).text
    served = msgspec.structs.replace(world.database.settings, smtp_url="smtp://mail.kervella.example")
    monkeypatch.setattr(world.database, "settings", served)
    assert "Send an invitation: done" in admin.post(one, {}).text


def topmost(world: World) -> tuple[UUID, str]:
    """The business unit above all others that was made first, and what it is called."""
    with world.system() as tx:
        named = organisation_name(tx)
    (unit,) = found(world, "business_unit", f'name = "{named}"')
    return unit.id, named


def first_link(world: World) -> str:
    """The address under which the first administrator makes his account."""
    with world.system() as tx:
        return f"/invitation/{invite_first_admin(tx)}"


def test_the_first_administrator_says_who_he_is_and_is_spoken_to_in_his_language(client: Client, world: World) -> None:
    link = first_link(world)
    asked = client.get(link, headers={"accept-language": "en-GB"}).text
    assert [name for name in ("first_name", "last_name", "email", "login") if f'name="{name}"' in asked] == [
        "first_name",
        "last_name",
        "email",
        "login",
    ]
    typed = {"first_name": "Léa", "last_name": "Morvan", "email": "lea@kervella.example", "login": "lea"}
    client.post(
        link,
        data={**typed, "password": PASSWORD},
        headers={"accept-language": "en-GB"},
        follow_redirects=False,
    )
    (lea,) = found(world, "user", 'login = "lea"')
    assert (lea["name"], lea["email"], lea["language"]) == ("Léa Morvan", "lea@kervella.example", "en")
    assert client.get(link).status_code == 404


def test_the_first_administrator_names_the_organisation_that_everybody_then_sees(client: Client, world: World) -> None:
    with world.system() as tx:
        engine_rows(tx, "UPDATE {schema}.business_unit SET deleted_at = now()")
    link = first_link(world)
    asked = client.get(link, headers={"accept-language": "fr"}).text
    assert asked.index('name="organisation"') < asked.index('name="first_name"')
    typed = {"last_name": "Morvan", "email": "lea@kervella.example", "login": "lea", "password": PASSWORD}
    for wrong in ("", "K" * 101):
        answer = client.post(link, data={**typed, "organisation": wrong}, follow_redirects=False)
        assert answer.status_code == 422
        assert 'id="field-organisation-error"' in answer.text
        assert 'value="Morvan"' in answer.text
    client.post(link, data={**typed, "organisation": "Kervella Services"}, follow_redirects=False)
    (lea,) = found(world, "user", 'login = "lea"')
    (unit,) = found(world, "business_unit", 'name = "Kervella Services"')
    assert lea["unit"] == unit.id
    assert "Kervella Services" in client.get("/sign-in").text
    james = Browser(client, world, "james")
    assert 'title="Kervella Services">Kervella Services<' in james.get("/").text
    with world.acts("admin") as tx:
        save(tx, "business_unit", {"name": "Kervella & Filles"}, id=unit.id)
    assert 'title="Kervella &amp; Filles">Kervella &amp; Filles<' in james.get("/").text


def test_what_is_missing_on_the_first_page_is_said_at_each_field_and_nothing_typed_is_lost(
    client: Client, world: World
) -> None:
    link = first_link(world)
    typed = {"first_name": "Léa", "login": "lea", "password": PASSWORD}
    answer = client.post(link, data=typed, headers={"accept-language": "en"}, follow_redirects=False)
    assert answer.status_code == 422
    assert 'id="field-last_name-error"' in answer.text
    assert 'id="field-email-error"' in answer.text
    assert 'value="Léa"' in answer.text
    weak = {**typed, "last_name": "Morvan", "email": "lea@kervella.example", "password": "court"}
    assert 'id="password-error"' in client.post(link, data=weak, follow_redirects=False).text
    assert found(world, "user", 'login = "lea"') == []


def test_who_is_invited_is_greeted_by_name_and_told_his_login(client: Client, world: World) -> None:
    with world.system() as tx:
        link = f"/invitation/{invite(tx, world.id_of('james'), 'invite')}"
    page = client.get(link, headers={"accept-language": "en"}).text
    assert "Welcome, James" in page
    assert "You sign in as james" in page
    assert "first administrator" not in page


def test_a_new_user_is_invited_from_his_record_and_the_list_says_how_far_he_is(client: Client, world: World) -> None:
    admin, helene = Browser(client, world, "admin"), Browser(client, world, "helene")
    with world.acts("admin") as tx:
        values = {"login": "zoe", "last_name": "Lannion", "email": "zoe@kervella.example", "language": "fr"}
        zoe = save(tx, "user", values).id
        silent = save(tx, "user", {"login": "mute", "last_name": "Sans Adresse"}).id
    assert "Not invited yet" in admin.get("/settings/users").text
    assert "Send an invitation" in admin.get(f"/users/{zoe}").text
    assert "Send an invitation" not in helene.get(f"/users/{zoe}").text
    assert helene.post(f"/users/{zoe}/actions/invite").status_code in (403, 404, 422)
    assert admin.post(f"/users/{zoe}/actions/invite").status_code == 200
    assert "no e-mail address" in admin.post(f"/users/{silent}/actions/invite").text
    with world.acts("admin") as tx:
        (mail,) = list_mails(tx)
    assert mail.recipient == "zoe@kervella.example"
    assert mail.subject.startswith("Votre accès à ")
    assert "Invited, until" in admin.get("/settings/users").text
    (first,) = re.findall(r"/invitation/[\w-]+", mail.body_text)
    admin.post(f"/users/{zoe}/actions/invite")
    assert client.get(first).status_code == 404
    with world.acts("admin") as tx:
        newest = re.findall(r"/invitation/[\w-]+", list_mails(tx)[0].body_text)[0]
    assert client.post(newest, data={"password": PASSWORD}, follow_redirects=False).status_code in (200, 303)
    page = admin.get(f"/users/{zoe}").text
    assert "Send an invitation" not in page
    assert "Send a link for a new password" in page
    with world.system() as tx:
        tx.connection.execute("UPDATE org_main.invitation SET expires_at = '2026-01-01', used_at = NULL")
        tx.connection.execute("DELETE FROM org_main.credential WHERE user_id = %s", (zoe,))
    assert "Invitation expired" in admin.get("/settings/users").text
