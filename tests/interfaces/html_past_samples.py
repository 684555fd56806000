"""Samples of records as they were."""

from datetime import date

from entente.interfaces.html.views import records
from tests.interfaces.html_work_samples import record_view


def past_view() -> records.PastView:
    """A record as it was."""
    view = record_view()
    day = date(2026, 10, 1)
    return records.PastView(
        title=view.title, url="/leads/1/past", day=day, today=day, sections=view.sections, names=view.names
    )
