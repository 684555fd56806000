"""Where the elements of one version go in another: by their ids, others guessed by their names."""

from collections.abc import Iterator
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.processes.engine.migrating import Route
from entente.services.processes.model.graph import Element, Graph

_RUNNING = """
SELECT d.id, count(DISTINCT i.id) AS running FROM {schema}.process_definition d
JOIN {schema}.process_scope s ON s.definition = d.id
JOIN {schema}.process_instance i ON i.id = s.instance AND i.state = 'running'
WHERE d.key = %(key)s GROUP BY d.id
"""


def running_on(tx: Tx, key: str) -> dict[UUID, int]:
    """How many instances run on each version of a process; versions without any are left out."""
    return {row["id"]: row["running"] for row in engine_rows(tx, _RUNNING, key=key)}


def homeless(old: Graph, new: Graph) -> list[Element]:
    """The elements of a version that another one has no more under the same id, kind and place."""
    route = Route(UUID(int=0), UUID(int=0), old, new)
    return [each for each in old.elements.values() if route.target_of(each.id) is None]


def candidates(old: Graph, new: Graph, element: Element) -> list[Element]:
    """The elements of the other version that are of the same kind and not the new place of another one already."""
    taken = {each for each in old.elements if each in new.elements}
    return [each for each in new.elements.values() if each.kind == element.kind and each.id not in taken]


def guess(old: Graph, new: Graph) -> dict[str, str]:
    """Where elements probably go whose ids differ: to the one of the same kind and name, or to the only one left."""
    found: dict[str, str] = {}
    for element in homeless(old, new):
        offered = [each for each in candidates(old, new, element) if each.id not in found.values()]
        named = [each for each in offered if _names(each) & _names(element)]
        if len(named) == 1 or (len(offered) == 1 and not named):
            found[element.id] = (named or offered)[0].id
    return found


def _names(element: Element) -> set[str]:
    return set(_said(element))


def _said(element: Element) -> Iterator[str]:
    for text in (element.name, *(element.settings.get(f"name_{language}", "") for language in ("en", "fr"))):
        if text.strip():
            yield text.strip().casefold()
