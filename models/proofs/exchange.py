r"""Prices as a certificate for whole units: no exchange of units pays.

A separable convex objective in whole units is optimal if and only if no unit can be moved along the lanes to
where it weighs less. Prices show it at a glance: :math:`\sigma_i` where a source gives, :math:`\pi_j` where a
target takes, :math:`\theta \ge \sigma_i` for one more unit in all. By Lagrangian duality no plan is better if

- a source below :math:`\theta` sends all it has,
- the plan serves no more than every plan must, unless :math:`\theta = 0`,

and, for the variance (:math:`\sum_j r_j^2 / d_j` at a fixed total),

- a target's last unit weighs no more than its price and one more would weigh no less,
  :math:`(2 r_j - 1) / d_j \le \pi_j \le (2 r_j + 1) / d_j` (the first where it has a unit, the second
  where it may have one more),
- lanes to dearer targets, :math:`\pi_j > \sigma_i`, are empty, and lanes to cheaper ones are full;

for the deviation from need, :math:`\sum_{ij} (x_{ij} - n_{ij})^2`,

- a lane's last unit costs no more than it is worth and one more would cost no less,
  :math:`2 x_{ij} - 1 - 2 n_{ij} \le \sigma_i - \pi_j \le 2 x_{ij} + 1 - 2 n_{ij}` likewise,
- a target of positive price has all it needs.

Prices are fractions, and all of this is decided in whole numbers. Where some condition fails, what it
costs is summed, which bounds every plan.

Where some of the most that can be served is given up, the plan of least variance may serve any total from the
floor to the most. The certificate then proves a fuller plan, one that serves the most. Totals that serve the
most are a base of an integral polymatroid, on which units are taken greedily, so the best plan of every
smaller total keeps the cheapest of its units (Federgruen & Groenevelt 1986): the least variance over all
totals is found by adding up.

References
----------
D. S. Hochbaum, J. G. Shanthikumar, "Convex separable optimization is not much harder than linear
optimization", Journal of the ACM 37 (1990), 843-862; A. Federgruen, H. Groenevelt, "The greedy procedure for
resource allocation problems", Operations Research 34 (1986), 909-918.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from ...instances.errors import InputError
from ..checks.findings import figure
from ..checks.lane_sums import sums_at
from .deviation_exchange import deviation_shortfalls
from .levels import Shortfall, fitting, must_serve
from .price_list import PriceList
from .proof import TOLERANCE, Proof
from .smaller_totals import least_variance_of_less
from .variance_exchange import cut_below, limits_broken, variance_shortfalls

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.problem import Problem
    from ..check import CheckReport
    from ..scaling import IntArray


@dataclass(frozen=True, eq=False)
class Exchange:
    """Prices after which no exchange of whole units pays.

    Parameters
    ----------
    numerator, denominator
        The prices, each once, as fractions with positive denominators.
    source, target
        Position in that list of the price of each source and each target.
    total
        Position in that list of the price of one more unit in all.
    most
        A plan that serves the most, shape (lanes,), where some of it may be given up. For the variance it
        is the plan that the prices belong to.
    """

    proved_by: ClassVar[str] = "exchange"

    numerator: IntArray
    denominator: IntArray
    source: IntArray
    target: IntArray
    total: int
    most: FloatArray | None = None


def prove(problem: Problem, decisions: FloatArray, certificate: Exchange, report: CheckReport) -> Proof:
    """Bound the objective of every plan in whole units by prices.

    Raises
    ------
    InputError
        For prices that do not fit the problem.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.check import check_decisions
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[3], demand=[2, 4], whole=True)
    >>> prices = Exchange(
    ...     numerator=np.array([3]), denominator=np.array([4]), source=np.array([0]),
    ...     target=np.array([0, 0]), total=0)
    >>> plan = np.array([1.0, 2.0])
    >>> prove(problem, plan, prices, check_decisions(problem, plan)).proved
    True
    >>> plan = np.array([2.0, 1.0])
    >>> prove(problem, plan, prices, check_decisions(problem, plan)).weakness
    "target 'north': its last of 2 units weighs 1.5, its price is 0.75"
    """
    fair = cast("FairAllocationProblem", problem)
    if problem.kind != "fair-allocation" or not fair.whole:
        raise InputError("exchange prices prove fair allocations in whole units and nothing else")
    prices = _prices(fair, certificate)
    plan = np.rint(fitting(decisions, len(fair.lanes), "lane"))
    if fair.criterion == "need-deviation":
        return _graded(report, deviation_shortfalls(fair, plan, prices, certificate.most), 1.0)
    everything = float(fair.demand.sum())
    if everything == 0:
        return Proof(report.objective, proved=True)
    if certificate.most is None:
        floor = must_serve(fair, plan)
        return _graded(report, variance_shortfalls(fair, plan, prices, floor), everything)
    fuller = np.rint(fitting(certificate.most, len(fair.lanes), "lane"))
    return _with_less(fair, fuller, prices, report)


def _prices(problem: FairAllocationProblem, certificate: Exchange) -> PriceList:
    numerator, denominator = (
        np.asarray(values, dtype=np.int64) for values in (certificate.numerator, certificate.denominator)
    )
    places = [np.asarray(at, dtype=np.int64) for at in (certificate.source, certificate.target)]
    places.append(np.array([certificate.total]))
    for at, size, what in zip(
        places, (len(problem.sources), len(problem.targets), 1), ("source", "target", "total"), strict=True
    ):
        if at.shape != (size,):
            raise InputError(f"the certificate has {at.size} {what} values, the problem has {size}")
        if ((at < 0) | (at >= len(numerator))).any():
            raise InputError(f"a {what} value of the certificate points outside its list of prices")
    if numerator.shape != denominator.shape or (denominator < 1).any():
        raise InputError("each price of the certificate needs a positive denominator")
    return PriceList.of(numerator, denominator, *places)


def _graded(report: CheckReport, missing: list[Shortfall], weight: float) -> Proof:
    """Proof from what is missing: nothing at all, or amounts that take the bound down."""
    broken = [part for part in missing if part.what]
    if not broken:
        return Proof(report.objective, proved=True)
    gap = sum(part.amount for part in broken) / weight
    return Proof(
        max(0.0, report.objective - max(gap, 0.0)), False, max(broken, key=lambda part: part.amount).what
    )


def _with_less(
    problem: FairAllocationProblem, fuller: FloatArray, prices: PriceList, report: CheckReport
) -> Proof:
    """Prove the fuller plan, and that it serves the most; then add up the best of every smaller total."""
    total = float(fuller.sum())
    missing = variance_shortfalls(problem, fuller, prices, total)
    missing.extend(limits_broken(problem, fuller))
    cut = cut_below(problem, prices)
    if cut != total:
        missing.append(
            Shortfall(0.0, f"fuller plan: serves {figure(total)}, its cut lets {figure(cut)} pass")
        )
    broken = [part.what for part in missing if part.what]
    if broken:
        return Proof(0.0, False, f"where nothing is given up, {broken[0]}")
    received = sums_at(problem.lanes.target, fuller, len(problem.targets))
    least = least_variance_of_less(received, problem.demand, must_serve(problem, fuller))
    if least is None:
        return Proof(0.0, False, "too many units may be given up to add up every total")
    if report.objective <= least + TOLERANCE * report.objective_scale:
        return Proof(report.objective, proved=True)
    return Proof(max(0.0, least), False, f"plan: another total has the variance {least:.6g}")
