"""What the engine meets outside: the clock, the record with its rights, the actions that do the work."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Cause, Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import Principal
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.actions import perform
from entente.kernel.records.formulas import context_of, moment_of
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.stroke import part_of
from entente.services.processes.calling import URL, call_out
from entente.services.processes.decisions.versions import evaluate_decision
from entente.services.processes.definitions import Versions, deployed_version, graph_of, latest
from entente.services.processes.details import kind_of
from entente.services.processes.engine.moving import as_values
from entente.services.processes.engine.state import (
    BusinessError,
    Failed,
    Fault,
    Instance,
    Lineage,
    Outside,
    State,
    Token,
    evaluate,
    lineage,
    names_in,
    note,
)
from entente.services.processes.engine.words import kept
from entente.services.processes.expressions import RECORD, SeenByBoth, Subject, reads_record, value_of
from entente.services.processes.model.graph import Element, Graph
from entente.services.processes.reach import bound_by
from entente.services.processes.rights import may
from entente.services.processes.values import from_outside, plain, text_of

Authors = tuple[UUID | None, ...]
log = logging.getLogger(__name__)


def outside_of(tx: Tx, instance: Instance, versions: Versions) -> Outside:
    """What an instance meets in a transaction: it reads and does what both its starter and its author may."""
    return Outside(
        now=tx.clock.now(),
        evaluate=lambda text, names, lineage: value_of(
            text, _with_record(tx, instance, text, names, _authors(versions, lineage)), moment_of(tx)
        ),
        work=lambda state, token, element: _work(tx, state, token, element, versions),
        called=lambda key, version, lineage: _called(tx, instance, key, version, _authors(versions, lineage)),
        actor=tx.principal.user_id,
        zone=lambda: organisation_zone(tx),
    )


def _with_record(
    tx: Tx, instance: Instance, text: str, names: Mapping[str, Any], authors: Authors
) -> Mapping[str, Any]:
    """The names and the record, which no variable stands for."""
    if instance.entity is None or instance.record is None or not reads_record(text):
        return names
    return {**names, RECORD: _subject(tx, instance, authors)}


def _authors(versions: Versions, lineage: Lineage) -> Authors:
    """Who deployed a version and those that called it: what is done together, each of them must be allowed."""
    return tuple(dict.fromkeys(versions(each).deployed_by for each in lineage))


def _bound(theirs: Tx, authors: Authors) -> list[Tx]:
    return [author for each in authors if (author := bound_by(theirs, each)) is not None]


def _subject(tx: Tx, instance: Instance, authors: Authors) -> Mapping[str, Any]:
    """The record as far as its starter and the authors of the versions all see it."""
    theirs = _in_name_of_starter(tx, instance)
    seen: Mapping[str, Any] = _seen_by(theirs, instance)
    for author in _bound(theirs, authors):
        seen = SeenByBoth(seen, _seen_by(author, instance))
    return seen


def _seen_by(theirs: Tx, instance: Instance) -> Subject:
    entity = theirs.catalog.entity(str(instance.entity))
    record = find(theirs, entity.name, instance.record)  # type: ignore[arg-type]
    return Subject(entity, context_of(theirs, entity, record).values)


def _in_name_of_starter(tx: Tx, instance: Instance, deed: str = "") -> Tx:
    """The transaction as the person who started the instance; Fault when he may no longer act."""
    found: Principal | None = tx.principal
    if instance.started_by is not None and instance.started_by != tx.principal.user_id:
        found = principal_of(tx, instance.started_by)
    elif instance.started_by is None and not tx.principal.is_system:
        found = None
    if found is None:
        raise Fault("process.incident.nobody")
    cause = Cause(tx.cause.id, tx.cause.via, deed or tx.cause.deed, tx.cause.depth + 1)
    return tx.acting_as(found, cause)


def _called(tx: Tx, instance: Instance, key: str, pinned: int | None, authors: Authors) -> tuple[UUID, Graph] | None:
    """The process that is called; Fault unless all whose versions call it may take part in it."""
    found = latest(tx, key) if pinned is None else deployed_version(tx, key, pinned)
    if found is None:
        return None
    theirs = _in_name_of_starter(tx, instance)
    themselves = [theirs] if theirs.principal.user_id in authors else []
    if not all(may(each, key, "participate") for each in (*_bound(theirs, authors), *themselves)):
        raise Fault("process.incident.call_refused", key)
    return found.id, graph_of(tx, found.id)


def _work(tx: Tx, state: State, token: Token, element: Element, versions: Versions) -> Any:
    given = element.settings.get("input")
    wish = as_values(evaluate(state, token.scope, given)) if given else {}
    definition, authors = (
        versions(state.scopes[token.scope].definition),
        _authors(versions, lineage(state, token.scope)),
    )
    if definition.recorded:
        note(state, token, "recorded", text_of(plain(wish))[:4000])
        return None
    if decision := element.settings.get("decision"):
        names = wish if given else from_outside(names_in(state, token.scope))
        return _decided(tx, state, authors, decision, names)
    if element.settings.get(URL):
        return call_out(tx, state, token, element, definition.key, plain(wish))
    action = element.settings.get("action", "").rpartition(".")[2]
    if not action:
        return None
    instance = state.instance
    if instance.entity is None or instance.record is None:
        raise Fault("process.incident.no_record")
    theirs = _in_name_of_starter(tx, instance, f"{definition.key}.{element.id}")
    return _performed(theirs, _bound(theirs, authors), instance, action, plain(wish))


def _decided(tx: Tx, state: State, authors: Authors, decision: str, names: Mapping[str, Any]) -> Any:
    """The result of a decision over the variables and the record; Fault says why there is none."""
    instance, known = state.instance, dict(names)
    try:
        if instance.entity is not None and instance.record is not None and RECORD not in known:
            known[RECORD] = _subject(tx, instance, authors)
        return plain(evaluate_decision(tx, decision, known))
    except Refused as refusal:
        raise Fault("process.incident.decision", kept(refusal.code, refusal.values)) from None


class _TakenBack(Exception):  # noqa: N818 - says what became of the work
    """An action that was only tried."""


def _performed(theirs: Tx, authors: list[Tx], instance: Instance, action: str, wish: dict[str, Any]) -> Any:
    """What an action did, in a part of the transaction that is undone alone when it fails."""
    try:
        tried = [_tried(author, instance, action, wish) for author in authors]
        with part_of(theirs):
            result = _done(theirs, instance, action, wish)
    except Refused as refusal:
        told = kept(refusal.code, refusal.values)
        raise BusinessError(refusal.code, theirs.say(refusal.code, **refusal.values), told) from None
    except Exception as failure:
        log.exception("the action %s of a process failed", action)
        raise Failed(kept(kind_of(failure))) from failure
    for each in tried:
        result = _known_to_both(result, each)
    return result


def _tried(author: Tx, instance: Instance, action: str, wish: dict[str, Any]) -> Any:
    """What an action would give the author of a process; Refused when he may not do it. Nothing stays of the try."""
    found: list[Any] = []
    with suppress(_TakenBack), part_of(author):
        found.append(_done(author, instance, action, wish))
        raise _TakenBack
    return found[0]


def _done(theirs: Tx, instance: Instance, action: str, wish: dict[str, Any]) -> Any:
    outcome = perform(theirs, str(instance.entity), action, [instance.record], wish)  # type: ignore[list-item]
    return _result(outcome.results[0])


def _known_to_both(result: Any, tried: Any) -> Any:
    """What an action gave, without what its author would have been given otherwise; ids are new with every try."""
    if isinstance(result, dict) and isinstance(tried, dict):
        return {name: _known_to_both(value, tried.get(name)) for name, value in result.items()}
    if isinstance(result, list) and isinstance(tried, list) and len(result) == len(tried):
        return [_known_to_both(one, other) for one, other in zip(result, tried, strict=True)]
    both_ids = parse_id(result) is not None and parse_id(tried) is not None
    return result if both_ids or result == tried else None


def _result(found: Any) -> Any:
    """What an action gave, as a variable: records by entity and id."""
    if isinstance(found, Record):
        return {"entity": found.entity, "id": str(found.id)}
    return plain(msgspec.to_builtins(found, builtin_types=(), enc_hook=str))
