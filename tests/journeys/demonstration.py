"""The life of a prospect carried by a process, acted out in the browser: as a journey and as a demo."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from playwright.sync_api import FilePayload, Locator, Page, expect

from entente.kernel.db.tx import Tx
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id


@dataclass(frozen=True)
class Play:
    """Who plays, before which browsers, in which language; `tells` is given what happens, a key of the words below."""

    seats: Callable[[str, str], Page]
    acts: Callable[[str], AbstractContextManager[Tx]]
    language: str
    manager: str
    seller: str
    colleague: str
    visitor: str  # the last name of somebody whom the company does not know yet
    tells: Callable[[str], None]

    def in_words(self, french: str, english: str) -> str:
        """What the product says in the language of the play."""
        return french if self.language == "fr" else english


def perform(play: Play) -> str:
    """Act it out from the first request to the offer; the address of the prospect's page."""
    manager = play.seats(play.manager, "/inbox?tab=groups")
    ask(play)
    play.tells("arrives")
    expect(line(manager, play.visitor)).to_contain_text(play.in_words("Attribuer le prospect", "Assign the prospect"))
    seller = play.seats(play.seller, "/inbox")
    assign(play, manager)
    play.tells("assigned")
    qualifying = play.in_words("Qualifier le prospect", "Qualify the prospect")
    expect(line(seller, play.visitor)).to_contain_text(qualifying)
    line(seller, play.visitor).get_by_role("link").click()
    seller.locator("#task-pane .card header a").first.click()
    seller.wait_for_url("**/leads/*")
    place = seller.url
    expect(step(seller, "qualify", "active")).to_have_count(1)
    work(play, seller, manager, place)
    ask_for_meeting(play, seller)
    stand_in(play, manager)
    qualify(play, seller, manager, place)
    return place


def ask(play: Play) -> None:
    """A stranger writes through the public form."""
    play.tells("writes")
    visitor = play.seats("", "/f/contact")
    for name, text in (
        ("first_name", "Camille"),
        ("last_name", play.visitor),
        ("company_name", f"Serres {play.visitor}"),
        ("emails", f"camille@serres-{play.visitor.lower()}.example"),
        ("description", "Deux serres à équiper avant le printemps"),
    ):
        visitor.locator(f"[name={name}]").fill(text)
    visitor.locator("[name=consent]").check()
    visitor.wait_for_timeout(3500)  # people do not fill in a form in less
    visitor.locator("form button[type=submit]").last.click()
    visitor.get_by_role("dialog").locator("button.primary").click()
    expect(visitor.locator("form[data-settled]")).to_have_count(0)


def line(page: Page, text: str) -> Locator:
    """The line of an inbox that speaks of something."""
    return page.locator("#inbox-list li", has_text=text).first


def step(page: Page, element: str, state: str) -> Locator:
    """A step of the diagram in a state."""
    return page.locator(f"x-process .step-{state}[data-element-id={element}]")


def assign(play: Play, manager: Page) -> None:
    """The manager compares, decides on a priority and gives the prospect to the seller."""
    manager.goto(urljoin(manager.url, "/leads/assign"))
    row = manager.locator("[id^=assign-]", has_text=play.visitor).first
    row.locator("input[name=ids]").check()
    manager.locator(f"input[type=radio][value='{seed_id('user', play.seller)}']").check()
    manager.locator("select[name=priority]").select_option("high")
    manager.locator("[name=comment]").fill(play.in_words("À rappeler avant midi", "Call back before noon"))
    manager.get_by_role("button", name=play.in_words("Attribuer", "Assign"), exact=True).click()
    expect(manager.locator("[id^=assign-]", has_text=play.visitor)).to_have_count(0)


