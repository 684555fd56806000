"""Calls of other programs by processes: one for each piece of work, known by its key however often it is sent."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.connect.webhooks import secret_of, send_webhook
from entente.services.processes.engine.state import BusinessError, State, Token
from entente.services.processes.model.graph import Element, Graph

URL = "url"
RIGHT = "settings"


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


def call_out(tx: Tx, state: State, token: Token, element: Element, process: str, values: Mapping[str, Any]) -> str:
    """The key of a signed call that leaves after the commit, the same at every attempt of the same piece of work.

    A step that is done anew after a crash or an incident has the same token, and so makes no second call.
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
        send_webhook(tx, key, element.settings[URL], body, source=source_of(process))
    except Refused as refusal:
        raise BusinessError(refusal.code, tx.say(refusal.code, **refusal.values)) from None
    return key
