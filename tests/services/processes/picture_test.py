"""What people see of instances: their course, lists, times, and repairs with a look ahead."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import Deed as Single
from entente.services.processes.instances import start
from entente.services.processes.listing import Wish, list_instances
from entente.services.processes.modification import modification
from entente.services.processes.picture import Step, course_of, instances_of
from entente.services.processes.repairing import Change, look_ahead, mend, targets_of
from entente.services.processes.repairing import Wish as Deed
from entente.services.processes.report import report_on
from entente.services.processes.showing import open_tasks, shown_instance
from entente.services.processes.tasks import complete_task
from entente.services.processes.versions import versions_of
from entente.services.worklist.declared import Given

MODEL = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:e="urn:entente:bpmn:1.0" targetNamespace="t">
<process id="request" name="Request" isExecutable="true">
  <startEvent id="start"/>
  <userTask id="look" name="Look" e:name_fr="Regarder" e:outcomes="yes,no" e:destinations="user:james"/>
  <exclusiveGateway id="choice" default="refused"/>
  <serviceTask id="drop" name="Drop" e:action="lead.disqualify" e:input="{disqualify_reason: reason}"/>
  <userTask id="thank" name="Thank" e:destinations="user:helene"/>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="look"/>
  <sequenceFlow id="f2" sourceRef="look" targetRef="choice"/>
  <sequenceFlow id="accepted" sourceRef="choice" targetRef="thank">
    <conditionExpression>outcome = "yes"</conditionExpression></sequenceFlow>
  <sequenceFlow id="refused" sourceRef="choice" targetRef="drop"/>
  <sequenceFlow id="f3" sourceRef="drop" targetRef="end"/>
  <sequenceFlow id="f4" sourceRef="thank" targetRef="end"/>
</process></definitions>"""


