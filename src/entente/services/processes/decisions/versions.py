"""Decision models kept as versions: imported, proved, deployed, found by key or decision, given back as they came."""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.formulas import moment_of
from entente.services.processes.decisions.deciding import decide
from entente.services.processes.decisions.naming import with_texts
from entente.services.processes.decisions.proving import problems
from entente.services.processes.decisions.reading import read_model
from entente.services.processes.decisions.table import Model, Table, Texts
from entente.services.processes.decisions.writing import new_file, with_table
from entente.services.processes.definitions import require_right
from entente.services.processes.model.problems import Problem
from entente.services.stream.noting import DECISION, Thing, note

MOST_MODELS = 500
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_COLUMNS = (
    "id, key, version, coalesce(names ->> %(language)s, name) AS name, decisions, checksum, state,"
    " imported_at, deployed_at, deployed_by"
)
_INSERT = f"""
INSERT INTO {{schema}}.decision_definition (id, key, version, name, names, decisions, xml, checksum, state, imported_at)
SELECT %(id)s, %(key)s, coalesce(max(version), 0) + 1, %(name)s, %(names)s, %(decisions)s, %(xml)s, %(checksum)s,
  'draft', %(now)s
FROM {{schema}}.decision_definition WHERE key = %(key)s RETURNING {_COLUMNS}
"""  # noqa: S608 - own text
# Versions never change, and their ids are unique everywhere.
_models: dict[UUID, Model] = {}


class DecisionVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a decision model, with the ids of its decisions."""

    id: UUID
    key: str
    version: int
    name: str
    decisions: list[str]
    checksum: str
    state: str
    imported_at: datetime
    deployed_at: datetime | None
    deployed_by: UUID | None


class Draft(msgspec.Struct, frozen=True):
    """A table as somebody shapes it, and what its decision is called; without texts that stays as it is."""

    table: Table
    texts: Texts | None = None


class NotDecidable(Refused):
    """A decision model has errors; `problems` lists them all."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("decision.has_problems", count=len(found))
        self.problems = found


def import_decisions(tx: Tx, xml: bytes) -> DecisionVersion:
    """The version that holds a DMN file, the known one if it was imported just so before; Refused for no DMN."""
    require_right(tx)
    model = read_model(xml)
    checksum = sha256(xml).hexdigest()
    tx.connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"decision {model.key}",))
    known = _found(tx, "key = %(key)s AND checksum = %(checksum)s", key=model.key, checksum=checksum)
    if known is not None:
        return known
    made = engine_row(
        tx,
        _INSERT,
        id=new_id(),
        key=model.key,
        name=model.name,
        names=Jsonb(dict(model.titles)),
        language=tx.language,
        decisions=list(model.decisions),
        xml=xml,
        checksum=checksum,
        now=tx.clock.now(),
    )
    version = msgspec.convert(made, DecisionVersion)
    note(tx, _thing(version), "import", {"checksum": (None, checksum)}, version.version)
    return version


def _thing(version: DecisionVersion) -> Thing:
    return Thing(DECISION, version.key, version.name)


def deploy_decisions(tx: Tx, identity: UUID) -> DecisionVersion:
    """The version, used from now on; NotDecidable lists every problem."""
    require_right(tx)
    found = version_of(tx, identity)
    faults = problems(model_of(tx, found.id))
    if faults:
        raise NotDecidable(faults)
    if found.state != "deployed":
        before = _found(tx, "key = %(key)s AND state = 'deployed' ORDER BY version DESC LIMIT 1", key=found.key)
        engine_rows(
            tx,
            "UPDATE {schema}.decision_definition SET state = 'deployed', deployed_at = %(now)s, deployed_by = %(by)s"
            " WHERE id = %(id)s",
            id=identity,
            now=tx.clock.now(),
            by=tx.principal.user_id,
        )
        change = (before.version if before else None, found.version)
        note(tx, _thing(found), "deploy", {"version": change}, found.version)
    return version_of(tx, identity)


def decision_versions(tx: Tx) -> list[DecisionVersion]:
    """The newest version of each decision model, by key."""
    found = engine_rows(
        tx,
        f"SELECT DISTINCT ON (key) {_COLUMNS} FROM {{schema}}.decision_definition ORDER BY key, version DESC",  # noqa: S608 - own text
        language=tx.language,
    )
    return [msgspec.convert(each, DecisionVersion) for each in found]


