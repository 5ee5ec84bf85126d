"""Writing transportation under uncertain demand in the native format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .native_uncertain import uncertain_tables
from .uncertain_demand import QuantileDemand, ScenarioDemand

if TYPE_CHECKING:
    from .lanes import Lanes
    from .native_writing import Draft
    from .uncertain_transportation import UncertainTransportationProblem


def write_uncertain(problem: UncertainTransportationProblem, draft: Draft) -> dict[str, Any]:
    """Return the sections of a problem's manifest, and keep its tables in the draft.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> manifest = allocare.write(problem, pathlib.Path(tempfile.mkdtemp()) / "stock")
    >>> sorted(file.name for file in manifest.parent.iterdir())
    ['costs.csv', 'probabilities.csv', 'problem.toml', 'scenarios.csv', 'sources.csv', 'targets.csv']
    """
    ends = (problem.sources, problem.targets)
    said, columns = uncertain_tables(problem.demand)
    prices = {"unmet_cost": problem.unmet_cost, "leftover_cost": problem.leftover_cost}
    sources = {"supply": problem.supply, "purchase_cost": problem.purchase_cost}
    targets = draft.keyed("targets", "target", problem.targets, prices | columns)
    # the targets' table holds these columns, the manifest's section on demand names them
    named = {name: targets.pop(name) for name in columns}
    manifest: dict[str, Any] = {
        "options": {
            "whole": problem.whole,
            "measure": problem.measure,
            "tail_level": problem.tail_level,
            "tail_weight": problem.tail_weight,
        },
        "sources": draft.keyed("sources", "source", problem.sources, sources),
        "targets": targets,
        "lanes": draft.lanes(problem.lanes, ("source", "target"), ends, capacity=problem.lanes.capacity),
        "demand": said | named,
    }
    if problem.recourse is not None and len(problem.recourse):
        manifest["recourse"] = _recourse(problem, problem.recourse, draft)
    scenarios = problem.demand.of if isinstance(problem.demand, QuantileDemand) else problem.demand
    if isinstance(scenarios, ScenarioDemand):
        manifest |= _scenarios(problem, scenarios, draft)
    return manifest


def _recourse(problem: UncertainTransportationProblem, recourse: Lanes, draft: Draft) -> dict[str, Any]:
    texts = draft.texts(problem.targets, "target")
    columns = {
        "source": texts.take(recourse.source),
        "target": texts.take(recourse.target),
        "cost": recourse.cost,
        "capacity": recourse.capacity,
    }
    return {"form": "table", **draft.table("recourse", columns, **{name: name for name in columns})}


def _scenarios(
    problem: UncertainTransportationProblem, demand: ScenarioDemand, draft: Draft
) -> dict[str, Any]:
    texts = draft.texts(problem.targets, "target").tolist()
    corner = "scenario"
    while corner in texts:
        corner += "_"
    quantity = dict(zip(texts, demand.quantity.T, strict=True))
    matrix = draft.keyed("scenarios", corner, demand.names, quantity)
    said: dict[str, Any] = {"form": "scenario-matrix", "file": matrix["file"]}
    if isinstance(problem.demand, QuantileDemand):
        said["quantile"] = problem.demand.level
    likely = {"probability": demand.probability}
    return {
        "demand": said,
        "probabilities": draft.keyed("probabilities", "scenario", demand.names, likely),
    }
