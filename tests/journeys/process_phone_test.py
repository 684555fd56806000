"""Processes on a phone: the diagram is there, what went wrong can be read, nothing sticks out of the page."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect
from tests.journeys.office import Office
from tests.journeys.shipped import deploy_shipped

from entente.kernel.records.actions import perform
from entente.kernel.records.save import save
from entente.services.processes.instances import start

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]
PHONE: ViewportSize = {"width": 390, "height": 844}
STICKS_OUT = "document.documentElement.scrollWidth - innerWidth"


def stopped(office: Office) -> tuple[UUID, str, str]:
    """A prospect, a version and an instance of it that stopped where its prospect could not be dropped once more."""
    lead = office.has("lead", "helene", last_name="Kermarrec", owner=office.id_of("james"))
    with office.acts("admin") as tx:
        known = deploy_shipped(tx).id
    with office.acts("helene") as tx:
        instance = start(tx, "lead_management", entity="lead", record=lead).id
    task = office.all_of("task", f'process_instance = "{instance}" and done_at = null')[0]
    with office.acts("admin") as tx:  # at once: a prospect that is seen to be given up ends the task
        save(tx, "lead", {"status": "dead", "disqualify_reason": "lost"}, id=lead)
        perform(tx, "task", "complete", [task.id], {"outcome": "dropped"})
    return lead, str(known), str(instance)


def test_a_stopped_instance_says_why_and_shows_its_diagram(sits: Seats, office: Office) -> None:
    lead, known, instance = stopped(office)
    page = sits("admin")
    page.set_viewport_size(PHONE)
    page.goto(f"{office.address}/leads/{lead}")
    expect(page.locator("#process-panel .only-phone")).to_have_text("Now at: Give up the prospect")
    page.goto(f"{office.address}/processes/instances/{instance}")
    alert = page.locator("#course [role=alert] .grow")
    expect(alert).to_contain_text("(action.not_now)")
    assert width(alert) > 200
    page.locator("[data-diagram]").scroll_into_view_if_needed()
    expect(shape(page)).to_be_visible()
    assert top(page.locator("#course")) < top(page.locator("[data-diagram]"))
    page.goto(f"{office.address}/processes/{known}")
    expect(shape(page)).to_be_visible()


def shape(page: Page) -> Locator:
    return page.locator("x-process[data-ready] .djs-shape[data-element-id=assign]")


def width(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["width"]


def top(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["y"]


def test_the_headers_of_automations_and_of_the_modeler_fit(sits: Seats, office: Office) -> None:
    page = sits("admin", "/automations")
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("link", name="New automation").first).to_be_in_viewport(ratio=1)
    assert page.evaluate(STICKS_OUT) <= 0
    page.goto(f"{office.address}/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    expect(modeler.locator("[data-zoom=fit]")).to_be_in_viewport(ratio=1)
    expect(modeler.locator("[data-do=deploy]")).to_be_in_viewport(ratio=1)
    assert page.evaluate(STICKS_OUT) <= 0


@pytest.mark.parametrize("size", [PHONE, {"width": 1440, "height": 900}], ids=["phone", "wide"])
def test_what_is_asked_about_a_step_comes_into_sight(sits: Seats, office: Office, size: ViewportSize) -> None:
    instance = stopped(office)[2]
    page = sits("admin")
    page.set_viewport_size(size)
    page.goto(f"{office.address}/processes/instances/{instance}")
    page.locator("#course").get_by_role("button", name="Give up the prospect").click()
    details = page.locator("#step-details")
    expect(details).to_contain_text("Give up the prospect")
    expect(details.locator("h3, h2, .strong").first).to_be_in_viewport()


def test_what_was_asked_before_the_page_is_wide_awake_comes_into_sight_too(sits: Seats, office: Office) -> None:
    instance = stopped(office)[2]
    page = sits("admin")
    page.set_viewport_size(PHONE)
    held: list[Route] = []
    page.route("**/x-in-sight-*.js", lambda route: held.append(route))
    page.goto(f"{office.address}/processes/instances/{instance}")
    page.locator("#course").get_by_role("button", name="Give up the prospect").click()
    details = page.locator("#step-details")
    expect(details).to_contain_text("Give up the prospect")
    expect(details.locator("h3").first).not_to_be_in_viewport()
    held[0].continue_()
    expect(details.locator("h3").first).to_be_in_viewport()
