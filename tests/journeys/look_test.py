"""How every page looks to axe-core, to a phone, and to the network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.office import Office
from tests.journeys.shipped import deploy_shipped
from tests.services.processes.drawing import drawn
from tests.services.processes.tables import tabled

from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.processes.decisions.versions import import_decisions
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start

pytestmark = pytest.mark.journey

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
JUDGE = """async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations
    .map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
STOPS = "start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b"
LIST_BUDGET = 100 * 1024  # bytes: the transfer budget of DESIGN section 6


class Place(NamedTuple):
    """A page, and what is opened on it."""

    name: str
    path: str
    press: str = ""
    shown: str = "#main h1"


class View(NamedTuple):
    """Who looks, with which screen and theme: the two languages are sampled over them."""

    login: str
    size: dict[str, int]
    theme: str


VIEWS = {
    "desk, light, French": View("helene", DESK, "light"),
    "desk, dark, English": View("admin", DESK, "dark"),
    "phone, light, English": View("admin", PHONE, "light"),
    "phone, dark, French": View("helene", PHONE, "dark"),
}


@pytest.fixture(scope="module")
def places(office: Office) -> list[Place]:
    """Every kind of page, over a little data."""
    account = office.has("account", "helene", name="Chantiers du Ponant")
    lead = office.has("lead", "helene", last_name="Quemener", company_name="Chantiers du Ponant", priority="high")
    amount = {"amount": "12000", "currency": "EUR"}
    office.has("opportunity", "helene", name="Cale", account=account, amount=amount, close_date="2027-02-01")
    return [
        Place("home", "/"),
        Place("list", "/leads?view=everything"),
        Place("board", "/opportunities/board?view=board"),
        Place("record", f"/leads/{lead}"),
        Place("create", "/leads", ".title-bar .primary", "#dialog .dialog-body"),
        Place("convert", f"/leads/{lead}", ".record-actions .primary", "#dialog .dialog-body"),
        Place("palette", "/leads", "Control+k", "#palette [role=option]"),
        Place("inbox", "/inbox"),
        Place("assignment", "/leads/assign"),
        Place("import", "/imports/new"),
        Place("settings", "/settings"),
        *process_places(office, lead),
    ]


def process_places(office: Office, lead: UUID) -> list[Place]:
    """The pages about processes, for two who may see them all."""
    with office.system() as tx:
        role = save(tx, "role", {"key": "designer", "name": "Designer", "may": ["processes"]})
        known = find(tx, "user", office.id_of("helene"))["roles"]
        save(tx, "user", {"roles": [*known, role.id]}, id=office.id_of("helene"))
    with office.acts("admin") as tx:
        model = deploy_shipped(tx)
        going = f"/processes/instances/{start(tx, 'lead_management', entity='lead', record=lead).id}"
        deploy(tx, import_model(tx, drawn(STOPS, "stops")).id)
        stopped = f"/processes/instances/{start(tx, 'stops').id}"
        newer = deploy(tx, import_model(tx, drawn(STOPS + "\nuser c\na > c", "stops")).id)
        table = import_decisions(tx, tabled("amount:number > rate:number\n< 1000 | 0\n- | 0 %", key="discount"))
    return [
        Place("processes", "/processes"),
        Place("modeler", f"/processes/{model.id}/edit", shown="x-modeler[data-ready] .modeler-problems article"),
        Place("rights", f"/processes/{model.id}/rights"),
        Place("instances", "/processes/instances"),
        Place("instance", going, shown="#course"),
        Place("repair", stopped, "#course [role=alert] button", "#dialog .dialog-body"),
        Place("migration", f"/processes/{newer.id}/migrate"),
        Place("archive", "/processes/archive"),
        Place("retention", "/processes/retention"),
        Place("start", "/processes/start"),
        Place("report", "/processes/report?process=lead_management"),
        Place("decision table", f"/processes/decisions/{table.id}"),
    ]


@pytest.fixture
def looks(browser: Browser, office: Office) -> Iterator[Callable[[View], Page]]:
    """A page whose policy lets axe-core in; everything else is as people have it."""
    contexts = []

    def look(view: View) -> Page:
        context = browser.new_context(
            viewport={"width": view.size["width"], "height": view.size["height"]},
            color_scheme="dark" if view.theme == "dark" else "light",
            reduced_motion="reduce",
            locale="fr-FR" if view.login == "helene" else "en-GB",
            bypass_csp=True,
        )
        contexts.append(context)
        context.add_init_script(path=AXE)
        return context.new_page()

    yield look
    for context in contexts:
        context.close()


def faults(page: Page, name: str, *, phone: bool) -> list[str]:
    """What is wrong with the page as it stands."""
    found: list[str] = page.evaluate(JUDGE, list(RULES))
    wider: int = page.evaluate(WIDER)
    if phone and wider > 0:
        found.append(f"{wider} px wider than the screen")
    return [f"{name}: {fault}" for fault in found]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_pages_are_accessible_and_fit(
    looks: Callable[[View], Page], office: Office, places: list[Place], view: View
) -> None:
    page = looks(view)
    found = []
    for name, path in (("door", "/sign-in"), ("public form", "/f/contact")):
        page.goto(office.address + path)
        found += faults(page, name, phone=view.size is PHONE)
    page.context.add_cookies([office.session(view.login)])
    for place in places:
        page.goto(office.address + place.path)
        if place.press.startswith("Control"):
            page.keyboard.press(place.press)
        elif place.press:
            page.locator(place.press).first.click()
        expect(page.locator(place.shown).first).to_be_visible()
        found += faults(page, place.name, phone=view.size is PHONE)
    assert not found, "\n".join(found)


def test_a_list_costs_little_to_fetch(browser: Browser, office: Office, places: list[Place]) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([office.session("helene")])
    page = context.new_page()
    # The first page of an address gets a process of its own, whose first requests the browser may tell too late.
    page.goto(office.address + "/health")
    sizes: dict[str, int] = {}
    urls: dict[str, str] = {}
    network = context.new_cdp_session(page)
    network.send("Network.enable")

    def keep(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["response"]["url"]

    def add(event: dict[str, Any]) -> None:
        address = urls.get(event["requestId"], "")
        if "/static/x-" not in address:  # islands
            sizes[address] = int(event["encodedDataLength"])

    network.on("Network.responseReceived", keep)
    network.on("Network.loadingFinished", add)
    page.goto(office.address + "/leads?view=everything", wait_until="load")
    page.wait_for_timeout(500)
    context.close()
    assert len(sizes) > 3
    assert sum(sizes.values()) <= LIST_BUDGET, sizes
