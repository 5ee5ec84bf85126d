"""Transportation under uncertain demand in the native format: targets, and what is known of their demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .demand_marginals import NormalDemand, PoissonDemand
from .errors import InputError
from .lanes import Lanes
from .native_lanes import End, read_lanes
from .uncertain_demand import IntervalDemand, PointDemand, QuantileDemand, ScenarioDemand
from .uncertain_sections import (
    IntervalDemandSection,
    NormalDemandSection,
    PointDemandSection,
    PoissonDemandSection,
    ScenarioMatrixSection,
    ScenarioTableSection,
)

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import FloatArray
    from .manifest import UncertainTransportationManifest
    from .native_lanes import Instance
    from .tables import Table
    from .uncertain_demand import Demand


def read_uncertain(instance: Instance, manifest: UncertainTransportationManifest) -> dict[str, Any]:
    r"""Read the data of an `UncertainTransportationProblem`.

    Raises
    ------
    InputError
        Naming the table's row and column, or the manifest's field.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from allocare.instances.manifest import parse_manifest
    >>> from allocare.instances.native_lanes import Instance
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "beds.csv").write_text("who,x\nA,3\n")
    >>> beds = {"file": "beds.csv", "key": "who"}
    >>> manifest = parse_manifest({
    ...     "schema_version": 1, "kind": "uncertain-transportation", "options": {"unmet_cost": 9.0},
    ...     "sources": beds, "targets": beds, "demand": {"form": "point", "demand": "x"},
    ...     "lanes": {"form": "table", "file": "beds.csv", "source": "who", "target": "who", "cost": "x"},
    ... }, "beds.toml")
    >>> read_uncertain(Instance(folder, "beds.toml"), manifest)["demand"].quantity.tolist()
    [3.0]
    """
    options = manifest.options
    sources = instance.end("source", "sources", manifest.sources)
    targets = instance.end("target", "targets", manifest.targets)
    supply, purchase = manifest.sources.supply, manifest.sources.purchase_cost
    data = {
        "sources": sources.keys,
        "targets": targets.keys,
        "supply": None if supply is None else sources.table.numbers(supply, lowest=0, whole=options.whole),
        "purchase_cost": 0.0 if purchase is None else sources.table.numbers(purchase),
        "unmet_cost": _price(instance, targets, manifest, "unmet_cost", lowest=0.0),
        "leftover_cost": _price(instance, targets, manifest, "leftover_cost"),
        "measure": options.measure,
        "tail_level": options.tail_level,
        "tail_weight": options.tail_weight,
        "whole": options.whole,
        "demand": _demand(instance, manifest, targets),
    }
    recourse = None
    if manifest.recourse is not None:
        among = targets._replace(what="source")
        recourse = _to_others(read_lanes(instance, manifest, "recourse", among, targets, lowest_cost=0.0)[0])
    lanes, _ = read_lanes(instance, manifest, "lanes", sources, targets, whole=options.whole)
    return data | {"lanes": lanes, "recourse": recourse}


def _price(
    instance: Instance,
    targets: End,
    manifest: UncertainTransportationManifest,
    field: str,
    lowest: float = -np.inf,
) -> FloatArray | float:
    column, number = getattr(manifest.targets, field), getattr(manifest.options, field)
    if column is not None and number is not None:
        raise instance.error("it is also given in table [options]; keep one of the two", "targets", field)
    if column is not None:
        return targets.table.numbers(column, lowest=lowest)
    if number is None and field == "unmet_cost":
        raise instance.error(
            "it is missing; name its column, or give one number in table [options]", "targets", field
        )
    return 0.0 if number is None else float(number)


def _to_others(lanes: Lanes) -> Lanes:
    """Leave out lanes from a target to itself, which matrices and distances have."""
    other = lanes.source != lanes.target
    if other.all():
        return lanes
    return Lanes(
        lanes.n_sources,
        lanes.n_targets,
        lanes.cost[other],
        lanes.source[other],
        lanes.target[other],
        None if lanes.capacity is None else lanes.capacity[other],
    )


def _demand(instance: Instance, manifest: UncertainTransportationManifest, targets: End) -> Demand:
    section, table = manifest.demand, targets.table
    scenarios = isinstance(section, ScenarioMatrixSection | ScenarioTableSection)
    if manifest.probabilities is not None and not scenarios:
        raise instance.error("probabilities need scenarios; leave the table out", "probabilities")
    match section:
        case PointDemandSection():
            return PointDemand(table.numbers(section.demand, lowest=0))
        case NormalDemandSection():
            mean, deviation = (table.numbers(name, lowest=0) for name in (section.mean, section.deviation))
            return QuantileDemand(section.quantile, NormalDemand(mean, deviation))
        case PoissonDemandSection():
            return QuantileDemand(section.quantile, PoissonDemand(table.numbers(section.mean, lowest=0)))
        case IntervalDemandSection():
            return _interval(instance, section, table)
    found = _scenarios(instance, manifest, section, targets)
    return found if section.quantile is None else QuantileDemand(section.quantile, found)


def _interval(instance: Instance, section: IntervalDemandSection, table: Table) -> IntervalDemand:
    nominal = table.numbers(section.nominal, lowest=0)
    downward, upward = (table.numbers(name, lowest=0) for name in (section.downward, section.upward))
    below = downward > nominal
    if below.any():
        row = int(np.argmax(below))
        raise table.error(
            f"demand is {nominal[row]:g} and may be {downward[row]:g} lower; it must not fall below 0",
            row,
            section.downward,
        )
    try:
        budget = len(nominal) if section.budget is None else section.budget
        return IntervalDemand(nominal, downward, upward, budget)
    except InputError as error:
        raise instance.error(str(error), "demand", "budget") from error


def _scenarios(
    instance: Instance,
    manifest: UncertainTransportationManifest,
    section: ScenarioMatrixSection | ScenarioTableSection,
    targets: End,
) -> ScenarioDemand:
    table = instance.table(section)
    names, probability = _probabilities(instance, manifest, section, table)
    if isinstance(section, ScenarioMatrixSection):
        quantity = table.matrix(names, targets.keys, ("scenario", "target"), lowest=0)
        missing, mend = np.isnan(quantity), "fill its cell"
    else:
        scenario = table.members(section.scenario, names, "scenario")
        target = table.members(section.target, targets.keys, "target")
        table.refuse_repeated(scenario.astype(np.int64) * len(targets.keys) + target, "demand")
        quantity = np.full((len(names), len(targets.keys)), np.nan)
        quantity[scenario, target] = table.numbers(section.quantity, lowest=0)
        missing, mend = np.isnan(quantity), "add a row for it, with 0 where there is none"
    if missing.any():
        at, of = divmod(int(np.argmax(missing)), len(targets.keys))
        raise table.error(
            f"demand of target {targets.keys[of]!r} in scenario {names[at]!r} is missing; {mend}"
        )
    return ScenarioDemand(quantity, probability, names)


def _probabilities(
    instance: Instance,
    manifest: UncertainTransportationManifest,
    section: ScenarioMatrixSection | ScenarioTableSection,
    scenarios: Table,
) -> tuple[pd.Index[Any], FloatArray]:
    """Scenarios in the order of their probabilities, or of their first appearance and equally likely."""
    if manifest.probabilities is None:
        if isinstance(section, ScenarioMatrixSection):
            listed = scenarios.keys(scenarios.header[0], "scenario")
        else:
            listed = scenarios.names(section.scenario, "scenario")
        if not len(listed):
            raise scenarios.error("it holds no scenario; give one row at least")
        return listed, np.full(len(listed), 1 / len(listed))
    table = instance.table(manifest.probabilities)
    names = table.keys(manifest.probabilities.key, "scenario")
    column = manifest.probabilities.probability
    probability = table.numbers(column, lowest=0)
    try:
        return names, ScenarioDemand(np.zeros((len(names), 1)), probability, names).probability
    except InputError as error:
        raise table.error(str(error), column=column) from error


def uncertain_tables(demand: Demand) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    """What a manifest says of a demand that lies in the targets' table, and the columns there.

    Scenarios have tables of their own, and none here.

    Examples
    --------
    >>> uncertain_tables(IntervalDemand([4], 1, 2, budget=1))[0]
    {'form': 'interval', 'budget': 1.0}
    """
    match demand:
        case PointDemand():
            return {"form": "point"}, {"demand": demand.quantity}
        case IntervalDemand():
            columns = {
                "nominal": demand.nominal,
                "downward": demand.downward,
                "upward": demand.upward,
            }
            return {"form": "interval", "budget": demand.budget}, columns
        case QuantileDemand(of=NormalDemand() as normal):
            columns = {"mean": normal.mean, "deviation": normal.deviation}
            return {"form": "normal", "quantile": demand.level}, columns
        case QuantileDemand(of=PoissonDemand() as poisson):
            return {"form": "poisson", "quantile": demand.level}, {"mean": poisson.mean}
    return {}, {}
