"""Answering a task by e-mail: who writes is proved, what he says is done in his name, and he is told what became of it.

Nothing is done for a mail whose address was not signed here, whose sender may not act now, or whose domain is not
proved where the task requires it (`docs/decisions/answers-by-mail.md`).
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Cause, Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, NotFound, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.modules.base.mail_rules import set_off_rules
from entente.modules.base.task_mail import TASK, address_of, needs_form, policy_of
from entente.services.mail.addresses import is_signed, record_of, reply_address
from entente.services.mail.answer import Answer, Choice, read_answer
from entente.services.mail.authenticity import Proof, proof_of
from entente.services.mail.automated import written_by_machine
from entente.services.mail.imap import FAULTS, Mailbox, read_mailboxes
from entente.services.mail.incoming import Fate, fetch_mails, note_look, treat_mails
from entente.services.mail.outbox import count_mails, mail_answered
from entente.services.mail.people import person_at, person_named
from entente.services.mail.quotes import split_reply
from entente.services.mail.reading import Letter
from entente.services.mail.sending import queue_mail
from entente.services.mail.until import read_until
from entente.services.processes.early import Message, hold
from entente.services.processes.running import correlate
from entente.services.stream.wording import moment_in_words
from entente.services.worklist.holding import Work, read_work, write_event
from entente.services.worklist.seats import may_act
from entente.services.worklist.wording import over

HALF = timedelta(seconds=30)
LISTENS_SECONDS = 25
MOST_LOOKS = 4
MOST_ANSWERS = 10  # to one person about one task within an hour: a machine may be at the other end
REPLY = "mail.reply"
LONGEST_KEPT = 4000
EVENTS = {"accepted": "mail_accepted", "answered": "mail_answered"}

log = logging.getLogger(__name__)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A reply about a task: who wrote it, in a transaction of his own, and how well that is proved."""

    tx: Tx
    mail: UUID
    letter: Letter
    person: UUID
    work: Work
    proof: Proof


