"""What may be answered as a task is completed: of a task with a form, what the form asks and nothing else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound, Refused
from entente.services.forms.answers import questions_in
from entente.services.forms.named import form_of
from entente.services.worklist.holding import read_work


def prove_asked(tx: Tx, task: UUID, variables: Mapping[str, Any]) -> None:
    """Refused when a variable is given for which the form of a task does not ask."""
    if not variables:
        return
    form = read_work(tx, task, lock=False).form
    if not form:
        return
    try:
        sections = form_of(tx, form).definition.sections
    except NotFound:
        return
    asked = {each.field for each in questions_in(sections) if each.asks is not None and not each.read_only}
    if unknown := sorted(variables.keys() - asked):
        raise Refused("process.variable_not_asked", field="variables", name=unknown[0][:100])
