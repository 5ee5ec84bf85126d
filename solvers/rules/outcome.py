"""From a rule's plan to what is claimed of it: its objective, and what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...models.check import check_decisions
from ..backend import Outcome
from ..solution import Status, StopReason
from .fair_allocation import short_of_floor
from .transportation import required

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.network_plan import NetworkPlanProblem
    from ...instances.problem import Problem
    from ...instances.programmes import ProgrammeProblem
    from ...instances.transportation import TransportationProblem

    Account = tuple[float, float, list[str]]

SIGNIFICANT = 1e-9
"""Share of a quantity below which a shortfall is rounding."""


def outcome(problem: Problem, decisions: FloatArray, rule: str, seconds: float) -> Outcome:
    """Claim a rule's plan: feasible, or incomplete with a note of what is left out; never a bound.

    Examples
    --------
    >>> import allocare
    >>> claim = outcome(allocare.example("degenerate"), np.zeros(4), "send nothing", seconds=0.0)
    >>> claim.status.value, claim.notes[1]
    ('incomplete', 'left out: 20 units of demand at 2 of 2 targets, not priced')
    """
    objective, missing, notes = _account(problem, decisions)
    if missing:
        notes.append("the objective counts only what is allocated and what is priced")
    return Outcome(
        status=Status.INCOMPLETE if missing else Status.FEASIBLE,
        stop_reason=StopReason.RULE,
        decisions=decisions,
        objective=objective,
        solve_seconds=seconds,
        notes=(f"rule: {rule}", *notes),
    )


def left_out(problem: Problem, decisions: FloatArray) -> tuple[float, float]:
    """How much a plan leaves out that the problem requires, in units of its own, and the plan's objective.

    Examples
    --------
    >>> import allocare
    >>> left_out(allocare.example("degenerate"), np.zeros(4))
    (20.0, 0.0)
    """
    objective, missing, _ = _account(problem, decisions)
    return missing, objective


def _account(problem: Problem, decisions: FloatArray) -> Account:
    account: Callable[[Any, FloatArray], Account] = _ACCOUNTS[problem.kind]
    return account(problem, decisions)


def _transportation(problem: TransportationProblem, flow: FloatArray) -> Account:
    lanes, unit = problem.lanes, problem.unit("quantity", "units")
    objective = float(lanes.cost @ flow)
    received = np.bincount(lanes.target, flow, minlength=len(problem.targets))
    missing, notes = 0.0, []
    if problem.demand is not None:
        unmet = np.maximum(problem.demand - received, 0.0)
        short = unmet > SIGNIFICANT * problem.demand
        priced = problem.unmet_cost is not None
        if problem.unmet_cost is not None:
            price = float(problem.unmet_cost @ unmet)
            objective += -price if problem.maximise else price
        if short.any():
            how = f"priced at {price:.12g} in the objective" if priced else "not priced"
            places = f"at {int(short.sum())} of {len(short)} targets"
            notes.append(f"left out: {unmet[short].sum():.12g} {unit} of demand {places}, {how}")
        least = required(problem)
        below = least - received > SIGNIFICANT * least
        if below.any():
            missing += float((least - received)[below].sum())
            if priced:
                notes.append(f"left out: the minimum service of {int(below.sum())} of {len(below)} targets")
    if problem.supply is not None and problem.supply_rule == "exactly":
        held = problem.supply - np.bincount(lanes.source, flow, minlength=len(problem.sources))
        kept = held > SIGNIFICANT * problem.supply
        if kept.any():
            missing += float(held[kept].sum())
            places = f"at {int(kept.sum())} of {len(kept)} sources"
            notes.append(f"left out: {held[kept].sum():.12g} {unit} of supply that must be sent {places}")
    if problem.total is not None and problem.total - flow.sum() > SIGNIFICANT * problem.total:
        missing += problem.total - float(flow.sum())
        notes.append(f"left out: {problem.total - flow.sum():.12g} {unit} of the total {problem.total:.12g}")
    return objective, missing, notes


def _assignment(problem: AssignmentProblem, taken: FloatArray) -> Account:
    pairs = problem.pairs
    out = np.bincount(pairs.target, taken, minlength=len(problem.tasks)) < 1
    objective, count = float(pairs.cost @ taken), int(out.sum())
    how = "not priced"
    if problem.left_out_cost is not None:
        price = float(problem.left_out_cost @ out)
        objective += -price if problem.maximise else price
        how = f"priced at {price:.12g} in the objective"
    notes = [f"left out: {count} of {len(out)} tasks, {how}"] if count else []
    return objective, float(count) if problem.task_rule == "exactly-once" else 0.0, notes


def _fair_allocation(problem: FairAllocationProblem, flow: FloatArray) -> Account:
    unit = problem.unit("quantity", "units")
    received = np.bincount(problem.lanes.target, flow, minlength=len(problem.targets))
    served, demanded = float(received.sum()), float(problem.demand.sum())
    notes = []
    if demanded - served > SIGNIFICANT * demanded:
        notes.append(f"left out: {demanded - served:.12g} {unit} of demand, counted in the service levels")
    short = short_of_floor(problem, served)
    if short > 0:
        notes.append(f"left out: serves {short:.12g} {unit} less than the efficiency floor")
    if problem.need is not None:
        return float(((flow - problem.need) ** 2).sum()), short, notes
    needing = problem.demand > 0
    if not needing.any():
        return 0.0, short, notes
    weight = problem.demand[needing] / demanded
    level = received[needing] / problem.demand[needing]
    return float(weight @ (level - weight @ level) ** 2), short, notes


def _programmes(problem: ProgrammeProblem, share: FloatArray) -> Account:
    objective = float(problem.group_size @ problem.utility(share))
    short = problem.lower - share > SIGNIFICANT
    if not short.any():
        return objective, 0.0, []
    missing = float((problem.lower - share)[short].sum())
    return objective, missing, [f"left out: {short.sum()} of {(problem.lower > 0).sum()} required programmes"]


def _network_plan(problem: NetworkPlanProblem, quantity: FloatArray) -> Account:
    report = check_decisions(problem, quantity)
    notes = [f"turned away: {report.unmet:.12g} patients, priced in the objective"] if report.unmet else []
    missing = sum(found.amount for found in report.violations if found.left_out)
    notes += [f"left out: {found.message}" for found in report.violations if found.left_out]
    return report.objective, missing, notes


_ACCOUNTS: dict[str, Any] = {
    "transportation": _transportation,
    "assignment": _assignment,
    "fair-allocation": _fair_allocation,
    "programmes": _programmes,
    "network-plan": _network_plan,
}
