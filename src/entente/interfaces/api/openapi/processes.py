"""The operations on processes, as OpenAPI describes them."""

from typing import Any

from entente.interfaces.api.openapi import parts
from entente.interfaces.api.openapi.parts import PROBLEM_MEDIA, answer, body, header, in_path, option
from entente.interfaces.api.openapi.schemas import MOMENT, TEXT, UUID, Schema
from entente.services.processes.instances import VERBS
from entente.services.processes.listing import MOST, STATES
from entente.services.processes.retention import LONGEST
from entente.services.processes.rights import LEVELS
from entente.services.processes.showing import EXPANDED

Operation = dict[str, Any]
ANY_ID: Schema = {"anyOf": [UUID, {"type": "null"}]}
ANY_TEXT: Schema = {"type": ["string", "null"]}
ROWS: Schema = {"type": "array", "items": {"type": "object"}}
VARIABLES: Schema = {"type": "object"}
SHORT: Schema = {"type": "string", "maxLength": 200}
IDEMPOTENCY = header("Idempotency-Key", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$"})


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


PROBLEMS: Schema = {
    "type": "array",
    "items": _object(
        ("element", "code", "severity", "message", "message_en", "message_fr"),
        element=TEXT,
        code=TEXT,
        severity={"enum": ["error", "warning"]},
        message=TEXT,
        message_en=TEXT,
        message_fr=TEXT,
    ),
}
DEFINITION = _object(
    ("id", "key", "version", "name", "state"),
    id=UUID,
    key=TEXT,
    version={"type": "integer"},
    name=TEXT,
    state={"enum": ["draft", "deployed"]},
    checksum=TEXT,
    recorded={"type": "boolean"},
    problems=PROBLEMS,
)
STEPPED = _object(
    ("id", "state"), id=UUID, state=TEXT, started_at=MOMENT, ended_at={"anyOf": [MOMENT, {"type": "null"}]}
)
MODIFIED: Schema = {
    **STEPPED, "properties": {**STEPPED["properties"], "before": ROWS, "after": ROWS, "incidents": {"type": "array"}},
}  # fmt: skip
INSTANCE: Schema = {
    "type": "object",
    "properties": {
        "id": UUID,
        "state": {"enum": ["running", "completed", "cancelled"]},
        "process": TEXT,
        "version": {"type": "integer"},
        "entity": ANY_TEXT,
        "record": ANY_ID,
        "business_key": ANY_TEXT,
        **dict.fromkeys(EXPANDED, ROWS),
    },
    "required": ["id", "state", "process", "version"],
}
REFUSED: Schema = {
    **parts.PROBLEM,
    "properties": {**parts.PROBLEM["properties"], "problems": PROBLEMS},
}


def process_paths() -> dict[str, Any]:
    """The operations by path and method."""
    return {**_model_paths(), **_decision_paths(), **_instance_paths(), **_event_paths()}


def _one(deed: str, ok: dict[str, Any], status: int = 200, **more: Any) -> Operation:
    return {"operationId": f"process.{deed}", "tags": ["process"], "responses": {str(status): ok}, **more}


def _model_paths() -> dict[str, Any]:
    file = {"application/xml": {"schema": TEXT}}
    refused = {"description": "Everything that is wrong", "content": {PROBLEM_MEDIA: {"schema": REFUSED}}}
    deploy = _one(
        "deploy",
        answer("Deployed", DEFINITION),
        parameters=[in_path("id", UUID)],
        requestBody=body(_object(recorded={"type": "boolean"}), required=False),
    )
    deploy["responses"]["422"] = refused
    listed = _object(("value",), value={"type": "array", "items": DEFINITION})
    offer = _object(("key", "name", "version"), key=TEXT, name=TEXT, version={"type": "integer"})
    startable = _object(("value",), value={"type": "array", "items": offer})
    return {
        "/api/v1/processes": {"get": _one("list", answer("The newest version of each", listed))},
        "/api/v1/processes/startable": {"get": _one("startable", answer("What one may start", startable))},
        "/api/v1/processes/import": {
            "post": _one(
                "import",
                answer("Imported", DEFINITION, **parts.PLACE),
                201,
                parameters=[option("process", SHORT, "Which process of the file"), IDEMPOTENCY],
                requestBody={"required": True, "content": file},
            )
        },
        "/api/v1/processes/{id}/deploy": {"post": deploy},
        "/api/v1/processes/{id}/bpmn": {
            "get": _one(
                "bpmn", {"description": "The file as imported", "content": file}, parameters=[in_path("id", UUID)]
            )
        },
        "/api/v1/processes/{key}/start": {"post": _start()},
    }


def _decision_paths() -> dict[str, Any]:
    file = {"application/xml": {"schema": TEXT}}
    refused = {"description": "Everything that is wrong", "content": {PROBLEM_MEDIA: {"schema": REFUSED}}}
    known = {**DEFINITION["properties"], "decisions": {"type": "array", "items": TEXT}}
    decision = {**DEFINITION, "properties": known}
    deploy = _one("decision.deploy", answer("Deployed", decision), parameters=[in_path("id", UUID)])
    deploy["responses"]["422"] = refused
    listed = _object(("value",), value={"type": "array", "items": decision})
    given = body(_object(variables=VARIABLES), required=False)
    return {
        "/api/v1/decisions": {"get": _one("decision.list", answer("The newest version of each", listed))},
        "/api/v1/decisions/import": {
            "post": _one(
                "decision.import",
                answer("Imported", decision, **parts.PLACE),
                201,
                parameters=[IDEMPOTENCY],
                requestBody={"required": True, "content": file},
            )
        },
        "/api/v1/decisions/{id}/deploy": {"post": deploy},
        "/api/v1/decisions/{id}/dmn": {
            "get": _one(
                "dmn", {"description": "The file as imported", "content": file}, parameters=[in_path("id", UUID)]
            )
        },
        "/api/v1/decisions/{key}/evaluate": {
            "post": _one(
                "decision.evaluate",
                answer("Worked out", _object(("result",), result={})),
                parameters=[in_path("key", TEXT), IDEMPOTENCY],
                requestBody=given,
            )
        },
    }


def _start() -> Operation:
    record = _object(("entity", "id"), entity=TEXT, id=UUID)
    return _one(
        "start",
        answer("Started", STEPPED, **parts.PLACE),
        201,
        parameters=[in_path("key", TEXT), IDEMPOTENCY],
        requestBody=body(_object(record=record, business_key=SHORT, variables=VARIABLES), required=False),
    )


def _instance_paths() -> dict[str, Any]:
    several = {"explode": False, "style": "form"}
    expand = {**option("$expand", {"type": "array", "items": {"enum": list(EXPANDED)}}), **several}
    deed: dict[str, Schema] = {
        "verb": {"enum": list(VERBS)},
        "token": {"type": "integer"},
        "element": TEXT,
        "variables": VARIABLES,
    }
    look: dict[str, Schema] = {"reason": TEXT, "preview": {"type": "boolean"}}
    repair = _object(("verb",), **deed, **look)
    deeds = _object(("deeds",), deeds={"type": "array", "items": _object(("verb",), **deed)}, **look)
    return {
        "/api/v1/process_instances": {"get": _list()},
        "/api/v1/process_retention": _retention(),
        "/api/v1/process_instances/{id}": {
            "get": _one("read", answer("The instance", INSTANCE), parameters=[in_path("id", UUID), expand])
        },
        "/api/v1/process_instances/{id}/repair": {
            "post": _one(
                "repair",
                answer("Repaired", MODIFIED),
                parameters=[in_path("id", UUID), IDEMPOTENCY],
                requestBody=body(repair),
            )
        },
        "/api/v1/process_instances/{id}/modify": {
            "post": _one(
                "modify",
                answer("Modified", MODIFIED),
                parameters=[in_path("id", UUID), IDEMPOTENCY],
                requestBody=body(deeds),
            )
        },
        "/api/v1/process_instances/migrate": {"post": _migrate()},
        "/api/v1/processes/{key}/rights": _rights(),
        "/api/v1/processes/{key}/secret": {"get": _secret()},
    }


def _list() -> Operation:
    day: Schema = {"type": "string", "format": "date"}
    texts = {"process": "Key of a process", "entity": "Of records of this entity", "key": "Business key"}
    filters = [option(name, SHORT, what) for name, what in texts.items()]
    filters += [option("state", {"enum": list(STATES)}, "Where they stand"), option("record", UUID, "Of one record")]
    filters += [option("who", UUID, "Started by"), option("since", day, "From"), option("until", day, "To")]
    filters += [option("archived", {"enum": ["true", "false"]}, "Those in the archive")]
    filters.append(option("$top", {"type": "integer", "minimum": 1, "maximum": MOST}, "How many on a page"))
    listed = {"value": {"type": "array", "items": {"type": "object"}}, "@odata.nextLink": TEXT}
    page = {"type": "object", "properties": listed, "required": ["value"]}
    return _one("instances", answer("A page", page), parameters=[*filters, option("$skiptoken", TEXT, "Next page")])


def _retention() -> dict[str, Operation]:
    days: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": LONGEST}
    line = _object(("process", "days"), process=TEXT, days=days)
    lines = _object(("value",), value={"type": "array", "items": line})
    put = _one("retention.put", answer("Days", lines), parameters=[IDEMPOTENCY], requestBody=body(line))
    return {"get": _one("retention", answer("Days", lines)), "post": put}


def _migrate() -> Operation:
    names = {"type": "array", "items": TEXT}
    flag = {"type": "boolean"}
    wish = _object(
        ("source", "target"), source=UUID, target=UUID, mapping={"type": "object", "additionalProperties": TEXT},
        instances={"type": ["array", "null"], "items": UUID}, accept_losses=flag, recalculate=flag, preview=flag,
    )  # fmt: skip
    result = _object(
        ("instance", "state"), instance=UUID, state={"enum": ["ready", "migrated", "refused", "over"]}, unmapped=ROWS,
        lost_timers=names, lost_subscriptions=names, lost_compensations=names, added=names,
    )  # fmt: skip
    found = _object(("value",), value={"type": "array", "items": result})
    return _one("migrate", answer("Per instance", found), requestBody=body(wish), parameters=[IDEMPOTENCY])


def _secret() -> Operation:
    found = answer("With what calls are signed", _object(("secret",), secret=TEXT))
    return _one("secret", found, parameters=[in_path("key", TEXT)])


def _rights() -> dict[str, Operation]:
    line = _object(
        ("kind", "holder", "level"), kind={"enum": ["user", "team", "role"]}, holder=UUID, level={"enum": list(LEVELS)}
    )
    lines = _object(("value",), value={"type": "array", "items": line})
    where = in_path("key", TEXT)
    return {
        "get": _one("rights", answer("Who may what", lines), parameters=[where]),
        "post": _one(
            "rights.put", answer("Who may what", lines), parameters=[where, IDEMPOTENCY], requestBody=body(lines)
        ),
    }


def _event_paths() -> dict[str, Any]:
    message = _object(
        ("name",), name=SHORT, business_key=SHORT, record=UUID, correlation=SHORT, ttl=TEXT, variables=VARIABLES
    )
    got = _object(("instance_id",), instance_id=ANY_ID, kept_until=MOMENT)
    received = answer("Received", got)
    heard = answer("Heard", _object(("value",), value={"type": "array", "items": UUID}))
    signal = _object(("name",), name=SHORT, variables=VARIABLES)
    sending = _one("message", received, requestBody=body(message), parameters=[IDEMPOTENCY])
    sending["responses"]["202"] = answer("Kept", got)
    return {
        "/api/v1/messages": {"post": sending},
        "/api/v1/signals": {"post": _one("signal", heard, requestBody=body(signal), parameters=[IDEMPOTENCY])},
    }
