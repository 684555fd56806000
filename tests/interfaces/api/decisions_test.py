"""Decision tables through the API: in and out byte for byte, deployed, evaluated, for those who may."""

from collections.abc import Callable

import httpx

from tests.services.processes.tables import tabled

Ask = Callable[..., httpx.Response]
XML = {"Content-Type": "application/xml"}
TEXT = "amount:number > rate:number\n< 1000 | 0\n>= 1000 | 0.15"


def test_table_from_import_to_its_result(asks: Callable[[str], Ask]) -> None:
    ask = asks("admin")
    made = ask("POST", "/decisions/import", content=tabled(TEXT, "discount"), headers=XML)
    assert made.status_code == 201
    body = made.json()
    assert (body["key"], body["version"], body["decisions"], body["problems"]) == ("discount-file", 1, ["discount"], [])
    assert ask("GET", f"/decisions/{body['id']}/dmn").content == tabled(TEXT, "discount")
    assert ask("POST", "/decisions/discount/evaluate", json={"variables": {"amount": 1500}}).status_code == 404
    assert ask("POST", f"/decisions/{body['id']}/deploy").json()["state"] == "deployed"
    for name in ("discount", "discount-file"):
        answer = ask("POST", f"/decisions/{name}/evaluate", json={"variables": {"amount": 1500}})
        assert answer.json() == {"result": 0.15}
    answer = ask("POST", "/decisions/discount/evaluate", json={"variables": {"amount": "much"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "decision.wrong_type")
    assert [each["key"] for each in ask("GET", "/decisions").json()["value"]] == ["discount-file"]


def test_problems_are_listed_in_both_languages(asks: Callable[[str], Ask]) -> None:
    ask = asks("admin")
    made = ask("POST", "/decisions/import", content=tabled("n > a\n> | 1", "bad", "BEST"), headers=XML).json()
    assert {each["code"] for each in made["problems"]} == {"policy", "expression"}
    answer = ask("POST", f"/decisions/{made['id']}/deploy")
    assert (answer.status_code, len(answer.json()["problems"])) == (422, 2)
    assert all(each["message_fr"] != each["message_en"] for each in answer.json()["problems"])


def salesperson_cannot_touch_decisions(asks: Callable[[str], Ask]) -> None:
    ask = asks("james")
    assert ask("GET", "/decisions").status_code == 403
    assert ask("POST", "/decisions/import", content=tabled(TEXT), headers=XML).status_code == 403
    assert ask("POST", "/decisions/discount/evaluate").status_code == 403
