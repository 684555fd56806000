"""Taking a submission: one record or one note on the known one, and always a trace of what was sent."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.again import address_keys, known_record, tell_again
from entente.services.forms.answers import Answers, read_answers
from entente.services.forms.definition import Form
from entente.services.forms.limits import count_submission
from entente.services.forms.published import ENTITY
from entente.services.forms.receipts import Outcome, Receipt, age_of, claim, key_of, settle

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# Refusals that would tell a stranger what is in the database.
TELLTALE = frozenset({"duplicate.blocked", "duplicate.blocked_unseen", "field.taken"})


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Around the answers: who sent them, from where, by which page; `trap` is what only robots fill in."""

    peer: str
    referrer: str = ""
    utm: Mapping[str, str] = {}
    token: str = ""
    consent: bool = False
    trap: str = ""


def submit(tx: Tx, form: Form, raw: Mapping[str, Any], visit: Visit) -> Receipt:
    """What became of a submission; Invalid lists the answers at fault, Throttled says how long to wait.

    The answer never depends on what is already known, so that nobody can ask who is.
    """
    writer = tx.acting_as(system("form"))
    count_submission(writer, form, visit.peer)
    if visit.trap:
        return _kept(writer, form, Answers({}, ()), visit, "ignored", None)
    answers = read_answers(writer, form, raw)
    _refuse_faults(writer, form, answers, visit)
    key = key_of(form, visit.token, _plain(writer, form, answers))
    first = claim(writer, key, has_token=bool(visit.token))
    if first is not None:
        return first
    receipt = _take(writer, form, answers, visit)
    settle(writer, key, receipt)
    return receipt


def _refuse_faults(tx: Tx, form: Form, answers: Answers, visit: Visit) -> None:
    faults = list(answers.faults)
    if form.consent is not None and not visit.consent:
        faults.append(Refused("form.consent_needed", field="consent"))
    age = age_of(tx, visit.token)
    if not faults and age is not None and age < timedelta(seconds=form.definition.least_seconds):
        faults.append(Refused("form.too_fast"))
    if faults:
        raise Invalid(faults)


def _take(tx: Tx, form: Form, answers: Answers, visit: Visit) -> Receipt:
    _one_at_a_time(tx, form, answers)
    known = known_record(tx, form, answers.values)
    if known is not None:
        tell_again(tx, form, known, answers.values)
        return _kept(tx, form, answers, visit, "known", known)
    made = _create(tx, form, answers, visit)
    return _kept(tx, form, answers, visit, "created" if made else "known", made)


def _one_at_a_time(tx: Tx, form: Form, answers: Answers) -> None:
    """Let submissions of one address pass one after the other, so that the second finds the record of the first."""
    for key in sorted(address_keys(tx, form, answers.values)):
        number = int.from_bytes(hashlib.blake2s(key.encode(), digest_size=8).digest(), signed=True)
        engine_rows(tx, "SELECT pg_advisory_xact_lock(%(number)s)", number=number)


def _create(tx: Tx, form: Form, answers: Answers, visit: Visit) -> Record | None:
    """The new record, or nothing when a rule says that it is there already."""
    fields = tx.catalog.entity(form.entity).fields
    given = {name: value for name, value in answers.values.items() if not fields[name].type.is_empty(value)}
    values = {**form.defaults, **_captured(tx, form, visit), **given}
    try:
        with tx.connection.transaction():
            return save(tx, form.entity, values, trusted=True)
    except Refused as refusal:
        faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
        if any(fault.code not in TELLTALE for fault in faults):
            raise
        return None


def _captured(tx: Tx, form: Form, visit: Visit) -> dict[str, Any]:
    """What is known of the visit, for those fields of the entity that keep it."""
    entity = tx.catalog.entity(form.entity)
    facts: dict[str, Any] = {name: visit.utm.get(name) for name in UTM}
    facts |= {"referrer": visit.referrer, "consent_text": _consent(tx, form, visit), "team": form.team}
    facts |= {name: form.id for name, field in entity.fields.items() if field.definition.to == ENTITY}
    language = entity.fields.get("language")
    if language and tx.language in {choice.key for choice in language.definition.choices}:
        facts["language"] = tx.language
    return {name: _fitting(tx, form, name, fact) for name, fact in facts.items() if fact and name in entity.fields}


def _fitting(tx: Tx, form: Form, name: str, fact: Any) -> Any:
    longest = tx.catalog.entity(form.entity).field(name).definition.max_length
    return fact[:longest] if isinstance(fact, str) else fact


def _consent(tx: Tx, form: Form, visit: Visit) -> str | None:
    return form.consent.to(tx.language) if form.consent and visit.consent else None


def _kept(tx: Tx, form: Form, answers: Answers, visit: Visit, outcome: Outcome, record: Record | None) -> Receipt:
    made = save(
        tx,
        "form_submission",
        {
            "name": tx.say("form.submission_of", form=form.definition.title.to(form.language), name=_name(tx, record)),
            "form": form.id,
            "record": Ref(record.entity, record.id) if record else None,
            "outcome": outcome,
            "answers": _plain(tx, form, answers),
            "consent": _consent(tx, form, visit),
            "consented": visit.consent,
            "referrer": visit.referrer[:1000],
            "utm": {name: text[:200] for name, text in visit.utm.items() if name in UTM},
        },
        trusted=True,
    )
    return Receipt(outcome=outcome, submission=made.id)


def _name(tx: Tx, record: Record | None) -> str:
    if record is None:
        return "—"
    entity = tx.catalog.entity(record.entity)
    title = entity.field(entity.definition.title)
    return title.type.words(record.get(title.name))[:120] or "—"


def _plain(tx: Tx, form: Form, answers: Answers) -> dict[str, Any]:
    fields = tx.catalog.entity(form.entity).fields
    plain = {name: fields[name].type.plain(value) for name, value in answers.values.items()}
    return {name: str(value) if hasattr(value, "isoformat") else value for name, value in plain.items()}
