"""Forms answered by programs: what a form asks, and its answers sent by its key, under the rules of its page."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.processes import read_body
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.kernel.metadata.forms import FormField
from entente.kernel.metadata.tables import Field
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.forms import named, published, submit
from entente.services.forms.answers import fields_asked, questions_in
from entente.services.forms.definition import FormDefinition
from entente.services.forms.named import NamedForm
from entente.services.processes.instances import start


class SendBody(msgspec.Struct, forbid_unknown_fields=True):
    """The answers by name, about which record or on whose page, and the consent that a public form asks for."""

    values: dict[str, Any] = {}
    record: UUID | None = None
    on: UUID | None = None
    consent: bool = False


def read_questions(tx: Tx, call: Call) -> Answer:
    """What a form asks whoever reads it, in its order."""
    only(call)
    form = _sendable(tx, call.path[1])
    if form is None:
        public = published.form_of(tx, call.path[1])
        asked = _questions(tx, public.definition, fields_asked(tx.catalog.entity(public.entity), public.definition))
        return Answer(body={"entity": public.entity, "consent": public.consent is not None, "value": asked})
    fields = named.fields_of(tx, form)
    asked = _questions(tx, named.visible_part(form.definition, fields), fields)
    return Answer(body={"entity": form.entity, "version": form.version, "starts": form.starts, "value": asked})


def _sendable(tx: Tx, key: str) -> NamedForm | None:
    """The named form of a key, nothing when there is none; NotFound for one that only tasks ask."""
    try:
        form = named.form_of(tx, key)
    except NotFound:
        return None
    if form.starts == "none":
        raise NotFound("form.unknown")
    return form


def _questions(tx: Tx, definition: FormDefinition, fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    return [_question(tx, each, fields[each.field]) for each in questions_in(definition.sections)]


def _question(tx: Tx, question: FormField, field: Field) -> dict[str, Any]:
    made = field.definition
    return {
        "name": field.name,
        "label": (question.label or made.label).to(tx.language),
        "type": field.type.key,
        "required": question.required or made.required,
        "read_only": question.read_only,
        "choices": [choice.key for choice in made.choices],
    }


def send_form(tx: Tx, call: Call) -> Answer:
    """What sending a form wrote or started; Invalid names each answer at fault, those that the form never asked too."""
    only(call)
    body = read_body(call, SendBody)
    form = _sendable(tx, call.path[1])
    return _send(tx, form, body) if form is not None else _submit(tx, call.path[1], body)


def _send(tx: Tx, form: NamedForm, body: SendBody) -> Answer:
    _refuse_unasked(form.definition, body)
    record, host = _found(tx, form.entity, body.record, "record"), _found(tx, form.host, body.on, "on")
    begun: list[UUID] = []

    def begin(under: Tx, key: str, about: Record | None, values: Mapping[str, Any]) -> UUID:
        entity, identity = (about.entity, about.id) if about else (None, None)
        begun.append(start(under, key, entity=entity, record=identity, values=dict(values)).id)
        return begun[0]

    written = named.send(tx, form, record, body.values, begin, host=host)
    shown = {"entity": written.entity, "id": written.id} if written else None
    return Answer(status=201, body={"record": shown, "instance": next(iter(begun), None), "cause": tx.cause.id})


def _found(tx: Tx, entity: str | None, identity: UUID | None, name: str) -> Record | None:
    if identity is None:
        return None
    if entity is None:
        raise Refused("field.unknown", field=name)
    return find(tx, entity, identity)


def _refuse_unasked(definition: FormDefinition, body: SendBody) -> None:
    asked = {each.field for each in questions_in(definition.sections)}
    unknown = [Refused("field.unknown", field=name) for name in body.values if name not in asked]
    if unknown:
        raise Invalid(unknown)


def _submit(tx: Tx, key: str, body: SendBody) -> Answer:
    """A public form is taken as from any visitor: the answer never tells what is known already."""
    form = published.form_of(tx, key)
    _refuse_unasked(form.definition, body)
    visit = submit.Visit(peer=f"user:{tx.principal.user_id}", consent=body.consent)
    submit.submit(tx, form, body.values, visit)
    return Answer(status=202, body={"record": None, "instance": None, "cause": tx.cause.id})
