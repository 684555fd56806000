"""Imports by programs, as OpenAPI describes them."""

from typing import Any

from entente.interfaces.api.openapi.parts import answer, body, header, in_path, option, ref
from entente.interfaces.api.openapi.schemas import TEXT, UUID, Schema

IDEMPOTENCY = header("Idempotency-Key", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$"})
COUNT: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}
WORDS: Schema = {"type": "object", "additionalProperties": TEXT}
OR_NOTHING: Schema = {"type": ["string", "null"]}
DUPLICATES: Schema = {"enum": ["skip", "fill", "create"]}


def _object(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(**properties: Any) -> Schema:
    return {"type": "array", "items": _object(**properties)}


_SAMPLE: Schema = {"type": "array", "items": {"type": ["string", "null"]}}
_FAULTS = _list(code=TEXT, column={"type": ["integer", "null"]}, text=TEXT)
_FATE: Schema = {"enum": ["created", "updated", "skipped", "refused"]}
_ROWS = _list(number=COUNT, fate=_FATE, values={"type": "object"}, cells=TEXTS, faults=_FAULTS)
_COUNTS = _object(created=COUNT, updated=COUNT, skipped=COUNT, refused=COUNT)
_CHECK = _object(counts=_COUNTS, done=COUNT, total=COUNT, under_way=FLAG, rows=_ROWS, refused=_ROWS)
_PLAN = _object(
    columns=_list(number=COUNT, header=TEXT, target=TEXT, words=WORDS, sample=_SAMPLE),
    remembered=FLAG,
    duplicates=DUPLICATES,
    rules=FLAG,
    sheet=OR_NOTHING,
    sheets=TEXTS,
    remarks=TEXTS,
    targets=_list(key=TEXT, label=TEXT),
)
_BEGIN: Schema = {
    "type": "object",
    "properties": {"file": UUID, "entity": TEXT, "name": OR_NOTHING, "sheet": OR_NOTHING},
    "required": ["file", "entity"],
    "additionalProperties": False,
}
_COLUMN: Schema = {
    "type": "object",
    "properties": {"number": {"type": "integer", "minimum": 1}, "target": TEXT, "words": WORDS},
    "required": ["number", "target"],
    "additionalProperties": False,
}
_CHANGE: Schema = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": _COLUMN},
        "duplicates": DUPLICATES,
        "rules": FLAG,
        "sheet": OR_NOTHING,
    },
    "additionalProperties": False,
}


def import_paths() -> dict[str, Any]:
    """The operations by path and method, beside those that every entity has."""
    place, key = "/api/v1/import-jobs/{id}", in_path("id", UUID)
    started = {"allOf": [ref("import_job")], "description": "Its record tells how far it got."}
    form = option("format", {"enum": ["csv", "xlsx"]})
    rows = {"text/csv": {"schema": TEXT}}
    change = {**_one("change_plan", 200, answer("As planned", _PLAN), key), "requestBody": body(_CHANGE)}
    return {
        f"{place}/plan": {"get": _one("plan", 200, answer("As planned", _PLAN), key), "post": change},
        f"{place}/check": {
            "get": _one("checked", 200, answer("What the check found", _CHECK), key),
            "post": _one("check", 200, answer("What the check found", _CHECK), key),
        },
        f"{place}/start": {"post": _one("start", 202, answer("Started", started), key)},
        f"{place}/refused": {"get": _one("refused", 200, {"description": "The rows", "content": rows}, key, form)},
    }


def begin_operation() -> dict[str, Any]:
    """The creation of an import, which takes a file instead of values."""
    made = {"allOf": [ref("import_job")], "properties": {"plan": _PLAN}}
    asked = {"requestBody": body(_BEGIN), "parameters": [IDEMPOTENCY]}
    return {**_one("create", 201, answer("Begun", {"type": "object", **made})), **asked}


def _one(deed: str, status: int, ok: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    made = {"operationId": f"import_job.{deed}", "tags": ["import_job"], "responses": {str(status): ok}}
    return {**made, "parameters": list(parameters)} if parameters else made
