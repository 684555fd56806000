"""The mail by which somebody learns of a task that awaits him: what it is about, and how it can be answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.jobs.queue import job
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.modules.base.mail_template import own_letters
from entente.services.forms.named import form_of, read_answers
from entente.services.mail.addresses import reply_address
from entente.services.mail.buttons import Deed, make_button
from entente.services.mail.letters import Letters, filled
from entente.services.mail.sending import queue_mail
from entente.services.processes.definitions import graph_of, latest
from entente.services.stream.preferences import notices_in
from entente.services.stream.wording import day_in_words, in_words, links_in, moment_in_words, titles_of
from entente.services.worklist.flags import called_due
from entente.services.worklist.holding import Item, Work, write_event
from entente.services.worklist.showing import as_asker
from entente.services.worklist.telling import NewItem, take_new_items

TASK = "task"
MOST_FACTS = 8
HEADERS = {"Auto-Submitted": "auto-generated"}
POLICIES: tuple["Policy", ...] = ("off", "warn", "require")
Policy = Literal["off", "warn", "require"]


class Reader(msgspec.Struct, frozen=True):
    """Whom a mail is for: a transaction of his own in his language, and his address."""

    tx: Tx
    id: UUID
    email: str


def tell_holders(tx: Tx, entries: list[Entry]) -> None:
    """Whoever has a new task in his hands has a mail about it."""
    if any(entry.entity == TASK for entry in entries):
        tell_of_new_items(tx)


@job("tasks.mail", queue="mail", every="* * * * *")
def tell_of_new_items(tx: Tx) -> None:
    """Tell of every item that came into somebody's hands, each person once; those who want no such mail have none."""
    asker = tx.acting_as(system("task mails"))
    for new in take_new_items(asker):
        for reader in readers(asker, new.people):
            _tell(reader, new)


def readers(tx: Tx, people: Sequence[UUID]) -> list[Reader]:
    """Those of the people who have an address and want to be told by e-mail of what is given to them."""
    found = []
    for record in page(tx, Ask(entity="user", ids=tuple(people), limit=200)).records if people else ():
        principal = principal_of(tx, record.id)
        if principal is None or not record["email"] or "assigned" not in notices_in(record["preferences"]).mailed:
            continue
        reader = tx.acting_as(principal)
        reader.language = principal.language
        found.append(Reader(reader, record.id, record["email"]))
    return found


def _tell(reader: Reader, new: NewItem) -> None:
    tx, work = reader.tx, new.work
    own = own_letters(tx, TASK, tx.language, work.process)
    values = values_about(reader, work, new.item)
    send_about(reader, work, new.item, own, values, key=f"task:{new.item.id}:{reader.id}")


def send_about(
    reader: Reader, work: Work, item: Item | None, own: Letters | None, values: Mapping[str, Any], *, key: str
) -> None:
    """Write to somebody about a task, once for a key; whoever holds an item of it can reply."""
    tx = reader.tx
    letters = filled(TASK, own, values)
    address = reply_address(tx, work.id) if item else None
    headers = HEADERS | ({"Reply-To": address} if address else {})
    try:
        sent = queue_mail(
            tx, key, reader.email, letters.subject, letters.text, letters.html, Ref(TASK, work.id), headers=headers
        )
    except Refused:
        # An address that nobody can write to must not keep the others from being told.
        return
    if sent is not None:
        asker = tx.acting_as(system("task mails"))
        write_event(asker, work, "mail_sent", item, to=reader.email, mail=str(sent))


def values_about(reader: Reader, work: Work, item: Item | None) -> dict[str, Any]:
    """What a mail about a task says to a reader, with buttons when he holds an item that they can answer."""
    tx = reader.tx
    facts, record = record_in_words(tx, work)
    if not record and item is not None and (asker := as_asker(tx, work, [item])):
        facts, record = record_in_words(asker, work)
    about = called(tx, work, record)
    asks = item is not None and item.origin == "ask"
    form = needs_form(tx, work)
    return {
        "language": tx.language,
        "marker": tx.say("task_mail.marker"),
        "subject": work.called(tx.language),
        "about": about,
        "instructions": _instructions(tx, work),
        "question": item.question if item else "",
        "asks": asks,
        "process": work.process,
        "due": _due(tx, work),
        "address": address_of(tx, work),
        "outcomes": [] if asks or form or item is None else _buttons(reader, work, item, about),
        "facts": facts,
        "record": record,
        "needs_form": form,
        "answers": item is not None and reply_address(tx, work.id) is not None,
        "person": {"name": tx.principal.name},
        "say": {
            name: tx.say(f"task_mail.{name}", name=tx.principal.name)
            for name in ("hello", "due", "choose", "reply", "answer", "form", "open", "why", "colon")
        },
    }


