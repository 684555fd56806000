"""The mails of reminders and escalations: after the template that the process names, in each reader's language."""

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import job
from entente.kernel.kit.principal import system
from entente.modules.base.mail_template import named_letters
from entente.modules.base.task_mail import Reader, readers, send_about, values_about
from entente.services.worklist.mailing import WantedMail, take_wanted_mails

USE = "escalation"


@job("tasks.escalation_mail", queue="mail", every="* * * * *")
def mail_escalations(tx: Tx) -> None:
    """Write to whoever a reminder or an escalation is for, each person once; those who want no such mail have none."""
    asker = tx.acting_as(system("task mails"))
    for wanted in take_wanted_mails(asker):
        for reader in readers(asker, wanted.people):
            _send(reader, wanted)


def _send(reader: Reader, wanted: WantedMail) -> None:
    own = named_letters(reader.tx, USE, wanted.template, reader.tx.language)
    values = values_about(reader, wanted.work, wanted.item)
    send_about(reader, wanted.work, wanted.item, own, values, key=f"escalation:{wanted.id}:{reader.id}")
