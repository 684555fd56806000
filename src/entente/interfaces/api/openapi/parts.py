"""Parts that all operations share: problems, headers, query options."""

from typing import Any

from entente.interfaces.api.openapi.schemas import MOMENT, TEXT, UUID, Schema

PROBLEM_MEDIA = "application/problem+json"
FAULT: Schema = {
    "type": "object",
    "properties": {"code": TEXT, "title": TEXT, "field": TEXT},
    "required": ["code", "title"],
    "additionalProperties": False,
}
THEIRS: Schema = {
    "type": "object",
    "properties": {"field": TEXT, "old": {}, "new": {}, "by": TEXT, "at": MOMENT},
    "required": ["field", "old", "new", "by", "at"],
}
PROBLEM: Schema = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "code": TEXT,
        "field": TEXT,
        "errors": {"type": "array", "items": FAULT},
        "theirs": {"type": "array", "items": THEIRS},
        "version": {"type": "integer"},
        "request": TEXT,
    },
    "required": ["type", "title", "status", "code"],
    "additionalProperties": False,
}
HISTORY: Schema = {
    "type": "object",
    "properties": {
        "value": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "at": MOMENT,
                    "by": TEXT,
                    "by_id": {"anyOf": [UUID, {"type": "null"}]},
                    "via": TEXT,
                    "deed": TEXT,
                    "cause": UUID,
                    "version": {"type": "integer"},
                    "changes": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"field": TEXT, "old": {}, "new": {}},
                            "required": ["field", "old", "new"],
                        },
                    },
                },
                "required": ["id", "at", "by", "deed", "version", "changes"],
            },
        }
    },
    "required": ["value"],
}
WHY: Schema = {
    "type": "object",
    "properties": {
        "allowed": {"type": "boolean"},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"code": TEXT, "grants": {"type": "boolean"}, "text": TEXT},
                "required": ["code", "grants", "text"],
            },
        },
    },
    "required": ["allowed", "reasons"],
}
ME: Schema = {
    "type": "object",
    "properties": {
        "id": UUID,
        "login": TEXT,
        "name": TEXT,
        "language": {"enum": ["en", "fr"]},
        "timezone": TEXT,
        "unit_id": {"anyOf": [UUID, {"type": "null"}]},
        "team_ids": {"type": "array", "items": UUID},
        "administrator": {"type": "boolean"},
        "may": {"type": "array", "items": TEXT},
        "organisation": TEXT,
    },
    "required": ["id", "login", "name", "language", "timezone", "organisation"],
    "additionalProperties": False,
}
UNDONE: Schema = {
    "type": "object",
    "properties": {"count": {"type": "integer"}, "left": {"type": "array", "items": {"type": "object"}}},
    "required": ["count", "left"],
}
FILE: Schema = {
    "type": "object",
    "properties": {
        "id": UUID,
        "name": TEXT,
        "type": TEXT,
        "size": {"type": "integer"},
        "created_at": MOMENT,
        "document": UUID,
        "version": {"type": "integer"},
    },
    "required": ["id", "name", "type", "size", "created_at"],
    "additionalProperties": False,
}
ACTED: Schema = {
    "type": "object",
    "properties": {"value": {}, "cause": UUID},
    "required": ["value", "cause"],
    "additionalProperties": False,
}
ACTED_ON_MANY: Schema = {
    "type": "object",
    "properties": {
        "value": {"type": "array", "items": {}},
        "refused": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": UUID, "problem": {"$ref": "#/components/schemas/problem"}},
                "required": ["id", "problem"],
            },
        },
        "cause": UUID,
    },
    "required": ["value", "refused", "cause"],
}
BATCH: Schema = {
    "type": "object",
    "properties": {
        "requests": {
            "type": "array",
            "maxItems": 200,
            "items": {
                "type": "object",
                "properties": {
                    "id": TEXT,
                    "method": {"enum": ["GET", "POST", "PATCH", "DELETE"]},
                    "url": TEXT,
                    "headers": {"type": "object", "additionalProperties": TEXT},
                    "body": {},
                    "atomicityGroup": TEXT,
                    "dependsOn": {"type": "array", "items": TEXT},
                },
                "required": ["id", "method", "url"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["requests"],
    "additionalProperties": False,
}
BATCH_ANSWER: Schema = {
    "type": "object",
    "properties": {
        "responses": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": TEXT, "status": {"type": "integer"}, "headers": {"type": "object"}, "body": {}},
                "required": ["id", "status", "headers"],
            },
        }
    },
    "required": ["responses"],
}

ETAG = {"ETag": {"schema": TEXT, "required": True}}
PLACE = {"Location": {"schema": TEXT, "required": True}}
REFUSALS = {
    400: "Not understood",
    401: "Nobody proved to be asking",
    403: "Not allowed",
    404: "Not there, or not to be seen",
    405: "Not at this address",
    409: "In conflict with what is done at this moment",
    412: "Changed since by somebody else",
    413: "Too large",
    415: "Of a media type that is not understood",
    422: "Refused; every field at fault is named",
    428: "If-Match is missing",
    429: "Too many tries",
}
ALWAYS = (400, 401, 403, 404, 409, 422, 429)


def problems(*more: int) -> dict[str, Any]:
    """The responses that any operation may give instead of its own, with some more."""
    made: dict[str, Any] = {}
    for status in sorted({*ALWAYS, *more}):
        content = {PROBLEM_MEDIA: {"schema": {"$ref": "#/components/schemas/problem"}}}
        made[str(status)] = {"description": REFUSALS[status], "content": content}
        if status == 429:
            made["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "required": True}}
    return made


def answer(description: str, schema: Schema | None = None, **headers: Any) -> dict[str, Any]:
    """A response with JSON of a schema, or with nothing."""
    made: dict[str, Any] = {"description": description}
    if schema is not None:
        made["content"] = {"application/json": {"schema": schema}}
    return made | ({"headers": headers} if headers else {})


def body(schema: Schema, *, required: bool = True) -> dict[str, Any]:
    """A request's body of JSON of a schema."""
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def option(name: str, schema: Schema, description: str = "") -> dict[str, Any]:
    """A query option."""
    made: dict[str, Any] = {"name": name, "in": "query", "schema": schema}
    return made | ({"description": description} if description else {})


def header(name: str, schema: Schema, *, required: bool = False) -> dict[str, Any]:
    """A request header."""
    return {"name": name, "in": "header", "required": required, "schema": schema}


def in_path(name: str, schema: Schema) -> dict[str, Any]:
    """A parameter of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}
