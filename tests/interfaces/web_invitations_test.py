"""Links with which somebody chooses a password: shown to the administrator, and sent by e-mail."""

import re

import msgspec

from entente.services.mail.outbox import list_mails, read_mail
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World


def test_an_invitation_is_mailed_and_kept_from_those_who_only_look_after_settings(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    answer = admin.post(f"/settings/users/{world.id_of('james')}/link", {"purpose": "invite"}).text
    assert "The link was sent to james@kervella.example" in answer
    link = re.search(r"https?://[^\s<\"]+/invitation/[\w-]+", answer)
    assert link
    with world.acts("admin") as tx:
        (mail,) = list_mails(tx)
    assert (mail.recipient, mail.subject) == ("james@kervella.example", "Your access to Entente")
    assert link[0] in mail.body_text
    assert link[0] in mail.body_html
    with world.database.begin(msgspec.structs.replace(world.principal("rita"), may=frozenset({"settings"}))) as tx:
        assert mail.id in [each.id for each in list_mails(tx)]
        assert link[0] not in repr(list_mails(tx))
        assert link[0] not in repr(read_mail(tx, mail.id))
