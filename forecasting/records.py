r"""Made-up records of hospitals' daily reports, for examples and tests that have no public data at hand.

Occupied beds :math:`y_{st}` of region :math:`s` on day :math:`t` are a level with a yearly and a weekly
pattern, dips at the turn of the year, epidemic waves that reach regions one after the other, and noise that
carries over to the next day:

.. math:: y_{st} = \ell_s \Bigl(1 + a_s \cos\tfrac{2\pi (t - \phi)}{365.25} + w_{s,\,t \bmod 7} - h_t
          + \sum_k b_{sk} e^{-(t - p_k - d_{sk})^2 / 2 c_k^2} + \varepsilon_{st}\Bigr),\qquad
          \varepsilon_{st} = 0.9\,\varepsilon_{s,t-1} + u_{st}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .panel import Panel

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray

STATES = ("BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH")
"""German states by ISO 3166-2, of which every region is in one: calendars know their holidays."""
REGIONS = ("north", "east", "south", "west")


def simulated_panel(
    n_series: int = 16, n_days: int = 730, seed: int = 0, *, first: str = "2020-01-01", missing: float = 0.0
) -> Panel:
    """Make up occupied and free beds of regions, day by day.

    Parameters
    ----------
    n_series, n_days
        Regions and days.
    seed
        The same seed gives the same panel.
    first
        The first day.
    missing
        Share of days that a region did not report.

    Returns
    -------
    Panel
        Whole numbers of ``beds occupied``, the covariate ``free``, and the attributes ``country``,
        ``subdivision`` (a German state), ``region`` and ``population``.

    Examples
    --------
    >>> panel = simulated_panel(3, 5, seed=1)
    >>> panel.values.head(2)
                   R1     R2     R3
    2020-01-01  689.0  773.0  506.0
    2020-01-02  691.0  776.0  508.0
    """
    if n_series < 1 or n_days < 1:
        raise InputError(f"there are {n_series} series and {n_days} days; give at least one of each")
    if not 0 <= missing < 1:
        raise InputError(f"the share of missing days is {missing}; it must be in [0, 1)")
    rng = np.random.default_rng(seed)
    times = pd.date_range(first, periods=n_days, freq="D")
    population = np.rint(rng.lognormal(14.3, 0.8, n_series))
    level = population * rng.uniform(18, 28, n_series) / 100_000
    relative = (
        1
        + rng.uniform(0.02, 0.08, n_series) * np.cos(2 * np.pi * (_day_of_year(times) - 35) / 365.25)
        + _weekly(times, n_series, rng)
        - _turn_of_the_year(times)
        + _waves(n_days, n_series, rng)
        + _carried_over(n_days, n_series, rng)
    )
    occupied = np.rint(np.maximum(level * relative, 0.0))
    capacity = np.ceil(level * 1.35)
    free = np.rint(np.maximum(capacity - occupied, 0.02 * capacity))
    if missing:
        unreported = rng.random(occupied.shape) < missing
        occupied[unreported] = free[unreported] = np.nan
    digits = len(str(n_series))
    keys = pd.Index([f"R{number:0{digits}d}" for number in range(1, n_series + 1)])
    at = np.arange(n_series)
    return Panel(
        values=pd.DataFrame(occupied, index=times, columns=keys),
        covariates={"free": pd.DataFrame(free, index=times, columns=keys)},
        attributes=pd.DataFrame(
            {
                "country": "DE",
                "subdivision": np.array(STATES)[at % len(STATES)],
                "region": np.array(REGIONS)[at % len(REGIONS)],
                "population": population,
            },
            index=keys,
        ),
        name="beds occupied",
    )


def simulated_records(
    n_series: int = 16,
    n_days: int = 730,
    seed: int = 0,
    *,
    first: str = "2020-01-01",
    missing: float = 0.01,
    gaps: float = 0.01,
    duplicates: float = 0.005,
    outliers: float = 0.002,
) -> pd.DataFrame:
    """Make up the same reports as they arrive: text, unsorted, with gaps, doubles and slips of the pen.

    Parameters
    ----------
    n_series, n_days, seed, first
        As for `simulated_panel`, which gives what the reports would say without a fault.
    missing
        Share of reports that say ``NA``.
    gaps
        Share of reports that never came: there is no such row.
    duplicates
        Share of reports that came twice, the second one corrected.
    outliers
        Share of reports with a digit too many.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``state``, ``beds_occupied`` and ``beds_free``, all of them text; thousands have commas.

    Examples
    --------
    >>> simulated_records(20, 30, seed=1).head(2)
             date state beds_occupied beds_free
    0  2020-01-12   R01           644        93
    1  2020-01-23   R07           314        20
    """
    rng = np.random.default_rng([seed, 1])
    panel = simulated_panel(n_series, n_days, seed, first=first)
    cells = n_series * n_days
    occupied = panel.values.to_numpy().ravel()
    slipped = np.where(rng.random(cells) < outliers, 10 * occupied, occupied)
    table = pd.DataFrame(
        {
            "date": np.repeat(panel.times.strftime("%Y-%m-%d"), n_series),
            "state": np.tile(panel.series, n_days),
            "beds_occupied": slipped,
            "beds_free": panel.covariates["free"].to_numpy().ravel(),
        }
    )
    table.loc[rng.random(cells) < missing, ["beds_occupied", "beds_free"]] = np.nan
    table = table[rng.random(cells) >= gaps]
    again = table[rng.random(len(table)) < duplicates]
    corrected = again.assign(beds_occupied=again["beds_occupied"] + 1)
    table = pd.concat([table.sample(frac=1.0, random_state=rng), corrected], ignore_index=True)
    for name in ("beds_occupied", "beds_free"):
        table[name] = table[name].map("{:,.0f}".format).where(table[name].notna(), "NA")
    return table.astype("str")


def _day_of_year(times: pd.DatetimeIndex) -> FloatArray:
    return times.day_of_year.to_numpy(dtype=np.float64)[:, None]


def _weekly(times: pd.DatetimeIndex, n_series: int, rng: np.random.Generator) -> FloatArray:
    """Fewer beds at weekends, as planned operations rest."""
    shared = np.array([-0.01, 0.01, 0.015, 0.015, 0.01, -0.015, -0.025])[:, None]
    own = shared * rng.uniform(0.5, 1.5, n_series) + rng.normal(0, 0.002, (7, n_series))
    return np.asarray(own[times.day_of_week], dtype=np.float64)


def _turn_of_the_year(times: pd.DatetimeIndex) -> FloatArray:
    quiet = ((times.month == 12) & (times.day >= 23)) | ((times.month == 1) & (times.day <= 2))
    return 0.06 * np.asarray(quiet, dtype=np.float64)[:, None]


def _waves(n_days: int, n_series: int, rng: np.random.Generator) -> FloatArray:
    count = max(1, n_days // 200)
    day = np.arange(n_days, dtype=np.float64)[:, None]
    waves = np.zeros((n_days, n_series))
    for _ in range(count):
        peak, width = rng.uniform(0, n_days), rng.uniform(15, 35)
        arrives, height = rng.normal(0, 6, n_series), rng.lognormal(-1.8, 0.5, n_series)
        waves += height * np.exp(-(((day - peak - arrives) / width) ** 2) / 2)
    return waves


def _carried_over(n_days: int, n_series: int, rng: np.random.Generator) -> FloatArray:
    from scipy.signal import lfilter

    shocks = rng.normal(0, 0.012, (n_days, n_series))
    return np.asarray(lfilter([1.0], [1.0, -0.9], shocks, axis=0), dtype=np.float64)
