"""Which function answers which call: the one table for single requests, the parts of a batch, and OpenAPI."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from entente.interfaces.api import (
    actions,
    automations,
    collections,
    decisions,
    description,
    files,
    forms,
    imports,
    journal,
    process_care,
    processes,
    records,
    worklist,
)
from entente.interfaces.api.call import Answer, Call
from entente.interfaces.html.http.refusals import MethodNotAllowed
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound

Work = Callable[[Tx, Call], Answer]
ANY = "{}"


class Route(msgspec.Struct, frozen=True):
    """A method and the segments of a path, `{}` for any, with the function that answers."""

    method: str
    path: tuple[str, ...]
    work: Work


ROUTES = (
    Route("GET", (), collections.list_collections),
    Route("GET", ("$metadata",), description.read_metadata),
    Route("GET", ("me",), records.read_me),
    Route("POST", ("undo", ANY), records.undo_cause),
    Route("POST", ("files",), files.upload),
    Route("GET", ("files", ANY), files.download),
    Route("GET", ("forms", ANY, "questions"), forms.read_questions),
    Route("POST", ("forms", ANY, "send"), forms.send_form),
    Route("POST", ("import-jobs",), imports.begin),
    Route("GET", ("import-jobs",), collections.read_collection),
    Route("GET", ("import-jobs", ANY, "plan"), imports.read_plan),
    Route("POST", ("import-jobs", ANY, "plan"), imports.change_plan),
    Route("GET", ("import-jobs", ANY, "check"), imports.read_check),
    Route("POST", ("import-jobs", ANY, "check"), imports.check),
    Route("POST", ("import-jobs", ANY, "start"), imports.start),
    Route("GET", ("import-jobs", ANY, "refused"), imports.give_refused),
    Route("GET", ("processes",), processes.list_processes),
    Route("GET", ("processes", "startable"), processes.list_startable),
    Route("POST", ("processes", "import"), processes.import_process),
    Route("POST", ("processes", ANY, "deploy"), processes.deploy_process),
    Route("GET", ("processes", ANY, "bpmn"), processes.export_process),
    Route("POST", ("processes", ANY, "start"), processes.start_process),
    Route("GET", ("process_retention",), process_care.read_retention),
    Route("POST", ("process_retention",), process_care.put_retention),
    Route("GET", ("process_instances",), process_care.list_instances),
    Route("GET", ("process_instances", ANY), processes.read_instance),
    Route("GET", ("processes", ANY, "rights"), process_care.read_rights),
    Route("POST", ("processes", ANY, "rights"), process_care.put_rights),
    Route("GET", ("processes", ANY, "history"), journal.read_process_history),
    Route("GET", ("decisions", ANY, "history"), journal.read_decision_history),
    Route("GET", ("journal",), journal.read_journal),
    Route("GET", ("processes", ANY, "secret"), process_care.read_secret),
    Route("POST", ("process_instances", "migrate"), process_care.migrate),
    Route("POST", ("process_instances", ANY, "repair"), process_care.repair_instance),
    Route("POST", ("process_instances", ANY, "modify"), process_care.modify_instance),
    Route("GET", ("decisions",), decisions.list_decisions),
    Route("POST", ("decisions", "import"), decisions.import_decisions),
    Route("POST", ("decisions", ANY, "deploy"), decisions.deploy_decisions),
    Route("GET", ("decisions", ANY, "dmn"), decisions.export_decisions),
    Route("POST", ("decisions", ANY, "evaluate"), decisions.evaluate_decision),
    Route("GET", ("worklist",), worklist.read_worklist),
    Route("GET", ("worklist", "counters"), worklist.read_counters),
    Route("GET", ("tasks", ANY, "worklist"), worklist.read_card),
    Route("POST", ("messages",), processes.send_message),
    Route("POST", ("signals",), processes.send_signal),
    Route("POST", ("automations", ANY, "dry_run"), automations.dry_run),
    Route("GET", ("automations", ANY, "runs"), automations.read_log),
    Route("GET", (ANY, ANY, "automations"), automations.list_buttons),
    Route("POST", (ANY, ANY, "automations", ANY), automations.press_button),
    Route("GET", (ANY,), collections.read_collection),
    Route("POST", (ANY,), collections.create),
    Route("GET", (ANY, "$count"), collections.read_count),
    Route("GET", (ANY, ANY), records.read_record),
    Route("PATCH", (ANY, ANY), records.change_record),
    Route("DELETE", (ANY, ANY), records.delete_record),
    Route("GET", (ANY, ANY, "history"), records.read_history),
    Route("GET", (ANY, ANY, "why"), records.read_why),
    Route("POST", (ANY, ANY, "restore"), records.restore_record),
    Route("POST", (ANY, "actions", ANY), actions.act_on_selection),
    Route("POST", (ANY, ANY, ANY), actions.act),
)
Places = tuple[int, ...]


def _shapes() -> Mapping[int, Sequence[tuple[Places, Mapping[tuple[str, ...], Sequence[Route]]]]]:
    """By length of the path: where its routes have words of their own, the most of them first; the routes by these."""
    made: dict[int, dict[Places, dict[tuple[str, ...], list[Route]]]] = {}
    for route in ROUTES:
        places = tuple(at for at, part in enumerate(route.path) if part != ANY)
        words = tuple(route.path[at] for at in places)
        made.setdefault(len(route.path), {}).setdefault(places, {}).setdefault(words, []).append(route)
    return {length: sorted(found.items(), key=lambda each: -len(each[0])) for length, found in made.items()}


SHAPES = _shapes()


def answer(tx: Tx, call: Call) -> Answer:
    """The answer to a call; NotFound for an address that there is none of, MethodNotAllowed names the right methods."""
    nearest = _nearest(call.path)
    if not nearest:
        raise NotFound("not_found")
    for route in nearest:
        if route.method == call.method:
            return route.work(tx, call)
    raise MethodNotAllowed(tuple(route.method for route in nearest))


def _nearest(path: tuple[str, ...]) -> list[Route]:
    """The routes that fit a path with the most words of their own."""
    found: list[Route] = []
    words = 0
    for places, routes in SHAPES.get(len(path), ()):
        if found and len(places) < words:
            break
        words = len(places)
        found += routes.get(tuple([path[at] for at in places]), ())
    return found
