"""Allocare: exact, checked and labelled allocation of scarce medical resources.

Names are handed on from the rooms and imported when first used, so that ``import allocare`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allocare.evaluation.compare import compare
    from allocare.evaluation.sweep import sweep
    from allocare.instances.assignment import AssignmentProblem
    from allocare.instances.attributes import with_attributes
    from allocare.instances.errors import AllocareError, CapabilityError, InputError, RefutedError
    from allocare.instances.examples import example, examples
    from allocare.instances.fair_allocation import FairAllocationProblem
    from allocare.instances.fairness import with_fairness
    from allocare.instances.formats import load, write
    from allocare.instances.generators import generate
    from allocare.instances.lanes import Lanes
    from allocare.instances.linear import LinearProblem
    from allocare.instances.network_flow import NetworkFlowProblem
    from allocare.instances.network_plan import NetworkPlanProblem
    from allocare.instances.programmes import ProgrammeProblem
    from allocare.instances.transfer_lanes import TransferLanes
    from allocare.instances.transportation import TransportationProblem
    from allocare.instances.uncertain_demand import (
        IntervalDemand,
        PointDemand,
        QuantileDemand,
        ScenarioDemand,
    )
    from allocare.instances.uncertain_transportation import UncertainTransportationProblem
    from allocare.models.check import check
    from allocare.models.formulations import matrix_form, pyomo_model
    from allocare.solvers.solution import Solution, Status, StopReason
    from allocare.solvers.solve import solve
    from allocare.solvers.storage import load_solution, save_solution

_HOMES = {
    "AllocareError": "instances.errors",
    "AssignmentProblem": "instances.assignment",
    "CapabilityError": "instances.errors",
    "FairAllocationProblem": "instances.fair_allocation",
    "InputError": "instances.errors",
    "IntervalDemand": "instances.uncertain_demand",
    "Lanes": "instances.lanes",
    "LinearProblem": "instances.linear",
    "NetworkFlowProblem": "instances.network_flow",
    "NetworkPlanProblem": "instances.network_plan",
    "PointDemand": "instances.uncertain_demand",
    "ProgrammeProblem": "instances.programmes",
    "QuantileDemand": "instances.uncertain_demand",
    "RefutedError": "instances.errors",
    "ScenarioDemand": "instances.uncertain_demand",
    "Solution": "solvers.solution",
    "Status": "solvers.solution",
    "StopReason": "solvers.solution",
    "TransferLanes": "instances.transfer_lanes",
    "TransportationProblem": "instances.transportation",
    "UncertainTransportationProblem": "instances.uncertain_transportation",
    "check": "models.check",
    "compare": "evaluation.compare",
    "example": "instances.examples",
    "examples": "instances.examples",
    "generate": "instances.generators",
    "load": "instances.formats",
    "load_solution": "solvers.storage",
    "matrix_form": "models.formulations",
    "pyomo_model": "models.formulations",
    "save_solution": "solvers.storage",
    "solve": "solvers.solve",
    "sweep": "evaluation.sweep",
    "with_attributes": "instances.attributes",
    "with_fairness": "instances.fairness",
    "write": "instances.formats",
}

__all__ = [
    "AllocareError",
    "AssignmentProblem",
    "CapabilityError",
    "FairAllocationProblem",
    "InputError",
    "IntervalDemand",
    "Lanes",
    "LinearProblem",
    "NetworkFlowProblem",
    "NetworkPlanProblem",
    "PointDemand",
    "ProgrammeProblem",
    "QuantileDemand",
    "RefutedError",
    "ScenarioDemand",
    "Solution",
    "Status",
    "StopReason",
    "TransferLanes",
    "TransportationProblem",
    "UncertainTransportationProblem",
    "check",
    "compare",
    "example",
    "examples",
    "generate",
    "load",
    "load_solution",
    "matrix_form",
    "pyomo_model",
    "save_solution",
    "solve",
    "sweep",
    "with_attributes",
    "with_fairness",
    "write",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"allocare.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'allocare' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