class Request:
    """A request of James's, under way."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.acts("admin") as tx:
            deploy(tx, import_model(tx, MODEL).id)
        self.lead = world.has("lead", "james", last_name="Corvin", owner=world.id_of("james"))
        with world.acts("james") as tx:
            self.id: UUID = start(tx, "request", entity="lead", record=self.lead, business_key="R-1").id

    def says(self, outcome: str, login: str = "james", hours: int = 3, comment: str = "") -> None:
        with self.world.acts(login) as tx:
            tx.clock = SetClock(tx.clock.now() + timedelta(hours=hours))
            task = open_tasks(tx, self.id)[0]["id"]
            complete_task(tx, task, Given(outcome=outcome, comment=comment))

    def steps(self, login: str = "james") -> dict[str, Step]:
        with self.world.acts(login) as tx:
            return {each.element: each for each in course_of(tx, self.id).pictures[0].steps}

    def flows(self) -> dict[str, str]:
        with self.world.acts("james") as tx:
            return dict(course_of(tx, self.id).pictures[0].flows)


@pytest.fixture
def request_(world: World) -> Request:
    return Request(world)


def test_course_says_what_is_done_goes_on_and_was_not_taken(request_: Request) -> None:
    steps = request_.steps()
    assert [steps[each].state for each in ("start", "look", "drop", "thank")] == ["done", "active", "coming", "coming"]
    assert [each.name for each in steps["look"].waits] == ["James James"]
    request_.says("yes", comment="Worth it")
    steps = request_.steps()
    assert (steps["look"].state, steps["thank"].state) == ("done", "active")
    last = steps["look"].last
    assert last is not None
    assert (last.who, last.said, last.took) == ("James James", "yes", timedelta(hours=3))
    assert [each.detail for each in steps["look"].remarks] == ["Worth it"]
    assert request_.flows() == {"f1": "taken", "f2": "taken", "accepted": "taken", "refused": "refused"}


def test_names_are_the_readers(request_: Request) -> None:
    with request_.world.acts("admin") as tx:
        tx.language = "fr"
        names = {each.element: each.name for each in course_of(tx, request_.id).pictures[0].steps}
    assert (names["look"], names["thank"]) == ("Regarder", "Thank")


def test_stranger_cannot_see_the_course(request_: Request) -> None:
    with request_.world.acts("stranger") as tx, pytest.raises(NotFound):
        course_of(tx, request_.id)
    with request_.world.acts("stranger") as tx:
        assert instances_of(tx, "lead", request_.lead) == []


def test_what_stops_an_instance_is_said_and_mended(request_: Request) -> None:
    request_.says("no")
    assert request_.steps()["drop"].state == "failed"
    with request_.world.acts("admin") as tx:
        trouble = course_of(tx, request_.id).troubles[0]
        assert trouble.name == "Drop"
        deed = Deed(verb="retry", token=trouble.token, values={"reason": "lost"}, reason="The reason was missing")
        found = look_ahead(tx, request_.id, deed)
        assert Change("ends") in found
        assert Change("leaves", "Drop") in found
        assert course_of(tx, request_.id).instance.state == "running"
        assert mend(tx, request_.id, deed).state == "completed"
        repairs = course_of(tx, request_.id).repairs
        assert [(each.who, each.detail) for each in repairs] == [("Alix Admin", "Retried: The reason was missing")]


def test_a_token_is_moved_to_a_step_beside_it(request_: Request) -> None:
    with request_.world.acts("admin") as tx:
        token = request_.steps("admin")["look"].passes[-1].token
        assert "thank" in {each.id for each in targets_of(tx, request_.id, token)}
        deed = Deed(verb="move", token=token, element="thank", reason="Known already")
        assert look_ahead(tx, request_.id, deed) == [Change("leaves", "Look"), Change("arrives", "Thank")]
        mend(tx, request_.id, deed)
    assert (request_.steps()["look"].state, request_.steps()["thank"].state) == ("stopped", "active")


def test_repair_wants_the_right_and_a_reason(request_: Request) -> None:
    with request_.world.acts("james") as tx, pytest.raises(Forbidden):
        mend(tx, request_.id, Deed(verb="cancel", reason="No"))
    with request_.world.acts("admin") as tx, pytest.raises(Refused, match=r"process\.reason_missing"):
        mend(tx, request_.id, Deed(verb="cancel", reason="  "))


def listed(tx: Tx, **wish: object) -> list[str]:
    return [each.business_key for each in list_instances(tx, Wish(**wish))[0]]  # type: ignore[arg-type]


def test_lists_are_filtered(request_: Request) -> None:
    request_.says("no")
    with request_.world.acts("admin") as tx:
        today = tx.clock.now().date()
        assert listed(tx) == ["R-1"]
        assert listed(tx, state="stopped", process="request", entity="lead", record=request_.lead) == ["R-1"]
        assert listed(tx, who=request_.world.id_of("james"), since=today, until=today, key="R-1") == ["R-1"]
        assert listed(tx, state="completed") == []
        assert listed(tx, since=today + timedelta(days=1)) == []
        assert list_instances(tx, Wish())[0][0].at == ("Drop",)
    with request_.world.acts("james") as tx, pytest.raises(Forbidden):
        list_instances(tx, Wish())


def test_lists_go_on_where_the_page_before_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entente.services.processes.listing.PAGE", 2)
    request = Request(world)
    with world.acts("james") as tx:
        more: list[Instance] = [start(tx, "request", business_key=f"R-{number}") for number in (2, 3, 4)]
    with world.acts("admin") as tx:
        seen: list[UUID] = []
        after = ""
        for _ in range(2):
            found, after = list_instances(tx, Wish(after=after))
            seen += [each.id for each in found]
        assert (after, set(seen)) == ("", {request.id, *(each.id for each in more)})


def test_report_says_where_the_time_goes(request_: Request) -> None:
    request_.says("yes", hours=5)
    with request_.world.acts("admin") as tx:
        found = report_on(tx, "request", 30)
        assert found is not None
        first = found.steps[0]
        assert (first.name, first.times, first.median, first.spent) == (
            "Look",
            1,
            timedelta(hours=5),
            timedelta(hours=5),
        )
        assert [(each.name, each.open) for each in found.steps if each.open] == [("Thank", 1)]
        assert (found.running, found.finished) == (1, 0)
        assert report_on(tx, "unknown", 30) is None


def test_versions_are_listed_newest_first(request_: Request) -> None:
    with request_.world.acts("admin") as tx:
        import_model(tx, MODEL.replace(b"Thank", b"Answer"))
        assert [(each.version, each.state) for each in versions_of(tx, "request")] == [(2, "draft"), (1, "deployed")]


def test_modification_through_a_program_is_shown_with_its_reason_and_is_no_stay(request_: Request) -> None:
    deed = Single(verb="start_before", element="thank", variables={"n": 1})
    with request_.world.acts("admin") as tx:
        modification(tx, request_.id, [deed], reason="Asked for by phone")
    with request_.world.acts("admin") as tx:
        tx.language = "fr"
        course = course_of(tx, request_.id)
    assert [each.detail for each in course.repairs] == ["Démarré avant une étape thank n\u00a0: Asked for by phone"]
    thank = request_.steps("admin")["thank"]
    assert (thank.state, thank.done, [each.outcome for each in thank.remarks]) == ("active", 0, ["modified"])


@pytest.mark.parametrize("name", ["record", "numberOfInstances"])
def test_repair_gives_no_name_of_the_engine(request_: Request, name: str) -> None:
    with request_.world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        look_ahead(tx, request_.id, Deed(verb="set", values={name: 1}))
    assert refusal.value.code == "process.variable_reserved"


def test_look_ahead_says_that_it_would_stop_again_and_why(request_: Request) -> None:
    request_.says("no")
    trouble = request_.steps("admin")["drop"].troubles[0]
    with request_.world.acts("admin") as tx:
        found = look_ahead(tx, request_.id, Deed(verb="retry", token=trouble.token))
    assert found == [Change("incident", "Drop", trouble.message)]


RECORDED_MODEL = MODEL.replace(b'id="request"', b'id="recorded"').replace(b"lead.disqualify", b"lead.unknown")


def test_values_that_were_written_down_are_shown_to_whom_variables_are(world: World) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, RECORDED_MODEL).id, recorded=True)
    lead = world.has("lead", "james", last_name="Noted", owner=world.id_of("james"))
    with world.acts("james") as tx:
        made = start(tx, "recorded", entity="lead", record=lead, values={"reason": "a secret"})
        complete_task(tx, open_tasks(tx, made.id)[0]["id"], Given(outcome="no"))
    for who, seen in (("james", True), ("admin", True), ("helene", False)):
        with world.acts(who) as tx:
            drop = next(each for each in course_of(tx, made.id).pictures[0].steps if each.element == "drop")
            history = shown_instance(tx, made.id, ["history"])["history"]
        assert (who, ["a secret" in each.detail for each in drop.remarks]) == (who, [seen])
        assert (who, "a secret" in str(history)) == (who, seen)
