"""The form that a task asks to fill in: shown with what is known, read and kept as the task is completed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.web.named_forms import body_of, form_parts
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.query import exists, find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.named import NamedForm, apart, form_of, plain_answers, read_answers
from entente.services.processes.tasks import variables_at
from entente.services.worklist.holding import Work, read_work
from entente.services.worklist.seats import may_act


def task_form(
    tx: Tx, task: UUID, *, sent: FormMultiDict | None = None, refusal: Refused | None = None
) -> FormParts | None:
    """What a task asks, with what was typed when it was refused; nothing for a task without a form.

    NotFound for whoever has not got the task in his hands.
    """
    work = _work(tx, task)
    form = _form(tx, work)
    if form is None:
        return None
    typed: Mapping[str, Any] | None = body_of(tx, form, sent) if sent is not None else None
    return form_parts(tx, form, _subject(tx, work), known=variables_at(tx, task), typed=typed, refusal=refusal)


def keep_answers(tx: Tx, task: UUID, sent: FormMultiDict) -> dict[str, Any]:
    """The answers that are variables of the process; those about the record are written. Invalid names the fields."""
    work = _work(tx, task)
    form = _form(tx, work)
    if form is None:
        return {}
    record = _subject(tx, work)
    answers = read_answers(tx, form, record, body_of(tx, form, sent), known=variables_at(tx, task))
    about, variables = apart(tx, form, answers)
    if about and record is not None:
        save(tx, record.entity, about, id=record.id)
    plain = plain_answers(tx, form, answers)
    return {name: plain[name] for name in variables if name in plain}


def _work(tx: Tx, task: UUID) -> Work:
    if not may_act(tx, task):
        raise NotFound("worklist.unknown")
    return read_work(tx, task, lock=False)


def _form(tx: Tx, work: Work) -> NamedForm | None:
    if not work.form:
        return None
    try:
        return form_of(tx, work.form)
    except NotFound:
        return None


def _subject(tx: Tx, work: Work) -> Record | None:
    """The record that a task is about, when its reader may see it."""
    if work.entity is None or work.record is None or not exists(tx, work.entity, work.record):
        return None
    return find(tx, work.entity, work.record)
