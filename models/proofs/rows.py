r"""Proofs by row prices for linear problems; where columns are whole, of the divisible problem's bound.

.. math::
    \min c^\top x + c_0 \quad\text{s.t.}\quad r^- \le A x \le r^+,\qquad l \le x \le u

With reduced costs :math:`\bar c = c - A^\top y`, any row prices y give the bound

.. math::
    c_0 + \sum_i \min_{r_i^- \le t \le r_i^+} y_i t + \sum_j \min_{l_j \le t \le u_j} \bar c_j t

where a price that meets an open end of its row is set to 0 first. Prices are real numbers here: what the
bound owes to rounding is taken off. A reduced cost that meets an open end is charged at the column's range
that the rows imply, and counts as 0 where it is no more than rounding of its own terms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ...instances.errors import InputError
from ..checks.findings import figure, named
from .implied import implied_bounds
from .proof import TOLERANCE, Proof

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from ...instances.linear import LinearProblem
    from ...instances.problem import Problem
    from ..check import CheckReport
    from .certificates import RowPrices

_ROUNDING = 2.0**-45
"""Error of a sum of doubles, as a share of its terms."""


def prove(problem: Problem, decisions: FloatArray, certificate: RowPrices, report: CheckReport) -> Proof:
    """Prove column values optimal by prices of the rows.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> from allocare.models.check import check_decisions
    >>> from allocare.models.proofs import RowPrices
    >>> problem = LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 1]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, np.inf], sense="max")
    >>> plan = np.array([0.0, 10.0])
    >>> prove(problem, plan, RowPrices(np.array([2.0])), check_decisions(problem, plan)).proved
    True
    """
    if problem.kind != "linear":
        raise InputError(f"row prices do not fit a {problem.kind} problem")
    linear = cast("LinearProblem", problem)
    if len(certificate.row) != len(linear.rows):
        raise InputError(f"the certificate has {len(certificate.row)} row prices for {len(linear.rows)} rows")
    sign = -1.0 if linear.maximise else 1.0
    price = sign * np.nan_to_num(certificate.row, nan=0.0, posinf=0.0, neginf=0.0)
    price[(price > 0) & np.isinf(linear.row_lower) | (price < 0) & np.isinf(linear.row_upper)] = 0.0
    charge = linear.matrix.T @ price
    gross = np.abs(linear.objective) + abs(linear.matrix).T @ np.abs(price)
    reduced = sign * linear.objective - charge
    lower, upper = linear.lower, linear.upper
    open_ended = _meets(reduced, lower, upper)
    if open_ended.any():
        lower, upper = implied_bounds(linear, (open_ended & (reduced > 0), open_ended & (reduced < 0)))
        still = open_ended & _meets(reduced, lower, upper)
        noise = still & (np.abs(reduced) <= _ROUNDING * gross)
        reduced = np.where(noise, 0.0, reduced)
        still &= ~noise
        if still.any():
            at = int(np.argmax(np.where(still, np.abs(reduced), -1.0)))
            return Proof(-sign * np.inf, False, _column(linear, at, sign * float(reduced[at]), decisions))
    side = np.where(price > 0, linear.row_lower, np.where(price < 0, linear.row_upper, 0.0))
    end = np.where(reduced > 0, lower, np.where(reduced < 0, upper, 0.0))
    size = float(np.abs(price) @ np.abs(side)) + float(gross @ np.abs(end)) + abs(linear.offset)
    value = float(price @ side) + float(reduced @ end) + sign * linear.offset - _ROUNDING * size
    # not the check's scale of the objective: crumbs of coefficients make that as large as one likes
    size = max(size, float(gross @ np.abs(decisions)))
    proved = abs(sign * report.objective - value) <= TOLERANCE * size
    if proved:
        return Proof(sign * value, True)
    return Proof(sign * value, False, _weakest(linear, price, reduced, side, end, decisions, sign))


def _meets(reduced: FloatArray, lower: FloatArray, upper: FloatArray) -> BoolArray:
    """Columns whose reduced cost meets an open end."""
    met: BoolArray = ((reduced > 0) & np.isinf(lower)) | ((reduced < 0) & np.isinf(upper))
    return met


def _weakest(
    linear: LinearProblem,
    price: FloatArray,
    reduced: FloatArray,
    side: FloatArray,
    end: FloatArray,
    plan: FloatArray,
    sign: float,
) -> str:
    """Name the row or column that leaves most of the gap open."""
    activity = linear.matrix @ plan
    by_row, by_column = np.abs(price * (activity - side)), np.abs(reduced * (plan - end))
    row, column = (int(np.argmax(slack)) if len(slack) else -1 for slack in (by_row, by_column))
    if row >= 0 and (column < 0 or by_row[row] >= by_column[column]):
        return (
            f"row {named(linear.rows, row)}: price {figure(sign * float(price[row]))}, "
            f"adds up to {figure(activity[row])}, ends at {figure(side[row])}"
        )
    return _column(linear, column, sign * float(reduced[column]), plan)


def _column(linear: LinearProblem, at: int, reduced: float, plan: FloatArray) -> str:
    low, high = figure(linear.lower[at]), figure(linear.upper[at])
    return (
        f"column {named(linear.columns, at)}: reduced cost {figure(reduced)}, is {figure(plan[at])} "
        f"in {low} to {high}"
    )
