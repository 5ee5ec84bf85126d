"""Reading the native format: a manifest beside its tables becomes a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .assignment import AssignmentProblem
from .errors import InputError
from .fair_allocation import FairAllocationProblem
from .linear import LinearProblem
from .manifest import (
    AssignmentManifest,
    FairAllocationManifest,
    LinearManifest,
    Manifest,
    NetworkFlowManifest,
    NetworkPlanManifest,
    ProgrammeManifest,
    TransportationManifest,
    UncertainTransportationManifest,
    parse_manifest,
)
from .native_fairness import attributes_of, fairness_of
from .native_lanes import End, Instance, read_lanes
from .native_network_plan import read_network_plan
from .native_programmes import read_programmes
from .native_uncertain import read_uncertain
from .network_flow import NetworkFlowProblem
from .network_plan import NetworkPlanProblem
from .problem import Provenance
from .programmes import ProgrammeProblem
from .toml_files import read_toml
from .transportation import TransportationProblem
from .uncertain_transportation import UncertainTransportationProblem

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from .arrays import FloatArray, IndexArray
    from .manifest_sections import ColumnsSection, RowsSection
    from .problem import Problem
    from .tables import Table

RELATIONS = ("<=", "=", ">=")


def read_native(path: Path) -> Problem:
    """Read a problem from its manifest.

    Raises
    ------
    InputError
        Naming the manifest's table and field, or the table's row and column.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from allocare.instances.native_writing import write_native
    >>> problem = NetworkFlowProblem(
    ...     nodes=["a", "b"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])
    >>> manifest = write_native(problem, pathlib.Path(tempfile.mkdtemp()) / "flow")
    >>> read_native(manifest).capacity.tolist()
    [5.0]
    """
    manifest = parse_manifest(read_toml(path, "a manifest"), path.name)
    instance = Instance(path.parent, path.name)
    family, data = _family(instance, manifest)
    try:
        return family(**data, **_description(instance, manifest))
    except InputError as error:
        raise InputError(str(error), path.name) from error


def _family(instance: Instance, manifest: Manifest) -> tuple[type[Problem], dict[str, Any]]:
    match manifest:
        case TransportationManifest():
            return TransportationProblem, _transportation(instance, manifest)
        case AssignmentManifest():
            return AssignmentProblem, _assignment(instance, manifest)
        case FairAllocationManifest():
            return FairAllocationProblem, _fair_allocation(instance, manifest)
        case NetworkFlowManifest():
            return NetworkFlowProblem, _network_flow(instance, manifest)
        case LinearManifest():
            return LinearProblem, _linear(instance, manifest)
        case ProgrammeManifest():
            return ProgrammeProblem, read_programmes(instance, manifest)
        case UncertainTransportationManifest():
            return UncertainTransportationProblem, read_uncertain(instance, manifest)
        case NetworkPlanManifest():
            return NetworkPlanProblem, read_network_plan(instance, manifest)
    raise TypeError(f"no reader for {type(manifest).__name__}")


def _description(instance: Instance, manifest: Manifest) -> dict[str, Any]:
    return {
        "title": manifest.title,
        "provenance": Provenance(**manifest.provenance.model_dump()),
        "units": manifest.units.model_dump(exclude_none=True),
        "attributes": attributes_of(instance, manifest),
        "fairness": fairness_of(manifest.fairness, manifest.policies),
    }


def _transportation(instance: Instance, manifest: TransportationManifest) -> dict[str, Any]:
    options = manifest.options
    sources = instance.end("source", "sources", manifest.sources)
    targets = instance.end("target", "targets", manifest.targets)
    data = {
        "sources": sources.keys,
        "targets": targets.keys,
        "supply": _optional(sources.table, manifest.sources.supply, lowest=0, whole=options.whole),
        "demand": _optional(targets.table, manifest.targets.demand, lowest=0, whole=options.whole),
        "supply_rule": options.supply_rule,
        "demand_rule": options.demand_rule,
        "total": options.total,
        "unmet_cost": _column_or_option(
            instance, targets, manifest.targets.unmet_cost, options.unmet_cost, "unmet_cost"
        ),
        "minimum_service": _column_or_option(
            instance,
            targets,
            manifest.targets.minimum_service,
            options.minimum_service,
            "minimum_service",
            lowest=0,
            highest=1,
        ),
        "whole": options.whole,
        "sense": manifest.objective.sense,
    }
    # last, so that a mistake in the smaller tables is named first
    lanes, _ = read_lanes(instance, manifest, "lanes", sources, targets, whole=options.whole)
    return data | {"lanes": lanes}


def _assignment(instance: Instance, manifest: AssignmentManifest) -> dict[str, Any]:
    options = manifest.options
    agents = instance.end("agent", "agents", manifest.agents)
    tasks = instance.end("task", "tasks", manifest.tasks)
    capacity = _column_or_option(
        instance, agents, manifest.agents.capacity, options.capacity, "capacity", lowest=0
    )
    data = {
        "agents": agents.keys,
        "tasks": tasks.keys,
        "capacity": 1.0 if capacity is None else capacity,
        "task_rule": options.task_rule,
        "left_out_cost": _column_or_option(
            instance, tasks, manifest.tasks.left_out_cost, options.left_out_cost, "left_out_cost"
        ),
        "priority": _optional(tasks.table, manifest.tasks.priority, lowest=1, whole=True),
        "sense": manifest.objective.sense,
    }
    pairs, use = read_lanes(instance, manifest, "pairs", agents, tasks, extra="use")
    return data | {"pairs": pairs, "use": use}


def _fair_allocation(instance: Instance, manifest: FairAllocationManifest) -> dict[str, Any]:
    options = manifest.options
    sources = instance.end("source", "sources", manifest.sources)
    targets = instance.end("target", "targets", manifest.targets)
    data = {
        "sources": sources.keys,
        "targets": targets.keys,
        "supply": sources.table.numbers(manifest.sources.supply, lowest=0, whole=options.whole),
        "demand": targets.table.numbers(manifest.targets.demand, lowest=0, whole=options.whole),
        "criterion": manifest.objective.criterion,
        "efficiency_loss": options.efficiency_loss,
        "cost_budget": options.cost_budget,
        "whole": options.whole,
    }
    lanes, need = read_lanes(
        instance,
        manifest,
        "lanes",
        sources,
        targets,
        extra="need",
        whole=options.whole,
        lowest_cost=-np.inf if options.cost_budget is None else 0.0,
    )
    return data | {"lanes": lanes, "need": need}


def _network_flow(instance: Instance, manifest: NetworkFlowManifest) -> dict[str, Any]:
    whole = manifest.options.whole
    node_table, arcs = instance.table(manifest.nodes), instance.table(manifest.arcs)
    nodes = node_table.keys(manifest.nodes.key, "node")
    lower = _optional(arcs, manifest.arcs.lower, lowest=0, whole=whole)
    capacity = _optional(arcs, manifest.arcs.capacity, lowest=0, infinite=True, whole=whole)
    low = np.zeros(len(arcs)) if lower is None else lower
    high = np.full(len(arcs), np.inf) if capacity is None else capacity
    _refuse_crossed(arcs, low, high)
    return {
        "nodes": nodes,
        "balance": node_table.numbers(manifest.nodes.balance, whole=whole),
        "tail": arcs.members(manifest.arcs.source, nodes, "node"),
        "head": arcs.members(manifest.arcs.target, nodes, "node"),
        "cost": arcs.numbers(manifest.arcs.cost),
        "lower": low,
        "capacity": high,
        "whole": whole,
    }


def _linear(instance: Instance, manifest: LinearManifest) -> dict[str, Any]:
    section = manifest.columns
    table = instance.table(section)
    columns = table.keys(section.key, "column")
    lower, upper = _bounds(table, section, default_lower=0.0)
    objective = _optional(table, section.objective)
    rows, row_lower, row_upper = _rows(instance, manifest.rows)
    return {
        "columns": columns,
        "rows": rows,
        "objective": np.zeros(len(columns)) if objective is None else objective,
        "matrix": _coefficients(instance, manifest, rows, columns),
        "row_lower": row_lower,
        "row_upper": row_upper,
        "lower": lower,
        "upper": upper,
        "whole": False if section.whole is None else table.flags(section.whole),
        "offset": manifest.objective.offset,
        "sense": manifest.objective.sense,
        **_linear_agents(instance, manifest, columns),
    }


def _linear_agents(instance: Instance, manifest: LinearManifest, columns: pd.Index[Any]) -> dict[str, Any]:
    if manifest.agents is None and manifest.utility is None:
        return {}
    if manifest.agents is None or manifest.utility is None:
        there, missing = ("utility", "agents") if manifest.agents is None else ("agents", "utility")
        raise instance.error(f"agents and their utility belong together; add the table [{missing}]", there)
    agents = instance.table(manifest.agents).keys(manifest.agents.key, "agent")
    section = manifest.utility
    table = instance.table(section)
    agent, column = (
        table.members(section.agent, agents, "agent"),
        table.members(section.column, columns, "column"),
    )
    return {
        "agents": agents,
        "utility": _sparse(table, agent, column, section.value, (len(agents), len(columns))),
    }


def _sparse(
    table: Table, row: IndexArray, column: IndexArray, value: str, shape: tuple[int, int]
) -> sp.csr_array:
    table.refuse_repeated(row.astype(np.int64) * shape[1] + column, "coefficient")
    return sp.csr_array((table.numbers(value), (row, column)), shape=shape)


def _rows(instance: Instance, section: RowsSection | None) -> tuple[Any, FloatArray, FloatArray]:
    if section is None:
        return [], np.zeros(0), np.zeros(0)
    table = instance.table(section)
    keys = table.keys(section.key, "row")
    if section.relation is None and section.right_hand_side is None:
        if section.lower is None and section.upper is None:
            raise instance.error("name relation and right_hand_side, or lower and upper", "rows")
        return (keys, *_bounds(table, section, default_lower=-np.inf))
    if section.relation is None or section.right_hand_side is None:
        raise instance.error("relation and right_hand_side belong together; name both", "rows")
    if section.lower is not None or section.upper is not None:
        raise instance.error("give relation and right_hand_side, or lower and upper, not both", "rows")
    relation = table.choices(section.relation, RELATIONS)
    side = table.numbers(section.right_hand_side)
    return keys, np.where(relation == 0, -np.inf, side), np.where(relation == 2, np.inf, side)


def _bounds(
    table: Table, section: RowsSection | ColumnsSection, default_lower: float
) -> tuple[FloatArray, FloatArray]:
    lower = _optional(table, section.lower, infinite=True)
    upper = _optional(table, section.upper, infinite=True)
    low = np.full(len(table), default_lower) if lower is None else lower
    high = np.full(len(table), np.inf) if upper is None else upper
    _refuse_crossed(table, low, high)
    return low, high


def _coefficients(
    instance: Instance, manifest: LinearManifest, rows: pd.Index[Any], columns: pd.Index[Any]
) -> sp.csr_array:
    shape = (len(rows), len(columns))
    section = manifest.entries
    if section is None:
        return sp.csr_array(shape)
    if manifest.rows is None:
        raise instance.error("coefficients need rows; add the table [rows]", "entries")
    table = instance.table(section)
    row, column = table.members(section.row, rows, "row"), table.members(section.column, columns, "column")
    return _sparse(table, row, column, section.value, shape)


def _optional(table: Table, column: str | None, **rules: Any) -> FloatArray | None:
    return None if column is None else table.numbers(column, **rules)


def _column_or_option(
    instance: Instance, end: End, column: str | None, number: float | None, field: str, **rules: Any
) -> FloatArray | float | None:
    if column is not None and number is not None:
        raise instance.error(
            "it is also given in table [options]; keep one of the two", end.section_name, field
        )
    return number if column is None else end.table.numbers(column, **rules)


def _refuse_crossed(table: Table, low: FloatArray, high: FloatArray) -> None:
    crossed = low > high
    if crossed.any():
        row = int(np.argmax(crossed))
        raise table.error(
            f"it is at least {low[row]:.12g} but at most {high[row]:.12g}; swap or mend one", row
        )
