"""The rules of a form as its page needs them, in the reader's language."""

from typing import Any

from entente.interfaces.html.views.frame import View


class LiveRules(View, frozen=True, kw_only=True):
    """What a page keeps while one types: rules, the stored values that they read, and who is typing."""

    rules: tuple[dict[str, Any], ...] = ()
    base: dict[str, Any] = {}
    user: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"rules": list(self.rules), "base": self.base, "user": self.user}
