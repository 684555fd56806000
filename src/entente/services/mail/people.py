"""Which person of the organisation an address or the beginning of a text means."""

from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.normal import fold

_BY_ADDRESS = """
SELECT id FROM {schema}."user" WHERE lower(email) = lower(%(address)s) AND active AND deleted_at IS NULL LIMIT 2
"""
_NAMES = """
SELECT id, login, name, email FROM {schema}."user" WHERE active AND deleted_at IS NULL ORDER BY login LIMIT 10000
"""


def person_at(tx: Tx, address: str) -> UUID | None:
    """The one active person who has the address; nothing when nobody has it, or two have."""
    found = engine_rows(tx, _BY_ADDRESS, address=address) if address else []
    return found[0]["id"] if len(found) == 1 else None


def person_named(tx: Tx, text: str) -> UUID | None:
    """The one active person with whose address, login or name a text begins, the longest of them."""
    folded = f"{_folded(text)} "
    best: tuple[int, set[UUID]] = (0, set())
    for row in engine_rows(tx, _NAMES):
        for name in (row["email"], row["login"], row["name"]):
            known = _folded(name or "")
            if not known or not folded.startswith(f"{known} ") or len(known) < best[0]:
                continue
            best = (len(known), {row["id"]} | (best[1] if len(known) == best[0] else set()))
    return next(iter(best[1])) if len(best[1]) == 1 else None


def _folded(text: str) -> str:
    kept = "".join(sign if sign.isalnum() or sign in "@.-_+'" else " " for sign in fold(text[:300]))
    return " ".join(word.rstrip(".") for word in kept.split())
