"""E-mails of rules: in words of a template, with files that the run may read and that fit."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.services.automation.setting import followed, rule, runs
from tests.services.mail.postbox import postbox
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import delete, save
from entente.services.automation.dry_run import try_on_record
from entente.services.automation.rules import rule_of
from entente.services.automation.sentences import sentence
from entente.services.documents.versions import add_version, attach_document
from entente.services.mail import attachments
from entente.services.mail.attachments import attached_names, read_attachments
from entente.services.mail.outbox import Mail, drop_mail, list_mails
from entente.services.mail.sending import send_due

CLAIRE = "claire@lisiere.example"
HTML = "<p>Bonjour {{ first_name }},</p>{{ body }}<p>{{ owner }}</p>"


def template(world: World, **values: Any) -> UUID:
    given = {"name": "Offre", "key": "record", "language": "fr", "subject": "Offre pour {{ account }} – {{ subject }}"}
    with world.acts("admin") as tx:
        return save(tx, "mail_template", {**given, "html": HTML, **values}).id


def sends(world: World, **step: Any) -> UUID:
    return rule(world, entity="contact", trigger="updated", actions=[{"kind": "mail", "to": ["field:emails"], **step}])


def contact(world: World, login: str = "james") -> UUID:
    account = world.has("account", login, name="Lisière & Fils")
    return world.has(
        "contact", login, first_name="<Claire>", last_name="B", account=account, emails=[{"value": CLAIRE}]
    )


def changed(world: World, who: UUID, login: str = "james") -> None:
    with world.acts(login) as tx:
        save(tx, "contact", {"job_title": "Directrice"}, id=who)
    followed(world)


def mails(world: World) -> list[Mail]:
    with world.system() as tx:
        return list_mails(tx)


def document(world: World, on: UUID, name: str, *texts: str, login: str = "james") -> UUID:
    with world.acts(login) as tx:
        made = attach_document(tx, Ref("contact", on), name, texts[0].encode()).id
        for text in texts[1:]:
            add_version(tx, made, name, text.encode())
    return made


def names(world: World, mail: Mail) -> list[str]:
    with world.system() as tx:
        return [name for name, _ in attached_names(tx, mail.id)]


def test_template_is_filled_with_the_record_and_the_words_of_the_step(world: World) -> None:
    made = sends(world, template=str(template(world)), subject="tarif {{ last_name }}", body="5 < 6")
    changed(world, contact(world))
    (mail,) = mails(world)
    assert mail.subject == "Offre pour Lisière & Fils – tarif B"
    assert mail.body_html == "<p>Bonjour &lt;Claire&gt;,</p>5 &lt; 6<p>James James</p>"
    assert "Bonjour" in mail.body_text
    assert "<p>" not in mail.body_text
    with world.acts("admin") as tx:
        found = rule_of(tx, made)
        assert found is not None
        assert "Offre" in sentence(tx, found)


def test_newest_versions_of_the_records_documents_are_sent(world: World) -> None:
    who = contact(world)
    document(world, who, "tarif.txt", "old", "new")
    document(world, who, "plan.txt", "plan")
    sends(world, subject="Files", files=True)
    with postbox() as box:
        world.database.settings = msgspec.structs.replace(world.database.settings, smtp_url=box.url)
        changed(world, who)
        send_due(Run(world.database, "main", system("mail"), new_cause("job")))
        (sent,) = box.taken
    found = {part.get_filename(): part.get_content() for part in sent.iter_attachments()}
    assert {name: str(text).strip() for name, text in found.items()} == {"plan.txt": "plan", "tarif.txt": "new"}


def test_file_travels_as_it_was_when_the_mail_was_written(world: World) -> None:
    who = contact(world)
    chosen = document(world, world.has("contact", "admin", last_name="Other"), "cgv.txt", "v1", login="admin")
    sends(world, subject="Terms", attachments=[str(chosen)])
    changed(world, who, "admin")
    with world.acts("admin") as tx:
        add_version(tx, chosen, "cgv.txt", b"v2")
        delete(tx, "document", chosen)
    (mail,) = mails(world)
    with world.system() as tx:
        assert [(each.name, each.data) for each in read_attachments(tx, mail.id)] == [("cgv.txt", b"v1")]
        drop_mail(tx, mail.id)
        assert engine_rows(tx, "SELECT 1 FROM {schema}.file WHERE record = %(mail)s", mail=mail.id) == []


def test_run_attaches_only_what_its_person_may_read(world: World) -> None:
    who = contact(world)
    secret = document(world, contact(world, "nadia"), "secret.txt", "secret", login="nadia")
    made = sends(world, subject="Files", attachments=[str(secret)])
    changed(world, who)
    (run,) = runs(world, made)
    assert (run.outcome, mails(world)) == ("failed", [])
    changed_by_admin = contact(world, "admin")
    changed(world, changed_by_admin, "admin")
    assert [names(world, each) for each in mails(world)] == [["secret.txt"]]


def test_author_cannot_attach_what_he_may_not_read(world: World) -> None:
    secret = document(world, contact(world, "nadia"), "secret.txt", "secret", login="nadia")
    with pytest.raises((Invalid, Refused)):
        rule(
            world,
            "james",
            entity="contact",
            actions=[{"kind": "mail", "to": ["actor"], "subject": "x", "attachments": [str(secret)]}],
        )


def test_too_large_files_stop_the_step_and_say_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    who = contact(world)
    document(world, who, "a.txt", "a" * 60)
    document(world, who, "b.txt", "b" * 60)
    made = sends(world, subject="Files", files=True)
    monkeypatch.setattr(attachments, "MOST_BYTES", 100)
    changed(world, who)
    (run,) = runs(world, made)
    assert (run.outcome, mails(world)) == ("failed", [])
    assert "MB" in str(run.steps[0].failure)


@pytest.mark.parametrize("values", [{"active": False}, {"key": "task"}])
def test_rule_takes_active_templates_of_its_kind_only(world: World, values: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        sends(world, template=str(template(world, **values)))
    with pytest.raises(Refused):
        sends(world)


def test_dry_run_attaches_and_sends_nothing(world: World) -> None:
    who = contact(world)
    document(world, who, "a.txt", "a")
    made = sends(world, subject="Files", files=True)
    with world.acts("admin") as tx:
        found = rule_of(tx, made)
        assert found is not None
        (trial,) = try_on_record(tx, found, who).trials
        assert [each.values["count"] for each in trial.steps] == [1]
    assert mails(world) == []


def test_texts_are_filled_in_the_language_in_which_they_are_written(world: World) -> None:
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of("admin"))
    sends(world, subject="{{ status }} {{ created_at }}", to=["actor"])
    changed(world, contact(world))
    changed(world, contact(world, "nadia"), "nadia")
    assert ["23/11/2026" in each.subject for each in mails(world)] == [True, True]
