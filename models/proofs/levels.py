r"""Service levels as a certificate: no division of one resource varies less, because tight sets forbid it.

Every target and every source stands at a level :math:`h`. Lower targets take all that lower sources have and
all that lanes from higher sources can carry; that is a cut, which bounds what these targets can receive
jointly, and the levels form a chain of such tight sets. Totals that meet the bound of every set of the chain
and are even inside each group minimise every symmetric separable convex function of the service levels over
all plans that serve the same total (Fujishige 1980; Federgruen & Groenevelt 1986; Groenevelt 1991): by
Lagrangian duality, with the price :math:`2 (\theta - h_i)` on supply i, :math:`2 h_j` on what target j
receives, and :math:`2 \theta` on the total that must be served, :math:`\theta` the highest level.

For any levels and any plan x with totals r, served total T and sent quantities :math:`\sigma`, and any
:math:`F` that every plan must serve,

.. math::
    \sum_j \frac{r_j^2}{d_j} - \min_{x'} \sum_j \frac{r_j'^2}{d_j} \le
    \sum_j \frac{(r_j - h_j d_j)^2}{d_j}
    + 2 \sum_{h_j > h_i} (h_j - h_i) x_{ij}
    + 2 \sum_{h_j < h_i} (h_i - h_j) (k_{ij} - x_{ij})
    + 2 \sum_i (\theta - h_i) (s_i - \sigma_i)
    + 2 \theta (T - F)

with the minimum over plans that serve F, where :math:`k_{ij}` is what lane (i, j) can carry at most. No term
is negative for a plan that keeps the limits, all vanish for the optimum at its levels, and nothing large
cancels. With :math:`D` all demand, the variance is :math:`\sum_j r_j^2 / (d_j D) - (T / D)^2`. A plan that
serves more than F shrinks to F, its variance by the square of the factor, so the bound holds for all plans
that serve F or more.

F is the share that must be served of what a plan is seen to serve: the plan itself, or, where something is
given up, the fuller plan that comes with the certificate.

References
----------
S. Fujishige, "Lexicographically optimal base of a polymatroid with respect to a weight vector", Mathematics
of Operations Research 5 (1980), 186-196; H. Groenevelt, "Two algorithms for maximizing a separable concave
function over a polymatroid feasible region", European Journal of Operational Research 54 (1991), 227-236;
A. Federgruen, H. Groenevelt, "The greedy procedure for resource allocation problems", Operations Research 34
(1986), 909-918.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import numpy as np

from ...instances.errors import InputError
from ..checks.findings import figure, named
from ..checks.lane_sums import carried_on, lane_name, lane_sums, sums_at
from .even import prove_even
from .proof import TOLERANCE, Proof

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.problem import Problem
    from ..check import CheckReport


@dataclass(frozen=True, eq=False)
class Levels:
    """The chain of tight sets, as the level at which every source and every target stands.

    Parameters
    ----------
    source, target
        Level of each, in [0, 1]; those of one group have the same one.
    most
        A plan that serves the most, shape (lanes,), where the plan to be proved gives up some of it.
    """

    proved_by: ClassVar[str] = "levels"

    source: FloatArray
    target: FloatArray
    most: FloatArray | None = None


class Shortfall(NamedTuple):
    """One sum of terms by which a plan may miss the bound, and its largest term in words."""

    amount: float
    what: str


def prove(problem: Problem, decisions: FloatArray, certificate: Levels, report: CheckReport) -> Proof:
    """Bound the variance of every plan by levels.

    Raises
    ------
    InputError
        For levels that are not those of a problem of minimum variance.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.check import check_decisions
    >>> problem = FairAllocationProblem(
    ...     sources=["depot", "store"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, float("nan")], [1, 1]]), supply=[4, 2], demand=[4, 4])
    >>> plan = np.array([4.0, 0.0, 2.0])
    >>> levels = Levels(source=np.array([1.0, 0.5]), target=np.array([1.0, 0.5]))
    >>> proof = prove(problem, plan, levels, check_decisions(problem, plan))
    >>> proof.bound, proof.proved
    (0.0625, True)
    >>> wrong = Levels(source=np.array([1.0, 0.5]), target=np.array([0.5, 0.5]))
    >>> prove(problem, plan, wrong, check_decisions(problem, plan)).weakness
    "target 'north': is served at level 1, not 0.5"
    """
    fair = cast("FairAllocationProblem", problem)
    if problem.fairness is not None and problem.fairness.criterion is not None:
        source = fitting(certificate.source, len(fair.sources), "source")
        target = fitting(certificate.target, len(fair.targets), "target")
        return prove_even(problem, decisions, source, target, report)
    if problem.kind != "fair-allocation" or fair.criterion != "min-variance":
        raise InputError("service levels prove a minimum variance and nothing else")
    levels = [
        fitting(values, size, what)
        for values, size, what in (
            (certificate.source, len(fair.sources), "source"),
            (certificate.target, len(fair.targets), "target"),
        )
    ]
    everything = float(fair.demand.sum())
    if everything == 0:
        return Proof(0.0, proved=True)
    source, target = np.clip(levels[0], 0, 1), np.clip(levels[1], 0, 1)
    sent, received, _, _ = lane_sums(fair.lanes, carried_on(fair.lanes, decisions))
    if certificate.most is None:
        floor = must_serve(fair, decisions, (sent, received))
    else:
        floor = must_serve(fair, certificate.most)
    total = float(received.sum())
    top = max(source[fair.supply > 0].max(initial=0), target[fair.demand > 0].max(initial=0))
    missing = (
        _uneven(fair, received, target),
        *_lanes(fair, decisions, source, target),
        _unused(fair, sent, source, top),
        Shortfall(
            2 * top * (total - floor),
            f"plan: serves {figure(total)} in all, and is only seen to have to serve {figure(floor)}",
        ),
    )
    gap = sum(part.amount for part in missing) / everything
    gap -= (total - floor) * (total + floor) / everything**2
    if gap <= TOLERANCE * report.objective_scale:
        return Proof(report.objective, proved=True)
    return Proof(max(0.0, report.objective - gap), False, max(missing, key=lambda part: part.amount).what)


def fitting(values: FloatArray, size: int, what: str) -> FloatArray:
    """Return a certificate's numbers, refusing those that do not fit the problem.

    Examples
    --------
    >>> fitting(np.zeros(2), 3, "source")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InputError: the certificate has 2 source values for 3 sources
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (size,):
        raise InputError(f"the certificate has {array.size} {what} values, the problem {size} {what}s")
    if not np.isfinite(array).all():
        raise InputError(f"the certificate's {what} values are not all finite")
    return array


