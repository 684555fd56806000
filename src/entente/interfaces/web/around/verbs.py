"""What a person may be asked as he does something with tasks: to whom, until when, with which outcome."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.web.fields import field_view
from entente.interfaces.web.inputs import errors_of, moment_in
from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.registry import FIELD_TYPES
from entente.kernel.records.query import Ask, page
from entente.services.worklist.card import HOLDERS, card_of
from entente.services.worklist.declared import Outcome
from entente.services.worklist.listing import TASK

MOST_PEOPLE = 200
RESTS = ("PT1H", "PT4H", "P1D", "P3D", "P7D")
# What each verb asks: the name of the field and its kind.
ASKED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "complete": (("outcome", "outcome"), ("comment", "long_text")),
    "redirect": (("to", "holder"), ("reason", "long_text")),
    "share": (("to", "holder"),),
    "ask": (("to", "holder"), ("question", "long_text")),
    "answer": (("comment", "long_text"),),
    "sleep": (("duration", "rest"), ("until", "datetime")),
    "comment": (("comment", "long_text"),),
}
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
    )


def _submit(tx: Tx, tasks: Sequence[UUID], typed: Mapping[str, Any]) -> str:
    chosen = typed.get("outcome")
    if not chosen:
        return ""
    return next((each.label(tx.language) for each in common_outcomes(tx, tasks) if each.key == chosen), "")


def _drawn(tx: Tx, verb: str, name: str, kind: str, tasks: Sequence[UUID], value: Any, error: str) -> FieldView:
    choices = _choices(tx, kind, tasks)
    made = FieldDef(
        type="choice" if choices else kind,
        label=_text(tx, f"work.ask.{name}" if kind == "holder" else f"task.{verb}.{name}"),
        required=name in NEEDED or kind == "outcome",
        choices=choices,
    )
    field = Field(name, made, FIELD_TYPES[made.type])
    view = field_view(tx, tx.catalog.entity(TASK), field, value or None, error=error, form=True)
    return msgspec.structs.replace(view, read_only=False, lookup_url="", history_url="", masked=False)


def _choices(tx: Tx, kind: str, tasks: Sequence[UUID]) -> tuple[Choice, ...]:
    match kind:
        case "outcome":
            return tuple(_choice(each.key, each.label(tx.language)) for each in common_outcomes(tx, tasks))
        case "holder":
            return tuple(_holders(tx))
        case "rest":
            return tuple(Choice(key=each, label=_text(tx, f"work.rest.{each}")) for each in RESTS)
    return ()


def _choice(key: str, label: str) -> Choice:
    return Choice(key=key, label=Text(en=label, fr=label))


def _holders(tx: Tx) -> Iterable[Choice]:
    """The people, teams and roles that a task may be given to, by name."""
    everything = tx.acting_as(system("worklist"))
    for kind in HOLDERS:
        entity = tx.catalog.entity(kind)
        title = entity.definition.title
        active = "active = true" if "active" in entity.fields else ""
        found = page(everything, Ask(entity=kind, fields=(title,), filter=active, limit=MOST_PEOPLE)).records
        suffix = "" if kind == HOLDERS[0] else f" ({entity.label.to(tx.language).lower()})"
        names = {each.id: tx.words.called(tx.language, each.id, str(each.get(title) or "")) for each in found}
        for identity, name in sorted(names.items(), key=lambda each: each[1].casefold()):
            if identity != tx.principal.user_id:
                yield _choice(str(identity), f"{name}{suffix}")


def _text(tx: Tx, key: str) -> Text:
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})


def wish_from(verb: str, form: FormMultiDict, zone: ZoneInfo) -> dict[str, Any]:
    """The parameters of a verb that a form sends; what was left empty is left out, wall times are those of the zone."""
    wish = {name: str(form.get(name) or "").strip() for name, _ in ASKED.get(verb, ())}
    given: dict[str, Any] = {name: value for name, value in wish.items() if value}
    if "until" in given:
        given["until"] = moment_in(given["until"], zone)
    return given
