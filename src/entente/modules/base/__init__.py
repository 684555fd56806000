"""What every company has: people, organisation, accounts, contacts, activities, documents."""

from pathlib import Path

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.module import Module
from entente.modules.base import account, activity, contact, currency, document, organisation, ownership, web_form
from entente.services.documents import claims

MODULE = Module(
    name="base",
    folder=Path(__file__).parent,
    code=(ownership, organisation, currency, account, contact, activity, document, web_form, claims),
    jobs=jobs_in([claims]),
)
