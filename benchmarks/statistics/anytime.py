r"""Incumbents over time: primal gaps, their curves and integrals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .times import SHIFT, shifted_geometric_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from .runs import Runs

POINTS = 200


def primal_gap(objective: npt.ArrayLike, reference: npt.ArrayLike) -> FloatArray:
    r"""Gap of an incumbent z to the reference, from 0 (as good) to 1 (nothing comparable).

    .. math::

        \gamma(z) = 0 \text{ if } z = z^*, \quad 1 \text{ if } z z^* < 0 \text{ or nothing is held}, \quad
        \frac{|z^* - z|}{\max(|z^*|, |z|)} \text{ otherwise.}

    Examples
    --------
    >>> primal_gap([10.0, 20.0, -1.0, float("nan"), float("inf")], 10.0).tolist()
    [0.0, 0.5, 1.0, 1.0, 1.0]
    """
    found, best = np.broadcast_arrays(np.asarray(objective, np.float64), np.asarray(reference, np.float64))
    found = np.where(np.isfinite(found), found, np.nan)
    scale = np.maximum(np.abs(found), np.abs(best))
    gap = np.abs(found - best) / np.where(scale > 0, scale, 1.0)
    gap = np.where(found * best < 0, 1.0, gap)
    result: FloatArray = np.where(np.isnan(gap), 1.0, gap)
    return result


def traces(runs: Runs) -> pd.DataFrame:
    """Every improvement of every run that has a reference: one line a step of its primal gap.

    A run that reported no incumbents but ends with a complete plan has one step, at its end. What a run
    reports that is better than the reference counts as the reference: the report lists such runs.

    Returns
    -------
    pandas.DataFrame
        Columns ``run`` (position in `runs.frame`), ``seconds``, ``gap`` (from then on), ``drop``.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "build_seconds": 0.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> traces(prepared(rows))[["seconds", "gap", "drop"]].to_dict("list")
    {'seconds': [1.0, 2.0], 'gap': [0.5, 0.0], 'drop': [0.5, 0.5]}
    """
    frame = runs.frame
    counted = np.flatnonzero(frame["able"] & frame["reference"].notna() & (frame["status"] != "refuted"))
    held = frame["incumbents"].to_numpy() if "incumbents" in frame.columns else [None] * len(frame)
    reported: list[tuple[int, Any]] = [(run, held[run]) for run in counted.tolist() if _is_list(held[run])]
    run = np.repeat([run for run, _ in reported], [len(steps) for _, steps in reported]).astype(np.intp)
    steps = [[float(step[0]), float(step[1])] for _, listed in reported for step in listed]
    points = np.array(steps, dtype=np.float64).reshape(-1, 2)
    final = counted[frame["complete"].to_numpy()[counted]]
    run = np.concatenate([run, final])
    seconds = np.concatenate([points[:, 0], frame["seconds"].fillna(frame["wall_seconds"]).to_numpy()[final]])
    objective = np.concatenate([points[:, 1], frame["objective"].to_numpy()[final]])
    sign = np.where(frame["maximise"], -1.0, 1.0)[run]
    reference = frame["reference"].to_numpy()[run]
    table = pd.DataFrame(
        {"run": run, "seconds": seconds, "worth": np.maximum(sign * objective, sign * reference)}
    )
    table["gap"] = primal_gap(table["worth"], sign * reference)
    table = table.dropna().sort_values(["run", "seconds"], kind="stable", ignore_index=True)
    table["gap"] = table.groupby("run")["gap"].cummin()
    table["drop"] = table.groupby("run")["gap"].shift(fill_value=1.0) - table["gap"]
    return table.loc[table["drop"] > 0, ["run", "seconds", "gap", "drop"]].reset_index(drop=True)


def primal_integrals(runs: Runs) -> pd.Series[float]:
    r"""Integral of the primal gap over time, :math:`\int_0^T \gamma(t)\,dt`, in seconds, by run.

    T is the longest time limit on the instance, or the longest run where none has a limit, so that all
    backends are judged over the same time. Missing where the instance has no reference.

    References
    ----------
    T. Berthold, "Measuring the impact of primal heuristics", Operations Research Letters 41, 2013, 611-614.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "wall_seconds": 10.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> primal_integrals(prepared(rows)).tolist()
    [1.5]
    """
    return _integrals(runs, traces(runs))


def anytime_table(runs: Runs, shift: float = SHIFT) -> pd.DataFrame:
    """Primal integrals by family and backend: mean, shifted geometric mean, and share of the time given.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "wall_seconds": 10.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> anytime_table(prepared(rows))[["mean_integral", "share_of_time"]].to_dict("records")
    [{'mean_integral': 1.5, 'share_of_time': 0.15}]
    """
    frame = runs.frame
    integral = _integrals(runs, traces(runs))
    part = frame.assign(integral=integral, share=integral / horizon(runs))[integral.notna()]
    grouped = part.groupby(["family", "backend"])
    return grouped.agg(
        runs=("integral", "size"),
        mean_integral=("integral", "mean"),
        integral=("integral", lambda values: shifted_geometric_mean(values, shift)),
        share_of_time=("share", "mean"),
    ).reset_index()


def gap_curves(runs: Runs, family: str) -> pd.DataFrame:
    """Mean primal gap of a family's runs at every moment, by backend: columns ``backend, seconds, gap``.

    Moments are spaced evenly on a logarithmic scale from the first improvement to the longest run; a run
    that ends keeps its gap.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "wall_seconds": 10.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> curve = gap_curves(prepared(rows), "linear")
    >>> curve["gap"].iloc[[0, -1]].tolist()
    [0.5, 0.0]
    """
    frame = runs.frame
    mine = frame["able"] & (frame["family"] == family) & frame["reference"].notna()
    steps = traces(runs)
    steps = steps[mine.to_numpy()[steps["run"]]]
    if steps.empty:
        return pd.DataFrame(columns=["backend", "seconds", "gap"])
    first = max(steps["seconds"].min(), 1e-4)
    last = max(horizon(runs)[mine].max(), steps["seconds"].max(), 1.01 * first)
    moments = np.geomspace(first, last, POINTS)
    backend = frame["backend"].to_numpy()[steps["run"]]
    parts = []
    for name, count in frame.loc[mine, "backend"].value_counts().sort_index().items():
        own = steps[backend == name].sort_values("seconds")
        fallen = np.concatenate([[0.0], np.cumsum(own["drop"])])
        gap = 1.0 - fallen[np.searchsorted(own["seconds"], moments, side="right")] / count
        parts.append(pd.DataFrame({"backend": name, "seconds": moments, "gap": np.maximum(gap, 0.0)}))
    return pd.concat(parts, ignore_index=True)


def horizon(runs: Runs) -> pd.Series[float]:
    """Seconds over which a run is judged: the longest limit on its instance, or else the longest run.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "failed", "wall_seconds": [1.0, 5.0]})
    >>> horizon(prepared(rows)).tolist()
    [5.0, 5.0]
    """
    frame = runs.frame
    instance = frame["instance"]
    limit = frame["limit"].groupby(instance).transform("max")
    longest = frame[["spent", "wall_seconds"]].max(axis=1).groupby(instance).transform("max")
    return limit.fillna(longest)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _integrals(runs: Runs, steps: pd.DataFrame) -> pd.Series[float]:
    end = horizon(runs)
    run = steps["run"].to_numpy()
    after = np.maximum(end.to_numpy()[run] - steps["seconds"].to_numpy(), 0.0)
    saved = np.bincount(run, after * steps["drop"].to_numpy(), minlength=len(end))
    counted = runs.frame["able"] & runs.frame["reference"].notna()
    integral: pd.Series[float] = (end - saved).where(counted)
    return integral
