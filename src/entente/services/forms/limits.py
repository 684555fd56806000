"""How often an address of the network may call a form: counted in PostgreSQL, shared by all processes."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Throttled
from entente.services.forms.definition import Form

WINDOW = timedelta(hours=1)
RECEIPTS_KEPT = timedelta(days=30)
CALLS_PER_SUBMISSION = 40  # a person who corrects himself has every field looked at a few times


def count_call(tx: Tx, form: Form, peer: str) -> None:
    """Count one call of any kind; Throttled when the address called too often in the last hour."""
    _count(tx, form, peer, "call", form.hourly_limit * CALLS_PER_SUBMISSION)


def count_submission(tx: Tx, form: Form, peer: str) -> None:
    """Count one submission; Throttled when the address sent more than the form's limit in the last hour."""
    _count(tx, form, peer, "send", form.hourly_limit)


def _count(tx: Tx, form: Form, peer: str, deed: str, most: int) -> None:
    now = tx.clock.now()
    key = {"form": form.id, "deed": deed, "peer": _household(peer)}
    engine_rows(
        tx,
        "INSERT INTO {schema}.form_visit VALUES (%(form)s, %(deed)s, %(peer)s, %(minute)s, 1)"
        " ON CONFLICT (form, deed, peer, minute) DO UPDATE SET calls = form_visit.calls + 1",
        minute=now.replace(second=0, microsecond=0),
        **key,
    )
    counted = engine_row(
        tx,
        "SELECT sum(calls) AS calls, min(minute) AS first FROM {schema}.form_visit"
        " WHERE form = %(form)s AND deed = %(deed)s AND peer = %(peer)s AND minute > %(since)s",
        since=now - WINDOW,
        **key,
    )
    if counted and counted["calls"] > most:
        raise Throttled("form.throttled", seconds=max(1, int((counted["first"] + WINDOW - now).total_seconds())))


def _household(peer: str) -> str:
    """The address under which a peer is counted: an IPv6 household has 2⁶⁴ of them."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer[:100]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


@job("forms.forget", every="7 * * * *")
def forget_visits(tx: Tx) -> None:
    """Forget addresses of the network after an hour, and receipts after thirty days; run hourly."""
    now = tx.clock.now()
    engine_rows(tx, "DELETE FROM {schema}.form_visit WHERE minute < %(since)s", since=now - WINDOW)
    engine_rows(tx, "DELETE FROM {schema}.form_receipt WHERE at < %(since)s", since=now - RECEIPTS_KEPT)
