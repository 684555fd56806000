"""The OpenAPI document of an organisation for the asking user: what he may see and write, and nothing else."""

from typing import Any

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.description import visible_entities
from entente.interfaces.api.openapi import parts
from entente.interfaces.api.openapi.automations import automation_paths
from entente.interfaces.api.openapi.forms import form_paths
from entente.interfaces.api.openapi.imports import begin_operation, import_paths
from entente.interfaces.api.openapi.journal import journal_paths
from entente.interfaces.api.openapi.parts import answer, body, header, in_path, option, problems, ref
from entente.interfaces.api.openapi.processes import process_paths
from entente.interfaces.api.openapi.schemas import TEXT, UUID, Schema, read_schema, write_schema
from entente.interfaces.api.openapi.worklist import worklist_paths
from entente.interfaces.api.shape import member
from entente.kernel.access.fields import may_use, shown_fields
from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import PRIVILEGES
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef

VERSION = "1.0.0"
Operation = dict[str, Any]
IF_MATCH = header("If-Match", {"type": "string", "pattern": r'^(\*|(W/)?"[0-9]{1,9}")$'}, required=True)
IDEMPOTENCY = header("Idempotency-Key", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$"})
LIMIT: Schema = {"type": "integer", "minimum": 0, "maximum": 1000}


def read_openapi(tx: Tx, call: Call) -> Answer:
    """The document for the asking user."""
    only(call)
    schemas: dict[str, Schema] = {"problem": parts.PROBLEM}
    paths: dict[str, Any] = {**_fixed_paths(), **process_paths(), **worklist_paths(), **automation_paths()}
    paths |= journal_paths() | form_paths()
    for entity in visible_entities(tx):
        schemas |= _schemas(tx, entity)
        paths |= _paths(tx, entity, schemas)
    if "/api/v1/import-jobs" in paths:
        paths |= import_paths()
        paths["/api/v1/import-jobs"]["post"] = begin_operation()
    for path in paths.values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"] = {**problems(412, 413, 415, 428), **operation["responses"]}
    return Answer(
        body={
            "openapi": "3.1.0",
            "info": {"title": "Entente", "version": VERSION, "description": _about(tx)},
            "servers": [{"url": "/"}],
            "security": [{"token": []}],
            "paths": paths,
            "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }
    )


def _about(tx: Tx) -> str:
    return tx.say("api.about")


def _schemas(tx: Tx, entity: Entity) -> dict[str, Schema]:
    rows = {"type": "array", "items": {"anyOf": [ref(entity.name), ref("figures")]}}
    page: Schema = {
        "type": "object",
        "properties": {
            "@odata.context": TEXT,
            "@odata.count": {"type": "integer"},
            "@entente.count_capped": {"type": "boolean"},
            "@odata.nextLink": TEXT,
            "value": rows,
        },
        "required": ["value"],
        "additionalProperties": False,
    }
    return {
        "figures": {"type": "object", "description": "A row of $apply."},
        entity.name: read_schema(tx, entity),
        f"{entity.name}.new": write_schema(tx, entity, create=True),
        f"{entity.name}.change": write_schema(tx, entity, create=False),
        f"{entity.name}.page": page,
    }


def _paths(tx: Tx, entity: Entity, schemas: dict[str, Schema]) -> dict[str, Any]:
    root = f"/api/v1/{entity.definition.path}"
    made: dict[str, Any] = {
        root: {"get": _list(tx, entity), "post": _create(entity)},
        f"{root}/$count": {"get": _count(entity)},
        f"{root}/{{id}}": {
            "parameters": [in_path("id", UUID)],
            "get": _read(tx, entity),
            "patch": _change(entity),
            "delete": _delete(entity),
        },
        f"{root}/{{id}}/restore": {"post": _on_record(entity, "restore", answer("Restored", ref(entity.name)))},
        f"{root}/{{id}}/history": {"get": _on_record(entity, "history", answer("Changes", parts.HISTORY))},
        f"{root}/{{id}}/why": {"get": _why(entity)},
    }
    for action in tx.catalog.actions_of(entity.name):
        wish = _wish(action, schemas)
        made[f"{root}/{{id}}/{action.name}"] = {"post": _act(entity, action, wish)}
        made[f"{root}/actions/{action.name}"] = {"post": _act_on_many(entity, action, wish)}
    return made


def _operation(entity: Entity, deed: str, ok: dict[str, Any], **more: Any) -> Operation:
    return {"operationId": f"{entity.name}.{deed}", "tags": [entity.name], "responses": ok, **more}


def _selection(tx: Tx, entity: Entity) -> list[dict[str, Any]]:
    fields = shown_fields(tx, entity)
    links = [
        f.name for f in fields if f.type.key in ("link", "links", "polymorphic") and may_use(tx, entity.name, f.name)
    ]
    names = ["id", *(member(field) for field in fields)]
    several = {"explode": False, "style": "form"}
    chosen = [{**option("$select", {"type": "array", "items": {"enum": names}, "maxItems": 20}), **several}]
    if links:
        chosen.append({**option("$expand", {"type": "array", "items": {"enum": links}, "maxItems": 5}), **several})
    return chosen


def _list(tx: Tx, entity: Entity) -> Operation:
    sortable = [
        f"{member(field)} {way}"
        for field in shown_fields(tx, entity)
        if field.type.sortable and may_use(tx, entity.name, field.name)
        for way in ("asc", "desc")
    ]
    options = [
        *_selection(tx, entity),
        option("$filter", {"type": "string", "maxLength": 4000}, "OData 4.01 filter"),
        option("$top", LIMIT),
        option("$skip", {**LIMIT, "maximum": 100_000}),
        option("$count", {"type": "boolean"}),
        option("$search", {"type": "string", "maxLength": 200}),
        option("$skiptoken", TEXT, "As found in @odata.nextLink"),
        option("$apply", {"type": "string", "maxLength": 4000}, "filter(…)/groupby((…),aggregate(…))"),
        header("Prefer", {"enum": ["maxpagesize=10", 'include-annotations="entente.title"']}),
    ]
    if sortable:
        options.append(option("$orderby", {"enum": sortable}))
    ok = {"200": answer("A page", ref(f"{entity.name}.page"))}
    return _operation(entity, "list", ok, parameters=options)


def _count(entity: Entity) -> Operation:
    ok = {"200": {"description": "How many", "content": {"text/plain": {"schema": TEXT}}}}
    return _operation(entity, "count", ok, parameters=[option("$search", {"type": "string", "maxLength": 200})])


def _create(entity: Entity) -> Operation:
    made = {
        "201": answer("Created", ref(entity.name), **parts.PLACE, **parts.ETAG),
        "204": answer("Created", **parts.PLACE, **parts.ETAG),
    }
    return _operation(entity, "create", made, requestBody=body(ref(f"{entity.name}.new")), parameters=[IDEMPOTENCY])


def _read(tx: Tx, entity: Entity) -> Operation:
    ok = {
        "200": answer("The record", ref(entity.name), **parts.ETAG),
        "304": answer("Still the same"),
    }
    return _operation(entity, "read", ok, parameters=_selection(tx, entity))


def _change(entity: Entity) -> Operation:
    ok = {"200": answer("Changed", ref(entity.name), **parts.ETAG), "204": answer("Changed", **parts.ETAG)}
    return _operation(entity, "change", ok, requestBody=body(ref(f"{entity.name}.change")), parameters=[IF_MATCH])


def _delete(entity: Entity) -> Operation:
    return _operation(entity, "delete", {"204": answer("In the bin")}, parameters=[IF_MATCH])


def _on_record(entity: Entity, deed: str, ok: dict[str, Any]) -> Operation:
    return _operation(entity, deed, {"200": ok}, parameters=[in_path("id", UUID)])


def _why(entity: Entity) -> Operation:
    options = [in_path("id", UUID), option("user", UUID), option("privilege", {"enum": list(PRIVILEGES)})]
    return _operation(entity, "why", {"200": answer("Why", parts.WHY)}, parameters=options)


def _wish(action: ActionDef, schemas: dict[str, Schema]) -> Schema:
    """The schema of an action's parameters, its parts put among the others."""
    if action.params is None:
        return {"type": "object", "additionalProperties": False, "properties": {}}
    (made,), found = msgspec.json.schema_components(
        [action.params], schema_hook=_unknown, ref_template="#/components/schemas/wish.{name}"
    )
    schemas |= {f"wish.{name}": schema for name, schema in found.items()}
    return made


def _unknown(kind: type) -> Schema:
    return {"description": kind.__name__}


def _act(entity: Entity, action: ActionDef, wish: Schema) -> Operation:
    ok = {"200": answer("Done", parts.ACTED)}
    more = {
        "parameters": [in_path("id", UUID), IDEMPOTENCY],
        "requestBody": body(wish, required=action.params is not None),
    }
    return _operation(entity, action.name, ok, **more)


def _act_on_many(entity: Entity, action: ActionDef, wish: Schema) -> Operation:
    ids = {"type": "array", "items": UUID, "minItems": 1, "maxItems": 1000}
    selection = {
        "type": "object",
        "properties": {"ids": ids, "params": wish},
        "required": ["ids"],
        "additionalProperties": False,
    }
    ok = {"200": answer("Done", parts.ACTED_ON_MANY)}
    return _operation(entity, f"{action.name}_many", ok, requestBody=body(selection), parameters=[IDEMPOTENCY])


SENT_IN = [
    option("name", {"type": "string", "minLength": 1, "maxLength": 255}) | {"required": True},
    option("entity", TEXT),
    option("record", UUID),
    option("same_name", {"enum": ["refuse", "version", "both"]}),
]


def _fixed_paths() -> dict[str, Any]:
    def one(deed: str, ok: dict[str, Any], status: int = 200, **more: Any) -> Operation:
        return {"operationId": deed, "responses": {str(status): ok}, **more}

    octets = {
        "application/octet-stream": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    }
    sets = {
        "type": "object",
        "properties": {"value": {"type": "array", "items": {"type": "object"}}},
        "required": ["value"],
    }
    both = {"application/xml": {"schema": TEXT}, "application/json": {"schema": {"type": "object"}}}
    file = {"description": "The content", "content": {"*/*": {"schema": TEXT}}}
    kept = answer("Kept", parts.FILE, **parts.PLACE)
    document: Schema = {"type": "object", "required": ["openapi", "paths"]}
    return {
        "/api/openapi.json": {"get": one("openapi", answer("This document", document))},
        "/api/v1": {"get": one("collections", answer("Collections", sets))},
        "/api/v1/me": {"get": one("me", answer("Who is asking", parts.ME))},
        "/api/v1/$metadata": {
            "get": one(
                "metadata",
                {"description": "CSDL", "content": both},
                parameters=[option("$format", {"enum": ["json", "xml"]})],
            )
        },
        "/api/v1/$batch": {"post": one("batch", answer("Replies", parts.BATCH_ANSWER), requestBody=body(parts.BATCH))},
        "/api/v1/undo/{cause}": {
            "post": one("undo", answer("Undone", parts.UNDONE), parameters=[in_path("cause", UUID)])
        },
        "/api/v1/files": {
            "post": one("upload", kept, 201, parameters=SENT_IN, requestBody={"required": True, "content": octets})
        },
        "/api/v1/files/{id}": {"get": one("download", file, parameters=[in_path("id", UUID)])},
    }
