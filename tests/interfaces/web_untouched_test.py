"""A form that is saved as it came changes nothing, whatever the record holds that the form does not show."""

from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from entente.kernel.records.query import find
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World

MARKED = [
    {"value": "zoe@lis.example", "primary": True, "opted_out": True},
    {"value": "rebond@lis.example", "invalid": True},
]


class Sent(HTMLParser):
    """What a browser sends of the forms of a page when nobody touches them."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._beneath = 0
        self._choice: list[tuple[str, bool]] = []
        self._name = self._area = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._beneath += 1
        elif tag == "input" and given.get("name") and not self._beneath:
            if given.get("type") not in ("checkbox", "radio", "file") or "checked" in given:
                self.values.setdefault(given["name"], []).append(given.get("value", ""))
        elif tag == "select":
            self._name, self._choice = given.get("name", ""), []
        elif tag == "option":
            self._choice.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area = given.get("name", "")
            self.values.setdefault(self._area, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._beneath -= 1
        elif tag == "select" and self._name and not self._beneath:
            chosen = [value for value, is_selected in self._choice if is_selected] or [self._choice[0][0]]
            self.values.setdefault(self._name, []).extend(chosen)
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][-1] += data


@pytest.fixture
def james(client: Client, world: World) -> Browser:
    return Browser(client, world, "james")


def record(world: World, identity: UUID) -> dict[str, Any]:
    with world.system() as tx:
        kept = find(tx, "lead", identity)
        return {name: kept[name] for name in ("version", "emails", "phones", "address")}


def sent_back(james: Browser, identity: UUID, **typed: str) -> None:
    form = Sent(james.get(f"/leads/{identity}/edit")).values
    assert form["version"] == ["1"]
    answer = james.post(f"/leads/{identity}/edit", {**form, **typed})
    assert answer.status_code < 400, answer.text


@pytest.mark.parametrize(
    "held",
    [
        {},
        {"emails": MARKED},
        {"phones": ["+33 2 99 00 00 01"]},
        {"phones": [{"value": "+33 2 99 00 00 01", "kind": "office"}]},
        {"address": {"city": "Rennes"}},
        {"address": {"city": "Genève", "region": "GE", "country": "CH"}},
    ],
)
def test_a_form_saved_as_it_came_changes_nothing(world: World, james: Browser, held: dict[str, Any]) -> None:
    made = world.has("lead", "james", last_name="Berthier", **held)
    before = record(world, made)
    sent_back(james, made)
    assert record(world, made) == before


def test_a_mark_stays_with_its_address_and_not_with_its_place(world: World, james: Browser) -> None:
    made = world.has("lead", "james", last_name="Berthier", emails=MARKED)
    sent_back(james, made, **{"emails.0.value": "nouvelle@lis.example"})
    first, second = record(world, made)["emails"]
    assert (first.value, first.opted_out, first.primary) == ("nouvelle@lis.example", False, True)
    assert (second.value, second.invalid, second.primary) == ("rebond@lis.example", True, False)


def test_a_region_can_be_changed_where_there_is_one(world: World, james: Browser) -> None:
    made = world.has("lead", "james", last_name="Berthier", address={"city": "Genève", "region": "GE", "country": "CH"})
    sent_back(james, made, **{"address.region": "VD"})
    assert record(world, made)["address"].region == "VD"
