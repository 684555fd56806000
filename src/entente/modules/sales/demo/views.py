"""The views that the people of the invented company have saved."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from entente.modules.base.demo.play import Deed
from entente.modules.sales.invented import read_views

SHAPE = ("columns", "conditions", "sort", "group_by", "card")
SINCE = timedelta(days=45)


def views(now: datetime) -> list[Deed]:
    """The deeds that saved them, each a day after the one before."""
    return [_saved(given, now - SINCE + timedelta(days=at), at) for at, given in enumerate(read_views())]


def _saved(given: dict[str, Any], at: datetime, position: int) -> Deed:
    values = {
        **{name: given[name] for name in ("name", "entity", "visibility")},
        "kind": given.get("kind", "list"),
        "definition": {name: msgspec.to_builtins(given[name]) for name in SHAPE if name in given},
        "position": position,
    }
    return Deed(who=given["who"], at=at, entity="saved_view", key=given["key"], values=values)
