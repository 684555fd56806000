"""Decision tables: DMN files in and out, deployed, evaluated."""

from typing import Any

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.processes import XML, identity_in, problem_list, read_body, variables_in
from entente.interfaces.html.http.problems import MEDIA, problem_of
from entente.interfaces.html.http.refusals import Unacceptable
from entente.kernel.db.tx import Tx
from entente.services.processes.decisions import proving, versions
from entente.services.processes.decisions.versions import DecisionVersion, NotDecidable
from entente.services.processes.definitions import require_right
from entente.services.processes.values import plain, text_of

DMN = (*XML, "application/dmn+xml")


class EvaluateBody(msgspec.Struct, forbid_unknown_fields=True):
    """The values that a decision is worked out over."""

    variables: dict[str, Any] = {}


def list_decisions(tx: Tx, call: Call) -> Answer:
    """The newest version of each decision model."""
    only(call)
    require_right(tx)
    return Answer(body={"value": [_shown(each) for each in versions.decision_versions(tx)]})


def import_decisions(tx: Tx, call: Call) -> Answer:
    """The version that a DMN file became, with everything that is wrong with it."""
    only(call)
    require_right(tx)
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() not in DMN:
        raise Unacceptable("http.media_type")
    made = versions.import_decisions(tx, call.body)
    found = problem_list(tx, proving.problems(versions.model_of(tx, made.id)))
    location = f"{call.base}/decisions/{made.id}/dmn"
    return Answer(status=201, body={**_shown(made), "problems": found}, headers={"Location": location})


def deploy_decisions(tx: Tx, call: Call) -> Answer:
    """The version, deployed; with status 422 all that keeps it from being so."""
    only(call)
    try:
        made = versions.deploy_decisions(tx, identity_in(call.path[1]))
    except NotDecidable as refusal:
        problem = problem_of(refusal, tx.words, tx.language)
        return Answer(status=422, body={**problem, "problems": problem_list(tx, refusal.problems)}, media=MEDIA)
    return Answer(body={**_shown(made), "problems": []})


def export_decisions(tx: Tx, call: Call) -> Answer:
    """The DMN file as it was imported, byte for byte."""
    only(call)
    require_right(tx)
    return Answer(body=versions.file_of(tx, identity_in(call.path[1])), media="application/xml")


def evaluate_decision(tx: Tx, call: Call) -> Answer:
    """The result of a deployed decision over the given variables."""
    only(call)
    require_right(tx)
    body = read_body(call, EvaluateBody)
    found = versions.evaluate_decision(tx, call.path[1], variables_in(body.variables))
    return Answer(body={"result": msgspec.Raw(text_of(plain(found)).encode())})


def _shown(made: DecisionVersion) -> dict[str, Any]:
    names = ("id", "key", "version", "name", "decisions", "state", "checksum")
    return {name: getattr(made, name) for name in names}
