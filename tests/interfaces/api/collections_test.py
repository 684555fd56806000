"""Collections over HTTP: filters, order, pages, counts, expansions, figures; many requests in one, each done once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from entente.services.connect.answers import claim, fingerprint
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

MARK = "Zyx Industries"


@pytest.fixture(scope="module", autouse=True)
def eleven_leads(nadia: Ask) -> list[Any]:
    made = []
    for number in range(11):
        source = "email" if number % 2 else "call"
        body = {
            "last_name": f"Zyx{number:02}",
            "company_name": MARK,
            "source": source,
            "estimated_amount": {"amount": str(100 * number), "currency": "EUR"},
        }
        made.append(nadia("POST", "/leads", body).json())
    return made


def mine(rest: str = "") -> str:
    return f"/leads?$filter=company_name eq '{MARK}'{rest}"


def test_filter_speaks_odata(nadia: Ask, world: World) -> None:
    both = nadia("GET", mine(f" and owner_id eq {world.id_of('nadia')} and endswith(last_name,'3')"))
    assert both.status_code == 200, both.text
    assert [each["last_name"] for each in both.json()["value"]] == ["Zyx03"]
    behind = nadia("GET", mine(" and owner/login eq 'nadia' and source in ('call')&$count=true&$top=0")).json()
    assert behind["@odata.count"] == 6
    assert behind["value"] == []
    assert nadia("GET", mine(" and owner/login eq 'admin'")).json()["value"] == []


def test_filter_that_is_wrong_says_so(nadia: Ask) -> None:
    for wrong in ("company_name eq", "no_such eq 1", "company_name eq '", "((((", "owner/no_such eq 1"):
        answer = nadia("GET", "/leads", params={"$filter": wrong})
        assert answer.status_code in (400, 422), wrong
        assert answer.json()["title"]


def test_pages_follow_each_other_without_gap(nadia: Ask) -> None:
    seen, url = [], mine("&$orderby=source,last_name desc&$select=last_name")
    while url:
        page = nadia("GET", url, headers={"Prefer": "odata.maxpagesize=4"}).json()
        assert len(page["value"]) <= 4
        seen += [each["last_name"] for each in page["value"]]
        url = page.get("@odata.nextLink", "")
    assert len(seen) == len(set(seen)) == 11
    assert seen[0] == "Zyx10"


def test_client_limit_ends_the_pages(nadia: Ask) -> None:
    first = nadia("GET", mine("&$top=6"), headers={"Prefer": "maxpagesize=4"}).json()
    second = nadia("GET", first["@odata.nextLink"], headers={"Prefer": "maxpagesize=4"}).json()
    assert (len(first["value"]), len(second["value"])) == (4, 2)
    assert "@odata.nextLink" not in second


def test_select_shows_nothing_else(nadia: Ask) -> None:
    [row] = nadia("GET", mine("&$select=last_name,owner_id&$top=1")).json()["value"]
    assert set(row) == {"@odata.etag", "id", "last_name", "owner_id"}


def test_linked_records_come_along(nadia: Ask, world: World) -> None:
    url = mine("&$top=1&$select=last_name&$expand=owner($select=login;$expand=unit($select=name))")
    answer = nadia("GET", url)
    assert answer.status_code == 200, answer.text
    [row] = answer.json()["value"]
    assert row["owner"]["id"] == str(world.id_of("nadia"))
    assert row["owner"]["login"] == "nadia"
    assert row["owner"]["unit"]["name"]
    deeper = nadia("GET", "/leads?$expand=owner($expand=unit($expand=parent))")
    assert deeper.status_code == 400


def test_many_links_are_lists_of_ids(nadia: Ask, admin: Ask) -> None:
    tags = [admin("POST", "/tags", {"name": f"Zyx tag {number}"}).json()["id"] for number in range(2)]
    made = nadia("POST", "/leads", {"last_name": "Tagged", "tag_ids": tags})
    assert made.status_code == 201, made.text
    place = f"/leads/{made.json()['id']}"
    shown = nadia("GET", f"{place}?$select=tag_ids&$expand=tags($select=name)").json()
    assert sorted(shown["tag_ids"]) == sorted(tags)
    assert sorted(tag["name"] for tag in shown["tags"]) == ["Zyx tag 0", "Zyx tag 1"]
    found = nadia("GET", "/leads?$filter=tags/any(t: t/name eq 'Zyx tag 1')&$select=last_name")
    assert [row["last_name"] for row in found.json()["value"]] == ["Tagged"], found.text
    nadia("PATCH", place, {"tag_ids": []}, {"If-Match": "*"})
    assert nadia("GET", f"{place}?$select=tag_ids").json()["tag_ids"] == []


def test_titles_of_links_come_when_preferred(nadia: Ask) -> None:
    prefer = {"Prefer": 'include-annotations="entente.title"'}
    [row] = nadia("GET", mine("&$top=1&$select=owner_id"), headers=prefer).json()["value"]
    assert row["owner_id@entente.title"]


def test_figures_by_group(nadia: Ask) -> None:
    steps = (
        f"filter(company_name eq '{MARK}')/groupby((source),aggregate(estimated_amount with sum as total,$count as n))"
    )
    answer = nadia("GET", "/leads", params={"$apply": steps})
    assert answer.status_code == 200, answer.text
    found = {row["source"]: (float(row["total"]), row["n"]) for row in answer.json()["value"]}
    assert found == {"call": (3000.0, 6), "email": (2500.0, 5)}
    wrong = nadia("GET", "/leads", params={"$apply": "aggregate(last_name with sum as total)"})
    assert wrong.status_code in (400, 422)


def test_search_finds_words(nadia: Ask) -> None:
    found = nadia("GET", "/leads", params={"$search": "zyx07", "$count": "true"}).json()
    assert found["@odata.count"] == 1
    assert nadia("GET", "/leads/$count", params={"$search": "zyx0"}).text == "10"


@pytest.mark.parametrize(
    "query",
    ["$top=-1", "$top=x", "$skip=9999999", "$count=maybe", "$orderby=name sideways", "$select=nothing", "$colour=red",
     "$skiptoken=abc", "$top=1&$top=2", "$orderby=tags", "$expand=name", "$apply=nonsense", "$filter=" + "a" * 5000],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(nadia: Ask, query: str) -> None:
    answer = nadia("GET", f"/leads?{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"]


def test_same_request_is_done_once(nadia: Ask) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = nadia("POST", "/leads", {"last_name": "Once"}, key)
    again = nadia("POST", "/leads", {"last_name": "Once"}, key)
    other = nadia("POST", "/leads", {"last_name": "Twice"}, key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["location"] == first.headers["location"]
    assert other.status_code == 422
    assert other.json()["code"] == "connect.other_request"
    assert nadia("GET", "/leads?$filter=last_name eq 'Once'&$count=true").json()["@odata.count"] == 1


def test_request_in_progress_is_not_started_again(nadia: Ask, world: World) -> None:
    key = str(uuid4())
    with world.acts("nadia") as tx:
        claim(tx, world.id_of("nadia"), key, fingerprint(b"any"))
        answer = nadia("POST", "/leads", {"last_name": "Busy"}, {"Idempotency-Key": key})
    assert answer.status_code == 409


def test_parallel_repeats_make_one_record(nadia: Ask) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: nadia("POST", "/leads", {"last_name": "Parallel"}, key), range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert nadia("GET", "/leads?$filter=last_name eq 'Parallel'&$count=true").json()["@odata.count"] == 1


def test_batch_group_is_done_wholly_or_not_at_all(nadia: Ask) -> None:
    def part(number: str, group: str, **body: Any) -> dict[str, Any]:
        return {"id": number, "method": "POST", "url": "/leads", "atomicityGroup": group, "body": body}

    requests = [
        part("1", "a", last_name="Group"),
        part("2", "a", last_name="Group", colour="red"),
        part("3", "b", last_name="Alone"),
        {"id": "4", "method": "PATCH", "url": "$3", "headers": {"If-Match": "*"}, "body": {"job_title": "Buyer"}},
        {"id": "5", "method": "GET", "url": "/nowhere", "dependsOn": ["3"]},
    ]
    answer = nadia("POST", "/$batch", {"requests": requests})
    assert answer.status_code == 200, answer.text
    statuses = {each["id"]: each["status"] for each in answer.json()["responses"]}
    assert statuses == {"1": 424, "2": 422, "3": 201, "4": 200, "5": 404}
    assert nadia("GET", "/leads?$filter=last_name eq 'Group'&$count=true").json()["@odata.count"] == 0


def test_actions_on_one_and_on_many(nadia: Ask) -> None:
    ids = [nadia("POST", "/leads", {"last_name": f"Act{number}"}).json()["id"] for number in range(3)]
    one = nadia("POST", f"/leads/{ids[0]}/disqualify", {"disqualify_reason": "spam"})
    assert one.status_code == 200, one.text
    assert one.json()["value"]["status"] == "dead"
    assert one.json()["cause"]
    wrong = nadia("POST", f"/leads/{ids[1]}/disqualify", {"disqualify_reason": "because"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "disqualify_reason"
    many = nadia("POST", "/leads/actions/disqualify", {"ids": ids, "params": {"disqualify_reason": "lost"}})
    assert [each["id"] for each in many.json()["refused"]] == [ids[0]]
    assert len(many.json()["value"]) == 2
    assert nadia("POST", f"/leads/{ids[1]}/no_such_deed").status_code == 404


def test_files_go_in_and_come_out_harmless(nadia: Ask) -> None:
    sent = nadia(
        "POST", "/files?name=page.html", content=b"<script>alert(1)</script>", headers={"Content-Type": "text/html"}
    )
    assert sent.status_code == 201, sent.text
    back = nadia("GET", sent.headers["location"])
    assert back.content == b"<script>alert(1)</script>"
    assert back.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in back.headers["content-security-policy"]
    assert not back.headers["content-type"].startswith("text/html")
    assert back.headers["x-content-type-options"] == "nosniff"


def test_a_file_with_a_known_name_becomes_what_the_request_says(nadia: Ask) -> None:
    lead = nadia("GET", "/leads?$top=1").json()["value"][0]["id"]

    def send(how: str) -> Any:
        address = f"/files?name=plan.txt&entity=lead&record={lead}&same_name={how}"
        return nadia("POST", address, content=how.encode(), headers={"Content-Type": "text/plain"})

    first = send("refuse").json()
    assert first["version"] == 1
    again = send("refuse")
    assert (again.status_code, again.json()["code"]) == (409, "document.same_name")
    second = send("version").json()
    assert (second["document"], second["version"]) == (first["document"], 2)
    other = send("both").json()
    assert other["document"] != first["document"]
    assert other["version"] == 1
    assert send("perhaps").status_code == 400


def test_metadata_names_every_member_of_a_record(nadia: Ask) -> None:
    described = nadia("GET", "/$metadata?$format=json").json()["Entente"]["lead"]
    shown = nadia("GET", "/leads?$top=1").json()["value"][0]
    assert {name for name in shown if "@" not in name} <= set(described)
    assert nadia("GET", "/$metadata").text.startswith("<?xml")
