"""`$metadata`: the entities as the asking user may see them, as CSDL in JSON or XML (OData CSDL 4.01)."""

from typing import Any
from xml.sax.saxutils import quoteattr

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.shape import member
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.access.fields import shown_fields
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets

NAMESPACE = "Entente"
XML = "application/xml"
# Values with parts of their own, by field type: the complex type that holds them.
PARTS: dict[str, dict[str, str]] = {
    "Money": {"amount": "Edm.Decimal", "currency": "Edm.String", "rate": "Edm.Decimal", "base": "Edm.Decimal"},
    "Address": dict.fromkeys(("street", "postal_code", "city", "region", "country"), "Edm.String"),
    "Reference": {"entity": "Edm.String", "id": "Edm.Guid"},
    "Step": {"text": "Edm.String", "done": "Edm.Boolean"},
    "Contact": {
        "value": "Edm.String",
        "kind": "Edm.String",
        "primary": "Edm.Boolean",
        "opted_out": "Edm.Boolean",
        "invalid": "Edm.Boolean",
    },
}
COMPLEX = {
    "money": "Entente.Money",
    "address": "Entente.Address",
    "polymorphic": "Entente.Reference",
    "email_set": "Collection(Entente.Contact)",
    "phone_set": "Collection(Entente.Contact)",
    "checklist": "Collection(Entente.Step)",
}


def read_metadata(tx: Tx, call: Call) -> Answer:
    """The description of everything that the asking user may read; XML unless JSON is asked for."""
    only(call, "format")
    asked = call.query.get("format") or call.headers.get("accept", "")
    if call.query.get("format", "xml") not in ("xml", "json", XML, "application/json"):
        raise BadRequest("api.no_such_format", field="$format")
    entities = visible_entities(tx)
    if "json" in asked:
        return Answer(body=_json(tx, entities))
    return Answer(body=_xml(tx, entities).encode(), media=XML)


def visible_entities(tx: Tx) -> list[Entity]:
    """The entities with which the asking user may do anything at all."""
    everyone = ("open", "through")
    return [
        made
        for made in tx.catalog.entities.values()
        if made.definition.access in everyone
        or any(tx.principal.depth(made.name, privilege) != "none" for privilege in ("read", "create", "update"))
    ]


def edm_type(field: Field) -> str:
    """The type of a field in OData."""
    return COMPLEX.get(field.type.key, field.type.edm)


def _links(tx: Tx, entity: Entity) -> list[tuple[str, str, bool]]:
    """The navigations of an entity: name, target, whether to many."""
    return [
        (field.name, targets(field.definition)[0], field.type.key == "links")
        for field in shown_fields(tx, entity)
        if field.type.key in ("link", "links")
    ]


def _json(tx: Tx, entities: list[Entity]) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: {"$Kind": "ComplexType", **{part: {"$Type": kind, "$Nullable": True} for part, kind in parts.items()}}
        for name, parts in PARTS.items()
    }
    known = {entity.name for entity in entities}
    for entity in entities:
        made[entity.name] = _json_type(tx, entity, known)
    sets = {made.definition.path: {"$Collection": True, "$Type": f"{NAMESPACE}.{made.name}"} for made in entities}
    made["Container"] = {"$Kind": "EntityContainer", **sets}
    return {"$Version": "4.01", "$EntityContainer": f"{NAMESPACE}.Container", NAMESPACE: made}


def _json_type(tx: Tx, entity: Entity, known: set[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"$Kind": "EntityType", "$Key": ["id"], "id": {"$Type": "Edm.Guid"}}
    for field in shown_fields(tx, entity):
        kind = edm_type(field)
        many = kind.startswith("Collection(")
        made[member(field)] = {
            "$Type": kind.removeprefix("Collection(").removesuffix(")"),
            **({"$Collection": True} if many else {"$Nullable": True}),
            "@Org.OData.Core.V1.Description": field.definition.label.to(tx.language),
        }
    for name, target, many in _links(tx, entity):
        if target in known:
            link = {"$Kind": "NavigationProperty", "$Type": f"{NAMESPACE}.{target}"}
            made[name] = link | ({"$Collection": True} if many else {"$Nullable": True})
    return made


def _xml(tx: Tx, entities: list[Entity]) -> str:
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.01"><edmx:DataServices>',
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">',
    ]
    for name, parts in PARTS.items():
        properties = "".join(_property(part, kind) for part, kind in parts.items())
        lines.append(f'<ComplexType Name="{name}">{properties}</ComplexType>')
    known = {entity.name for entity in entities}
    lines += [_xml_type(tx, entity, known) for entity in entities]
    sets = "".join(
        f'<EntitySet Name={quoteattr(made.definition.path)} EntityType="{NAMESPACE}.{made.name}"/>' for made in entities
    )
    lines.append(f'<EntityContainer Name="Container">{sets}</EntityContainer>')
    return "".join([*lines, "</Schema></edmx:DataServices></edmx:Edmx>"])


def _xml_type(tx: Tx, entity: Entity, known: set[str]) -> str:
    made = ['<Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Guid" Nullable="false"/>']
    made += [_property(member(field), edm_type(field)) for field in shown_fields(tx, entity)]
    for name, target, many in _links(tx, entity):
        if target in known:
            kind = f"{NAMESPACE}.{target}"
            made.append(f'<NavigationProperty Name="{name}" Type="{f"Collection({kind})" if many else kind}"/>')
    return f'<EntityType Name="{entity.name}">{"".join(made)}</EntityType>'


def _property(name: str, kind: str) -> str:
    return f'<Property Name="{name}" Type="{kind}"/>'
