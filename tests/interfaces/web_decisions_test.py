"""The pages of decision tables as a browser asks for them: shaped, checked, tried, kept as versions, given back."""

import re
from typing import Any

import pytest

from entente.kernel.records.save import save
from entente.services.processes.decisions.versions import evaluate_decision, import_decisions
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.processes.tables import DMN, tabled
from tests.world.cast import World

HERE = "/processes/decisions"
TABLE = {
    "table": "t", "policy": "FIRST", "aggregation": "SUM",
    "in.0.id": "i1", "in.0.label": "Amount", "in.0.expression": "amount", "in.0.type": "number",
    "out.0.id": "o1", "out.0.name": "rate", "out.0.type": "number",
    "rule.0.id": "r1", "rule.0.in.0": "< 1000", "rule.0.out.0": "0", "rule.0.note": "small",
    "rule.1.id": "r2", "rule.1.in.0": "", "rule.1.out.0": "0.1",
}  # fmt: skip
NEW = {**TABLE, "base": "", "name": "Remise d’été", "key": ""}


@pytest.fixture
def admin(client: Client, world: World) -> Browser:
    return Browser(client, world, "admin")


def sent(browser: Browser, url: str, values: dict[str, str], **more: str) -> Any:
    return browser.post(url, **{**values, **more})


def cells(html: str) -> dict[str, str]:
    """What stands in the controls of the rules."""
    found = re.findall(r'<textarea[^>]* name="(rule[^"]+)"[^>]*>([^<]*)<', html)
    return {name: value.replace("&lt;", "<") for name, value in found}


