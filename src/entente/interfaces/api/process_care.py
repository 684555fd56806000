"""Looking after processes: instances repaired, modified and migrated, rights given."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only, read_number
from entente.interfaces.api.processes import identity_in, read_body, shown_instance_of, variables_in
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.services.processes import listing, retention, rights
from entente.services.processes.calling import signing_secret
from entente.services.processes.instances import VERBS, Deed
from entente.services.processes.migrating import Migration, Result, migrate_instances
from entente.services.processes.modification import Modified, modification

MOST_DEEDS = 100
FILTERS = ("process", "state", "entity", "record", "who", "key", "since", "until")


class RepairBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done with a stopped instance, why, and whether only to look what it would do."""

    verb: str = ""
    token: int = 0
    element: str = ""
    variables: dict[str, Any] = {}
    reason: str = ""
    preview: bool = False


class ModifyBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done with an instance, one after the other."""

    deeds: list[Deed] = []
    reason: str = ""
    preview: bool = False


class MigrateBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which instances go from which version to which."""

    source: UUID
    target: UUID
    mapping: dict[str, str] = {}
    instances: list[UUID] | None = None
    accept_losses: bool = False
    recalculate: bool = False
    preview: bool = False


class RightsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The lines of a process."""

    value: list[rights.Right] = []


class RetentionBody(msgspec.Struct, forbid_unknown_fields=True):
    """For how many days ended instances of a process stay, with the empty name those of all others."""

    process: str = ""
    days: int | None = None


def read_retention(tx: Tx, call: Call) -> Answer:
    """For how many days ended instances stay, by process; the empty name is for all others."""
    only(call)
    mine = rights.cared_for(tx)
    known = retention.retention(tx).items()
    return Answer(body={"value": [{"process": key, "days": days} for key, days in known if _concerns(key, mine)]})


def _concerns(key: str, mine: list[str] | None) -> bool:
    return mine is None or key in ("", *mine)


def put_retention(tx: Tx, call: Call) -> Answer:
    """The same after one of them was changed, or with no number put back to that of all others."""
    only(call)
    body = read_body(call, RetentionBody)
    retention.put_retention(tx, body.process, body.days)
    return read_retention(tx, call)


def list_instances(tx: Tx, call: Call) -> Answer:
    """A page of instances of the processes that the principal looks after, newest first."""
    only(call, *FILTERS, "top", "skiptoken", "archived")
    given = {name: call.query[name] for name in FILTERS if name in call.query}
    try:
        more = {
            "after": call.query.get("skiptoken", ""),
            "most": read_number(call, "top", listing.MOST, 1) or listing.PAGE,
        }
        wish = msgspec.convert({**given, **more}, listing.Wish, strict=False)
    except msgspec.ValidationError as fault:
        raise BadRequest("api.unknown_option", field=str(fault).rpartition("$.")[2].rstrip("`")) from None
    archived = call.query.get("archived") == "true"
    found, after = listing.list_instances(tx, wish, archived=archived)
    body: dict[str, Any] = {"value": [_listed(each) for each in found]}
    if after:
        kept = {"archived": "true"} if archived else {}
        kept |= {"$top": call.query["top"]} if "top" in call.query else {}
        body["@odata.nextLink"] = f"{call.base}/process_instances?{urlencode({**given, **kept, '$skiptoken': after})}"
    return Answer(body=body)


def _listed(each: listing.Listed) -> dict[str, Any]:
    return {
        "id": each.id,
        "process": each.key,
        "version": each.version,
        "state": each.state,
        "entity": each.entity or None,
        "record": each.record,
        "business_key": each.business_key or None,
        "started_at": each.started_at,
        "ended_at": each.ended_at,
        "incidents": each.incidents,
        "at": list(each.at),
    }


def repair_instance(tx: Tx, call: Call) -> Answer:
    """An instance after one deed, or what that would make of it."""
    only(call)
    body = read_body(call, RepairBody)
    deed = Deed(verb=body.verb, token=body.token, element=body.element, variables=body.variables)
    return _modified(tx, call, [deed], body)


def modify_instance(tx: Tx, call: Call) -> Answer:
    """An instance after several deeds, or what they would make of it."""
    only(call)
    body = read_body(call, ModifyBody)
    if not 0 < len(body.deeds) <= MOST_DEEDS:
        raise Refused("field.required", field="deeds")
    return _modified(tx, call, body.deeds, body)


def _modified(tx: Tx, call: Call, deeds: list[Deed], body: RepairBody | ModifyBody) -> Answer:
    for deed in deeds:
        if deed.verb not in VERBS:
            raise Refused("field.not_understood", field="verb")
        variables_in(deed.variables)
    identity = identity_in(call.path[1])
    return Answer(body=_shown(modification(tx, identity, deeds, reason=body.reason, preview=body.preview)))


def _shown(made: Modified) -> dict[str, Any]:
    standing = {"before": made.before, "after": made.after, "incidents": made.incidents}
    return {**shown_instance_of(made.instance), **standing}


def migrate(tx: Tx, call: Call) -> Answer:
    """What became of each instance, or would, on another version of its process."""
    only(call)
    body = read_body(call, MigrateBody)
    wish = Migration(
        source=body.source,
        target=body.target,
        mapping=body.mapping,
        instances=body.instances,
        accept_losses=body.accept_losses,
        recalculate=body.recalculate,
    )
    found = migrate_instances(tx, wish, preview=body.preview)
    return Answer(body={"value": [_result(each) for each in found]})


def _result(each: Result) -> dict[str, Any]:
    return {"instance": each.instance, "state": each.state, **msgspec.to_builtins(each.outlook)}


def read_rights(tx: Tx, call: Call) -> Answer:
    """Who has a right to a process, and how far it goes."""
    only(call)
    return Answer(body={"value": rights.rights_of(tx, call.path[1])})


def read_secret(tx: Tx, call: Call) -> Answer:
    """The secret with which the calls of a process are signed."""
    only(call)
    return Answer(body={"secret": signing_secret(tx, call.path[1])})


def put_rights(tx: Tx, call: Call) -> Answer:
    """The lines of a process, which are these from now on."""
    only(call)
    return Answer(body={"value": rights.put_rights(tx, call.path[1], read_body(call, RightsBody).value)})
