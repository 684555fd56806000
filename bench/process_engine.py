"""Processes: our engine on PostgreSQL with history against SpiffWorkflow in memory without, and how cost grows.

`python -m bench.process_engine [INSTANCES [TURNS]]` prints one line for each measure, in ratios where two engines are
compared: by the clock, and by the processor time of the program and its PostgreSQL together, which no other load moves.
"""

import atexit
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psutil
import psycopg
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.lead_process import FEEL, PYTHON, TRANSITIONS, lead_process
from bench.processes import cpu_seconds, database_processes
from entente import installing, product
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.principal import Principal, system
from entente.kernel.records.actions import perform
from entente.kernel.seeding import Seed, plant, seed_id
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.early import Message
from entente.services.processes.instances import start
from entente.services.processes.running import correlate
from entente.services.processes.showing import open_tasks
from entente.services.processes.tasks import complete_task
from entente.services.processes.waking import DUE
from entente.services.worklist.declared import Given
from entente.settings import Settings


@contextmanager
def installation() -> Iterator[tuple[Database, Principal]]:
    """A fresh database of our own with one administrator, who sits at the work."""
    folder = Path(tempfile.mkdtemp(prefix="entente-bench-"))
    folder.chmod(0o711)
    # Registered before PostgreSQL registers its own end, and so run after that.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings(data=folder, demo=False, pool_size=4)
    database = product.open_database(find_conninfo(settings), settings)
    installing.set_up(database, "main", "Bench")
    values = {"login": "root", "last_name": "Root", "email": "r@example.com", "roles": ["@role:administrator"]}
    with database.begin(system("bench")) as tx:
        plant(tx, [Seed(entity="user", key="root", values=values)])
        root = principal_of(tx, seed_id("user", "root"))
    assert root is not None
    try:
        yield database, root
    finally:
        database.close()


class Rate(NamedTuple):
    """Transitions per second by the clock, and per second of processor time."""

    clock: float
    core: float

    def __str__(self) -> str:
        """Both, rounded."""
        return f"{self.clock:.0f} transitions/s, {self.core:.0f} per second of processor time"


def rate(count: int, folder: Path, work: Callable[[], None]) -> Rate:
    """How fast so many instances of the lead process run, each by one call."""
    spent, began = _spent(folder), time.perf_counter()
    for _ in range(count):
        work()
    seconds, core = time.perf_counter() - began, _spent(folder) - spent
    return Rate(count * TRANSITIONS / seconds, count * TRANSITIONS / core)


def _spent(folder: Path) -> float:
    """The processor time of this process and of PostgreSQL so far, in seconds."""
    return sum(cpu_seconds([psutil.Process(), *database_processes(folder)]).values())


def spiff(count: int, folder: Path) -> Rate:
    """SpiffWorkflow in memory, without history or storage."""
    parser = BpmnParser()
    parser.add_bpmn_str(lead_process("scriptTask", PYTHON))
    spec, inner = parser.get_spec("lead"), parser.get_subprocess_specs("lead")

    def lead() -> None:
        workflow = BpmnWorkflow(spec, inner)
        workflow.do_engine_steps()
        for name, values in (("assign", {}), ("qualify", {"fit": "yes"}), ("prepare", {}), ("reply", {})):
            _act(workflow, name, values)
        assert workflow.is_completed()

    return rate(count, folder, lead)


