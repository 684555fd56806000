"""The operations on automations beside those of their records, as OpenAPI describes them."""

from typing import Any

from entente.interfaces.api.openapi.parts import answer, body, in_path, option
from entente.interfaces.api.openapi.schemas import MOMENT, TEXT, UUID, Schema

ROWS: Schema = {"type": "array", "items": {"type": "object"}}
OUTCOME: Schema = {"enum": ["done", "failed", "skipped", "stopped", "waiting"]}
RUN: Schema = {
    "type": "object",
    "properties": {
        "id": UUID,
        "automation": UUID,
        "at": MOMENT,
        "occasion": TEXT,
        "outcome": OUTCOME,
        "entity": TEXT,
        "record": {"anyOf": [UUID, {"type": "null"}]},
        "title": TEXT,
        "changes": {"type": "object"},
        "condition": {"type": ["object", "null"]},
        "steps": ROWS,
        "reason": {"type": ["string", "null"]},
        "reason_text": {"type": ["string", "null"]},
    },
}
TRIED: Schema = {
    "type": "object",
    "properties": {
        "occasions": {"type": "integer"},
        "fired": {"type": "integer"},
        "days": {"type": "integer"},
        "capped": {"type": "boolean"},
        "trials": ROWS,
    },
}
WANTED: Schema = {
    "type": "object",
    "properties": {"record": UUID, "days": {"type": "integer", "minimum": 1, "maximum": 90}},
    "additionalProperties": False,
}
LOG: Schema = {
    "type": "object",
    "properties": {"value": {"type": "array", "items": RUN}, "next": {"type": ["string", "null"]}},
}


def automation_paths() -> dict[str, Any]:
    """The operations by path and method."""
    tried = _one(
        "dry_run",
        answer("What the rule would do, nothing written", TRIED),
        parameters=[in_path("id", UUID)],
        requestBody=body(WANTED, required=False),
    )
    options = [
        in_path("id", UUID),
        option("top", {"type": "integer", "minimum": 1, "maximum": 200}),
        option("before", TEXT, "`next` of the page before"),
        option("outcome", OUTCOME),
    ]
    runs = _one("runs", answer("Runs, newest first", LOG), parameters=options)
    return {"/api/v1/automations/{id}/dry_run": {"post": tried}, "/api/v1/automations/{id}/runs": {"get": runs}}


def _one(deed: str, ok: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": f"automation.{deed}", "tags": ["automation"], "responses": {"200": ok}, **more}
