"""The journal of what is declared, as OpenAPI describes it."""

from typing import Any

from entente.interfaces.api.openapi.parts import answer, in_path, option
from entente.interfaces.api.openapi.schemas import MOMENT, TEXT, UUID, Schema

SHORT: Schema = {"type": "string", "maxLength": 200}
_ENTRY: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("actor_name", "via", "deed", "entity"), TEXT),
        "id": {"type": "integer"},
        "at": MOMENT,
        "actor": {"anyOf": [UUID, {"type": "null"}]},
        "cause": UUID,
        "record": UUID,
        "version": {"type": "integer"},
        "title": {"type": ["string", "null"]},
        "changes": {"type": "object"},
    },
    "required": ["id", "at", "deed", "entity", "record", "changes"],
}
_PAGE: Schema = {
    "type": "object",
    "properties": {"value": {"type": "array", "items": _ENTRY}, "@odata.nextLink": TEXT},
    "required": ["value"],
}


def journal_paths() -> dict[str, Any]:
    """The operations by path and method."""
    filters = [option("entity", SHORT, "Of one kind"), option("$skiptoken", SHORT, "Next page")]
    key = in_path("key", SHORT)
    return {
        "/api/v1/journal": {"get": _one("read", "What was changed, newest first", filters)},
        "/api/v1/processes/{key}/history": {"get": _one("process", "What was done to a process", [key])},
        "/api/v1/decisions/{key}/history": {"get": _one("decision", "What was done to a decision model", [key])},
    }


def _one(name: str, text: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": f"journal.{name}",
        "tags": ["journal"],
        "parameters": parameters,
        "responses": {"200": answer(text, _PAGE)},
    }
