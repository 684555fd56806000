"""Forms: an administrator draws with the mouse and with keys, a salesperson meets the rule live and on the server."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.journeys.office import Office

from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.forms import FormField, Rule, Section
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish

pytestmark = pytest.mark.journey
Sits = Callable[..., Page]
BOARD = "/settings/forms/record/lead"


def drawn(page: Page) -> Page:
    """The drawing board once it can be drawn on."""
    expect(page.locator("#designer[data-stamp]")).to_be_visible()
    page.wait_for_function("customElements.get('x-form-designer') !== undefined")
    return page


def places_field(admin: Page) -> None:
    """Move a field by its button, the mouse and the keys."""
    # Away with the field by its button, back by drag, on by keys.
    admin.locator("#design-need").hover()
    admin.locator("#design-need").get_by_role("button", name="Remove Need").click()
    expect(admin.locator("#palette-need")).to_be_visible()
    goal = admin.locator("[data-section=company] .design-field").first
    goal.scroll_into_view_if_needed()
    admin.locator("#palette-need").drag_to(goal)
    expect(admin.locator("[data-section=company] #design-need")).to_be_visible()
    places = "els => els.map((el) => el.dataset.name)"
    before = admin.locator("[data-section=company] .design-field").evaluate_all(places)
    admin.locator("#design-need .design-name").focus()
    admin.keyboard.press("Alt+ArrowRight")
    moved = before.index("need") + 1
    expect(admin.locator("[data-section=company] .design-field").nth(moved)).to_have_id("design-need")


def test_focus_stays_with_what_is_added_and_removed_by_keys(sits: Sits) -> None:
    admin = drawn(sits("admin", BOARD))
    card = admin.locator(".design-canvas .design-field:has(+ .design-field)").first
    gone = str(card.get_attribute("data-name"))
    after = str(admin.locator(f"#design-{gone} + .design-field").get_attribute("id"))
    admin.locator(f"#design-{gone} .design-name").focus()  # its tools are there from then on
    admin.locator(f"#design-{gone} [data-move=remove]").focus()
    admin.keyboard.press("Enter")
    expect(admin.locator(f"#palette-{gone}")).to_be_visible()
    expect(admin.locator(f"#{after} .design-name")).to_be_focused()
    admin.locator(f"#palette-{gone} [data-move=add]").focus()
    expect(admin.locator(f"#palette-{gone} [data-move=add]")).to_be_focused()
    admin.keyboard.press("Enter")
    expect(admin.locator(f"#design-{gone} .design-name")).to_be_focused()
    admin.get_by_role("button", name="Add a section").focus()
    admin.keyboard.press("Enter")
    expect(admin.locator(".design-section").last.locator("h2 .design-name")).to_be_focused()


def test_ticks_of_one_rule_do_not_pass_to_the_next(sits: Sits) -> None:
    admin = drawn(sits("admin", "/settings/forms/record/account"))
    admin.get_by_role("link", name="Rules", exact=True).click()
    admin.get_by_role("button", name="Add a rule").click()
    panel = admin.locator("#design-properties")
    panel.get_by_label("Website", exact=True).check()
    expect(admin.locator("#design-rule-0")).to_contain_text("Website")
    admin.get_by_role("button", name="Add a rule").click()
    expect(admin.locator("#design-rule-1")).to_be_visible()
    expect(panel.get_by_label("Website", exact=True)).not_to_be_checked()
    panel.get_by_label("Industry", exact=True).check()
    expect(admin.locator("#design-rule-1")).to_contain_text("Require Industry")
    admin.locator("#design-rule-0 .design-name").click()
    expect(panel.get_by_label("Website", exact=True)).to_be_checked()
    expect(panel.get_by_label("Industry", exact=True)).not_to_be_checked()


def publishes_rule(admin: Page) -> None:
    """Demand the need of whatever is urgent, from the next version on."""
    admin.get_by_role("link", name="Rules", exact=True).click()
    admin.get_by_role("button", name="Add a rule").click()
    panel = admin.locator("#design-properties")
    panel.get_by_label("Condition").fill('priority = "urgent"')
    panel.locator("[name=then]").select_option("require")
    expect(admin.locator("#design-rule-0")).to_contain_text("If Priority is Urgent")
    panel.get_by_label("Need", exact=True).check()
    expect(admin.locator("#design-rule-0")).to_contain_text("Need")
    expect(admin.locator(".design-problems")).to_have_count(0)
    admin.get_by_role("button", name="Publish").click()
    expect(admin.locator(".badge[role=status]", has_text="Version 2")).to_be_visible()


def test_administrator_draws_and_the_rule_is_met(office: Office, sits: Sits) -> None:
    admin = drawn(sits("admin", BOARD))
    places_field(admin)
    publishes_rule(admin)
    lead = office.has("lead", "james", last_name="Berthier")
    james = sits("james", f"/leads/{lead}")
    james.keyboard.press("e")
    form = james.locator("#dialog form[data-settled]")
    expect(form).to_be_visible()
    need = form.locator("[data-field=need]")
    expect(need.locator(".required")).to_have_count(0)
    form.locator("[name=priority]").select_option("urgent")
    expect(need.locator(".required")).to_be_visible()
    form.get_by_role("button", name="Enregistrer").click()
    expect(james.locator("#dialog .error-summary, #dialog [data-field=need] .field-error").first).to_be_visible()
    james.locator("#dialog [name=need]").fill("Deux serres")
    james.locator("#dialog").get_by_role("button", name="Enregistrer").click()
    expect(james.locator("#fact-priority")).to_contain_text("Urgent")
    assert office.read("lead", lead)["need"] == "Deux serres"


def request_of_visit() -> FormDefinition:
    """A request with rules that show, demand, tell and ask."""
    both = Text("Visit", "Visite")
    choices = (
        Choice(key="ours", label=Text("Ours", "Chez nous")),
        Choice(key="theirs", label=Text("Theirs", "Chez eux")),
    )
    place = FormField(field="need", required=True)
    return FormDefinition(
        title=Text("Request a visit", "Demander une visite"),
        submit=Text("Ask", "Demander"),
        sections=(
            Section(
                key="a",
                label=both,
                fields=(
                    place,
                    FormField(
                        field="where", control="radio", asks=FieldDef(type="choice", label=both, choices=choices)
                    ),
                    FormField(field="way", asks=FieldDef(type="text", label=Text("Way", "Trajet"))),
                ),
            ),
        ),
        rules=(
            Rule(when='where = "theirs"', then="show", fields=("way",)),
            Rule(when='where = "theirs"', then="require", fields=("way",)),
            Rule(when='where = "theirs"', then="message", text=Text("It is far.", "C’est loin.")),
            Rule(when='where = "theirs"', then="confirm", text=Text("Sure?", "C’est sûr ?")),
        ),
    )


def test_request_lives_while_it_is_filled_in(office: Office, sits: Sits) -> None:
    with office.acts("admin") as tx:
        save(tx, "form", {"name": "Visit", "key": "visit", "entity": "lead", "starts": "save", "placed": True})
        design = design_of(tx, "named", "visit")
        publish(tx, keep_draft(tx, design, request_of_visit(), design.stamp))
    lead = office.has("lead", "james", last_name="Corvin")
    james = sits("james", f"/leads/{lead}")
    james.get_by_role("button", name="Demander une visite").click()
    dialog = james.locator("#dialog form[data-settled]")
    expect(dialog).to_be_visible()
    way = dialog.locator("[data-field=way]")
    expect(way).to_be_hidden()
    dialog.get_by_label("Chez eux").check()
    expect(way).to_be_visible()
    expect(dialog.get_by_text("C’est loin.")).to_be_visible()
    dialog.get_by_label("Chez nous").check()
    expect(way).to_be_hidden()
    expect(dialog.get_by_text("C’est loin.")).to_have_count(0)
    dialog.get_by_label("Chez eux").check()
    way.locator("input").fill("Train")
    dialog.locator("[name=need]").fill("Une visite")
    dialog.get_by_role("button", name="Demander").click()
    question = james.locator("dialog[open]").filter(has_text="C’est sûr")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Continuer").click()
    expect(james.get_by_role("status").filter(has_text="est envoyé")).to_be_visible()
    assert office.read("lead", lead)["need"] == "Une visite"


def test_apply_during_a_slow_redraw_is_kept_and_nobody_else_is_blamed(sits: Sits) -> None:
    admin = drawn(sits("admin", BOARD))
    admin.locator("#design-section-company > header .design-name").click()
    panel = admin.locator("#design-properties")
    english, french = panel.locator("[name=label_en]"), panel.locator("[name=label_fr]")
    expect(english).to_have_value("Company")
    held: list[Route] = []
    slow = "**/change-section?**"
    admin.route(slow, lambda route: route.continue_() if held else held.append(route))
    english.fill("Their company")
    english.press("Tab")
    expect(french).to_be_focused()
    french.fill("Leur entreprise")
    panel.get_by_role("button", name="Apply").click()
    held[0].continue_()
    expect(admin.locator("#design-section-company > header .design-name")).to_have_text("Their company")
    expect(french).to_have_value("Leur entreprise")
    admin.unroute(slow)
    expect(admin.get_by_text("changed this", exact=False)).to_have_count(0)
    admin.reload()
    admin.locator("#design-section-company > header .design-name").click()
    expect(french).to_have_value("Leur entreprise")