def _due(tx: Tx, work: Work) -> str:
    due = called_due(work.due_at, work.process, tx.principal.timezone)
    if due is None:
        return ""
    return moment_in_words(tx, due) if isinstance(due, datetime) else day_in_words(tx, due)


def address_of(tx: Tx, work: Work) -> str:
    """The page of a task."""
    return f"{tx.settings.address}/{tx.catalog.entity(TASK).definition.path}/{work.id}"


def _instructions(tx: Tx, work: Work) -> str:
    record = find(tx.acting_as(system("task mails")), TASK, work.id)
    return record.get("description") or ""


def _buttons(reader: Reader, work: Work, item: Item, about: str) -> list[dict[str, str]]:
    allowed = [each for each in work.outcomes if item.outcomes is None or each.key in item.outcomes]
    named = [(each.key, each.label(reader.tx.language)) for each in allowed]
    return [
        {"key": key, "label": label, "address": _button(reader, work, key, label, about)}
        for key, label in named or [("", reader.tx.say("task_mail.done"))]
    ]


def _button(reader: Reader, work: Work, outcome: str, label: str, about: str) -> str:
    title = " – ".join(part for part in (work.called(reader.tx.language), about) if part)
    on = Ref(TASK, work.id)
    deed = Deed(on=on, action="complete", wish={"outcome": outcome}, title=title, label=label)
    return make_button(reader.tx, reader.id, deed)


def record_in_words(tx: Tx, work: Work) -> tuple[list[dict[str, str]], dict[str, str]]:
    """What the record of a task says as far as the reader may see it: the facts under its title, and every field."""
    record = _record(tx, work)
    if record is None:
        return [], {}
    entity = tx.catalog.entity(record.entity)
    fields = {name: entity.fields[name] for name in record if name in entity.fields}
    plain = {name: field.type.plain(record[name]) for name, field in fields.items()}
    titles = titles_of(tx, [end for name, field in fields.items() for end in links_in(field, plain[name])])
    words = {name: in_words(tx, field, plain[name], titles) for name, field in fields.items()}
    screens = tx.catalog.screens.get(record.entity)
    shown = (entity.definition.title, *(screens.header if screens else ()))
    facts = [
        {"label": fields[name].definition.label.to(tx.language), "value": words[name]}
        for name in dict.fromkeys(shown)
        if words.get(name)
    ]
    return facts[:MOST_FACTS], words


def called(tx: Tx, work: Work, words: Mapping[str, str]) -> str:
    """What the record of a task is called, out of its fields in words; empty for one that the reader does not see."""
    return words.get(tx.catalog.entity(str(work.entity)).definition.title, "") if words else ""


def _record(tx: Tx, work: Work) -> Record | None:
    if work.entity not in tx.catalog.entities or work.record is None:
        return None
    try:
        return find(tx, str(work.entity), work.record)
    except NotFound:
        return None


def needs_form(tx: Tx, work: Work) -> bool:
    """Whether completing the task takes answers that a mail cannot give: its form requires some that are missing."""
    if not work.form:
        return False
    try:
        read_answers(tx, form_of(tx, work.form), _record(tx, work), {})
    except Invalid:
        return True
    except NotFound:
        return False
    return False


def policy_of(tx: Tx, work: Work) -> Policy:
    """How well a reply must prove its sender: as the model says, else `require` where there is something to decide."""
    usual: Policy = "require" if len(work.outcomes) > 1 else "warn"
    definition = latest(tx, work.process) if work.process else None
    element = graph_of(tx, definition.id).elements.get(work.element) if definition else None
    stated = element.settings.get("mail", "") if element else ""
    return next((each for each in POLICIES if each == stated), usual)


TELLER = Follower("task_mail", tell_holders)
