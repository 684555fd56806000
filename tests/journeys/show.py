"""The demonstration plays by itself on the demo company: before one's eyes, or filmed when nobody watches."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from tests.journeys.conftest import FLAGS, SLOW
from tests.journeys.demonstration import Play, perform
from tests.journeys.film import Film
from tests.journeys.screen import Screen
from tests.journeys.served import at_work, served

from entente import installing, product
from entente.interfaces.html.http.session import cookie_name
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.identity.sessions import start_session
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask
from entente.kernel.records.query import page as page_of
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.settings import Settings

ROOT = Path(__file__).parents[2]
MANAGER, SELLER, COLLEAGUE = "helene.marchetti", "james.faircloth", "maelle.guivarch"
STRANGERS = ("Berthier", "Fenwick", "Quellec", "Rostand", "Ashdown", "Lavigne", "Kerdoncuff", "Holbrook", "Vasseur")
PACE = 700  # milliseconds between two movements, so that one can follow
WIDTH, HEIGHT = 1440, 900
TOLD: Mapping[str, tuple[str, str]] = {
    "visitor": ("La visiteuse", "The visitor"),
    "film": ("Le film :", "The film:"),
    "writes": ("Une visiteuse écrit par le formulaire public.", "A visitor writes through the public form."),
    "arrives": ("Un processus démarre ; la tâche attend les responsables.", "A process starts; managers get a task."),
    "assigned": ("L’attribution à l’écran fait avancer le processus.", "Assigning moves the process on."),
    "works": (
        "Un appel, un document, une note : tout se voit en direct.",
        "A call, a document, a note: all of it live.",
    ),
    "asks": ("Une demande de rendez-vous démarre son propre processus.", "A request starts a process of its own."),
    "away": ("La responsable s’absente ; une collègue décide à sa place.", "The manager is away; a colleague decides."),
    "qualifies": ("Le prospect est qualifié ; chacun voit le processus avancer.", "Qualified; everyone sees it go on."),
    "ends": ("L’offre peut être préparée.", "The offer can be prepared."),
}


class Show:
    """The browsers of the play, and what is told across all of them."""

    def __init__(self, database: Database, address: str, browser: Browser, language: str, on: Film | Screen) -> None:
        self.database, self.address, self.browser = database, address, browser
        self.language, self.on = language, on
        self.pages: list[Page] = []

    def seat(self, login: str, path: str) -> Page:
        """Put someone before a browser of his own, signed in; a stranger without a login."""
        locale = "fr-FR" if self.language == "fr" else "en-GB"
        filmed = isinstance(self.on, Film)
        size: ViewportSize = {"width": WIDTH, "height": HEIGHT}
        context = self.browser.new_context(locale=locale, viewport=size if filmed else None, no_viewport=not filmed)
        context.set_default_timeout(SLOW)
        if login:
            with self.database.begin(system("show")) as tx:
                save(tx, "user", {"language": self.language}, id=seed_id("user", login))
                token = start_session(tx, seed_id("user", login), peer="127.0.0.1", agent="show")
            name = cookie_name(self.database.settings)
            value = f"{self.database.settings.organisation}.{token}"
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        if isinstance(self.on, Film):
            self.on.watch(page, login or self.in_words("visitor"))
        else:
            self.on.place(page)
        page.goto(self.address + path)
        self.pages.append(page)
        return page

    def in_words(self, what: str) -> str:
        """What is told, in the language of the show."""
        return TOLD[what][0 if self.language == "fr" else 1]

    @contextmanager
    def acts(self, login: str) -> Iterator[Tx]:
        """A transaction of a person."""
        with self.database.begin(system("show")) as tx:
            person = principal_of(tx, seed_id("user", login))
        if person is None:
            raise LookupError(login)
        with self.database.begin(person, cause=new_cause("web")) as tx:
            yield tx

    def tell(self, what: str) -> None:
        """Say what happens, in the terminal and at the title of every window."""
        text = self.in_words(what)
        print(f"— {text}", flush=True)
        if isinstance(self.on, Film):
            self.on.tell(text)
        for page in self.pages:
            page.evaluate("text => { document.title = text }", text)
        for page in self.pages[-1:]:
            page.wait_for_timeout(2 * PACE)


def stranger(database: Database) -> str:
    """The last name of somebody who has not written yet."""
    with database.begin(system("show")) as tx:
        known = {
            each["last_name"] for each in page_of(tx, Ask(entity="lead", fields=("last_name",), limit=5000)).records
        }
    found = next((name for name in STRANGERS if name not in known), None)
    if found is None:
        sys.exit("Everyone has written already: name another folder with --data.")
    return found


def main() -> None:
    """Set the demo company up where it is missing and act out the demonstration."""
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--language", choices=("fr", "en"), default="fr")
    parser.add_argument("--watch", action="store_true", help="in windows on this screen instead of a film")
    parser.add_argument("--data", type=Path, default=ROOT / "var/show")
    chosen = parser.parse_args()
    if chosen.watch and sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        sys.exit("There is no screen here to watch on: leave --watch out and the demonstration is filmed.")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    settings = Settings(data=chosen.data.absolute(), demo=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    film = None if chosen.watch else Film(settings.data / f"film-{chosen.language}")
    database = product.open_database(find_conninfo(settings), settings)
    try:
        installing.set_up(database, settings.organisation, "Kervella Services")
        with served(database) as address, at_work(database):
            act(database, address, chosen.language, film)
    finally:
        database.close()


def act(database: Database, address: str, language: str, film: Film | None) -> None:
    """Open the browsers and play; the film can be seen even of a play that broke off."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=SLOW)
        path = os.environ.get("ENTENTE_CHROMIUM") or None
        on = film or Screen(playwright.chromium, path, PACE)
        alone = partial(playwright.chromium.launch, executable_path=path, args=FLAGS, slow_mo=PACE)
        browser = on.browser if isinstance(on, Screen) else alone()
        show = Show(database, address, browser, language, on)
        play = Play(
            seats=show.seat,
            acts=show.acts,
            language=language,
            manager=MANAGER,
            seller=SELLER,
            colleague=COLLEAGUE,
            visitor=stranger(database),
            tells=show.tell,
        )
        try:
            perform(play)
        finally:
            if isinstance(on, Film):
                print(f"{show.in_words('film')} {on.finish(language)}")
        browser.close()


if __name__ == "__main__":
    main()
