"""A model of another tool is opened in the modeler and saved there: it says what it said before."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.meaning import drawing, meaning
from tests.journeys.office import Office

import entente
from entente.services.processes.definitions import import_model, model_of

pytestmark = pytest.mark.journey

OURS = Path(entente.__file__).parent / "modules/sales"
# The interchange group's models where they lie beside the clone; `script/conformance` says when they do not.
PUBLIC = Path(__file__).resolve().parents[3] / "shared/data/bpmn-miwg"
# The modeler shows the pools of a collaboration: of a process beside them it keeps the model and drops the drawing.
BESIDE_THE_POOLS = {"B.1.0.bpmn"}
TOUCH = """(element) => {
  const part = (name) => element.modeler.get(name);
  part("modeling").updateProperties(part("canvas").getRootElement(), { name: "Something else" });
  part("commandStack").undo();
}"""


def models() -> list[Path]:
    return [*sorted(OURS.rglob("*.bpmn")), *sorted(PUBLIC.glob("*.bpmn"))]


def test_what_is_saved_in_the_modeler_says_what_was_imported(sits: Callable[..., Page], office: Office) -> None:
    assert models()
    page = sits("admin")
    for file in models():
        data = file.read_bytes()
        with office.acts("admin") as tx:
            known = import_model(tx, data).id
        page.goto(f"{office.address}/processes/{known}/edit")
        modeler = page.locator("x-modeler[data-ready]")
        expect(modeler).to_be_visible()
        modeler.evaluate(TOUCH)
        expect(modeler.locator("[data-unsaved]")).to_be_visible()
        modeler.locator("[data-do=save]").click()
        expect(modeler.locator("[data-status]")).to_have_text(re.compile("Saved as version"))
        made = modeler.get_attribute("data-identity")
        assert made != str(known)
        with office.system() as tx:
            saved = model_of(tx, UUID(made))
        assert meaning(saved) == meaning(data), file.name
        assert drawing(saved) == drawing(data) or file.name in BESIDE_THE_POOLS, file.name