def work(play: Play, seller: Page, manager: Page, place: str) -> None:
    """A call in three clicks, a document, a note of which the manager is told because he follows the prospect."""
    follow(manager, place)
    play.tells("works")
    kind = seller.locator("#composer").get_by_role("button", name=play.in_words("Appel", "Call"))
    kind.click()
    expect(kind).to_have_attribute("aria-current", "true")
    seller.locator("#composer button[type=submit]").click()
    expect(seller.locator("#timeline")).to_contain_text(play.in_words("Appel", "Call"))
    plan: FilePayload = {"name": "plan-des-serres.txt", "mimeType": "text/plain", "buffer": b"Deux serres de 400 m2"}
    seller.locator("x-upload input[type=file]").first.set_input_files([plan])
    expect(seller.locator("#files")).to_contain_text("plan-des-serres.txt")
    expect(seller.locator("#timeline")).to_contain_text("plan-des-serres.txt")
    note = seller.locator("#composer textarea")
    note.fill(play.in_words("Budget confirmé : 60 k€", "Budget confirmed: 60 k€"))
    seller.locator("#composer button[type=submit]").click()
    expect(seller.locator("#timeline")).to_contain_text("60 k€")
    expect(manager.locator("#timeline")).to_contain_text("60 k€")


def follow(page: Page, place: str) -> None:
    """Whoever handed a record out follows it soon after; the page says so."""
    for _ in range(40):
        page.goto(place)
        if page.locator("#follow[aria-pressed=true]").count():
            break
        page.wait_for_timeout(500)
    expect(page.locator("#follow[aria-pressed=true]")).to_have_count(1)


def ask_for_meeting(play: Play, seller: Page) -> None:
    """A form on the prospect's page starts a process of its own beside the first."""
    play.tells("asks")
    form = seller.locator("#form-meeting_request")
    form.locator("[name=place][value=theirs]").check()
    with play.acts(play.seller) as tx:
        day = tx.clock.now().date() + timedelta(days=7)
    form.locator("[name=wished_on]").fill(day.isoformat())
    form.locator("[name=subject]").fill(play.in_words("Visite des serres", "A visit of the greenhouses"))
    form.locator("button[type=submit]").click()
    expect(form.locator("[name=subject]")).to_have_value("")
    expect(seller.locator("#process-panel")).to_contain_text(
        play.in_words("Demande de rendez-vous", "Request for a meeting")
    )


def stand_in(play: Play, manager: Page) -> None:
    """The manager takes the request and is called away: a colleague sees it in his place and approves it."""
    play.tells("away")
    manager.goto(urljoin(manager.url, "/inbox?tab=groups"))
    line(manager, play.visitor).get_by_role("link").click()
    pane = manager.locator("#task-pane")
    pane.get_by_role("button", name=play.in_words("Prendre en charge", "Open")).click()
    expect(pane.get_by_role("button", name=play.in_words("Libérer", "Release"))).to_be_visible()
    with play.acts(play.manager) as tx:
        now = tx.clock.now()
        period = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=3)}
        substitutes = [seed_id("user", play.colleague)]
        save(tx, "absence", {"person": tx.principal.user_id, "substitutes": substitutes, **period})
    colleague = play.seats(play.colleague, "/inbox?tab=away")
    line(colleague, play.visitor).get_by_role("link").click()
    colleague.locator("#task-pane button[value=approved]").click()
    expect(colleague.locator("#toasts .toast")).to_have_count(1)


def qualify(play: Play, seller: Page, manager: Page, place: str) -> None:
    """The seller finds it worth pursuing; both see the process go on."""
    play.tells("qualifies")
    manager.goto(place)
    seller.goto(place)
    qualifying = play.in_words("Qualifier le prospect", "Qualify the prospect")
    seller.locator(".task-card", has_text=qualifying).locator("button").first.click()
    seller.locator("#dialog footer .primary").click()
    expect(seller.locator("#dialog")).to_be_hidden()
    for page in (seller, manager):
        page.locator("#process-panel").get_by_text(
            play.in_words("Gestion des prospects", "Lead management")
        ).first.click()
        expect(step(page, "qualify", "done")).to_have_count(1)
        expect(step(page, "offer", "active")).to_have_count(1)
    play.tells("ends")
