"""What waits to be done: open activities of a person or of a record, the most urgent first."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.records import TaskCard
from entente.interfaces.html.views.work import InboxItem
from entente.interfaces.web.allowed import may
from entente.interfaces.web.around.kinds import (
    activity_kinds,
    due_field,
    kinds_regarding,
    open_condition,
    regarding_field,
    state_field,
    text_field,
)
from entente.interfaces.web.around.worklist import cards_of_record
from entente.interfaces.web.fields import names_of, shown
from entente.interfaces.web.screens import action_button
from entente.interfaces.web.wording import in_words
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.actions import offered
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.services.worklist.listing import TASK

MOST = 60
MOST_CARDS = 4
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
Due = datetime | date | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An open activity: what it is called, by when it is due, what it regards."""

    entity: Entity
    record: Record
    title: str
    due: Due = None
    about: str = ""
    about_url: str = ""

    @property
    def key(self) -> str:
        """What names it in addresses."""
        return f"{self.entity.name}:{self.record.id}"

    @property
    def url(self) -> str:
        """Where its page is."""
        return f"/{self.entity.definition.path}/{self.record.id}"


def others_of_mine(tx: Tx) -> list[Waiting]:
    """The principal's open activities of the kinds that are not in the worklist, such as calls and meetings."""
    person = tx.principal.user_id
    return [
        each
        for entity in activity_kinds(tx)
        if person and entity.name != TASK and "owner" in entity.fields
        for each in _open(tx, entity, f'owner = "{person}"', MOST)
    ]


def of_record(tx: Tx, entity: str, identity: UUID, among: Collection[str]) -> list[TaskCard]:
    """What there is to do about a record: the reader's own tasks first, then open activities that others have.

    `among` are the kinds of activities that there are at all.
    """
    mine = cards_of_record(tx, identity, MOST_CARDS)
    found = [
        each
        for kind, field in kinds_regarding(tx, entity)
        if kind.name in among
        for each in _open(tx, kind, f'{field.name} = "{identity}"{_foreign(tx, kind)}', MOST_CARDS)
    ]
    others = sorted(found, key=lambda each: moment_of(tx, each.due))
    return [*mine, *(as_card(tx, each) for each in others)][:MOST_CARDS]


def _foreign(tx: Tx, kind: Entity) -> str:
    """The reader's own tasks, and those of processes, come from the worklist."""
    if kind.name != TASK:
        return ""
    return f' and process_instance = null and (owner = null or owner != "{tx.principal.user_id}")'


def _open(tx: Tx, entity: Entity, condition: str, limit: int) -> list[Waiting]:
    state = state_field(entity)
    if state is None or not may_use(tx, entity.name, state.name):
        return []
    due = due_field(tx, entity)
    ask = Ask(
        entity=entity.name,
        filter=f"{condition} and {open_condition(state)}",
        sort=(Sort(due.name),) if due else (),
        limit=limit,
    )
    return described(tx, entity, page(tx, ask).records)


def described(tx: Tx, entity: Entity, records: Sequence[Record]) -> list[Waiting]:
    """Activities with what they are called and what they regard."""
    due, regarding = due_field(tx, entity), regarding_field(entity)
    names = names_of(tx, entity, records, [regarding.name] if regarding else [])
    title = entity.fields[entity.definition.title]
    found = []
    for record in records:
        about = record.get(regarding.name) if regarding else None
        known = names.title(about.id) if about else ""
        found.append(
            Waiting(
                entity=entity,
                record=record,
                title=in_words(tx, title, record.get(title.name), names) or tx.say("record.untitled"),
                due=record.get(due.name) if due else None,
                about=known,
                about_url=names.url(about.entity, about.id) if about and known else "",
            )
        )
    return found


def moment_of(tx: Tx, due: Due) -> datetime:
    """The moment until which something is in time; a day lasts to its end where the principal is."""
    if due is None:
        return NEVER
    if isinstance(due, datetime):
        return due
    return datetime.combine(due, time.max, ZoneInfo(tx.principal.timezone))


def is_due(tx: Tx, each: Waiting) -> bool:
    """Whether it should be done today, or should have been before."""
    today = tx.clock.now().astimezone(ZoneInfo(tx.principal.timezone)).date()
    return moment_of(tx, each.due).astimezone(ZoneInfo(tx.principal.timezone)).date() <= today


def as_item(tx: Tx, each: Waiting, opened: str = "") -> InboxItem:
    """A line of the list of what waits."""
    kind = each.entity.label.to(tx.language)
    return InboxItem(
        id=each.key.replace(":", "-"),
        title=each.title,
        url=f"/inbox?open={each.key}",
        at=each.record["created_at"],
        who=each.about or each.title,
        detail=f"{kind} · {each.about}" if each.about else kind,
        due=each.due,
        current=each.key == opened,
    )


def as_card(tx: Tx, each: Waiting, *, with_subject: bool = False) -> TaskCard:
    """What is asked of the person, with the buttons that answer it."""
    answers, more = _answers(tx, each)
    text = text_field(tx, each.entity)
    told = each.record.get(text.name) if text and shown(tx, each.entity, text.name) else None
    subject = [Action(label=each.about, url=each.about_url, way="go", icon="link")] if each.about_url else []
    beside = Action(label=tx.say("ui.open"), url=each.url, way="go", icon="external-link")
    return TaskCard(
        title=each.title,
        text=in_words(tx, text, told, None) if text and text.type.key == "long_text" else "",
        due=each.due,
        answers=tuple(answers),
        actions=(*(subject if with_subject else ()), beside),
        more=tuple(more),
        key=each.key.replace(":", "-"),
    )


def _answers(tx: Tx, each: Waiting) -> tuple[list[Action], list[Action]]:
    name = each.entity.name
    made = [
        (action, action_button(tx, action, each.url))
        for action in tx.catalog.actions_of(name)
        if offered(tx, each.entity, action, each.record)
        and (action.admits or may(tx, each.entity, each.record, action.requires))
    ]
    answers = [msgspec.structs.replace(view, tone="success") for action, view in made if action.tone == "primary"]
    others = [view for action, view in made if action.tone != "primary"]
    if may(tx, each.entity, each.record, "update"):
        others.append(Action(label=tx.say("record.edit"), url=f"{each.url}/edit", icon="pencil"))
    return answers, others
