"""A small server that answers as the application would, so that the scripts can be driven in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from entente.interfaces.html.assets import DIST, load_manifest
from entente.interfaces.html.environment import Templates
from entente.interfaces.html.views import fields, frame
from tests.interfaces import html_samples as sample
from tests.interfaces import html_work_samples as work
from tests.interfaces.html_test import WORDS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'"
)
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "woff2": "font/woff2"}
HTML = "text/html; charset=utf-8"
LIVE = b'event: notification\ndata: {"counts":{"inbox":9},"text":"Bonjour"}\n\nretry: 60000\n\n'


@dataclass
class Answer:
    """What the server says."""

    body: str | bytes = ""
    status: int = 200
    kind: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


class Pages:
    """The answers by path; `posted` remembers what came: path, body and CSRF token."""

    def __init__(self) -> None:
        self.templates = Templates(WORDS, load_manifest(), lambda: sample.NOW)
        self.posted: list[tuple[str, str, str]] = []
        self.asked: list[str] = []
        self.whole = {"/leads": ("list.html", sample.list_view()), "/board": ("board.html", sample.board_view())}

    def render(self, template: str, **values: Any) -> str:
        return self.templates.render(template, "fr", "Europe/Paris", **values)

    def page(self, path: str, partial: bool) -> Answer:
        name, view = self.whole[path]
        if partial:
            return Answer(self.render(f"pages/{name}", view=view))
        return Answer(
            self.render("layout/page.html", partial=f"pages/{name}", title="T", shell=sample.SHELL, view=view)
        )

    def get(self, path: str, partial: bool) -> Answer:
        if path in self.whole:
            return self.page(path, partial)
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            return Answer((DIST / name).read_bytes(), kind=TYPES[name.rpartition(".")[2]])
        if path == "/leads/filter-fields":
            return Answer(msgspec.json.encode(sample.FILTER_FIELDS), kind="application/json")
        if path == "/live":
            return Answer(LIVE, kind="text/event-stream")
        if path == "/public":
            view = work.public_form()
            return Answer(self.render("layout/portal.html", partial="pages/public_form.html", title="F", view=view))
        return Answer(self.fragment(path))

    def fragment(self, path: str) -> str:
        if "/fields/" in path:
            editor = fields.CellEditor(field=sample.typed_views()[3], url=path, names=sample.NAMES, version=1)
            return self.render("pages/cell_editor.html", view=editor)
        if path == "/search/palette":
            return self.render("pages/palette_results.html", groups=work.PALETTE)
        if path == "/users/lookup":
            return self.render("pages/lookup_options.html", options=(frame.Person(id="u9", name="Nadia El Fassi"),))
        return self.render("pages/form_dialog.html", view=work.form_view())

    def post(self, path: str, body: str) -> Answer:
        if "/fields/" in path:
            view = msgspec.structs.replace(sample.typed_views()[3], value="proposal")
            value = self.render("pages/cell_value.html", view=view, names=sample.NAMES)
            return Answer(value + self.render("pages/toast.html", text="Enregistré", undo_url="/undo"))
        if path == "/leads/duplicates":
            return Answer(self.render("pages/duplicate_hints.html", view=work.HINTS))
        if path.endswith("/move"):
            return Answer(self.render("pages/toast.html", text="Refusé", kind="error"), 409)
        if path == "/leads/new" and "accepted" not in body:
            return Answer(self.render("pages/form_dialog.html", view=work.form_view(errors=True)), 422)
        return Answer(status=204, headers={"HX-Trigger": "close-dialog"})


@contextmanager
def served() -> Iterator[tuple[str, Pages]]:
    """The address of the running server and what it was asked."""
    pages = Pages()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def reply(self, answer: Answer) -> None:
            body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
            self.send_response(answer.status)
            given = {"Content-Type": answer.kind, "Content-Security-Policy": POLICY, "Content-Length": str(len(body))}
            for name, value in {**given, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            pages.asked.append(self.path)
            self.reply(pages.get(self.path.partition("?")[0], "HX-Request" in self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            pages.posted.append((self.path, body, self.headers.get("x-csrftoken", "")))
            self.reply(pages.post(self.path, body))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", pages
    finally:
        server.shutdown()
