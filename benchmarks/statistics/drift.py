"""Whether the machine stayed the same: the drift probe's times while a suite ran."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from .runs import DRIFT

NOISY = 1.25
"""Slowest probe over the median from which the machine is called noisy."""
LEAST_PROBES = 3


def probes(rows: pd.DataFrame) -> pd.DataFrame:
    """Times of the drift probe: columns ``machine, hours`` (since the machine's first probe), ``seconds``.

    Examples
    --------
    >>> rows = pd.DataFrame({"backend": ["drift", "highs", "drift"], "wall_seconds": [1.0, 7.0, 2.0],
    ...     "started_at": ["2026-01-01T00:00:00+00:00", None, "2026-01-01T02:00:00+00:00"]})
    >>> probes(rows)[["hours", "seconds"]].to_dict("list")
    {'hours': [0.0, 2.0], 'seconds': [1.0, 2.0]}
    """
    own = rows[rows["backend"] == DRIFT]
    machine = own["machine"].map(machine_name) if "machine" in own.columns else "unknown"
    table = pd.DataFrame({"machine": machine, "seconds": pd.to_numeric(own["wall_seconds"])}, index=own.index)
    started = pd.to_datetime(own["started_at"], utc=True, format="ISO8601")
    since = started - started.groupby(table["machine"]).transform("min")
    table.insert(1, "hours", since.dt.total_seconds() / 3600)
    return table.dropna().sort_values(["machine", "hours"], ignore_index=True)


def drift_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Summarise the probe by machine: spread, trend by hour (Theil and Sen), and a verdict.

    Examples
    --------
    >>> rows = pd.DataFrame({"backend": "drift", "wall_seconds": [1.0, 1.0, 1.02, 2.0],
    ...     "started_at": [f"2026-01-01T0{hour}:00:00+00:00" for hour in range(4)]})
    >>> drift_table(rows)[["probes", "median_seconds", "slowest_over_median", "verdict"]].round(2).to_dict("records")
    [{'probes': 4, 'median_seconds': 1.01, 'slowest_over_median': 1.98, 'verdict': 'noisy'}]
    """  # noqa: E501
    from scipy.stats import theilslopes

    lines = []
    for machine, part in probes(rows).groupby("machine") if (rows["backend"] == DRIFT).any() else ():
        seconds = part["seconds"].to_numpy(np.float64)
        median = float(np.median(seconds))
        trend = low = high = np.nan
        if len(seconds) >= LEAST_PROBES and part["hours"].nunique() > 1:
            trend, _, low, high = theilslopes(seconds / median, part["hours"])
        lines.append(
            {
                "machine": machine,
                "probes": len(seconds),
                "hours": part["hours"].max(),
                "median_seconds": median,
                "fastest_over_median": seconds.min() / median,
                "slowest_over_median": seconds.max() / median,
                "trend_per_hour": trend,
                "trend_low": low,
                "trend_high": high,
                "verdict": _verdict(len(seconds), seconds.max() / median, median / seconds.min()),
            }
        )
    return pd.DataFrame(lines)


def machine_name(machine: object) -> str:
    """Name a machine by its processor, cores and memory.

    Examples
    --------
    >>> machine_name({"cpu": "Some CPU", "cores": 2, "memory": 8})
    'cores 2, cpu Some CPU, memory 8'
    """
    if isinstance(machine, str):
        try:
            machine = json.loads(machine)
        except ValueError:
            return str(machine)
    if not isinstance(machine, dict):
        return "unknown"
    return ", ".join(f"{name} {machine[name]}" for name in sorted(machine) if machine[name] is not None)


def _verdict(count: int, slowest: float, fastest: float) -> str:
    """Noisy where some probes are much slower than the median, or the median than the fastest."""
    if count < LEAST_PROBES:
        return "too few probes"
    return "noisy" if max(slowest, fastest) > NOISY else "steady"
