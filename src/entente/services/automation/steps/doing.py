"""Which function does which kind of step."""

from collections.abc import Callable, Mapping
from typing import Any

from entente.kernel.kit.refusal import Refused
from entente.services.automation.log import StepDone
from entente.services.automation.steps import activities, kinds, messages, records
from entente.services.automation.steps.work import Work


def do(work: Work, step: kinds.Step, number: int) -> StepDone:
    """What a step did; Refused when it may not or cannot be done."""
    deed = _DEEDS.get(type(step))
    return deed(work, step) if deed else _MESSAGES[type(step)](work, step, number)


def _refuse(work: Work, step: kinds.Refuse) -> StepDone:
    raise Refused("automation.refused", message=step.fr if work.tx.language == "fr" else step.en)


_DEEDS: Mapping[type, Callable[[Work, Any], StepDone]] = {
    kinds.Activity: activities.activity,
    kinds.Post: activities.post,
    kinds.Update: records.update,
    kinds.Create: records.create,
    kinds.Related: records.related,
    kinds.Assign: records.assign,
    kinds.Label: records.label,
    kinds.Perform: records.act,
    kinds.Refuse: _refuse,
}
# What leaves the house carries the number of its step, so that no copy leaves twice.
_MESSAGES: Mapping[type, Callable[[Work, Any, int], StepDone]] = {
    kinds.Notify: messages.notify,
    kinds.Mail: messages.mail,
    kinds.Webhook: messages.webhook,
}
