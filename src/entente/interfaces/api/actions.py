"""Bound actions: named commands on one record or on a selection."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only, read_object, seen_version
from entente.interfaces.api.collections import written
from entente.interfaces.api.records import addressed
from entente.interfaces.html.http.problems import problem_of
from entente.interfaces.html.http.refusals import BadRequest, PreconditionFailed
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import Outcome, perform
from entente.kernel.records.query import find
from entente.kernel.records.record import Record

MOST_SELECTED = 1000


def act(tx: Tx, call: Call) -> Answer:
    """What an action did with one record, and the cause under which it can be undone."""
    only(call)
    entity, identity = addressed(tx, call)
    name = call.path[2]
    tx.catalog.action(entity.name, name)
    wish = read_object(call, optional=True)
    version = seen_version(call, required=False)
    if version is not None and find(tx, entity.name, identity).version != version:
        raise PreconditionFailed("api.changed_since")
    outcome = perform(tx, entity.name, name, [identity], wish)
    return Answer(body={"value": _plain(tx, outcome.results[0]), "cause": outcome.cause})


def act_on_selection(tx: Tx, call: Call) -> Answer:
    """What an action did with each record of a selection, and the refusals of those that it could not serve."""
    only(call)
    entity = tx.catalog.at_path(call.path[0])
    name = call.path[2]
    tx.catalog.action(entity.name, name)
    body = read_object(call)
    unknown = [Refused("field.unknown", field=key) for key in body if key not in ("ids", "params")]
    if unknown:
        raise Invalid(unknown)
    params = body.get("params") or {}
    if not isinstance(params, Mapping):
        raise BadRequest("api.not_an_object", field="params")
    outcome = perform(tx, entity.name, name, _ids(body.get("ids")), params)
    return Answer(body=_outcome(tx, outcome))


def _ids(given: Any) -> list[UUID]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_SELECTED:
        raise Refused("api.bad_selection", field="ids", count=MOST_SELECTED)
    ids = [parse_id(each) if isinstance(each, str) else None for each in given]
    found = [each for each in ids if each is not None]
    if len(found) < len(ids):
        raise Refused("api.bad_selection", field="ids", count=MOST_SELECTED)
    return list(dict.fromkeys(found))


def _outcome(tx: Tx, outcome: Outcome) -> dict[str, Any]:
    refused = [
        {"id": identity, "problem": problem_of(refusal, tx.words, tx.language)} for identity, refusal in outcome.refused
    ]
    return {"value": [_plain(tx, each) for each in outcome.results], "refused": refused, "cause": outcome.cause}


def _plain(tx: Tx, result: Any) -> Any:
    """What an action answers as JSON: a record as its reader may see it, links by entity and id, structs as objects."""
    match result:
        case Record():
            entity = tx.catalog.entity(result.entity)
            return {"entity": entity.name, **written(tx, entity, result)}
        case Ref():
            return {"entity": result.entity, "id": result.id}
        case msgspec.Struct():
            return {name: _plain(tx, getattr(result, name)) for name in result.__struct_fields__}
        case Mapping():
            return {str(name): _plain(tx, value) for name, value in result.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(tx, each) for each in result]
        case _:
            return result