def versions_of_decisions(tx: Tx, key: str) -> list[DecisionVersion]:
    """The versions of a decision model, newest first; Forbidden without the right to all processes."""
    require_right(tx)
    found = engine_rows(
        tx,
        f"SELECT {_COLUMNS} FROM {{schema}}.decision_definition WHERE key = %(key)s ORDER BY version DESC LIMIT 200",  # noqa: S608 - own text
        key=key,
        language=tx.language,
    )
    return [msgspec.convert(each, DecisionVersion) for each in found]


def deployed_decisions(tx: Tx) -> dict[str, DecisionVersion]:
    """The version that a process gets, by the ids of decisions."""
    found = engine_rows(
        tx,
        f"SELECT DISTINCT ON (key) {_COLUMNS} FROM {{schema}}.decision_definition"  # noqa: S608 - own text
        " WHERE state = 'deployed' ORDER BY key, version DESC",
        language=tx.language,
    )
    made = [msgspec.convert(each, DecisionVersion) for each in found]
    return {decision: each for each in made for decision in each.decisions}


def drafted(tx: Tx, base: UUID | None, key: str, name: str, draft: Draft) -> bytes:
    """The file with a draft in the decision of a key: a new one, or a known version's with all else as it was."""
    if base is None:
        file, known = new_file(key, name, draft.table), Texts()
    else:
        file, known = with_table(file_of(tx, base), key, draft.table), model_of(tx, base).decisions[key].texts
    return file if draft.texts in (None, known) else with_texts(file, key, draft.texts or known)


def put_table(tx: Tx, base: UUID | None, key: str, name: str, draft: Draft) -> DecisionVersion:
    """The version with a draft in the decision of a key: of a new model, or of a known version with all else as it was.

    Refused when a new key is malformed or taken.
    """
    require_right(tx)
    if base is not None:
        return import_decisions(tx, drafted(tx, base, key, name, draft))
    if not KEY.fullmatch(key):
        raise Refused("decision.bad_key", field="key")
    if _found(tx, "key = %(file)s OR %(key)s = ANY(decisions)", key=key, file=f"{key}_file") is not None:
        raise Refused("decision.key_taken", field="key")
    return import_decisions(tx, drafted(tx, None, key, name.strip() or key, draft))


def is_known(tx: Tx, base: UUID, key: str, draft: Draft) -> bool:
    """Whether a version is just as the one would be that has a draft in a known version's decision of a key."""
    made = drafted(tx, base, key, "", draft)
    return _found(tx, "checksum = %(checksum)s", checksum=sha256(made).hexdigest()) is not None


def evaluate_decision(tx: Tx, key: str, names: Mapping[str, Any]) -> Any:
    """The result of a deployed decision, or of a model's main one; NotFound, or Refused with the reason."""
    found = _found(
        tx,
        "state = 'deployed' AND (key = %(key)s OR %(key)s = ANY(decisions))"
        " ORDER BY %(key)s = ANY(decisions) DESC, version DESC, deployed_at DESC LIMIT 1",
        key=key,
    )
    if found is None:
        raise NotFound("decision.not_deployed", name=key)
    model = model_of(tx, found.id)
    return decide(model, key if key in model.decisions else model.main.id, names, moment_of(tx))


def version_of(tx: Tx, identity: UUID) -> DecisionVersion:
    """The version of an id; NotFound when there is none."""
    found = _found(tx, "id = %(id)s", id=identity)
    if found is None:
        raise NotFound("decision.unknown")
    return found


def file_of(tx: Tx, identity: UUID) -> bytes:
    """The file of a version as it was imported; NotFound when there is none."""
    found = engine_row(tx, "SELECT xml FROM {schema}.decision_definition WHERE id = %(id)s", id=identity)
    if found is None:
        raise NotFound("decision.unknown")
    return bytes(found["xml"])


def model_of(tx: Tx, identity: UUID) -> Model:
    """The decisions of a version, read once in each process; NotFound when there is none."""
    known = _models.get(identity)
    if known is None:
        known = read_model(file_of(tx, identity))
        if len(_models) >= MOST_MODELS:
            _models.clear()
        _models[identity] = known
    return known


def _found(tx: Tx, where: str, **values: Any) -> DecisionVersion | None:
    found = engine_row(
        tx,
        f"SELECT {_COLUMNS} FROM {{schema}}.decision_definition WHERE {where}",  # noqa: S608 - own text
        language=tx.language,
        **values,
    )
    return msgspec.convert(found, DecisionVersion) if found else None
