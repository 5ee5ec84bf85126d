"""What all rows of an instance together tell: the best plan found, gaps to it, refuted bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray

TOLERANCE = 1e-6
"""Share of an objective by which a bound may be beyond a plan, as in what counts as proved optimal."""

COMPLETE = ("optimal", "feasible")
HELD = (*COMPLETE, "killed", "out of memory", "crashed")
"""Statuses whose objective is a complete plan's; of a run that was ended, its last incumbent's."""


def with_references(rows: pd.DataFrame) -> pd.DataFrame:
    r"""Fill in what is missing of references, and what follows from them.

    Where an instance's optimum is not known, the reference is the best checked plan of its rows that leaves
    nothing out. With the sense :math:`s` (1 to minimise, -1 to maximise), a row's

    .. math::

        \text{gap to reference} = s \frac{\text{objective} - \text{reference}}{|\text{reference}|}

    (divided by 1 where the reference is 0) is missing for plans that leave something out: they do not
    compare. An infinite objective, such as that of a share of nothing under proportional fairness, is
    infinitely far off and no reference. The primal integral (Berthold 2013) is
    :math:`\int_0^T p(t)\,dt` up to the time limit :math:`T`, with :math:`p = 1` before the first plan and
    then :math:`|z - z^*| / \max(|z|, |z^*|)`. A claim is wrong whose bound is beyond a checked plan of
    another row.

    References
    ----------
    T. Berthold, "Measuring the impact of primal heuristics", Operations Research Letters 41(6), 2013,
    611-614.

    Examples
    --------
    >>> from allocare.benchmarks.results import frame_of
    >>> row = {"instance": "i", "maximise": False, "checked": True, "claim": "right"}
    >>> found = frame_of([
    ...     row | {"backend": "exact", "status": "optimal", "objective": 10.0, "bound": 10.0},
    ...     row | {"backend": "rule", "status": "feasible", "objective": 12.0}])
    >>> found["gap_to_reference"].tolist(), found["reference_kind"].tolist()
    ([0.0, 0.2], ['best found', 'best found'])
    """
    rows = rows.copy()
    sign = np.where(rows["maximise"].fillna(False).to_numpy(dtype=bool), -1.0, 1.0)
    objective = rows["objective"].to_numpy(dtype=float)
    checked = rows["checked"].fillna(False).to_numpy(dtype=bool)
    counts = checked & rows["status"].isin(COMPLETE).to_numpy() & np.isfinite(objective)
    best = sign * _least(rows["instance"], np.where(counts, sign * objective, np.nan))
    known = rows["reference"].to_numpy(dtype=float)
    found = np.isnan(known) & ~np.isnan(best)
    reference = np.where(found, best, known)
    rows["reference"] = reference
    rows["reference_kind"] = rows["reference_kind"].mask(pd.Series(found, rows.index), "best found")
    held = rows["status"].isin(HELD).to_numpy()
    scale = np.where(reference == 0, 1.0, np.abs(reference))
    rows["gap_to_reference"] = np.where(held, sign * (objective - reference) / scale, np.nan) + 0.0
    rows["primal_integral"] = [
        primal_integral(*row)
        for row in zip(
            rows["incumbents"],
            rows["objective"],
            rows["solve_seconds"],
            reference,
            rows["options"],
            held,
            strict=True,
        )
    ]
    bound = rows["bound"].to_numpy(dtype=float)
    allowed = TOLERANCE * np.maximum(1.0, np.maximum(np.abs(bound), np.abs(best)))
    with np.errstate(invalid="ignore"):
        refuted = sign * (bound - best) > allowed
    refuted |= rows["status"].isin(["infeasible", "infeasible-or-unbounded"]).to_numpy() & ~np.isnan(best)
    rows["claim"] = rows["claim"].mask(pd.Series(refuted, rows.index), "wrong")
    return rows


def primal_integral(
    incumbents: list[list[float | None]] | None,
    objective: float,
    seconds: float,
    reference: float,
    options: dict[str, Any] | None,
    held: bool,
) -> float | None:
    """Area under a row's gap over time, up to its time limit; None without a limit, a reference or a plan.

    Examples
    --------
    >>> primal_integral([[1.0, 20.0, None], [2.0, 10.0, None]], 10.0, 2.0, 10.0, {"time_limit": 10}, True)
    1.5
    """
    limit = (options or {}).get("time_limit")
    if limit is None or np.isnan(reference):
        return None
    steps = [(float(at or 0.0), float(value)) for at, value, _ in incumbents or () if value is not None]
    if held and not np.isnan(objective) and not np.isnan(seconds):
        steps.append((max([seconds, *(at for at, _ in steps)]), float(objective)))
    times = np.array([0.0, *(min(at, limit) for at, _ in steps), limit])
    gaps = np.array([1.0, *(_relative(value, reference) for _, value in steps)])
    return float(np.diff(times) @ gaps)


def _relative(value: float, reference: float) -> float:
    if value == reference:
        return 0.0
    if value * reference < 0 or not np.isfinite(value):
        return 1.0
    return abs(value - reference) / max(abs(value), abs(reference))


def _least(group: pd.Series[Any], values: FloatArray) -> FloatArray:
    """Least value of each row's group, not a number where it has none."""
    least: FloatArray = (
        pd.Series(values, group.index).groupby(group, dropna=False).transform("min").to_numpy()
    )
    return least
