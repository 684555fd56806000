"""Processes: models in and out, instances started, looked at and repaired, tasks, messages and signals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, is_deeper, only, read_object
from entente.interfaces.html.http.problems import MEDIA, problem_of
from entente.interfaces.html.http.refusals import BadRequest, Unacceptable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.services.processes import definitions, instances, messaging, running, showing, startable
from entente.services.processes.definitions import Definition, NotDeployable
from entente.services.processes.early import Message
from entente.services.processes.engine.state import Instance
from entente.services.processes.model.problems import Problem, shown
from entente.services.processes.rights import require_level
from entente.services.processes.values import from_outside

XML = ("application/xml", "text/xml", "application/bpmn+xml")
LONGEST = 200


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    """What all bodies may carry."""

    variables: dict[str, Any] = {}


class StartBody(_Body):
    """How an instance is started."""

    record: Mapping[str, str] | None = None
    business_key: str | None = None


class MessageBody(_Body):
    """A message and for whom it is."""

    name: str = ""
    business_key: str | None = None
    record: UUID | None = None
    correlation: str = ""
    ttl: str = ""


class SignalBody(_Body):
    """A signal."""

    name: str = ""


class DeployBody(msgspec.Struct, forbid_unknown_fields=True):
    """How a version is deployed."""

    recorded: bool = False


def read_body(call: Call, kind: type[Any]) -> Any:
    """The body as a struct; Invalid names the field at fault."""
    body = read_object(call, optional=True)
    try:
        return msgspec.convert(body, kind, strict=True)
    except msgspec.ValidationError as fault:
        name = str(fault).partition("`$.")[2].rstrip("`") or str(fault).rpartition("`")[0].rpartition("`")[2]
        code = "field.required" if "missing required field" in str(fault) else "field.not_understood"
        raise Invalid([Refused(code, field=name or None)]) from None


def identity_in(text: str) -> UUID:
    """The id that a part of an address is; NotFound when it is none."""
    found = parse_id(text)
    if found is None:
        raise NotFound("not_found")
    return found


def list_processes(tx: Tx, call: Call) -> Answer:
    """The newest version of each process that the principal looks after."""
    only(call)
    return Answer(body={"value": [_definition(each) for each in definitions.definitions_cared_for(tx)]})


def list_startable(tx: Tx, call: Call) -> Answer:
    """The processes that the principal may start, in the version that would run."""
    only(call)
    found = startable.startable(tx)
    return Answer(body={"value": [{"key": each.key, "name": each.name, "version": each.version} for each in found]})


def import_process(tx: Tx, call: Call) -> Answer:
    """The version that a BPMN file became, with everything that is wrong with it."""
    only(call, "process")
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() not in XML:
        raise Unacceptable("http.media_type")
    made = definitions.import_model(tx, call.body, call.query.get("process", ""))
    found = problem_list(tx, definitions.problems_of(tx, made))
    location = f"{call.base}/processes/{made.id}/bpmn"
    return Answer(status=201, body={**_definition(made), "problems": found}, headers={"Location": location})


def _definition(made: Definition) -> dict[str, Any]:
    return {
        "id": made.id,
        "key": made.key,
        "version": made.version,
        "name": made.name,
        "state": made.state,
        "checksum": made.checksum,
        "recorded": made.recorded,
    }


def problem_list(tx: Tx, found: list[Problem]) -> list[dict[str, Any]]:
    """Problems of a model as the API shows them."""
    return [shown(tx.words, tx.language, each) for each in found]


def deploy_process(tx: Tx, call: Call) -> Answer:
    """The version, deployed; with status 422 all that keeps it from being so."""
    only(call)
    body = read_body(call, DeployBody)
    try:
        made = definitions.deploy(tx, identity_in(call.path[1]), recorded=body.recorded)
    except NotDeployable as refusal:
        problem = problem_of(refusal, tx.words, tx.language)
        return Answer(status=422, body={**problem, "problems": problem_list(tx, refusal.problems)}, media=MEDIA)
    warnings = definitions.problems_of(tx, made, recorded=made.recorded)
    return Answer(body={**_definition(made), "problems": problem_list(tx, warnings)})


def export_process(tx: Tx, call: Call) -> Answer:
    """The BPMN file as it was imported, byte for byte."""
    only(call)
    made = definitions.definition_of(tx, identity_in(call.path[1]))
    require_level(tx, made.key, "admin")
    return Answer(body=definitions.model_of(tx, made.id), media="application/xml")


def start_process(tx: Tx, call: Call) -> Answer:
    """A new instance of the newest deployed version, run until it waits."""
    only(call)
    body = read_body(call, StartBody)
    entity, record = _record(tx, body.record)
    _short(body.business_key, "business_key")
    made = instances.start(
        tx,
        call.path[1],
        entity=entity,
        record=record,
        business_key=body.business_key,
        values=variables_in(body.variables),
    )
    location = f"{call.base}/process_instances/{made.id}"
    return Answer(status=201, body=shown_instance_of(made), headers={"Location": location})


def _record(tx: Tx, given: Mapping[str, str] | None) -> tuple[str | None, UUID | None]:
    if given is None:
        return None, None
    identity = parse_id(given.get("id"))
    if identity is None or "entity" not in given or len(given) > 2:
        raise Refused("api.half_a_record", field="record")
    return tx.catalog.entity(given["entity"]).name, identity


def _short(text: str | None, field: str) -> None:
    if text is not None and (len(text) > LONGEST or "\x00" in text):
        raise Refused("field.not_understood", field=field)


def variables_in(given: dict[str, Any]) -> dict[str, Any]:
    """Variables that a caller gives; Refused when there are too many or they are nested too deeply."""
    if len(given) > LONGEST or is_deeper(given, 20):
        raise Refused("field.not_understood", field="variables")
    return given


def shown_instance_of(made: Instance) -> dict[str, Any]:
    """An instance as the API shows it after a step."""
    return {"id": made.id, "state": made.state, "started_at": made.started_at, "ended_at": made.ended_at}


def read_instance(tx: Tx, call: Call) -> Answer:
    """An instance with the parts that `$expand` names: tokens, history, tasks, incidents, variables."""
    only(call, "expand")
    parts = [part.strip() for part in call.query.get("expand", "").split(",") if part.strip()]
    if unknown := next((part for part in parts if part not in showing.EXPANDED), None):
        raise BadRequest("api.unknown_option", field=unknown)
    return Answer(body=showing.shown_instance(tx, identity_in(call.path[1]), dict.fromkeys(parts)))


def send_message(tx: Tx, call: Call) -> Answer:
    """The instance that received a message, or until when it is kept; NotFound when nobody waits and it is not."""
    only(call)
    body = read_body(call, MessageBody)
    message = Message(
        name=body.name,
        correlation=body.correlation,
        business_key=body.business_key,
        record=body.record,
        values=from_outside(variables_in(body.variables)),
        ttl=body.ttl,
    )
    sent = messaging.send(tx, "message", message)
    if sent.instances:
        return Answer(body={"instance_id": sent.instances[0]})
    return Answer(status=202, body={"instance_id": None, "kept_until": sent.until})


def send_signal(tx: Tx, call: Call) -> Answer:
    """The instances that heard a signal."""
    only(call)
    body = read_body(call, SignalBody)
    _named(body.name)
    definitions.require_right(tx)
    return Answer(body={"value": running.broadcast(tx, body.name, variables_in(body.variables))})


def _named(name: str) -> None:
    if not name:
        raise Refused("field.required", field="name")
    _short(name, "name")
