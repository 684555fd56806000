"""A known address sends a form again: the record that is there hears of it, and nobody outside can tell."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.duplicate_rules import Rule
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import offered, perform
from entente.kernel.records.duplicates import Match, find_duplicates
from entente.kernel.records.match_keys import keys_of, normal_values, rules_of
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.answers import questions
from entente.services.forms.definition import Form

ADDRESSES = frozenset({"email", "phone"})


def known_record(tx: Tx, form: Form, values: Mapping[str, Any]) -> Record | None:
    """The record that has the visitor's e-mail address or phone, or that a blocking rule finds; else nothing."""
    entity = tx.catalog.entity(form.entity)
    matches = find_duplicates(tx, entity, values, scope="capture").found
    meant = [match for match in matches if match.action == "block" or _has_address(tx, form, values, match)]
    best = max(meant, key=lambda match: (match.entity == form.entity, match.score, match.id), default=None)
    return find(tx, best.entity, best.id) if best else None


def address_keys(tx: Tx, form: Form, values: Mapping[str, Any]) -> set[str]:
    """The keys under which submissions with an equal address meet."""
    entity = tx.catalog.entity(form.entity)
    return {key for rule in _address_rules(tx, form) for key in keys_of(rule, entity, values, target=False)}


def _address_rules(tx: Tx, form: Form) -> Iterator[Rule]:
    for rule in rules_of(tx):
        same = rule.source == rule.target == form.entity and "capture" in rule.scopes
        if same and all(condition.normaliser in ADDRESSES for condition in rule.conditions):
            yield rule


def _has_address(tx: Tx, form: Form, values: Mapping[str, Any], match: Match) -> bool:
    entity = tx.catalog.entity(form.entity)
    return match.entity == form.entity and any(
        all(
            set(normal_values(condition, entity, values, condition.source_field))
            & set(normal_values(condition, entity, match.values, condition.target_field))
            for condition in rule.conditions
        )
        for rule in _address_rules(tx, form)
    )


def tell_again(tx: Tx, form: Form, known: Record, values: Mapping[str, Any]) -> None:
    """Reopen the record when the form's action makes sense for it, note the answers on it, tell its owner."""
    _take_up(tx, form, known)
    _note(tx, form, known, values)
    _notify(tx, form, known)


def _take_up(tx: Tx, form: Form, known: Record) -> None:
    name = form.definition.again
    if name is None or known.entity != form.entity:
        return
    if offered(tx, tx.catalog.entity(known.entity), tx.catalog.action(known.entity, name), known):
        perform(tx, known.entity, name, [known.id])


def _note(tx: Tx, form: Form, known: Record, values: Mapping[str, Any]) -> None:
    if known.entity not in _regarding(tx, "note"):
        return
    title = tx.words.say(form.language, "form.sent_again", form=form.definition.title.to(form.language))
    lines = "".join(f"<li><b>{escape(label)}</b> {escape(text)}</li>" for label, text in _told(tx, form, values))
    body = f"<p>{escape(title)}</p><ul>{lines}</ul>"
    save(tx, "note", {"body": body, "regarding": Ref(known.entity, known.id)}, trusted=True)


def _told(tx: Tx, form: Form, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and words of every answer, in the language of the form."""
    for question in questions(form):
        field = tx.catalog.entity(form.entity).field(question.field)
        value = values.get(field.name)
        if value is False or field.type.is_empty(value):
            continue
        label = (question.label or field.definition.label).to(form.language)
        yield label, _words(tx, form, field.type.words(value), field.definition.choices, value)


def _words(tx: Tx, form: Form, words: str, choices: Any, value: Any) -> str:
    if value is True:
        return tx.words.say(form.language, "form.yes")
    keys = value if isinstance(value, tuple) else (value,)
    labels = [choice.label.to(form.language) for choice in choices if choice.key in keys]
    return ", ".join(labels) or words


def _notify(tx: Tx, form: Form, known: Record) -> None:
    owner = known.get("owner")
    if owner is None:
        return
    language = find(tx, "user", owner).get("language") or form.language
    entity = tx.catalog.entity(known.entity)
    name = entity.field(entity.definition.title).type.words(known.get(entity.definition.title))
    title = form.definition.title.to(language)
    values: dict[str, Any] = {
        "kind": "form.sent_again_by",
        "text": tx.words.say(language, "form.sent_again_by", name=name, form=title)[:500],
        "values": {"name": name, "form": title},
        "owner": owner,
    }
    if known.entity in _regarding(tx, "notification"):
        values["regarding"] = Ref(known.entity, known.id)
    save(tx, "notification", values, trusted=True)


def _regarding(tx: Tx, entity: str) -> tuple[str, ...]:
    return tuple(targets(tx.catalog.entity(entity).field("regarding").definition))