class Stored:
    """SpiffWorkflow on PostgreSQL without history: its state as one text, read and written in each action."""

    def __init__(self, conninfo: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(lead_process("scriptTask", PYTHON))
        self.specs = parser.get_spec("lead"), parser.get_subprocess_specs("lead")
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
        self.connection = psycopg.connect(conninfo)
        self.connection.execute("CREATE TABLE public.bench_spiff (id serial PRIMARY KEY, state text NOT NULL)")
        self.connection.commit()

    def lead(self) -> None:
        """One instance from its start to its end, committed after each action."""
        workflow = BpmnWorkflow(*self.specs)
        workflow.do_engine_steps()
        added = "INSERT INTO public.bench_spiff (state) VALUES (%s) RETURNING id"
        row = self.connection.execute(added, (self.serializer.serialize_json(workflow),)).fetchone()
        self.connection.commit()
        for name, values in (("assign", {}), ("qualify", {"fit": "yes"}), ("prepare", {}), ("reply", {})):
            asked = "SELECT state FROM public.bench_spiff WHERE id = %s FOR UPDATE"
            found = self.connection.execute(asked, row).fetchone()
            workflow = self.serializer.deserialize_json(found[0] if found else "")
            _act(workflow, name, values)
            text = self.serializer.serialize_json(workflow)
            self.connection.execute("UPDATE public.bench_spiff SET state = %s WHERE id = %s", (text, *(row or ())))
            self.connection.commit()
        assert workflow.is_completed()


def _act(workflow: Any, name: str, values: dict[str, str]) -> None:
    if name == "reply":
        workflow.catch(BpmnEvent(MessageEventDefinition("reply"), payload={}))
    else:
        task = next(each for each in workflow.get_tasks(state=TaskState.READY, spec_name=name))
        task.data.update(values)
        task.run()
    workflow.do_engine_steps()


def stored(conninfo: str, count: int, folder: Path) -> Rate:
    """SpiffWorkflow on PostgreSQL."""
    theirs = Stored(conninfo)
    theirs.lead()
    found = rate(count, folder, theirs.lead)
    theirs.connection.close()
    return found


def busy_seconds(process: int) -> float:
    """How long a process has been on a processor so far: exact on Linux, to a hundredth of a second elsewhere."""
    exact = Path(f"/proc/{process}/schedstat")
    if exact.exists():
        return int(exact.read_text().split()[0]) / 1e9
    return sum(cpu_seconds([psutil.Process(process)]).values())


class Ours:
    """The product's engine at work for one person, each action in a transaction of its own."""

    def __init__(self, database: Database, root: Principal) -> None:
        self.database = database
        self.root = root
        self.actions: list[float] = []
        self.busy: list[float] = []

    @contextmanager
    def timed(self) -> Iterator[Tx]:
        """A transaction whose time from beginning to commit counts as one action, by clock and by processor."""
        began, own = time.perf_counter(), time.process_time()
        with self.database.begin(self.root) as tx:
            backend = tx.connection.info.backend_pid
            before = busy_seconds(backend)
            yield tx
        self.actions.append(time.perf_counter() - began)
        self.busy.append(time.process_time() - own + busy_seconds(backend) - before)

    def forget_actions(self) -> None:
        self.actions.clear()
        self.busy.clear()

    def deployed(self, xml: bytes) -> None:
        with self.database.begin(self.root) as tx:
            deploy(tx, import_model(tx, xml).id, recorded=True)

    def begun(self, key: str, **values: Any) -> UUID:
        with self.timed() as tx:
            return start(tx, key, business_key=key, values=values).id

    def done(self, instance: UUID, **values: Any) -> None:
        with self.database.begin(self.root) as tx:
            task = open_tasks(tx, instance)[0]["id"]
        with self.timed() as tx:
            complete_task(tx, task, Given(values=values))

    def lead(self) -> None:
        """One instance of the lead process, its tasks done by a person through the worklist."""
        instance = self.begun("lead")
        for values in ({}, {"fit": "yes"}, {}):
            self.done(instance, **values)
        self.heard("reply", "lead")

    def lead_by_messages(self) -> None:
        """One instance of the lead process, its tasks done by other programs: the engine without the worklist."""
        self.begun("lead")
        for name, values in (("assign", {}), ("qualify", {"fit": "yes"}), ("prepare", {}), ("reply", {})):
            self.heard(name, "lead", **values)

    def heard(self, name: str, key: str, **values: Any) -> None:
        with self.timed() as tx:
            assert correlate(tx, Message(name=name, business_key=key, values=values))


def ours(work: Ours, count: int, *, people: bool) -> Rate:
    """Our engine on PostgreSQL with history, committed after each action."""
    work.deployed(lead_process("serviceTask", FEEL, asks="userTask" if people else "receiveTask"))
    lead = work.lead if people else work.lead_by_messages
    lead()
    work.forget_actions()
    found = rate(count, work.database.settings.data, lead)
    with work.database.begin(work.root) as tx:
        kept = engine_row(tx, "SELECT count(*) AS n FROM {schema}.process_history") or {}
        live = engine_row(tx, "SELECT count(*) AS n FROM {schema}.process_instance WHERE state = 'running'") or {}
    assert kept["n"] >= (count + 1) * TRANSITIONS
    assert live["n"] == 0
    return found


def blocks(number: int) -> bytes:
    """So many parallel blocks in a row, between two tasks."""
    lines = ['<startEvent id="s"/><userTask id="a"/><userTask id="z"/>']
    lines += [f'<parallelGateway id="f{k}"/><parallelGateway id="j{k}"/>' for k in range(number)]
    pairs = [("s", "a"), ("a", "f0")]
    for k in range(number):
        pairs += [(f"f{k}", f"j{k}"), (f"f{k}", f"j{k}"), (f"j{k}", f"f{k + 1}" if k + 1 < number else "z")]
    return _model(f"blocks{number}", lines, pairs)


def turns() -> bytes:
    """A task, a step of work and a way back."""
    lines = ['<startEvent id="s"/><userTask id="a"/><serviceTask id="w"/><exclusiveGateway id="x"/>']
    return _model("turns", lines, [("s", "a"), ("a", "w"), ("w", "x"), ("x", "a")])


def _model(key: str, nodes: list[str], pairs: list[tuple[str, str]]) -> bytes:
    flows = "".join(
        f'<sequenceFlow id="f-{at}" sourceRef="{source}" targetRef="{target}"/>'
        for at, (source, target) in enumerate(pairs)
    )
    inner = "".join(nodes) + flows
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:bench">'
        f'<process id="{key}" isExecutable="true">{inner}</process></definitions>'
    ).encode()


