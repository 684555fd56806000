"""A decision table from nothing to a process: written by keys, mended, tried out, deployed, named by a task."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.journeys.office import Office

from entente.services.processes.decisions.versions import evaluate_decision

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def cell(page: Page, rule: int, column: str) -> Locator:
    return page.locator(f'[id="rule.{rule}.{column}"]')


def sets_up(page: Page, column: str, **values: str) -> None:
    """Fill in the settings of a column, which may be open already."""
    menu = page.locator(f'[id="menu-{column}"]')
    if not menu.is_visible():
        page.locator(f'[data-column="{column}"]').click()
    for name, value in values.items():
        control = page.locator(f'[id="{column}.{name}"]')
        if name == "type":
            control.select_option(value)
        else:
            control.fill(value)
    page.keyboard.press("Enter") if "type" not in values else page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_a_table_is_written_tried_and_deployed(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/decisions/new")
    page.locator("#decision-name").fill("Discount")
    sets_up(page, "in.0", label="Amount", expression="amount", type="number")
    sets_up(page, "out.0", name="rate", type="number")
    cell(page, 0, "in.0").fill("< 1000")
    cell(page, 0, "out.0").fill("0 %")
    problem = page.locator("#decision-checks").get_by_role("button", name="Rule 1, rate")
    expect(cell(page, 0, "out.0")).to_have_attribute("aria-invalid", "true")
    problem.click()
    expect(cell(page, 0, "out.0")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("0")
    expect(problem).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(cell(page, 1, "in.0")).to_be_focused()
    cell(page, 1, "out.0").fill("0.1")
    page.keyboard.press("ArrowUp")
    expect(cell(page, 0, "out.0")).to_be_focused()
    page.locator("[data-policy]").select_option("FIRST")
    amount = page.get_by_label("Amount amount", exact=True)
    amount.fill("2000")
    amount.press("Enter")
    expect(page.locator("#decision-result")).to_contain_text("0.1")
    expect(page.locator("tr.hit")).to_have_count(1)
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.get_by_role("button", name="Deploy").click()
    expect(page.locator(".title-bar .badge").first).to_have_text("Deployed")
    with office.acts("admin") as tx:
        assert str(evaluate_decision(tx, "discount", {"amount": 500})) == "0"


def test_a_task_leads_to_its_table(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator(".djs-shape[data-element-id=start]").click()
    modeler.locator("#panel-append").select_option("BusinessRuleTask")
    modeler.locator(".field:has(#panel-append) button").click()
    modeler.locator("#panel-decision").fill("fees")
    with page.context.expect_page() as opened:
        modeler.get_by_role("link", name="Open the decision table").click()
    expect(opened.value.locator("#decision-key")).to_have_value("fees")
