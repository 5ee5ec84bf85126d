"""The policies and the criterion of a plan, measured from the problem alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...instances.agents import agents_of
from ..criteria import criterion_of
from ..levelling_down import refuse_levelling_down
from ..policies import policy_of
from ..policies.policy import Measured
from ..references import ideal_point
from .report import Valuation, Violation

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.agents import Agents
    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.linear import LinearProblem
    from ...instances.network_plan import NetworkPlanProblem
    from ...instances.problem import Problem
    from ...instances.programmes import ProgrammeProblem
    from ...instances.transportation import TransportationProblem
    from .findings import Findings


def examine(problem: Problem, decisions: FloatArray, found: Findings, own: Valuation) -> Valuation:
    """Hold a plan against the policies, and value it by the criterion where there is one.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> problem = with_fairness(allocare.example("sunray"), "maximin")
    >>> allocare.check(problem, allocare.solve(problem).allocation).objective
    1.0
    """
    assert problem.fairness is not None
    plan = measured(problem, decisions)
    for rule in problem.fairness.policies:
        verdict = policy_of(rule).judge(plan)
        if not verdict.holds:
            message = f"policy {rule}: {verdict.message}"
            found.add(Violation(f"policy {rule}", verdict.where, verdict.excess, "", False, message))
    if problem.fairness.criterion is None:
        return own
    criterion = criterion_of(problem.fairness.criterion)
    refuse_levelling_down(problem, criterion)
    criterion = criterion.relative_to(
        lambda: _without_allocation(problem, plan.agents),
        lambda: np.ones(len(plan.agents)) if plan.agents.normalised else ideal_point(problem),
    )
    value = criterion.value(plan.utility, plan.agents.size)
    stages = criterion.stages(plan.utility, plan.agents.size)
    # rounding in a utility counts by its weight, whatever the terms cancel to
    scale = max(abs(value), criterion.value_scale(plan.utility, plan.agents.size))
    return own._replace(objective=value, scale=scale, stages=stages)


def measured(problem: Problem, decisions: FloatArray) -> Measured:
    """Measure a plan as policies and criteria see it: utilities, quantities received, cost.

    Parameters
    ----------
    problem
        What was to be decided.
    decisions
        A plan in the problem's order, shape (problem.size,).

    Raises
    ------
    InputError
        As `agents_of`, and for a utility that the family does not know.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("sunray")
    >>> measured(problem, problem.decisions(allocare.solve(problem).allocation)).utility.tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    agents = agents_of(problem)
    utility, served, cost = _FAMILIES[problem.kind](problem, agents, np.asarray(decisions, dtype=np.float64))
    if agents.normalised:
        nothing, _, _ = _FAMILIES[problem.kind](problem, agents, np.zeros(problem.size))
        utility = (utility - nothing) / (ideal_point(problem) - nothing)
    return Measured(problem, agents, decisions, utility, served, cost)


def _without_allocation(problem: Problem, agents: Agents) -> FloatArray:
    utility, _, _ = _FAMILIES[problem.kind](problem, agents, np.zeros(problem.size))
    return np.zeros(len(agents)) if agents.normalised else utility


_Parts = tuple["FloatArray", "FloatArray | None", float]


def _lanes(problem: Problem, agents: Agents, flow: FloatArray) -> _Parts:
    problem = cast("TransportationProblem | FairAllocationProblem", problem)
    target, cost = problem.lanes.target, problem.lanes.cost
    received = _sums(target, flow, len(agents))
    paid = _sums(target, flow * cost, len(agents))
    if agents.utility == "coverage":
        assert agents.need is not None
        return received / agents.need, received, float(paid.sum())
    if agents.utility == "benefit":
        return (paid if problem.maximise else received) / agents.size, received, float(paid.sum())
    price = getattr(problem, "unmet_cost", None)
    if price is not None and agents.need is not None:
        missed = price * (agents.need - received)
        return -(paid + missed) / agents.size, received, float(paid.sum())
    return -paid / agents.size, received, float(paid.sum())


def _pairs(problem: Problem, agents: Agents, taken: FloatArray) -> _Parts:
    problem = cast("AssignmentProblem", problem)
    end = problem.pairs.target if agents.side == "tasks" else problem.pairs.source
    count = _sums(end, taken, len(agents))
    worth = _sums(end, taken * problem.pairs.cost, len(agents))
    if agents.utility == "coverage":
        return count, count, float(worth.sum())
    if agents.utility == "benefit":
        return worth / agents.size, count, float(worth.sum())
    if agents.side == "tasks" and problem.left_out_cost is not None:
        worth_with_missed = worth + problem.left_out_cost * (1 - count)
        return -worth_with_missed / agents.size, count, float(worth.sum())
    return -worth / agents.size, count, float(worth.sum())


def _columns(problem: Problem, agents: Agents, values: FloatArray) -> _Parts:
    problem = cast("LinearProblem", problem)
    if problem.utility is None:
        utility = values
    else:
        parts = problem.utility.tocoo()
        utility = _sums(parts.row, parts.data * values[parts.col], len(agents))
    return -utility if agents.utility == "burden" else utility, None, float(problem.objective @ values)


def _programmes(problem: Problem, agents: Agents, share: FloatArray) -> _Parts:
    problem = cast("ProgrammeProblem", problem)
    utility = problem.baseline + _sums(problem.group, problem.benefit * share, len(agents))
    size = problem.group_size[problem.group]
    costs = problem.cost.tocoo()
    paid = costs.data * share[costs.col] * (size[costs.col] if problem.cost_per == "person" else 1.0)
    alone = problem.one_each or len(np.unique(problem.group)) == problem.size
    return utility, _sums(problem.group, size * share, len(agents)) if alone else None, float(paid.sum())


def _network_plan(problem: Problem, agents: Agents, quantity: FloatArray) -> _Parts:
    problem = cast("NetworkPlanProblem", problem)
    moves, lanes = problem.moves, problem.lanes
    treated = moves.kind <= 1
    own = (
        problem.sites[moves.source]
        if agents.side == "sites"
        else problem.classes[np.where(treated, moves.what, 0)]
    )
    place = agents.keys.get_indexer(own)
    some = treated & (place >= 0)
    served = _sums(place[some], quantity[some], len(agents))
    travels, surges = moves.lane >= 0, moves.kind == 4
    paid = float(lanes.cost[moves.lane[travels]] @ quantity[travels])
    paid += float(problem.surge_cost[moves.source[surges], moves.what[surges]] @ quantity[surges])
    assert agents.need is not None
    return served / (agents.need if agents.utility == "coverage" else agents.size), served, paid


def _sums(end: npt.NDArray[np.integer[Any]], amounts: FloatArray, count: int) -> FloatArray:
    return np.bincount(end, weights=amounts, minlength=count).astype(np.float64)


_FAMILIES = {
    "transportation": _lanes,
    "fair-allocation": _lanes,
    "assignment": _pairs,
    "linear": _columns,
    "programmes": _programmes,
    "network-plan": _network_plan,
}
