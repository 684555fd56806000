"""Forms answered by programs, as OpenAPI describes them."""

from typing import Any

from entente.interfaces.api.openapi.parts import answer, body, header, in_path
from entente.interfaces.api.openapi.schemas import TEXT, UUID, Schema

KEY: Schema = {"type": "string", "maxLength": 120}
IDEMPOTENCY = header("Idempotency-Key", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$"})
FLAG: Schema = {"type": "boolean"}
_QUESTION: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "label", "type"), TEXT),
        **dict.fromkeys(("required", "read_only"), FLAG),
        "choices": {"type": "array", "items": TEXT},
    },
    "required": ["name", "label", "type", "required"],
}
_ASKED: Schema = {
    "type": "object",
    "properties": {
        "entity": {"type": ["string", "null"]},
        "version": {"type": "integer"},
        "starts": TEXT,
        "consent": FLAG,
        "value": {"type": "array", "items": _QUESTION},
    },
    "required": ["value"],
}
_SENT: Schema = {
    "type": "object",
    "properties": {
        "values": {"type": "object"},
        "record": {"anyOf": [UUID, {"type": "null"}]},
        "on": {"anyOf": [UUID, {"type": "null"}]},
        "consent": FLAG,
    },
    "additionalProperties": False,
}
_DONE: Schema = {
    "type": "object",
    "properties": {
        "record": {"type": ["object", "null"]},
        "instance": {"anyOf": [UUID, {"type": "null"}]},
        "cause": UUID,
    },
    "required": ["record", "instance", "cause"],
}


def form_paths() -> dict[str, Any]:
    """The operations by path and method."""
    key = in_path("key", KEY)
    sent = {"201": answer("Done", _DONE), "202": answer("A public form was taken", _DONE)}
    return {
        "/api/v1/forms/{key}/questions": {"get": _one("questions", {"200": answer("What it asks", _ASKED)}, [key])},
        "/api/v1/forms/{key}/send": {
            "post": {**_one("send", sent, [key, IDEMPOTENCY]), "requestBody": body(_SENT, required=False)}
        },
    }


def _one(name: str, responses: dict[str, Any], parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {"operationId": f"form.{name}", "tags": ["form"], "parameters": parameters, "responses": responses}
