"""JSON schemas of records: as they are answered, and as they may be sent."""

from typing import Any

from entente.interfaces.api.shape import MASKED, TITLE, member
from entente.kernel.access.fields import editable, level, shown_fields
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets

Schema = dict[str, Any]

DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
ANY: Schema = {}
DECIMALS: Schema = {"type": "string", "pattern": DECIMAL, "description": "An exact decimal number as text."}
LARGEST = 999_999_999_999_999
MONEY: Schema = {
    "type": "object",
    "properties": {
        "amount": DECIMALS,
        "currency": {"type": "string", "pattern": "^([A-Z]{3})?$"},
        "rate": {**DECIMALS, "type": ["string", "null"], "description": "Base currency per unit, as stored."},
        "base": {**DECIMALS, "type": ["string", "null"], "description": "The amount in the base currency."},
    },
    "required": ["amount", "currency"],
}
ADDRESS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(("street", "postal_code", "city", "region", "country"), TEXT),
}
STEP: Schema = {
    "type": "object",
    "properties": {"text": {"type": "string", "maxLength": 250}, "done": {"type": "boolean"}},
    "required": ["text"],
}
CONTACT: Schema = {
    "type": "object",
    "properties": {
        "value": TEXT,
        "kind": TEXT,
        "primary": {"type": "boolean"},
        "opted_out": {"type": "boolean"},
        "invalid": {"type": "boolean"},
    },
    "required": ["value"],
}
NUMBER_IN: Schema = {"anyOf": [{"type": "number", "minimum": -LARGEST, "maximum": LARGEST}, DECIMALS]}


def read_schema(tx: Tx, entity: Entity) -> Schema:
    """A record as it is answered; which members it has depends on `$select`, `$expand` and preferences."""
    properties: Schema = {"@odata.etag": TEXT, "@odata.context": TEXT, "id": UUID}
    for field in shown_fields(tx, entity):
        key = member(field)
        if level(tx, entity.name, field.name) == "masked":
            properties[key] = {"type": "null", "title": field.definition.label.to(tx.language)}
            properties[key + MASKED] = {"const": True}
            continue
        properties[key] = _titled(tx, field, _answered(field))
        if field.type.key == "link":
            properties[key + TITLE] = {"type": ["string", "null"]}
            properties[field.name] = {"type": ["object", "null"], "description": "The linked record, by $expand."}
        elif field.type.key == "links":
            properties[field.name] = {"type": "array", "items": {"type": "object"}}
    return {
        "type": "object",
        "title": entity.label.to(tx.language),
        "properties": properties,
        "required": ["@odata.etag", "id"],
        "additionalProperties": False,
    }


def write_schema(tx: Tx, entity: Entity, *, create: bool) -> Schema:
    """What a body may hold: the fields that the asking user may write."""
    fields = [field for field in entity.fields.values() if editable(tx, entity, field)]
    required = [
        member(field)
        for field in fields
        if create and field.definition.required and field.definition.default is None and field.type.key != "boolean"
    ]
    schema: Schema = {
        "type": "object",
        "properties": {member(field): _titled(tx, field, _sent(field)) for field in fields},
        "additionalProperties": False,
    }
    return schema | ({"required": required} if required else {})


def _titled(tx: Tx, field: Field, schema: Schema) -> Schema:
    made = {"title": field.definition.label.to(tx.language), **schema}
    help_ = field.definition.help
    return made | ({"description": help_.to(tx.language)} if help_ else {})


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _answered(field: Field) -> Schema:
    made = field.definition
    match field.type.key:
        case "boolean":
            return {"type": "boolean"}
        case "multi_choice":
            return {"type": "array", "items": TEXT}
        case "links":
            return {"type": "array", "items": UUID}
        case "email_set" | "phone_set":
            return {"type": "array", "items": CONTACT}
        case "checklist":
            return {"type": "array", "items": STEP}
        case "integer" | "duration":
            return {"type": ["integer", "null"]}
        case "polymorphic":
            reference = {"entity": {"enum": list(targets(made))}, "id": UUID}
            return _or_null({"type": "object", "properties": reference, "required": ["entity", "id"]})
        case key:
            return _or_null(_simple(key))


def _simple(key: str) -> Schema:
    known: dict[str, Schema] = {
        "decimal": DECIMALS,
        "percent": DECIMALS,
        "money": MONEY,
        "date": {"type": "string", "format": "date"},
        "datetime": MOMENT,
        "link": UUID,
        "file": UUID,
        "image": UUID,
        "address": ADDRESS,
    }
    return ANY if key == "json" else known.get(key, TEXT)


def _sent(field: Field) -> Schema:
    made = field.definition
    match field.type.key:
        case "choice":
            return {"enum": [*(choice.key for choice in made.choices), None]}
        case "multi_choice":
            return {"type": "array", "items": {"enum": [choice.key for choice in made.choices]}}
        case "integer" | "duration":
            return {"type": ["integer", "null"], **_limits(field)}
        case "decimal" | "percent":
            return {"anyOf": [{"type": "number", **_limits(field)}, {"type": "null"}]}
        case "money":
            return {"anyOf": [_money(), NUMBER_IN, {"type": "null"}]}
        case "email_set" | "phone_set":
            return {"type": "array", "items": _contact(field), "maxItems": 20}
        case "checklist":
            return {"type": "array", "items": STEP, "maxItems": 50}
        case "boolean" | "links" | "polymorphic":
            return _answered(field)
        case key:
            schema = _or_null(_simple(key))
            return schema | ({"maxLength": made.max_length} if made.max_length else {})


def _limits(field: Field) -> Schema:
    least, most = field.definition.min, field.definition.max
    return {
        "minimum": -LARGEST if least is None else least,
        "maximum": LARGEST if most is None else most,
    }


def _money() -> Schema:
    currency = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"}
    return {"type": "object", "properties": {"amount": NUMBER_IN, "currency": currency}, "required": ["amount"]}


def _contact(field: Field) -> Schema:
    value = {"type": "string", "format": "email"} if field.type.key == "email_set" else {"type": "string"}
    properties = {**CONTACT["properties"], "value": value}
    if field.definition.kinds:
        properties["kind"] = {"enum": ["", *(kind.key for kind in field.definition.kinds)]}
    return {**CONTACT, "properties": properties, "additionalProperties": False}
