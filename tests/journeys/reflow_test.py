"""A page at 200 %, or on a screen of 320 pixels (WCAG 1.4.10): nothing sticks out, and boards show whole cards."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office
from tests.journeys.quotes_test import deal

pytestmark = pytest.mark.journey

STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HIDDEN = "column => column.scrollHeight - column.clientHeight"


@pytest.mark.parametrize(("width", "height"), [(320, 450), (720, 450)])
def test_a_board_is_read_by_scrolling_the_page_only(
    sits: Callable[..., Page], office: Office, width: int, height: int
) -> None:
    for name in ("Serres", "Quai Ouest", "Entrepôt"):
        office.has(
            "opportunity", "james", name=name, close_date="2027-01-31", amount={"amount": "9", "currency": "EUR"}
        )
    page = sits("james", "/opportunities/board")
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator(".kanban-card").first).to_be_visible()
    assert page.evaluate(STICKS_OUT) == 0
    assert [each.evaluate(HIDDEN) for each in page.locator(".kanban-column").all()[:1]] == [0]


def test_a_name_without_end_is_broken_within_the_screen(sits: Callable[..., Page], office: Office) -> None:
    lead = office.has("lead", "james", owner=office.id_of("james"), last_name="Wolfeschlegelsteinhausenbergerdorff" * 2)
    page = sits("james", f"/leads/{lead}")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(STICKS_OUT) == 0


def test_lines_of_a_quote_are_read_on_a_phone_without_scrolling_sideways(
    sits: Callable[..., Page], office: Office
) -> None:
    quote = office.has("quote", "james", opportunity=deal(office))
    price = {"amount": "1234.50", "currency": "EUR"}
    name = "Dépose et évacuation des anciennes menuiseries en bois de la façade nord"
    office.has("quote_line", "james", quote=quote, name=name, quantity="12", unit_price=price)
    page = sits("helene", f"/quotes/{quote}")
    page.set_viewport_size({"width": 390, "height": 844})
    table = page.locator(".lines-scroll")
    expect(table).to_contain_text("Dépose et évacuation")
    assert table.evaluate("table => table.scrollWidth - table.clientWidth") == 0
    price_cell = table.locator("td[data-label='Prix unitaire']")
    expect(price_cell).to_be_in_viewport()
    last = table.locator("tbody tr:last-child")
    assert last.evaluate("line => getComputedStyle(line).borderBottomWidth") == "0px"
