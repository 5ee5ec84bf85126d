"""Certain causes why a network plan is impossible: too little for those in care, or floors beyond reach.

The least total shortage is a linear program: rules may be broken at a price, and where even the divisible
plan with the least of it breaks some, no plan keeps them all. What that plan lacks most, and where, is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..network_plan import matrix_form
from .wording import CERTAIN, figure, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from ...instances.network_plan import NetworkPlanProblem
    from ..matrix import MatrixForm

_HELD = ("stock_floor", "use_limit")
_FLOORS = ("class_floor", "site_floor")


def causes(problem: NetworkPlanProblem) -> Iterator[str]:
    """Yield the plainest certain cause.

    Examples
    --------
    >>> import allocare, dataclasses
    >>> problem = dataclasses.replace(allocare.example("two-hospitals"), present=[[3], [0]])
    >>> next(causes(problem))
    "those in care at 'Jena' on 'Mon' need 3 'beds', and there are 2; add surge capacity or lanes"
    """
    form = matrix_form(problem)
    short = _least_shortage(form, _HELD, without=_FLOORS)
    if short.any():
        at = int(np.argmax(short))
        name = "use_limit" if at >= form.row_block("use_limit").start else "stock_floor"
        block = form.row_block(name)
        assert block.keys is not None
        site, resource, day = block.keys[at - block.start]
        where = f"{site!r} on {day!r}"
        if name == "stock_floor":
            yield f"more {resource!r} are taken from {where} than there are ({figure(short[at])} short)"
            return
        needed = _needed(problem, site, resource, day)
        yield (
            f"those in care at {where} need {figure(needed)} {resource!r}, and there are "
            f"{figure(needed - short[at])}; add surge capacity or lanes"
        )
        return
    short = _least_shortage(form, _FLOORS)
    if short.any():
        at = int(np.argmax(short))
        of_class = at < form.row_block("class_floor").stop
        block = form.row_block("class_floor" if of_class else "site_floor")
        assert block.keys is not None
        key = named(block.keys, at - block.start)
        side = "class" if of_class else "site"
        yield (
            f"of {side} {key} {figure(form.row_lower[at])} patients must be treated, and no plan comes "
            f"nearer to the minimum services than {figure(short[at])} too few; lower one, or add capacity"
        )


def _needed(problem: NetworkPlanProblem, site: object, resource: object, day: object) -> float:
    """What those present at the start take."""
    i, r = problem.sites.get_loc(site), problem.resources.get_loc(resource)
    in_care: FloatArray = problem.present_in_care[i, :, problem.days.get_loc(day)]
    return float(in_care @ problem.use[:, r])


def _least_shortage(form: MatrixForm, names: tuple[str, ...], without: tuple[str, ...] = ()) -> FloatArray:
    """How far a divisible plan with the least total shortage falls short of each row of some blocks."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    height, width = form.matrix.shape
    rows = np.concatenate([np.arange(form.row_block(n).start, form.row_block(n).stop) for n in names])
    lower, upper = form.row_lower.copy(), form.row_upper.copy()
    for name in without:
        lower[form.row_block(name).slice] = -np.inf
    sign = np.where(np.isfinite(lower[rows]), 1.0, -1.0)
    slack = sp.csr_array((sign, (rows, np.arange(len(rows)))), shape=(height, len(rows)))
    found = milp(
        np.append(np.zeros(width), np.ones(len(rows))),
        bounds=Bounds(
            np.append(form.lower, np.zeros(len(rows))), np.append(form.upper, np.full(len(rows), np.inf))
        ),
        constraints=LinearConstraint(sp.csr_array(sp.hstack([form.matrix, slack])), lower, upper),
    )
    short = np.zeros(height)
    if found.x is not None:
        short[rows] = found.x[width:]
    # a shortage of rounding size is none
    size = max(1.0, float(np.abs(form.row_lower[np.isfinite(form.row_lower)]).max(initial=0.0)))
    return np.where(short > 1e3 * CERTAIN * size, short, 0.0)
