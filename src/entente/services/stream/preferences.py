"""What a person wants to be told and how, kept among the preferences of his user record."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.records.query import find
from entente.kernel.records.save import save

NewsKind = Literal["assigned", "mention", "note", "status", "new"]
NEWS_KINDS: tuple[NewsKind, ...] = ("assigned", "mention", "note", "status", "new")
MAILED: tuple[NewsKind, ...] = ("assigned", "mention")
KEY = "notices"
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """The kinds of news sent by e-mail as well, and whether one follows what one created or wrote a note on.

    `daily`: in one mail each morning; between two hours of one's own day, mails wait.
    """

    mailed: tuple[NewsKind, ...] = MAILED
    daily: bool = False
    quiet_from: Hour | None = None
    quiet_until: Hour | None = None
    follow_created: bool = True
    follow_posted: bool = True


def notices_in(preferences: Any) -> Notices:
    """The wishes that a user's preferences hold; the usual ones when there are none or they make no sense."""
    held = preferences.get(KEY) if isinstance(preferences, Mapping) else None
    try:
        return msgspec.convert(held or {}, Notices)
    except msgspec.ValidationError:
        return Notices()


def quiet_until(notices: Notices, now: datetime, zone: str) -> datetime | None:
    """When the quiet hours end that it is now, in UTC; nothing outside of them."""
    start, end = notices.quiet_from, notices.quiet_until
    local = now.astimezone(ZoneInfo(zone))
    if start is None or end is None or start == end:
        return None
    if not (start <= local.hour < end if start < end else local.hour >= start or local.hour < end):
        return None
    ends = local.replace(hour=end, minute=0, second=0, microsecond=0)
    return (ends if ends > local else ends + timedelta(days=1)).astimezone(UTC)


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
