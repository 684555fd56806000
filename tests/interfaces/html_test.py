"""Every template renders in both languages, escaped, well nested and without inline style or script."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from entente.interfaces.html.assets import Bundle, Manifest, Sprite
from entente.interfaces.html.environment import TEMPLATES, Templates
from entente.interfaces.html.views import fields, forms, frame, lists
from entente.kernel.kit.words import load_words
from tests.interfaces import html_access_samples as access
from tests.interfaces import html_automation_samples as automation
from tests.interfaces import html_decision_samples as decision
from tests.interfaces import html_duplicate_samples as duplicates
from tests.interfaces import html_form_samples as form_samples
from tests.interfaces import html_mail_samples as mail
from tests.interfaces import html_process_samples as process
from tests.interfaces import html_samples as sample
from tests.interfaces import html_task_samples as a_task
from tests.interfaces import html_work_samples as work
from tests.interfaces.html_lines_samples import related_table
from tests.interfaces.html_past_samples import past_view

SOURCE = Path(__file__).parents[2] / "src" / "entente"
MANIFEST = Manifest(
    assets={
        "core": Bundle(js="core-1.js"),
        "app": Bundle(css="app-1.css"),
        "portal": Bundle(js="portal-1.js"),
        "portal-style": Bundle(css="portal-1.css"),
        "assignment": Bundle(css="assignment-1.css"),
        "x-kanban": Bundle(js="x-kanban-1.js"),
    },
    sprites={"used": Sprite(file="used-1.svg", names=frozenset({"check"}))},
    font="inter-1.woff2",
    logo="logo-1.svg",
)
WORDS = load_words([SOURCE / "interfaces" / "html"])
TEMPLATES_MADE = Templates(WORDS, MANIFEST, lambda: sample.NOW)

BOARD_PART = {"view": sample.board_view(), "column": sample.board_view().columns[0]}
PAGES: dict[str, dict[str, Any]] = {
    **process.PAGES,
    **decision.PAGES,
    **automation.PAGES,
    **duplicates.PAGES,
    "list.html": {"view": sample.list_view()},
    "board.html": {"view": sample.board_view()},
    "record.html": {"view": work.record_view()},
    "past.html": {"view": past_view()},
    "preview.html": {"view": work.record_view()},
    "form_dialog.html": {"view": work.form_view(errors=True)},
    "duplicate_hints.html": {"view": work.HINTS},
    "conflict.html": {"view": work.CONFLICT},
    "form_page.html": {"view": form_samples.PAGE},
    "form_embedded.html": {"view": form_samples.EMBEDDED},
    "form_designer.html": {"view": form_samples.LAYOUT},
    "create_menu.html": {"view": forms.CreateMenu(actions=(sample.NEW,))},
    "field_history.html": {"view": work.HISTORY},
    "cell_editor.html": {
        "view": fields.CellEditor(field=sample.typed_views()[3], url="/leads/1/fields/status", names=sample.NAMES)
    },
    "cell_value.html": {"view": sample.typed_views()[3], "names": sample.NAMES},
    "fact_value.html": {"view": sample.typed_views()[3], "names": sample.NAMES},
    "timeline.html": {"view": sample.timeline()},
    "timeline_items.html": {"view": sample.timeline()},
    "composer.html": {"view": sample.COMPOSER, "names": sample.NAMES},
    "related_table.html": {"view": related_table()},
    "related_list.html": {"view": work.record_view().related[0]},
    "follow_button.html": {"url": "/leads/1/follow", "following": False},
    "toast.html": {"text": "3 fiches attribuées", "undo_url": "/undo/1"},
    "lookup_options.html": {"options": (frame.Person(id="1", name="Nadia El Fassi", detail="Nord"),)},
    "palette_results.html": {"groups": work.PALETTE},
    "home.html": {"view": work.home_view()},
    "inbox.html": {"view": work.inbox_view(), "detail": "pages/task_detail.html", "task": sample.TASK},
    "task_detail.html": {"task": sample.TASK},
    "task_pane.html": {"task": a_task.PANE},
    "dialog_page.html": {"view": frame.DialogPage(url="/leads/new", under="/leads")},
    "inbox_count.html": {"counts": (("count-inbox", 3), ("count-notifications", 0))},
    "assignment.html": {"view": work.assignment_view()},
    "sign_in.html": {"view": work.SIGN_IN},
    "sign_in_again.html": {},
    "setup.html": {"view": forms.SetupView(url="/setup", csrf="t", fields=sample.typed_views()[:1])},
    "error.html": {"view": work.ERROR},
    "portal_error.html": {"view": work.ERROR},
    "form_snippets.html": {"view": work.SNIPPETS},
    "public_form.html": {"view": work.public_form()},
    "settings.html": {"view": work.SETTINGS},
    "tables.html": {"view": access.TABLES},
    "role.html": {"view": access.ROLE},
    "why.html": {"view": access.WHY},
    "outbox.html": {"view": work.OUTBOX},
    "incoming.html": {"view": mail.INCOMING},
    "mail_button.html": {"view": mail.BUTTON},
    "import.html": {"view": work.import_view("run")},
    "progress.html": {"cause": "c1", "url": "/many/c1", "text": "200 sur 1 000", "first": True},
    "action_result.html": {
        "view": forms.ResultView(title="Converti", lines=(("Compte", "Lisière", "/accounts/1"),), undo_url="/undo/1")
    },
    "board_cards.html": BOARD_PART,
    "board_more.html": BOARD_PART,
    "board_more_button.html": BOARD_PART,
    "files.html": {"files": work.record_view().files},
    "view_order.html": {
        "view": lists.ViewOrder(
            title="Ordonner", url="/leads/views/order", lines=(("all", "Tous", ""), ("1", "À moi", ""))
        )
    },
    "same_name.html": {"name": "Effectifs.xlsx", "number": 1},
    "style_guide.html": {
        "fields": sample.typed_views(),
        "names": sample.NAMES,
        "record": work.record_view(),
        "banner": sample.BANNER,
        "empty": sample.EMPTY,
        "stat": work.home_view().stats[0],
        "chart": work.home_view().charts[0],
    },
}
LAYOUTS = {"list.html": "page", "sign_in.html": "sign_in", "public_form.html": "portal", "error.html": "error"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "use"}
FORBIDDEN = ("hx-on", "hx-vals", "style", "onclick", "onchange", "onsubmit", "onload")


class Nesting(HTMLParser):
    """Notes what is wrong with a page: tags that close wrongly, attributes that the policy forbids, ids given twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.faults += [
            f"<{tag} {name}>" for name in names if name.startswith(FORBIDDEN) or "[" in (names.get("hx-trigger") or "")
        ]
        if "template" not in self.open and names.get("id"):
            self.ids.append(str(names["id"]))
        if tag == "script" and names.get("type") not in ("application/json", "module"):
            self.faults.append("inline script")
        if tag == "button" and "type" not in names:
            pass_ok = "class" in names
            self.faults += [] if pass_ok else ["button without type"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


def faults_of(html: str) -> list[str]:
    parser = Nesting()
    parser.feed(html)
    parser.close()
    twice = [f"id {name} twice" for name in {*parser.ids} if parser.ids.count(name) > 1]
    return parser.faults + [f"<{tag}> left open" for tag in parser.open] + twice


def render(template: str, language: str, **values: Any) -> str:
    return TEMPLATES_MADE.render(template, language, "Europe/Paris", **values)


@pytest.mark.parametrize("board", [form_samples.RULES, form_samples.PREVIEW], ids=["rules", "preview"])
def test_other_sides_of_the_drawing_board_are_well_formed(board: Any) -> None:
    html = render("pages/form_designer.html", "fr", view=board)
    assert faults_of(html) == []
    assert "Bonjour <b>" not in html


def test_every_page_has_a_sample() -> None:
    pages = {path.name for path in (TEMPLATES / "pages").glob("*.html") if not path.name.startswith("_")}
    assert pages == set(PAGES)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_page_is_well_formed(page: str, language: str) -> None:
    html = render(f"pages/{page}", language, **PAGES[page])
    assert faults_of(html) == []
    assert "ui." not in html.replace("ui.example", ""), "a text is missing"
    assert "<script>alert" not in html
    assert "onerror" not in html


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("page", "layout"), LAYOUTS.items())
def test_layout_is_well_formed(page: str, layout: str, language: str) -> None:
    html = render(
        f"layout/{layout}.html", language, partial=f"pages/{page}", title="Titre", shell=sample.SHELL, **PAGES[page]
    )
    assert faults_of(html) == []
    assert html.startswith("<!doctype html>")
    assert f'lang="{language}"' in html