def must_serve(
    problem: FairAllocationProblem, plan: FloatArray, sums: tuple[FloatArray, FloatArray] | None = None
) -> float:
    """Total that every plan must serve, as far as one plan shows.

    A plan beyond some limit shows only what remains of it, scaled down to keep them all. Its sums by source
    and target may be given where they are at hand.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 8], efficiency_loss=0.5)
    >>> must_serve(problem, np.array([2.0, 4.0])), must_serve(problem, np.array([4.0, 8.0]))
    (3.0, 3.0)
    """
    if problem.efficiency_loss is None:
        return 0.0
    x, lanes = fitting(plan, len(problem.lanes), "lane"), problem.lanes
    if sums is None or (x < 0).any():
        x = np.maximum(x, 0.0)
        sums = (
            sums_at(lanes.source, x, len(problem.sources)),
            sums_at(lanes.target, x, len(problem.targets)),
        )
    limited = [(sums[0], problem.supply), (sums[1], problem.demand)]
    if lanes.capacity is not None:
        limited.append((x, lanes.capacity))
    if problem.cost_budget is not None:
        limited.append((np.array([lanes.cost @ x]), np.array([problem.cost_budget])))
    factor = 1.0
    for amount, limit in limited:
        over = amount > limit
        if over.any():
            factor = min(factor, float((limit[over] / amount[over]).min()))
    least = (1 - problem.efficiency_loss) * factor * float(limited[1][0].sum())
    if problem.efficiency_loss == 0 and factor == 1:
        return least
    # 0.07 * 100 is a little above 7 in binary numbers; it asks for 7, not 8
    return float(np.ceil(least * (1 - 1e-12))) if problem.whole else least


def lane_most(problem: FairAllocationProblem, at: npt.NDArray[np.integer]) -> FloatArray:
    """Most that these lanes can carry: their capacity, their source's supply, their target's demand.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]], [[9, 3]]),
    ...     supply=[6], demand=[4, 8])
    >>> lane_most(problem, np.array([0, 1])).tolist()
    [4.0, 3.0]
    """
    lanes = problem.lanes
    most: FloatArray = np.minimum(problem.supply[lanes.source[at]], problem.demand[lanes.target[at]])
    if lanes.capacity is not None:
        np.minimum(most, lanes.capacity[at], out=most)
    return most


def _uneven(problem: FairAllocationProblem, received: FloatArray, level: FloatArray) -> Shortfall:
    """Targets that do not stand at their level."""
    needing = np.flatnonzero(problem.demand > 0)
    demand = problem.demand[needing]
    amount = (received[needing] - level[needing] * demand) ** 2 / demand
    worst = int(np.argmax(amount))
    at = needing[worst]
    has = figure(received[at] / problem.demand[at])
    return Shortfall(
        float(amount.sum()),
        f"target {named(problem.targets, at)}: is served at level {has}, not {figure(level[at])}",
    )


def _lanes(
    problem: FairAllocationProblem, quantity: FloatArray, source: FloatArray, target: FloatArray
) -> list[Shortfall]:
    """Lanes to higher levels that carry something, and lanes to lower ones that could carry more."""
    lanes = problem.lanes
    above = target[lanes.target] - source[lanes.source]
    missing = []
    for places, upward in ((np.flatnonzero(above > 0), True), (np.flatnonzero(above < 0), False)):
        if not len(places):
            continue
        most = lane_most(problem, places)
        amount = 2 * np.abs(above[places]) * (quantity[places] if upward else most - quantity[places])
        worst = int(np.argmax(amount))
        at = int(places[worst])
        missing.append(
            Shortfall(
                float(amount.sum()),
                f"lane from {lane_name(lanes, problem.sources, problem.targets, at)}: carries "
                f"{figure(quantity[at])} of {figure(most[worst])} "
                f"at level {figure(target[lanes.target[at]])}, "
                f"its source stands at level {figure(source[lanes.source[at]])}",
            )
        )
    return missing


def _unused(problem: FairAllocationProblem, sent: FloatArray, level: FloatArray, top: float) -> Shortfall:
    """Sources below the highest level that do not send all they have."""
    if not len(sent):
        return Shortfall(0.0, "")
    amount = 2 * np.maximum(top - level, 0.0) * (problem.supply - sent)
    at = int(np.argmax(amount))
    return Shortfall(
        float(amount.sum()),
        f"source {named(problem.sources, at)}: sends {figure(sent[at])} of {figure(problem.supply[at])} "
        f"at level {figure(level[at])} below the highest, {figure(top)}",
    )
