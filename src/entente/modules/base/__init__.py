"""What every company has: people, organisation, accounts, contacts, activities, documents."""

from pathlib import Path

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.module import Module
from entente.modules.base import account, activity, contact, currency, document, organisation, ownership, web_form
from entente.services.documents import claims
from entente.services.stream import notes

MODULE = Module(
    name="base",
    folder=Path(__file__).parent,
    code=(ownership, organisation, currency, account, contact, activity, document, web_form, claims, notes),
    jobs=jobs_in([claims]),
)