@job("mail.receive", queue="mail", every="* * * * *", transaction=False, limit=240)
def receive_mails(run: Run, again: bool = True) -> None:
    """Every mail that arrived was kept and treated; looked for each half minute, at once where the server tells."""
    settings = run.database.settings
    if settings.imap_url is None or run.organisation != settings.organisation:
        return
    try:
        boxes = read_mailboxes(settings.imap_url)
    except ValueError as fault:
        boxes = []
        _note(run, "ENTENTE_IMAP_URL", fault)
    for box in boxes:
        _look_into(run, box, LISTENS_SECONDS // len(boxes) if again else 0)
    treat_mails(run, treat)
    if again:
        with run.begin() as tx:
            enqueue(tx, receive_mails, at=tx.clock.now() + HALF, key="half", again=False)


def _look_into(run: Run, mailbox: Mailbox, seconds: int) -> None:
    """Fetch and treat what arrived in one mailbox; another one is not kept waiting by its failure."""
    try:
        for _ in range(MOST_LOOKS):
            if not fetch_mails(run, mailbox, seconds):
                break
            treat_mails(run, treat)
    except (*FAULTS, ValueError) as fault:
        _note(run, mailbox.name, fault)
        return
    _note(run, mailbox.name, None)


def _note(run: Run, mailbox: str, fault: Exception | None) -> None:
    error = f"{type(fault).__name__}: {fault}"[:500] if fault else None
    if error:
        log.warning("the mailbox %s cannot be read: %s", mailbox, error)
    with run.begin() as tx:
        note_look(tx, mailbox, error)


def treat(tx: Tx, mail: UUID, letter: Letter) -> Fate:
    """What becomes of a mail: an answer to a task, a message to a process, what rules wait for, or nothing."""
    machine = written_by_machine(letter)
    if machine is not None:
        return Fate(state="ignored", reason=f"task_reply.{machine}")
    if is_signed(tx, letter.recipients):
        return _about_task(tx, mail, letter)
    fate = _about_mail(tx, mail, letter)
    acted = set_off_rules(tx, mail, letter, _answer_of(tx, letter)) if letter.sender else None
    return acted if acted is not None and fate.state != "accepted" else fate


def _about_mail(tx: Tx, mail: UUID, letter: Letter) -> Fate:
    """A reply to another mail of ours is a message for the process that waits for it."""
    sent = mail_answered(tx, letter.answers_to)
    if sent is None:
        return Fate(state="ignored", reason="task_reply.no_thread")
    about: dict[str, Any] = {"entity": sent.entity, "record": sent.record}
    if sent.recipient.casefold() != letter.sender:
        return Fate(state="refused", reason="task_reply.other_sender", **about)
    proof = proof_of(letter, tx.settings.mail_authserv)
    values = {
        "from": letter.sender,
        "subject": letter.subject,
        "text": _answer_of(tx, letter)[:LONGEST_KEPT],
        "proof": proof.verdict,
        "mail": str(mail),
    }
    message = Message(name=REPLY, record=sent.record, values=values)
    if correlate(tx, message) is None and hold(tx, message) is None:
        return Fate(state="ignored", reason="task_reply.nobody_waits", **about)
    return Fate(state="accepted", reason="task_reply.message", **about)


def _about_task(tx: Tx, mail: UUID, letter: Letter) -> Fate:
    task = record_of(tx, letter.recipients)
    if task is None:
        return Fate(state="refused", reason="task_reply.address")
    person = person_at(tx, letter.sender)
    principal = principal_of(tx, person) if person else None
    if person is None or principal is None:
        return _noted(tx, task, letter, Fate(state="refused", reason="task_reply.stranger"))
    reader = tx.acting_as(principal, Cause(tx.cause.id, "mail", tx.cause.deed, tx.cause.depth))
    reader.language = principal.language
    try:
        work = read_work(reader, task, lock=False)
    except NotFound:
        return Fate(state="refused", reason="task_reply.gone", person=person)
    proof = proof_of(letter, tx.settings.mail_authserv)
    case = Case(tx=reader, mail=mail, letter=letter, person=person, work=work, proof=proof)
    fate = _judged(case)
    return _noted(reader, task, letter, msgspec.structs.replace(fate, person=person), proof)


def _noted(tx: Tx, task: UUID, letter: Letter, fate: Fate, proof: Proof | None = None) -> Fate:
    """The fate, written down among what happened to the task, with the headers by which it was decided."""
    said = {
        "from": letter.sender,
        "message_id": letter.message_id,
        "authentication_results": proof.header if proof else "",
        "proof": proof.verdict if proof else "",
        **fate.said,
    }
    try:
        work = read_work(tx, task, lock=False)
    except NotFound:
        return fate
    # Whoever is not proved has done nothing: what is refused is nobody's deed.
    writer = tx if fate.state in EVENTS else tx.acting_as(system("task mails"))
    write_event(writer, work, EVENTS.get(fate.state, "mail_refused"), None, **{**said, "because": fate.reason})
    return msgspec.structs.replace(fate, said=said, entity=TASK, record=task)


def _judged(case: Case) -> Fate:
    """Refused for whoever may not act or is not proved, else what was asked for, or why it cannot be."""
    tx, work = case.tx, case.work
    if not may_act(tx, work.id):
        return _not_his(case)
    policy = policy_of(tx, work)
    if policy == "require" and case.proof.verdict != "pass":
        _tell_unproved(case)
        return Fate(state="refused", reason="task_reply.unproved", said={"policy": policy})
    if work.state != "active":
        refusal = over(tx, work)
        return _answered(case, refusal.code, tx.say(refusal.code, **refusal.values))
    text = _answer_of(tx, case.letter)
    answer = Answer(comment=text, line=text[:200]) if _is_asked(case) else read_answer(text, choices(tx, work))
    try:
        with tx.connection.transaction():
            return _replied(case, answer) if _is_asked(case) else _done(case, answer)
    except Refused as refusal:
        code = "task_reply.too_late" if isinstance(refusal, Conflict) else refusal.code
        return _answered(case, code, tx.say(refusal.code, **refusal.values), answer, with_help=code == refusal.code)


def _not_his(case: Case) -> Fate:
    """Refused; a colleague to whom the mail was sent on is told so, where it is proved that he wrote."""
    if case.proof.verdict == "pass":
        _write(case, [case.tx.say("task_reply.not_yours_text")])
    return Fate(state="refused", reason="task_reply.not_yours")


def _is_asked(case: Case) -> bool:
    """Whether all that awaits the person is a question about the task."""
    mine = [each for each in case.work.live if each.way in ("mine", "groups", "away")]
    return bool(mine) and all(each.origin == "ask" for each in mine)


def _replied(case: Case, answer: Answer) -> Fate:
    if not answer.comment:
        return _answered(case, "task_reply.empty", case.tx.say("task_reply.empty"), answer)
    perform(case.tx, TASK, "answer", [case.work.id], {"comment": answer.comment})
    return _accepted(case, answer, case.tx.say("task_reply.did_answer"))


def _answer_of(tx: Tx, letter: Letter) -> str:
    markers = [tx.words.say(language, "task_mail.marker") for language in ("en", "fr")]
    return split_reply(letter.text, markers).answer or split_reply(letter.html, markers).answer


def choices(tx: Tx, work: Work) -> list[Choice]:
    """What may be answered to a task, as it is called in both languages."""
    declared = [Choice(each.key, (each.label("fr"), each.label("en"))) for each in work.outcomes]
    words = tuple(tx.words.say(language, "task_mail.done") for language in ("en", "fr"))
    return declared or [Choice("", (*words, "complete"))]


def _done(case: Case, answer: Answer) -> Fate:
    """What the answer asks for, done."""
    tx, task = case.tx, case.work.id
    if answer.outcome is not None:
        if needs_form(tx, case.work):
            return _answered(case, "task_reply.form", tx.say("task_reply.form_text"), answer)
        perform(tx, TASK, "complete", [task], {"outcome": answer.outcome, "comment": answer.comment})
        label = next((each.label(tx.language) for each in case.work.outcomes if each.key == answer.outcome), "")
        return _accepted(case, answer, tx.say("task_reply.took", label=label or tx.say("task_mail.done")))
    match answer.verb:
        case "redirect" | "share" as verb:
            return _handed_on(case, answer, verb)
        case "sleep":
            return _laid_aside(case, answer)
        case "help":
            return _answered(case, "task_reply.help", tx.say("task_reply.here_you_are"), answer, with_help=True)
    return _answered(case, "task_reply.unknown", tx.say("task_reply.unknown_text"), answer, with_help=True)


def _handed_on(case: Case, answer: Answer, verb: str) -> Fate:
    tx = case.tx
    person = person_named(tx, answer.argument)
    to = str(person) if person else answer.argument
    if not to:
        raise Refused("task_reply.to_whom")
    wish: dict[str, Any] = {"to": to, "reason": answer.comment} if verb == "redirect" else {"to": [to]}
    perform(tx, TASK, verb, [case.work.id], wish)
    return _accepted(case, answer, tx.say(f"task_reply.did_{verb}", to=answer.argument))


def _laid_aside(case: Case, answer: Answer) -> Fate:
    tx = case.tx
    until = read_until(answer.argument, tx.clock.now(), tx.principal.timezone)
    if until is None:
        raise Refused("task_reply.until_when")
    perform(tx, TASK, "sleep", [case.work.id], {"until": until})
    return _accepted(case, answer, tx.say("task_reply.did_sleep", at=moment_in_words(tx, until)))


def _accepted(case: Case, answer: Answer, text: str) -> Fate:
    lines = [text]
    if answer.comment:
        lines.append(case.tx.say("task_reply.comment", comment=answer.comment[:500]))
    if case.proof.verdict != "pass":
        lines.append(case.tx.say("task_reply.warned"))
    _write(case, lines)
    return Fate(state="accepted", reason="task_reply.did", said=_said(answer))


def _answered(case: Case, reason: str, text: str, answer: Answer | None = None, *, with_help: bool = False) -> Fate:
    _write(case, [text, *(_help(case) if with_help else ())])
    return Fate(state="answered", reason=reason, said=_said(answer) if answer else {})


def _said(answer: Answer) -> dict[str, Any]:
    return {"line": answer.line[:200], "outcome": answer.outcome or "", "deed": answer.verb or ""}


def _help(case: Case) -> Sequence[str]:
    tx = case.tx
    known = [each.label(tx.language) for each in case.work.outcomes] or [tx.say("task_mail.done")]
    listed = "\n".join(f"- {each}" for each in known)
    return (tx.say("task_reply.choices"), listed, tx.say("task_reply.verbs"))


def _tell_unproved(case: Case) -> None:
    """Tell the person, at the address that we know, once a day: it may not have been he who wrote."""
    day = case.tx.clock.now().date().isoformat()
    _write(case, [case.tx.say("task_reply.unproved_text")], key=f"unproved:{case.work.id}:{case.person}:{day}")


def _write(case: Case, lines: Sequence[str], key: str = "") -> None:
    """Answer the mail, unless a machine at the other end seems to answer us."""
    tx, task, letter = case.tx, case.work.id, case.letter
    since = tx.clock.now() - timedelta(hours=1)
    if count_mails(tx, task, letter.sender, like="answer:%", since=since) >= MOST_ANSWERS:
        return
    title = case.work.called(tx.language)
    body = "\n\n".join((tx.say("task_mail.marker"), title, *lines, address_of(tx, case.work)))
    subject = letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject or title}"
    headers = {"Auto-Submitted": "auto-replied"}
    if letter.message_id:
        headers |= {"In-Reply-To": letter.message_id, "References": letter.message_id}
    address = reply_address(tx, task)
    headers |= {"Reply-To": address} if address else {}
    asker = tx.acting_as(system("task mails"))
    queue_mail(asker, key or f"answer:{case.mail}", letter.sender, subject, body, "", Ref(TASK, task), headers=headers)
