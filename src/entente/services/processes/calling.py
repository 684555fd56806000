"""Calls of other programs by processes: one for each piece of work, known by its key however often it is sent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.connect.webhooks import Reply, order_call, secret_of
from entente.services.processes.engine.state import Awaited, BusinessError, State, Token
from entente.services.processes.engine.words import kept
from entente.services.processes.model.graph import Element, Graph
from entente.services.processes.values import plain

URL = "url"
RIGHT = "settings"
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def may_call(tx: Tx) -> bool:
    """Whether the principal may let data leave the house."""
    person = tx.principal
    return person.is_admin or person.is_system or RIGHT in person.may


def require_calls(tx: Tx, graph: Graph) -> None:
    """Forbidden for whoever may not let a process call other programs, if it does."""
    if any(element.settings.get(URL) for element in graph.elements.values()) and not may_call(tx):
        raise Forbidden("process.webhook_reserved")


def source_of(process: str) -> UUID:
    """By which id the calls of a process are signed, whatever its version."""
    return uuid5(NAMESPACE_URL, f"process:{process}")


def signing_secret(tx: Tx, process: str) -> str:
    """The secret with which a receiver checks the calls of a process; Forbidden without the right to settings."""
    if not may_call(tx):
        raise Forbidden("process.webhook_reserved")
    return secret_of(tx, source_of(process))


def call_out(tx: Tx, state: State, token: Token, element: Element, process: str, values: Mapping[str, Any]) -> Awaited:
    """The signed call on whose answer a token waits; BusinessError for an address that may not be called.

    It leaves after the commit, under the same key at every attempt of the same piece of work: a step that is done anew
    after a crash or an incident has the same token. Only when a person has edited what is sent, the key is another.
    """
    instance = state.instance
    key = f"process:{instance.id}:{element.id}:{token.number}"
    body = {
        "event": "process",
        "process": process,
        "element": element.id,
        "instance": str(instance.id),
        "entity": instance.entity,
        "record": str(instance.record) if instance.record else None,
        "values": dict(values),
    }
    try:
        call = order_call(tx, key, element.settings[URL], body, source=source_of(process))
    except Refused as refusal:
        told = kept(refusal.code, refusal.values)
        raise BusinessError(refusal.code, tx.say(refusal.code, **refusal.values), told) from None
    return Awaited(str(call))


def result_of(reply: Reply) -> dict[str, Any]:
    """An answer as a variable: its status, and its body as JSON, or as text when it is none."""
    return {"status": reply.status, "body": plain(_read(reply.body))}


def _read(body: bytes) -> Any:
    if not body:
        return None
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")


def error_of(tx: Tx, reply: Reply) -> BusinessError:
    """The error by which a model may catch that a call was refused for good, with why in words."""
    if reply.status is not None:
        return BusinessError(f"http_{reply.status}", reply.error)
    known = tx.words.has(reply.error)
    return BusinessError(reply.error, tx.say(reply.error) if known else "", kept(reply.error) if known else "")


def why_again(tx: Tx, reply: Reply) -> str:
    """Why a call is made again, for readers of any language."""
    return kept(reply.error) if tx.words.has(reply.error) else reply.error
