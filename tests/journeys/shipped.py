"""The process of prospects as it is shipped, with the decision table that it asks."""

from pathlib import Path

import entente
from entente.kernel.db.tx import Tx
from entente.services.processes.decisions.versions import deploy_decisions, import_decisions
from entente.services.processes.definitions import Definition, deploy, import_model

FOLDER = Path(entente.__file__).parent / "modules/sales/processes"
MODEL = (FOLDER / "lead-management.bpmn").read_bytes()


def deploy_table(tx: Tx) -> None:
    """Deploy the decision table, without which the process cannot be deployed."""
    deploy_decisions(tx, import_decisions(tx, (FOLDER / "lead-priority.dmn").read_bytes()).id)


def deploy_shipped(tx: Tx) -> Definition:
    """Deploy the process with its table."""
    deploy_table(tx)
    return deploy(tx, import_model(tx, MODEL).id)
