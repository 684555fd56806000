"""A schedule: its next moments in words."""

from entente.interfaces.html.views.frame import View


class ScheduleView(View, frozen=True, kw_only=True):
    """The next moments of a schedule with the time zone that counts; `note` says why there are none.

    `supposed`: they would be those of a task that begins now; `hint` says in which hours they are counted.
    """

    moments: tuple[str, ...]
    zone: str
    note: str = ""
    supposed: bool = False
    hint: str = ""
