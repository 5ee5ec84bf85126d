r"""Service levels as a certificate that no plan is better for a criterion that prefers even service.

Sort the targets by the level at which the certificate puts them. Those up to the g-th level, of need
:math:`N_g` in all, can receive jointly no more than

.. math:: C_g = \min\Bigl( \sum_{i:\, h_i \le h_g} s_i
          + \sum_{i:\, h_i > h_g,\; j:\, h_j \le h_g} k_{ij},\; C_{g-1} + (N_g - N_{g-1}) \Bigr)

whatever the levels are: supply of the sources there, and what lanes from the other sources can carry. In any
plan the :math:`N_g` worst-served people have no more than that together, so the plan's absolute Lorenz curve,
which is convex, lies below the greatest convex curve under the points :math:`(N_g, C_g)`. Its slopes are
service levels that no plan's distribution is better than, by any criterion that neither more for anybody nor
a transfer to the worse-off makes worse (Hardy, Littlewood and Polya; Shorrocks 1983).

References
----------
A. F. Shorrocks, "Ranking income distributions", Economica 50 (1983), 3-17; H. Groenevelt, "Two algorithms for
maximizing a separable concave function over a polymatroid feasible region", European Journal of Operational
Research 54 (1991), 227-236.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ...instances.agents import agents_of
from ...instances.errors import InputError
from ..checks.fairness import measured
from ..checks.findings import figure, named
from ..criteria import criterion_of
from .proof import TOLERANCE, Proof

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.problem import Problem
    from ..check import CheckReport


def prove_even(
    problem: Problem, decisions: FloatArray, source: FloatArray, target: FloatArray, report: CheckReport
) -> Proof:
    """Bound the criterion of every plan by the chain of levels.

    Parameters
    ----------
    problem
        Targets with need, whose coverage a criterion judges.
    decisions
        The plan.
    source, target
        Level of each.
    report
        The plan's check.

    Raises
    ------
    InputError
        For a problem or criterion that levels prove nothing about.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.check import check_decisions
    >>> problem = allocare.FairAllocationProblem(
    ...     sources=["depot", "store"], targets=["north", "south"], supply=[4, 2], demand=[4, 4],
    ...     lanes=allocare.Lanes.from_matrix([[1, float("nan")], [1, 1]]))
    >>> problem = allocare.with_fairness(problem, "maximin")
    >>> plan, levels = np.array([4.0, 0.0, 2.0]), np.array([1.0, 0.5])
    >>> prove_even(problem, plan, levels, levels, check_decisions(problem, plan)).bound
    0.5
    """
    why = beyond_levels(problem)
    if why is not None:
        raise InputError(f"service levels prove nothing here: {why}")
    assert problem.fairness is not None and problem.fairness.criterion is not None
    criterion, fair = criterion_of(problem.fairness.criterion), cast("FairAllocationProblem", problem)
    best = best_levels(fair, source, target)
    most = float(fair.demand @ best)
    if criterion.even_is_best == "at-one-total" and abs(decisions.sum() - most) > TOLERANCE * most:
        far = np.inf if criterion.maximise else -np.inf
        return Proof(far, False, f"plan: serves {figure(float(decisions.sum()))} in all, not {figure(most)}")
    bound, plan = criterion.value(best, fair.demand), measured(problem, decisions)
    # a first stage at its best says nothing of the later ones
    met = not criterion.stages(best, fair.demand) or _as_even(plan.utility, best, fair.demand)
    if met and abs(bound - report.objective) <= TOLERANCE * report.objective_scale:
        return Proof(report.objective, proved=True)
    return Proof(bound, False, _where(plan.agents.keys, plan.utility, target))


def beyond_levels(problem: Problem) -> str | None:
    """Say why service levels do not settle a problem with a criterion, or None.

    Examples
    --------
    >>> import allocare
    >>> beyond_levels(allocare.with_fairness(allocare.example("sunray"), "maximin"))
    'only whole units are shared'
    """
    fairness = problem.fairness
    if fairness is None or fairness.criterion is None:
        return "no criterion of people's utilities is in force"
    if problem.kind not in ("transportation", "fair-allocation"):
        return "no single resource is shared"
    criterion = criterion_of(fairness.criterion)
    if not criterion.even_is_best:
        return f"{criterion.name} is not best at even levels"
    most_served = [str(policy) for policy in fairness.policies] == ["efficiency-floor:loss=0"]
    if fairness.policies and not most_served:
        return "policies are in force"
    if criterion.even_is_best == "at-one-total" and not (
        most_served or getattr(problem, "efficiency_loss", None) == 0
    ):
        return f"{criterion.name} is best at even levels only where none of the total may be given up"
    agents = agents_of(problem)
    if agents.utility != "coverage" or agents.normalised:
        return "they are levels of coverage"
    if agents.need is None or not np.array_equal(agents.size, agents.need):
        return "people are not counted by need"
    return _side_rule(problem)


def _side_rule(problem: Problem) -> str | None:
    """What a problem asks beside supply, demand and lane capacities."""
    rules = {
        "a cost budget is in force": getattr(problem, "cost_budget", None) is not None,
        "only whole units are shared": bool(getattr(problem, "whole", False)),
        "supply must be used up": getattr(problem, "supply_rule", "at-most") == "exactly",
        "supply has no limit": getattr(problem, "supply", None) is None,
        "targets may receive more than they need": getattr(problem, "demand_rule", "") == "at-least",
        "the total is given": getattr(problem, "total", None) is not None,
        "a minimum service is in force": getattr(problem, "minimum_service", None) is not None,
        "all demand must be met": problem.kind == "transportation"
        and getattr(problem, "unmet_cost", None) is None,
    }
    return next((why for why, applies in rules.items() if applies), None)


def best_levels(problem: FairAllocationProblem, source: FloatArray, target: FloatArray) -> FloatArray:
    """Levels of the targets that no plan's distribution of service is better than.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot", "store"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, float("nan")], [1, 1]]), supply=[4, 2], demand=[4, 4])
    >>> best_levels(problem, np.array([1.0, 0.5]), np.array([1.0, 0.5])).tolist()
    [1.0, 0.5]
    """
    lanes, demand = problem.lanes, problem.demand
    chain, group = np.unique(target, return_inverse=True)
    of_source = np.searchsorted(chain, source)
    need = np.bincount(group, demand, len(chain))
    supply = np.cumsum(np.bincount(of_source, problem.supply, len(chain) + 1)[: len(chain)])
    capacity = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity
    carried = np.minimum(np.minimum(capacity, problem.supply[lanes.source]), demand[lanes.target])
    # a lane crosses the cut from its target's level on, until its source's
    down = of_source[lanes.source] > group[lanes.target]
    starts = np.bincount(group[lanes.target[down]], carried[down], len(chain))
    ends = np.bincount(of_source[lanes.source[down]], carried[down], len(chain) + 1)[: len(chain)]
    cut = supply + np.cumsum(starts - ends)
    reached = np.concatenate([[0.0], np.cumsum(need)])
    # the most in all: no more than what is below and the rest served fully
    together = np.minimum.accumulate(np.minimum(cut - np.cumsum(need), 0.0)) + np.cumsum(need)
    return _convex_slopes(reached, np.concatenate([[0.0], together]))[group]


def _convex_slopes(at: FloatArray, value: FloatArray) -> FloatArray:
    """Slopes of the greatest convex curve under points, between each and the next."""
    kept = [0]
    for point in range(1, len(at)):
        while len(kept) > 1:
            before, last = kept[-2], kept[-1]
            rise, run = value[last] - value[before], at[last] - at[before]
            if rise * (at[point] - at[last]) < (value[point] - value[last]) * run:
                break
            kept.pop()
        kept.append(point)
    slopes = np.diff(value[kept]) / np.diff(at[kept])
    return np.repeat(np.clip(slopes, 0.0, 1.0), np.diff(kept))


def _as_even(utility: FloatArray, best: FloatArray, size: FloatArray) -> bool:
    """Whether a plan's absolute Lorenz curve is nowhere below that of the best levels."""
    (people, has), (reached, most) = (_curve(values, size) for values in (utility, best))
    corners = np.union1d(people, reached)
    lead = np.interp(corners, people, has) - np.interp(corners, reached, most)
    return bool((lead >= -TOLERANCE * most[-1]).all())


def _curve(utility: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """People from the worst-off up, and what they have together."""
    order = np.argsort(utility, kind="stable")
    people, has = size[order], (size * utility)[order]
    return np.concatenate([[0.0], np.cumsum(people)]), np.concatenate([[0.0], np.cumsum(has)])


def _where(keys: object, utility: FloatArray, target: FloatArray) -> str:
    """The target farthest from its level."""
    at = int(np.argmax(abs(utility - target)))
    return (
        f"target {named(keys, at)}: is served at level {figure(utility[at])}, "  # type: ignore[arg-type]
        f"not {figure(float(target[at]))}"
    )