def measured(work: Ours, instance: UUID) -> float:
    """The milliseconds that completing the task of an instance takes."""
    work.forget_actions()
    work.done(instance)
    return work.actions[-1] * 1000


def growth(work: Ours, most_turns: int) -> None:
    """Print what parallel blocks and the turns of a loop cost, first and last."""
    for number in (1, 40):
        work.deployed(blocks(number))
        instance = work.begun(f"blocks{number}")
        print(f"{number:3} parallel blocks in one step: {measured(work, instance):.1f} ms")
    work.deployed(turns())
    instance = work.begun("turns")
    # Past the first turns, in which statements are prepared and caches filled.
    window, skipped = max(most_turns // 10, 1), most_turns // 50
    _turned(work, instance, skipped)
    first = _turned(work, instance, window)
    _turned(work, instance, most_turns - skipped - 2 * window)
    last = _turned(work, instance, window)
    said = f"turns {skipped} to {skipped + window} cost {first:.1f} ms of processor time each"
    print(f"loop of {most_turns} turns: {said}, the last {window} {last:.1f} ms ({last / first:.2f})")


def _turned(work: Ours, instance: UUID, count: int) -> float:
    """The milliseconds of processor time that each of so many further turns of a loop costs."""
    before = _spent(work.database.settings.data)
    for _ in range(count):
        work.done(instance)
    return (_spent(work.database.settings.data) - before) * 1000 / max(count, 1)


_WAITING = (
    "INSERT INTO {schema}.process_instance (id, definition, started_at, state, last)"
    " SELECT gen_random_uuid(), %(definition)s, now(), 'running', 3 FROM generate_series(1, %(count)s) RETURNING id",
    "INSERT INTO {schema}.process_scope"
    " SELECT id, 1, 'process', definition, 0, '', 0 FROM {schema}.process_instance WHERE last = 3",
    "INSERT INTO {schema}.process_token SELECT id, 2, 1, 'a', '', now(), 'waiting', 'begun', 0, true"
    " FROM {schema}.process_instance WHERE last = 3",
    "INSERT INTO {schema}.process_subscription SELECT id, 3, 1, 2, 't', 'timer', '', '',"
    " now() - (random() * 3600) * interval '1 second', '', NULL FROM {schema}.process_instance WHERE last = 3",
)


def waiting(work: Ours, count: int) -> None:
    """Print how long the poll for what is due takes among so many waiting instances, all of them due."""
    with work.database.begin(work.root) as tx:
        definition = engine_row(tx, "SELECT id FROM {schema}.process_definition WHERE key = 'turns'") or {}
        for sql in _WAITING:
            tx.connection.execute("SET LOCAL statement_timeout = 0")
            engine_rows(tx, sql, definition=definition["id"], count=count)
    with work.database.pool.connection() as connection:
        connection.execute("ANALYZE")
    times = []
    for _ in range(50):
        began = time.perf_counter()
        with work.database.begin(work.root) as tx:
            assert engine_rows(tx, DUE, now=tx.clock.now(), passed=[])
        times.append((time.perf_counter() - began) * 1000)
    with work.database.begin(work.root) as tx:
        size = engine_row(
            tx,
            "SELECT sum(pg_total_relation_size(c.oid)) AS bytes FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = 'org_main' AND c.relkind = 'r' AND c.relname IN"
            " ('process_instance', 'process_scope', 'process_token', 'process_subscription')",
        )
    bytes_each = int((size or {})["bytes"]) // count
    print(f"poll among {count} waiting instances: {statistics.median(times):.1f} ms; {bytes_each} bytes for each")


def verbs(work: Ours, count: int) -> None:
    """Print what the verb of the worklist costs that completes a task and so moves a process on."""
    begun = [work.begun("lead") for _ in range(count)]
    with work.database.begin(work.root) as tx:
        tasks = [open_tasks(tx, instance)[0]["id"] for instance in begun]
    work.forget_actions()
    before = _spent(work.database.settings.data)
    for task in tasks:
        with work.timed() as tx:
            assert not perform(tx, "task", "complete", [task], {"comment": "Good."}).refused
    spent = _spent(work.database.settings.data) - before
    _print_actions(work, f"completing by the verb, {spent / count * 1000:.1f} ms of processor time each")


def _print_actions(work: Ours, said: str) -> None:
    for times, by in ((work.actions, "by the clock"), (work.busy, "of processor time")):
        ordered = [each * 1000 for each in sorted(times)]
        p95 = ordered[int(len(ordered) * 0.95)]
        print(f"  {said}: p50 {ordered[len(ordered) // 2]:.1f} ms, p95 {p95:.1f} ms {by}")


def main() -> None:
    """Print every measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    most_turns = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with installation() as (database, root):
        work, data = Ours(database, root), database.settings.data
        print(f"SpiffWorkflow in memory, no history: {spiff(count, data)}")
        theirs = stored(database.conninfo, count, data)
        print(f"SpiffWorkflow on PostgreSQL, no history: {theirs}")
        for people, said in ((False, "answered by programs"), (True, "tasks in the worklist")):
            mine = ours(work, count, people=people)
            times = f"{mine.clock / theirs.clock:.2f} by the clock, {mine.core / theirs.core:.2f} per core"
            print(f"Entente on PostgreSQL, history, {said}: {mine} ({times})")
            _print_actions(work, "actions")
        verbs(work, count)
        growth(work, most_turns)
        waiting(work, 100_000)


if __name__ == "__main__":
    main()
