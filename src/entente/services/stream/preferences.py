"""What a person wants to be told and how, kept among the preferences of his user record."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.records.query import find
from entente.kernel.records.save import save

NewsKind = Literal["assigned", "mention", "note", "status", "new"]
NEWS_KINDS: tuple[NewsKind, ...] = ("assigned", "mention", "note", "status", "new")
MAILED: tuple[NewsKind, ...] = ("assigned", "mention")
KEY = "notices"


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """The kinds of news sent by e-mail as well, and whether one follows what one created or wrote a note on."""

    mailed: tuple[NewsKind, ...] = MAILED
    follow_created: bool = True
    follow_posted: bool = True


def notices_in(preferences: Any) -> Notices:
    """The wishes that a user's preferences hold; the usual ones when there are none or they make no sense."""
    held = preferences.get(KEY) if isinstance(preferences, Mapping) else None
    try:
        return msgspec.convert(held or {}, Notices)
    except msgspec.ValidationError:
        return Notices()


def my_notices(tx: Tx) -> Notices:
    """What the principal wants to be told."""
    person = tx.principal.user_id
    return notices_in(find(tx, "user", person)["preferences"]) if person else Notices()


def set_my_notices(tx: Tx, notices: Notices) -> None:
    """Keep what the principal wants to be told; other preferences stay as they are."""
    person = tx.principal.user_id
    if person is None:
        return
    known = find(tx, "user", person)["preferences"]
    kept = dict(known) if isinstance(known, Mapping) else {}
    save(tx, "user", {"preferences": {**kept, KEY: msgspec.to_builtins(notices)}}, id=person, trusted=True)