def saved(admin: Browser, values: dict[str, str], then: str = "save") -> str:
    answer = sent(admin, f"{HERE}/save", values, then=then)
    assert answer.status_code == 200, answer.text
    found = re.search(rf'hx-get="({HERE}/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


@pytest.mark.parametrize("address", [HERE, f"{HERE}/new"])
def test_decision_tables_want_the_right(client: Client, world: World, admin: Browser, address: str) -> None:
    assert Browser(client, world, "james").get(address).status_code == 403
    assert admin.get(address).status_code == 200


@pytest.mark.parametrize("deed", ["draft", "check", "try", "save", "import"])
def test_a_stranger_shapes_nothing(client: Client, world: World, deed: str) -> None:
    answer = sent(Browser(client, world, "james"), f"{HERE}/{deed}", NEW)
    assert answer.status_code in (403, 422)
    with world.acts("admin") as tx:
        assert Browser(client, world, "admin").get(HERE).text.count("<tbody>") == 0
        assert tx.principal.is_admin


def test_a_new_table_is_saved_deployed_and_decides(world: World, admin: Browser) -> None:
    page = admin.get(saved(admin, NEW, then="deploy")).text
    assert "Remise d’été" in page
    assert "Deployed" in page
    with world.acts("admin") as tx:
        assert str(evaluate_decision(tx, "remise_d_ete", {"amount": 2000})) == "0.1"
    assert "remise_d_ete" in admin.get(HERE).text


def test_a_change_is_a_new_version_and_the_old_one_stays(admin: Browser) -> None:
    first = saved(admin, NEW)
    base = first.rpartition("/")[2]
    changed = {**TABLE, "base": base, "key": "remise_d_ete", "rule.1.out.0": "0.2"}
    second = saved(admin, changed)
    assert second != first
    assert saved(admin, changed) == second
    assert cells(admin.get(first).text)["rule.1.out.0"] == "0.1"
    page = admin.get(second).text
    assert cells(page)["rule.1.out.0"] == "0.2"
    assert page.count(f'href="{HERE}/') >= 2


def test_problems_are_told_cell_by_cell(admin: Browser) -> None:
    broken = {**NEW, "rule.0.in.0": "< (", "rule.1.out.0": "0,1 %", "in.0.expression": "1 +"}
    found = sent(admin, f"{HERE}/check", broken).text
    assert set(re.findall(r'data-cell="([^"]+)"', found)) == {"in.0.expression", "rule.0.in.0", "rule.1.out.0"}
    assert "Rule 1, Amount" in found
    refused = sent(admin, f"{HERE}/save", broken, then="deploy")
    assert refused.status_code == 422
    assert refused.headers["hx-retarget"] == "#decision-checks"
    assert "<tbody>" not in admin.get(HERE).text


def test_a_table_is_tried_before_it_is_saved(admin: Browser) -> None:
    found = sent(admin, f"{HERE}/try", NEW, **{"try.amount": "50"}).text
    assert 'data-hits="0 1"' in found
    assert ">0</code>" in found
    assert 'value="50"' in found
    assert "must be of type number" in sent(admin, f"{HERE}/try", NEW, **{"try.amount": "much"}).text


@pytest.mark.parametrize(
    ("deed", "rules", "focus"),
    [
        ("rule-add", ["< 1000", "", ""], "rule.2.in.0"),
        ("rule-add:0", ["< 1000", "", ""], "rule.1.in.0"),
        ("rule-copy:0", ["< 1000", "< 1000", ""], "rule.1.in.0"),
        ("rule-down:0", ["", "< 1000"], "rule.1.in.0"),
        ("rule-up:1", ["", "< 1000"], "rule.0.in.0"),
        ("rule-remove:0", [""], "rule.0.in.0"),
        ("rule-up:0", ["< 1000", ""], "rule.0.in.0"),
        ("explode:1", ["< 1000", ""], ""),
    ],
)
def test_rules_are_added_moved_and_removed(admin: Browser, deed: str, rules: list[str], focus: str) -> None:
    found = sent(admin, f"{HERE}/draft?do={deed}", NEW).text
    shown = cells(found)
    assert [shown[f"rule.{at}.in.0"] for at in range(len(rules))] == rules
    assert f"rule.{len(rules)}.in.0" not in shown
    assert re.findall(r'data-focus="([^"]+)"', found) == ([focus] if focus else [])


def test_columns_are_added_moved_and_removed(admin: Browser) -> None:
    wider = sent(admin, f"{HERE}/draft?do=input-add:0", NEW).text
    assert cells(wider)["rule.0.in.1"] == ""
    two = {**NEW, "in.1.id": "i2", "in.1.label": "Who", "in.1.expression": "who", "rule.0.in.1": '"a"'}
    moved = cells(sent(admin, f"{HERE}/draft?do=input-up:1", two).text)
    assert (moved["rule.0.in.0"], moved["rule.0.in.1"]) == ("&#34;a&#34;", "< 1000")
    left = cells(sent(admin, f"{HERE}/draft?do=output-remove:0", NEW).text)
    assert "rule.0.out.0" not in left


def test_a_process_leads_to_its_decision(admin: Browser) -> None:
    new = admin._client.get(f"{HERE}/of/discount", headers=admin._headers(), follow_redirects=False)
    assert new.headers["location"] == f"{HERE}/new?key=discount"
    assert 'value="discount"' in admin.get(new.headers["location"]).text
    made = saved(admin, {**NEW, "key": "discount"})
    found = admin._client.get(f"{HERE}/of/discount", headers=admin._headers(), follow_redirects=False)
    assert found.headers["location"] == f"{made}?decision=discount"


def test_a_file_comes_in_and_goes_out_as_it_was(admin: Browser) -> None:
    file = tabled("n:number > x:number\n> 1 | 2", key="given")
    answer = admin._client.post(
        f"{HERE}/import",
        files={"file": ("given.dmn", file, "application/xml")},
        data={"_csrf_token": admin._csrf},
        headers=admin._headers(),
    )
    url = answer.headers["hx-redirect"]
    assert cells(admin.get(url).text)["rule.0.in.0"] in ("> 1", "&gt; 1")
    assert admin.get(f"{url}/file").content == file


def test_what_is_no_table_is_looked_at_only(world: World, admin: Browser) -> None:
    text = f"""<definitions xmlns="{DMN}" id="f" name="F" namespace="n"><decision id="d" name="Twice">
    <variable name="d"/><literalExpression><text>n * 2</text></literalExpression></decision></definitions>"""
    with world.acts("admin") as tx:
        made = import_decisions(tx, text.encode())
    page = admin.get(f"{HERE}/{made.id}").text
    assert "This decision is no table" in page
    assert 'name="then"' not in page
    assert admin.get(f"{HERE}/{made.id}", decision="other").status_code == 404


def test_what_somebody_else_saved_meanwhile_is_not_passed_over_unseen(admin: Browser) -> None:
    base = saved(admin, NEW).rpartition("/")[2]
    mine = {**TABLE, "base": base, "key": "remise_d_ete", "rule.1.out.0": "0.2"}
    saved(admin, {**mine, "rule.1.out.0": "0.3"})
    refused = sent(admin, f"{HERE}/save", mine, then="save")
    assert refused.status_code == 409
    assert refused.headers["hx-retarget"] == "#decision-checks"
    assert "Version 2 was saved since this one was opened" in refused.text
    assert '<input type="hidden" name="over" value="2">' in refused.text
    page = admin.get(saved(admin, {**mine, "over": "2"})).text
    assert cells(page)["rule.1.out.0"] == "0.2"
    assert sent(admin, f"{HERE}/save", {**mine, "rule.1.out.0": "0.4", "over": "1"}, then="save").status_code == 409


WORDS = {
    "name_fr": "Remise d’été", "name_en": "Summer discount", "description_fr": "Selon le montant",
    "description_en": "By amount", "in.0.label_fr": "Montant", "in.0.label_en": "Amount", "out.0.label_fr": "Taux",
    "out.0.label_en": "Rate", "out.0.value.0.text": "0.1", "out.0.value.0.label_fr": "Un dixième",
    "out.0.value.0.label_en": "A tenth", "rule.0.note_fr": "petit", "rule.0.note_en": "small",
}  # fmt: skip


def test_a_table_speaks_the_language_of_its_reader(client: Client, world: World, admin: Browser) -> None:
    url = saved(admin, {**NEW, **WORDS, "key": "summer"})
    english = admin.get(url).text
    for text in ("Summer discount</h1>", "By amount</p>", ">Amount</span>", ">Rate</span>", ">small</textarea>"):
        assert text in english
    assert "Summer discount" in admin.get(HERE).text
    tried = sent(admin, f"{HERE}/try", {**NEW, **WORDS}, **{"try.amount": "5000"}).text
    assert "<b>A tenth</b>" in tried
    assert saved(admin, {**NEW, **WORDS, "base": url.rpartition("/")[2], "key": "summer"}) == url
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of("admin"))
    reader = Browser(client, world, "admin")
    french = reader.get(url).text
    for text in ("Remise d’été</h1>", "Selon le montant</p>", ">Montant</span>", ">Taux</span>", ">petit</textarea>"):
        assert text in french
    assert "Remise d’été" in reader.get(HERE).text
