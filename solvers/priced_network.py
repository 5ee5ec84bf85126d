r"""Re-solving a transportation problem by a min-cost flow on few lanes, proved by pricing all of them.

As `allocare.solvers.priced_lanes`, with lane capacities and a total as well: a lane left out carries nothing,
so that its reduced cost must not be below 0, whatever its capacity. Where the few lanes have no plan, the
whole problem has to be solved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..instances.lanes import Lanes
from ..models.proofs import Prices
from . import min_cost_flow_
from .backend import Task
from .lane_choice import likely_lanes, violated_lanes
from .priced_lanes import FEW, LANES_PER_NODE, MOST_ROUNDS, Repriced, few_enough
from .reduced_costs import ReducedCosts
from .solution import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.transportation import TransportationProblem
    from .backend import Options


def flow_on_few_lanes(
    problem: TransportationProblem, prices: Prices, options: Options, *, share: float | None = None
) -> Repriced:
    """Solve a problem that the min-cost flow takes, from prices that are nearly right.

    Parameters
    ----------
    problem
        What is to be decided.
    prices
        Any prices: bad ones cost rounds, never the optimum. All lanes beside an unknown one are looked at.
    options
        As for the min-cost flow.
    share
        Share of the lanes to begin with, None for the usual one.

    Examples
    --------
    >>> from allocare.instances.transportation import TransportationProblem
    >>> from allocare.solvers.backend import Options
    >>> problem = TransportationProblem(
    ...     sources=["a", "b"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 5], [4, 2]]),
    ...     supply=[3, 3], demand=[3, 3])
    >>> found = flow_on_few_lanes(problem, Prices(np.zeros(2), np.array([1.0, 2.0])), Options(), share=0.5)
    >>> found.outcome.objective, found.share, found.rounds
    (9.0, 0.5, 1)
    """
    most = few_enough(problem, share)
    if most is None:
        return Repriced(None, why_not=FEW)
    part = likely_lanes(problem.lanes, _reduced(problem, prices).of_all(), most, LANES_PER_NODE)
    for rounds in range(1, MOST_ROUNDS + 1):
        few = Task(_restricted(problem, part))
        refused = min_cost_flow_.refusal(few, options)
        if refused is not None:
            return Repriced(None, why_not=refused)
        outcome = min_cost_flow_.solve(few, options)
        reached = len(part) / problem.size, rounds
        if outcome.decisions is None or outcome.status is not Status.OPTIMAL:
            return Repriced(None, *reached, f"on few lanes it is {outcome.status}")
        if not isinstance(outcome.certificate, Prices):
            return Repriced(None, *reached, "the few lanes were solved without prices")
        found = outcome.certificate
        violated = violated_lanes(_reduced(problem, found), part, _rounding(problem, found))
        if not len(violated):
            decisions = np.zeros(problem.size)
            decisions[part] = outcome.decisions
            return Repriced(replace(outcome, decisions=decisions), *reached)
        part = np.union1d(part, violated)
    return Repriced(None, *reached, f"{MOST_ROUNDS} rounds of pricing did not settle it")


def _reduced(problem: TransportationProblem, prices: Prices) -> ReducedCosts:
    """Reduced costs, to be minimised."""
    lanes, source, target = problem.lanes, prices.source, prices.target + prices.total
    if problem.maximise:
        return ReducedCosts(lanes, -lanes.cost, -source, -target)
    return ReducedCosts(lanes, lanes.cost, source, target)


def _rounding(problem: TransportationProblem, prices: Prices) -> float:
    """Error that reduced costs may have."""
    sizes = (np.abs(values).max(initial=0.0) for values in (problem.lanes.cost, prices.source, prices.target))
    return 2.0**-50 * float(sum(sizes) + abs(prices.total))


def _restricted(problem: TransportationProblem, part: npt.NDArray[np.int64]) -> TransportationProblem:
    """Return the problem on some of its lanes."""
    lanes = problem.lanes
    source, target = lanes.ends(part)
    few = Lanes(
        lanes.n_sources,
        lanes.n_targets,
        lanes.cost[part],
        source.astype(np.int32),
        target.astype(np.int32),
        None if lanes.capacity is None else lanes.capacity[part],
    )
    return replace(problem, lanes=few)
