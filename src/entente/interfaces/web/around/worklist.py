"""The worklist in words: its lines, and the task that is opened beside them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.records import TaskCard
from entente.interfaces.html.views.tasks import Deed, Hand, Outcome, Question, TaskPane
from entente.interfaces.html.views.work import InboxItem
from entente.interfaces.web.around.task_subject import subject_of
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.services.processes.definitions import latest
from entente.services.worklist import declared
from entente.services.worklist.card import Card, Happening, card_of, names_in
from entente.services.worklist.card import Hand as Held
from entente.services.worklist.flags import called_due
from entente.services.worklist.listing import TASK, Entry, Search, worklist

BASE = "/inbox"
ABSENCE = "absence"
DO = "/inbox/do"
MOST = 60
# Verbs with a button of their own, each with its letter; the others hide behind the dots.
SHOWN = {"open": "o", "release": "", "sleep": "h", "wake": "", "redirect": "r", "share": "p"}
MORE = ("ask", "withdraw_question", "comment")
ASKING = ("redirect", "share", "ask", "answer", "sleep", "comment")
ICONS = {
    "open": "player-play", "release": "arrow-back-up", "sleep": "zzz", "wake": "bell", "redirect": "arrow-forward-up",
    "share": "share", "ask": "message-question", "answer": "message-check", "withdraw_question": "message-x",
    "comment": "message",
}  # fmt: skip
GOOD = ("approve", "accept", "ok", "yes", "done", "valid", "won")
BAD = ("reject", "refuse", "decline", "no", "cancel", "deny", "lost")
HUES = {"open": "blue", "available": "gray", "allocated": "gray", "asleep": "violet", "done": "green"}


def lines_of(tx: Tx, entries: Sequence[Entry], base: str, opened: str = "") -> tuple[InboxItem, ...]:
    """Items of the worklist as lines; `base` is the address of their list."""
    names = names_in(tx, entries)
    processes = process_names(tx, (each.process for each in entries))
    return tuple(as_line(tx, each, names, processes, opened, base) for each in entries)


def away_until(tx: Tx) -> datetime | None:
    """Until when the reader has said that he is away; nothing when he is not."""
    condition = f'person = "{tx.principal.user_id}" and starts_at <= now() and ends_at > now()'
    ask = Ask(entity=ABSENCE, fields=("ends_at",), filter=condition, sort=(Sort("ends_at", True),), limit=1)
    found = page(tx.acting_as(system(ABSENCE)), ask).records if tx.principal.user_id else []
    return found[0]["ends_at"] if found else None


def cards_of_record(tx: Tx, record: UUID, most: int) -> list[TaskCard]:
    """What the reader has to do about a record, with the outcomes as buttons."""
    entries = worklist(tx, Search(view="inbox", record=record, limit=most)).entries
    return [_card(tx, each) for each in {each.task: each for each in entries}.values()]


def _card(tx: Tx, each: Entry) -> TaskCard:
    opened = f"{BASE}?tab={each.way if each.way != 'all' else 'mine'}&open={TASK}:{each.task}"
    beside = Action(label=tx.say("ui.open"), url=opened, way="go", icon="external-link")
    url = f"{DO}/complete?ids={each.task}"
    answers = [
        Action(label=made.label, url=f"{url}&outcome={made.key}" if made.key else url, tone=made.tone, icon=made.icon)  # type: ignore[arg-type]
        for made in _outcomes(tx, each.outcomes)
    ]
    return TaskCard(
        title=each.question or each.subject,
        due=called_due(each.due_at, each.process, tx.principal.timezone),
        answers=(beside,) if each.form or each.origin == "ask" else tuple(answers),
        actions=() if each.form else (beside,),
    )


def process_names(tx: Tx, keys: Iterable[str]) -> dict[str, str]:
    """What processes are called, by key."""
    found = {key: latest(tx, key) for key in dict.fromkeys(keys) if key}
    return {key: made.name if made else key for key, made in found.items()}


def as_line(
    tx: Tx, each: Entry, names: Mapping[UUID, str], processes: Mapping[str, str], opened: str, base: str
) -> InboxItem:
    """One line of the worklist."""
    about = names.get(each.record, "") if each.record else ""
    theirs = each.way in ("people", "away")
    parts = [about, _way(tx, each, names), processes.get(each.process, "")]
    if theirs:
        parts[:2] = parts[1::-1]
    key = f"{TASK}:{each.task}"
    return InboxItem(
        id=f"{TASK}-{each.task}",
        key=str(each.task),
        title=each.question or each.subject,
        url=f"{base}&open={key}",
        at=each.created_at,
        who=(names.get(each.holder, "") if theirs else about) or names.get(each.holder, "") or each.subject,
        detail=" · ".join(part for part in parts if part) or tx.catalog.entity(TASK).label.to(tx.language),
        due=called_due(each.due_at, each.process, tx.principal.timezone),
        unread=each.state == "available" and each.way in ("mine", "groups"),
        current=key == opened,
        hue={"yellow": "amber", "red": "red"}.get(each.flag, "green" if each.due_at else ""),
        note=tx.say(f"work.flag.{each.flag}"),
    )


def _way(tx: Tx, each: Entry, names: Mapping[UUID, str]) -> str:
    """How the reader comes to a task that is not simply his."""
    if each.origin == "ask":
        return tx.say("work.asked_by", name=names.get(each.asked_by, "") if each.asked_by else "")
    if each.state == "asleep" and each.wake_at:
        return tx.say("work.aside_until", at=formats_of(tx).relative(each.wake_at, inside=True))
    if each.state == "open" and each.opened_by and each.opened_by != tx.principal.user_id:
        return tx.say("work.opened_by", name=names.get(each.opened_by, ""))
    if each.way == "mine":
        return tx.say("work.shared") if each.origin == "share" else ""
    return tx.say(f"work.way.{each.way}", name=names.get(each.holder, ""))


def open_pane(
    tx: Tx,
    task: UUID,
    *,
    form: FormParts | None = None,
    comment: str = "",
    errors: tuple[str, ...] = (),
    tab: str = "mine",
) -> TaskPane | None:
    """A task with all that its reader may do; nothing when there is none that he may see."""
    try:
        record, card = find(tx, TASK, task), card_of(tx, task)
    except NotFound:
        return None
    subject = subject_of(tx, record)
    may_follow = "about" in subject and "kept" not in subject
    processes = process_names(tx, [card.process])
    shown_actions, more = _actions(tx, card, tab)
    may = "complete" in card.verbs
    return TaskPane(
        id=str(task),
        title=card.subject,
        url=f"/{tx.catalog.entity(TASK).definition.path}/{task}",
        text=record.get("description") or "",
        process=processes.get(card.process, ""),
        process_url=f"/processes/instances/{card.instance}" if card.instance and may_follow else "",
        at=record["created_at"],
        due=called_due(card.due_at, card.process, tx.principal.timezone),
        flag=card.flag,
        **subject,
        **_told(tx, card),
        form=form,
        outcomes=_outcomes(tx, card.outcomes) if may else (),
        answer_url=f"{DO}/complete?ids={task}&from={tab}" if may else "",
        back_url=f"{BASE}?tab={tab}",
        comment=comment,
        errors=errors,
        actions=shown_actions,
        more=more,
    )


def _told(tx: Tx, card: Card) -> dict[str, Any]:
    """In whose hands the task is, how far it is decided, what happened."""
    labels = {each.key: each.label(tx.language) for each in card.outcomes}
    asked = [each for each in card.hands if each.origin == "ask"]
    return {
        "questions": tuple(_question(tx, each) for each in asked if each.state != "withdrawn"),
        "waits": tx.say("work.waits_for_answer") if "withdraw_question" in card.verbs else "",
        "progress": tx.say("work.progress", done=card.done, slots=card.slots) if card.slots > 1 else "",
        "hands": tuple(_hand(tx, each, labels) for each in card.hands),
        "history": tuple(_deed(tx, each, labels) for each in reversed(card.history)),
        "ended": _ended(tx, card),
    }


def _question(tx: Tx, each: Held) -> Question:
    return Question(
        text=each.question,
        to=tx.say("work.asked_of", name=each.name),
        answer=each.comment,
        answered=each.state == "done",
        answered_by=tx.say("work.answered_by", name=each.acted_by or each.name),
    )


def _outcomes(tx: Tx, outcomes: Iterable[declared.Outcome]) -> tuple[Outcome, ...]:
    """The buttons that end a task, the first one standing out; one simple button without declared outcomes."""
    made = [Outcome(key=each.key, label=each.label(tx.language), **_tone(each.key)) for each in outcomes]
    return tuple(made) or (Outcome(key="", label=tx.say("task.complete"), tone="primary", icon="check"),)


def _tone(key: str) -> dict[str, str]:
    if key.startswith(GOOD):
        return {"tone": "success", "icon": "check"}
    if key.startswith(BAD):
        return {"tone": "danger", "icon": "x"}
    return {"tone": "", "icon": ""}


def _actions(tx: Tx, card: Card, tab: str) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    def made(verb: str, key: str = "", tone: str = "ghost") -> Action:
        url = f"{DO}/{verb}?ids={card.task}&from={tab}"
        way = "dialog" if verb in ASKING else "post"
        return Action(label=tx.say(f"task.{verb}"), url=url, way=way, icon=ICONS[verb], key=key, tone=tone)  # type: ignore[arg-type]

    mine = [each for each in card.hands if each.way and each.state in ("available", "open", "asleep")]
    verbs = set(card.verbs) - _senseless(mine)
    first = [made("answer", tone="primary")] if "answer" in verbs and any(each.origin == "ask" for each in mine) else []
    shown_ones = [made(verb, key) for verb, key in SHOWN.items() if verb in verbs]
    if "complete" not in verbs or not mine:
        shown_ones = [each for each in shown_ones if each.url.startswith((f"{DO}/redirect", f"{DO}/share"))]
    return (*first, *shown_ones), tuple(made(verb) for verb in MORE if verb in verbs)


def _senseless(mine: Iterable[Held]) -> set[str]:
    """What makes no sense as things stand: opening what is open, waking what is awake."""
    states = {each.state for each in mine}
    wanted = {"open": "available", "release": "open", "wake": "asleep"}
    return {verb for verb, state in wanted.items() if state not in states}


def _hand(tx: Tx, each: Held, labels: Mapping[str, str]) -> Hand:
    notes = [
        tx.say("work.done_as", outcome=labels.get(each.outcome, each.outcome)) if each.outcome else "",
        tx.say("work.acted_for", name=each.acted_by) if each.acted_for and each.acted_by else "",
        tx.say("work.until", at=formats_of(tx).moment(each.wake_at)) if each.wake_at else "",
    ]
    return Hand(
        name=each.name,
        state=tx.say(f"work.state.{each.state}"),
        hue=HUES.get(each.state, "gray"),
        note=" · ".join(note for note in notes if note),
    )


def _deed(tx: Tx, each: Happening, labels: Mapping[str, str]) -> Deed:
    told = each.verb == "mail_sent"
    who = (each.acted_for if told else each.actor) or tx.say("work.system")
    outcome = str(each.detail.get("outcome") or "")
    text = tx.say(f"work.deed.{each.verb}", name=who, outcome=labels.get(outcome, outcome))
    if each.acted_for and not told:
        text = f"{text} {tx.say('work.in_name_of', name=each.acted_for)}"
    if each.channel == "mail":
        text = f"{text} {tx.say('work.by_mail')}"
    said = (each.detail.get(name) for name in ("comment", "question", "reason"))
    return Deed(at=each.at, text=text, comment=next((str(text) for text in said if text), ""))


def _ended(tx: Tx, card: Card) -> str:
    if card.ended_at is None:
        return ""
    label = next((each.label(tx.language) for each in card.outcomes if each.key == card.outcome), card.outcome)
    at: datetime = card.ended_at
    key = "work.ended_as" if label else "work.ended"
    return tx.say(key, name=card.ended_by or tx.say("work.system"), outcome=label, at=formats_of(tx).moment(at))
