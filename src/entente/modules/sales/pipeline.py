"""Sales processes and their stages."""

from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.db.versions import bump_catalog
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import matching, standing


def default_process(tx: Tx) -> UUID:
    """The process that new opportunities follow; Refused when there is none yet."""
    found = [process for process in standing(tx, "pipeline") if process["active"]]
    if not found:
        raise Refused("opportunity.no_process", field="pipeline")
    return next((process for process in found if process["is_default"]), found[0]).id


def stage(tx: Tx, identity: UUID) -> Record:
    """The stage of an id; Refused when there is none."""
    found = next((made for made in standing(tx, "pipeline_stage") if made.id == identity), None)
    if found is None:
        raise Refused("field.no_such_record", field="stage")
    return found


def stages(tx: Tx, process: UUID) -> list[Record]:
    """The stages of a process that are in use, in their order."""
    return [made for made in standing(tx, "pipeline_stage") if made["pipeline"] == process and made["active"]]


def first_stage(tx: Tx, process: UUID) -> Record:
    """The first open stage of a process; Refused when it has none."""
    found = stage_of_type(tx, process, "open")
    if found is None:
        raise Refused("opportunity.no_stage", field="stage")
    return found


def stage_of_type(tx: Tx, process: UUID, kind: str) -> Record | None:
    """The first stage of a type in a process, or nothing."""
    return next((made for made in stages(tx, process) if made["type"] == kind), None)


def like_stage(tx: Tx, process: UUID, model: Record) -> Record:
    """The stage of a process with the type of the model and the nearest probability; Refused when it has none."""
    alike = [made for made in stages(tx, process) if made["type"] == model["type"]]
    if not alike:
        raise Refused("opportunity.no_stage", field="stage")

    def distance(made: Record) -> Any:
        return abs(made["probability"] - model["probability"])

    return min(alike, key=distance)


@check("pipeline_stage")
def probability_suits_type(tx: Tx, old: Record | None, new: Draft) -> None:
    """A won stage is certain, a lost one impossible."""
    if (new["type"], new["probability"]) in (("won", 100), ("lost", 0)) or new["type"] not in ("won", "lost"):
        return
    raise Refused("pipeline_stage.order_of_types", field="probability")


@react("pipeline")
@react("pipeline_stage")
def read_anew(tx: Tx, old: Record | None, changed: Record) -> None:
    """Every process reads the sales processes anew once they have changed."""
    bump_catalog(tx)


@react("pipeline", binned=True)
@react("pipeline_stage", binned=True)
def read_without(tx: Tx, changed: Record) -> None:
    """Every process reads the sales processes anew once one was binned or brought back."""
    bump_catalog(tx)


@react("pipeline")
def default_process_is_alone(tx: Tx, old: Record | None, process: Record) -> None:
    """A new default process takes the mark from the former one."""
    if not process["is_default"] or (old is not None and old["is_default"]):
        return
    for other in matching(tx, "pipeline", "is_default = true"):
        if other.id != process.id:
            save(tx, "pipeline", {"is_default": False}, id=other.id, trusted=True)
