"""Steps that tell somebody: notifications, e-mails, calls of other programs."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import targets
from entente.kernel.records.query import Ask, exists, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.records.writing import title_of
from entente.services.automation.log import StepDone
from entente.services.automation.steps.kinds import Mail, Notify, Webhook
from entente.services.automation.steps.people import addresses, people
from entente.services.automation.steps.work import Work, field_words, filled, meant_values, template_values
from entente.services.connect.webhooks import send_webhook
from entente.services.documents.files import StoredFile
from entente.services.documents.versions import newest_file
from entente.services.mail.attachments import proved_files
from entente.services.mail.letters import Letters, named_letters
from entente.services.mail.sending import queue_mail
from entente.services.mail.templates import render_template
from entente.services.stream.notifying import announce

KIND = "automation"
DOCUMENT = "document"
LONGEST_NOTICE = 500
# RFC 3834: no machine should answer, no absence notice should come back.
HEADERS = {"Auto-Submitted": "auto-generated"}


def notify(work: Work, step: Notify, number: int) -> StepDone:
    """A notification for everyone meant who may read the record."""
    text = filled(work, step.text)[:LONGEST_NOTICE]
    meant = people(work, step.to)
    told = [user for user in meant if _may_read(work, user)]
    under = work.tx.acting_as(system(KIND))
    regarding = under.catalog.entity("notification").field("regarding").definition
    for user in told:
        values = {
            "owner": user,
            "kind": KIND,
            "text": text,
            "values": {"entity": work.entity.name, "records": [str(work.record.id)], "count": 1},
            "regarding": work.ref if work.entity.name in targets(regarding) else None,
            "sender": work.event.actor,
            "entry": str(uuid5(work.run, f"{number}:{user}")),
        }
        save(under, "notification", values, trusted=True)
    announce(work.tx, told)
    unread = {"unread": len(meant) - len(told)} if len(told) < len(meant) else {}
    return StepDone(kind="notify", key="automation.did.notify", values={"count": len(told), **unread})


def _may_read(work: Work, user: UUID) -> bool:
    person = principal_of(work.tx, user)
    return person is not None and exists(work.tx.acting_as(person), work.entity.name, work.record.id)


def mail(work: Work, step: Mail, number: int) -> StepDone:
    """An e-mail to each address meant; Refused when there is none."""
    to = addresses(work, step.to)
    if not to:
        raise Refused("automation.no_address")
    letters = _letters(work, step)
    files = _files(work, step)
    for address in to:
        key = f"automation:{work.run}:{number}:{address}"
        queue_mail(
            work.tx, key, address, letters.subject, letters.text, letters.html,
            regarding=work.ref, headers=HEADERS, files=files,
        )  # fmt: skip
    form = ".files" if files else ""
    return StepDone(kind="mail", key=f"automation.did.mail{form}", values={"to": ", ".join(to), "count": len(files)})


def _letters(work: Work, step: Mail) -> Letters:
    """The mail's words: those of the step, or of its template, in which they stand as `subject` and `body`."""
    subject, text = filled(work, step.subject), filled(work, step.body)
    links = [f"{title}: {url}" for title, url in _addresses(work)] if step.documents else []
    if not step.template:
        return Letters(subject, "\n".join([text, "", *links]) if links else text, "")
    own = template_of(work.tx, step.template)
    named = " ".join((own.subject, own.html, own.text))
    values = template_values(work, named) | {"subject": subject, "body": text, "documents": links}
    html = render_template(own.html, values, html=True)
    plain = render_template(own.text, values) or plain_text(html)
    return Letters(render_template(own.subject, values) or subject, plain, html)


def template_of(tx: Tx, identity: str) -> Letters:
    """The words of a mail template; Refused when it is gone, rests or is for something else."""
    key = parse_id(identity)
    found = named_letters(tx, key) if key else None
    if found is None:
        raise Refused("automation.no_template")
    return found[1]


def _documents(work: Work) -> Sequence[Record]:
    """The record's documents, as far as the run may read them."""
    made = work.tx.catalog.entity(DOCUMENT)
    ask = Ask(entity=DOCUMENT, filter=f'regarding = "{work.record.id}"', sort=(Sort(made.definition.title),), limit=50)
    return page(work.tx, ask).records


def _addresses(work: Work) -> list[tuple[str, str]]:
    made = work.tx.catalog.entity(DOCUMENT)
    base = f"{work.tx.settings.address}/{made.definition.path}"
    return [(title_of(made, each), f"{base}/{each.id}") for each in _documents(work)]


def _files(work: Work, step: Mail) -> list[StoredFile]:
    """The newest versions that are to be attached; Refused for a chosen document that the run may not read."""
    chosen = [identity for each in step.attachments if (identity := parse_id(each))]
    own = [each.id for each in _documents(work) if each["current_version"]] if step.files else []
    files = [newest_file(work.tx, each) for each in dict.fromkeys((*own, *chosen))]
    proved_files(files)
    return files


def webhook(work: Work, step: Webhook, number: int) -> StepDone:
    """A signed call that leaves after the commit, with the record as the run's rights see it."""
    values = meant_values(work, step.values) if step.values else _all_values(work)
    body = {
        "event": work.event.occasion,
        "entity": work.entity.name,
        "record": str(work.record.id),
        "entry": work.event.entry,
        "automation": str(work.rule.id),
        "values": {name: value if isinstance(value, bool | int) else str(value) for name, value in values.items()},
    }
    send_webhook(work.tx, f"{work.run}:{number}", step.url, body, source=work.rule.id)
    return StepDone(kind="webhook", key="automation.did.webhook", values={"url": step.url})


def _all_values(work: Work) -> dict[str, str]:
    return {
        name: field_words(work.tx, field, work.record[name], links=False)
        for name, field in work.entity.fields.items()
        if name in work.record and not field.definition.personal
    }
