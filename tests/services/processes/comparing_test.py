"""What versions of a process have otherwise than others."""

import pytest
from tests.services.processes.drawing import drawn

from entente.services.processes.model.comparing import Difference, differences
from entente.services.processes.model.graph import Graph
from entente.services.processes.model.reading import read_graphs

MODEL = """
start s
user ask name_fr="Demander"
service work
end e
s > ask > work > e
"""


def graph(text: str) -> Graph:
    return read_graphs(drawn(text))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MODEL, []),
        (MODEL.replace('"Demander"', '"Demander" due=P1D'), [("changed", "Demander")]),
        (MODEL.replace("end e", "end e\nuser more").replace("> work >", "> work > more >"), [("added", "more")]),
        (
            MODEL.replace("service work\n", "").replace("> work >", ">"),
            [("removed", "work"), ("changed", "Demander → e")],
        ),
        (MODEL.replace("> ask >", "> ask >[yes] "), [("changed", "Demander → work")]),
    ],
)
def test_versions_differ_by_their_steps_and_flows(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.name) for each in differences(graph(MODEL), graph(text), "fr")] == expected


def test_a_process_that_is_called_otherwise_differs() -> None:
    before = graph(MODEL)
    renamed = read_graphs(drawn(MODEL).replace(b'isExecutable="true"', b'isExecutable="true" name="Offers"'))[0]
    assert differences(before, renamed, "en")[0] == Difference("changed", "Offers")