@pytest.mark.parametrize("step", ["file", "columns", "duplicates", "check", "run"])
def test_import_step_is_well_formed(step: Any) -> None:
    assert faults_of(render("pages/import.html", "fr", view=work.import_view(step))) == []


@pytest.mark.parametrize("view", [*sample.typed_views(), *sample.typed_views(empty=True)], ids=lambda view: view.name)
def test_every_type_has_an_editor_and_a_display(view: Any) -> None:
    editor = render("pages/cell_editor.html", "fr", view=fields.CellEditor(field=view, url="/x", names=sample.NAMES))
    shown = render("pages/cell_value.html", "fr", view=view, names=sample.NAMES)
    assert faults_of(editor) == []
    assert faults_of(shown) == []
    assert view.field.type in ("auto_number", "computed") or f'name="{view.name}' in editor
    assert shown.strip()


def test_values_are_escaped() -> None:
    html = render("pages/cell_value.html", "fr", view=sample.typed_views()[0], names=sample.NAMES)
    assert "Ateliers &lt;b&gt;Corvin" in html


def test_rich_text_keeps_harmless_markup_only() -> None:
    html = render("pages/cell_value.html", "fr", view=sample.typed_views()[2], names=sample.NAMES)
    assert "<b>tous</b>" in html
    assert "script" not in html


def test_the_csrf_token_survives_quotes() -> None:
    html = render(
        "layout/page.html", "fr", partial="pages/list.html", title="T", shell=sample.SHELL, view=sample.list_view()
    )
    assert r"""hx-headers:inherited='{"x-csrftoken":"t\u0027oken\"\u003c"}'""" in html


def test_a_list_of_fifty_rows_stays_small() -> None:
    html = render("pages/list.html", "fr", view=sample.list_view(50))
    assert len(html.encode()) < 120_000
