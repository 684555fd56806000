"""The operations on the worklist, as OpenAPI describes them."""

from typing import Any

from entente.interfaces.api.openapi.parts import answer, in_path, option
from entente.interfaces.api.openapi.schemas import TEXT, UUID, Schema
from entente.interfaces.api.worklist import ORDERS, VIEWS
from entente.services.worklist.listing import MOST, Counters

ROWS: Schema = {"type": "array", "items": {"type": "object"}}
COUNTED: Schema = {"type": "object", "properties": {each: {"type": "integer"} for each in Counters.__struct_fields__}}
OPTIONS = (
    option("view", {"enum": list(VIEWS)}),
    option("order", {"enum": list(ORDERS)}),
    option("process", TEXT, "The key of a process"),
    option("record", UUID, "What the tasks regard"),
    option("$filter", TEXT, "Over the fields of the task"),
    option("$top", {"type": "integer", "minimum": 1, "maximum": MOST}),
    option("$skiptoken", TEXT, "As found in @odata.nextLink"),
    option("$count", {"type": "boolean"}),
)


def worklist_paths() -> dict[str, Any]:
    """The operations by path and method."""
    page: Schema = {
        "type": "object",
        "properties": {"value": ROWS, "@odata.nextLink": TEXT, "@entente.counters": COUNTED},
        "required": ["value"],
    }
    card: Schema = {"type": "object", "properties": {"task": UUID, "verbs": {"type": "array", "items": TEXT}}}
    return {
        "/api/v1/worklist": {"get": _one("list", answer("Items in your hands", page), parameters=list(OPTIONS))},
        "/api/v1/worklist/counters": {"get": _one("counters", answer("How many there are", COUNTED))},
        "/api/v1/tasks/{id}/worklist": {
            "get": _one("card", answer("In whose hands a task is", card), parameters=[in_path("id", UUID)])
        },
    }


def _one(deed: str, ok: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": f"worklist.{deed}", "tags": ["worklist"], "responses": {"200": ok}, **more}
