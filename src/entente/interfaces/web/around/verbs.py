"""What a person may be asked as he does something with tasks: to whom, until when, with which outcome."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.web.around.holders import holder_titles
from entente.interfaces.web.fields import field_view
from entente.interfaces.web.inputs import errors_of, moment_in
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.registry import FIELD_TYPES
from entente.services.worklist.card import HOLDERS, card_of
from entente.services.worklist.declared import Outcome
from entente.services.worklist.listing import TASK

HOLDERS_URL = "/lookup/holders"
RESTS = ("PT1H", "PT4H", "P1D", "P3D", "P7D")
# What each verb asks: the name of the field and its kind.
ASKED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "complete": (("outcome", "outcome"), ("comment", "long_text")),
    "redirect": (("to", "holder"), ("reason", "long_text")),
    "share": (("to", "holders"),),
    "ask": (("to", "holder"), ("question", "long_text"), ("shown", "boolean")),
    "answer": (("comment", "long_text"),),
    "sleep": (("duration", "rest"), ("until", "datetime")),
    "comment": (("comment", "long_text"),),
}
LINKS = {"holder": "link", "holders": "links"}
NEEDED = {"to", "question"}
PLAIN = ("open", "release", "wake", "withdraw_question")
VERBS = (*ASKED, *PLAIN)


def common_outcomes(tx: Tx, tasks: Sequence[UUID]) -> tuple[Outcome, ...]:
    """The outcomes that the principal may give to every one of some tasks."""
    offered = [card_of(tx, each).outcomes for each in tasks]
    first = offered[0] if offered else ()
    return tuple(each for each in first if all(any(each.key == other.key for other in some) for some in offered))


def verb_view(
    tx: Tx, verb: str, tasks: Sequence[UUID], url: str, typed: Mapping[str, Any], refusal: Refused | None = None
) -> FormView:
    """The dialog of a verb over one task or several."""
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    fields = [
        _drawn(tx, verb, name, kind, tasks, typed.get(name), errors.get(name, ""))
        for name, kind in ASKED.get(verb, ())
        if not (kind == "outcome" and (typed.get("outcome") or not common_outcomes(tx, tasks)))
    ]
    said = {each.name for each in fields}
    hidden = {"sure": "1"} | (
        {"outcome": str(typed["outcome"])} if typed.get("outcome") and "outcome" not in said else {}
    )
    label = tx.say(f"task.{verb}")
    return FormView(
        title=label,
        text=tx.say("work.on_many", count=len(tasks)) if len(tasks) > 1 else "",
        url=url,
        submit=_submit(tx, tasks, typed) or label,
        sections=(FormSection(fields=tuple(fields)),),
        errors=(*others, *(text for name, text in errors.items() if name not in said)),
        hidden=hidden,
        names=Names(titles=holder_titles(tx, _chosen(typed.get("to")))),
    )


def _chosen(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [str(value or "")]


def _submit(tx: Tx, tasks: Sequence[UUID], typed: Mapping[str, Any]) -> str:
    chosen = typed.get("outcome")
    if not chosen:
        return ""
    return next((each.label(tx.language) for each in common_outcomes(tx, tasks) if each.key == chosen), "")


def _drawn(tx: Tx, verb: str, name: str, kind: str, tasks: Sequence[UUID], value: Any, error: str) -> FieldView:
    choices = _choices(tx, kind, tasks)
    given = kind in ("holder", "holders")
    made = FieldDef(
        type="choice" if choices else LINKS.get(kind, kind),
        to=HOLDERS[0] if given else "",
        label=_text(tx, f"work.ask.{name}" if given else f"task.{verb}.{name}"),
        required=name in NEEDED or kind == "outcome",
        choices=choices,
    )
    field = Field(name, made, FIELD_TYPES[made.type])
    view = field_view(tx, tx.catalog.entity(TASK), field, value or None, error=error, form=True)
    url = HOLDERS_URL if given else ""
    return msgspec.structs.replace(view, read_only=False, lookup_url=url, history_url="", masked=False)


def _choices(tx: Tx, kind: str, tasks: Sequence[UUID]) -> tuple[Choice, ...]:
    match kind:
        case "outcome":
            return tuple(_choice(each.key, each.label(tx.language)) for each in common_outcomes(tx, tasks))
        case "rest":
            return tuple(Choice(key=each, label=_text(tx, f"work.rest.{each}")) for each in RESTS)
    return ()


def _choice(key: str, label: str) -> Choice:
    return Choice(key=key, label=Text(en=label, fr=label))


def _text(tx: Tx, key: str) -> Text:
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})


def typed_in(verb: str, form: FormMultiDict) -> dict[str, Any]:
    """What was typed or chosen in the dialog of a verb; what was left empty is left out."""
    found = {
        name: [text for each in form.getall(name, []) if (text := str(each).strip())] for name, _ in ASKED.get(verb, ())
    }
    kinds = dict(ASKED.get(verb, ()))
    return {name: values if kinds[name] == "holders" else values[-1] for name, values in found.items() if values}


def wish_from(verb: str, form: FormMultiDict, zone: ZoneInfo) -> dict[str, Any]:
    """The parameters of a verb that a form sends; what was left empty is left out, wall times are those of the zone."""
    given = typed_in(verb, form)
    if "shown" in given:
        given["shown"] = given["shown"] == "1"
    if "until" in given:
        given["until"] = moment_in(given["until"], zone)
    return given
