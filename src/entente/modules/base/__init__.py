"""What every company has: people, organisation, accounts, contacts, activities, documents."""

from pathlib import Path

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.module import Module
from entente.modules.base import (
    absence,
    account,
    account_figures,
    activity,
    assignment_rule,
    contact,
    currency,
    document,
    duplicate_rule,
    form,
    import_job,
    mail_template,
    meeting_attendee,
    organisation,
    ownership,
    recurrence,
    reminder,
    saved_view,
    task,
    task_escalation,
    task_mail,
    task_reply,
    user,
    web_form,
)
from entente.services.automation import saving, soundness
from entente.services.documents import claims
from entente.services.processes import starting
from entente.services.stream import notes

CODE = (
    ownership,
    organisation,
    user,
    currency,
    account,
    contact,
    activity,
    meeting_attendee,
    account_figures,
    recurrence,
    reminder,
    document,
    duplicate_rule,
    saved_view,
    assignment_rule,
    web_form,
    form,
    import_job,
    mail_template,
    task,
    absence,
    claims,
    notes,
    starting,
    soundness,
    saving,
)

JOBS = jobs_in([account_figures, claims, reminder, task_mail, task_escalation, task_reply])
MODULE = Module(name="base", folder=Path(__file__).parent, code=CODE, jobs=JOBS)
