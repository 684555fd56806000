"""What incidents and failed steps say: in words, and with values only to whoever sees variables."""

import psycopg
import pytest
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.services.processes import outside
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.details import kind_of, worded
from entente.services.processes.instances import start
from entente.services.processes.picture import course_of
from entente.services.processes.showing import shown_instance

SECRET = "top secret"


@pytest.fixture
def lead(world: World) -> object:
    return world.has("lead", "james", last_name="Berthier", company_name="Berthier SA")


def said(world: World, who: str, instance: object) -> list[str]:
    """What the incidents of an instance say to somebody, through the interface for programs and on its page."""
    with world.acts(who) as tx:
        shown = [each["message"] for each in shown_instance(tx, instance, ("incidents",))["incidents"]]  # type: ignore[arg-type]
        assert [each.message for each in course_of(tx, instance).troubles] == shown  # type: ignore[arg-type]
    return shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("catch w after=given", "This is no moment, duration or cycle: …"),
        ("user w times=given", "This is no number of turns: …"),
    ],
)
def test_values_in_incidents_are_for_whoever_sees_variables(world: World, lead: object, text: str, told: str) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(f"start s\n{text}\nuser z\ns > w > z", "hiding")).id)
    with world.acts("james") as tx:
        made = start(tx, "hiding", entity="lead", record=lead, values={"given": SECRET}).id  # type: ignore[arg-type]
    assert said(world, "james", made) == [told.replace("…", SECRET)]
    assert said(world, "rita", made) == [told]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (KeyError("stage"), "a fault of the software, which the log of the server describes."),
        (psycopg.OperationalError("terminating"), "the database was busy or out of reach."),
        (TimeoutError(), "it took too long."),
        (ConnectionRefusedError(), "another program could not be reached."),
    ],
)
def test_what_failed_again_and_again_is_said_in_words(
    world: World, lead: object, monkeypatch: pytest.MonkeyPatch, failure: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(outside, "_done", fail)
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn('start s\nservice w action=disqualify retries=""\ns > w', "broken")).id)
        made = start(tx, "broken", entity="lead", record=lead).id  # type: ignore[arg-type]
    assert said(world, "admin", made) == [f"The work failed again and again: {words}"]


def test_words_of_failures_exist_in_both_languages(world: World) -> None:
    with world.acts("james") as tx:
        for failure in (KeyError(), OSError(), TimeoutError(), psycopg.OperationalError()):
            assert all(tx.words.say(language, kind_of(failure)) for language in ("en", "fr"))
        old = {"code": "process.incident.timer", "detail": SECRET}
        assert [each["detail"] for each in worded(tx, [old], values=False)] == ["…"]
        assert [each["detail"] for each in worded(tx, [old], values=True)] == [SECRET]
