"""Tasks and processes as they are called in the language of whoever reads of them."""

from tests.modules.base.task_reply_test import MODEL, mailing, mails
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.records.save import save
from entente.modules.base.task_mail import tell_of_new_items
from entente.services.processes.definitions import deploy, import_model, latest
from entente.services.processes.instances import start
from entente.services.worklist.card import card_of
from entente.services.worklist.listing import Search, worklist

__all__ = ["mailing"]

NAMED = MODEL.replace("user approve ", 'user approve name_en="Approve the offer" name_fr="Valider l’offre" ')


def test_mail_calls_the_task_in_its_readers_language_and_names_the_record(mailing: Database, world: World) -> None:
    lead = world.has("lead", "helene", last_name="Berthier", owner=world.id_of("helene"))
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(NAMED)).id)
        for language in ("en", "fr"):
            save(tx, "user", {"language": language}, id=world.id_of("helene"))
            start(tx, "p", entity="lead", record=lead)
            tell_of_new_items(tx)
    assert {mail.subject for mail in mails(world, "task:")} == {
        "Approve the offer – Berthier",
        "Valider l’offre – Berthier",
    }


def test_worklist_calls_tasks_and_processes_in_its_readers_language(mailing: Database, world: World) -> None:
    model = drawn(NAMED).replace(b'isExecutable="true"', b'isExecutable="true" entente:name_en="Offers"')
    with world.system() as tx:
        deploy(tx, import_model(tx, model).id)
        start(tx, "p")
    for language, subject, process in (("en", "Approve the offer", "Offers"), ("fr", "Valider l’offre", "p")):
        with world.acts("helene") as tx:
            tx.language = language
            (found,) = worklist(tx, Search()).entries
            shown = card_of(tx, found.task)
            made = latest(tx, "p")
        assert (found.subject, shown.subject, made and made.name) == (subject, subject, process)


def test_a_task_that_somebody_renames_has_one_name_for_everybody(mailing: Database, world: World) -> None:
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(NAMED)).id)
        start(tx, "p")
        (found,) = worklist(tx.acting_as(tx.principal), Search(view="all")).entries
        save(tx, "task", {"subject": "Approve it soon"}, id=found.task)
    with world.acts("helene") as tx:
        assert [each.subject for each in worklist(tx, Search()).entries] == ["Approve it soon"]


def test_mail_names_no_record_to_whoever_may_not_read_it(mailing: Database, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", owner=world.id_of("james"))
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(NAMED.replace("user:helene", "user:stranger"))).id)
        start(tx, "p", entity="lead", record=lead)
        start(tx, "p")
        tell_of_new_items(tx)
    assert [mail.subject for mail in mails(world, "task:")] == ["Approve the offer", "Approve the offer"]


def test_a_subject_is_read_in_its_readers_language_wherever_the_task_is_shown(mailing: Database, world: World) -> None:
    texts = 'subject="Offer" subject_en="Approve the offer" subject_fr="=title"'
    lead = world.has("lead", "helene", last_name="Berthier", owner=world.id_of("helene"))
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(NAMED.replace("user approve ", f"user approve {texts} "))).id)
        start(tx, "p", entity="lead", record=lead, values={"title": "Valider  l’offre 7"})
        tell_of_new_items(tx)
    for language, subject in (("en", "Approve the offer"), ("fr", "Valider l’offre 7")):
        with world.acts("helene") as tx:
            tx.language = language
            (found,) = worklist(tx, Search(text=subject)).entries
            assert (found.subject, card_of(tx, found.task).subject) == (subject, subject)
    assert [mail.subject for mail in mails(world, "task:")] == ["Approve the offer – Berthier"]


def test_a_subject_in_one_language_leaves_the_other_readers_the_plain_one(mailing: Database, world: World) -> None:
    model = NAMED.replace("user approve ", 'user approve subject="Offer" subject_fr="Offre" ')
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(model)).id)
        start(tx, "p")
    for language, subject in (("en", "Offer"), ("fr", "Offre")):
        with world.acts("helene") as tx:
            tx.language = language
            assert [each.subject for each in worklist(tx, Search()).entries] == [subject]
