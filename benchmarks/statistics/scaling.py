r"""How time grows with size: power laws fitted by least squares on logarithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .sets import EXAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from .runs import Runs

LEAST_SIZES = 3
LEAST_SPAN = 30.0
"""Largest over smallest size from which on a law says something of growth."""
FLOOR = 1e-2
"""Seconds below which a time is mostly fixed cost, which flattens the slope."""


@dataclass(frozen=True)
class PowerLaw:
    r"""A fit of :math:`t = a\, n^b`, that is :math:`\ln t = \ln a + b \ln n + \varepsilon`.

    Parameters
    ----------
    exponent, low, high
        :math:`b` with its confidence interval (Student's t with `points` - 2 degrees of freedom).
    factor
        :math:`a`.
    r_squared
        Share of the variance of :math:`\ln t` that the line explains.
    points
        Number of times fitted.
    smallest, largest
        Range of the sizes; nothing is said beyond it.
    spread
        Standard error of the residuals on the logarithmic scale.
    centre, moment
        Mean of :math:`\ln n`, and the sum of squares about it.
    level
        Confidence of interval and band.
    """

    exponent: float
    low: float
    high: float
    factor: float
    r_squared: float
    points: int
    smallest: float
    largest: float
    spread: float
    centre: float
    moment: float
    level: float

    def band(self, sizes: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        r"""Mean time at sizes, with the confidence band of the line.

        .. math::

            \exp\Bigl(\hat y(x) \pm t_{n-2} s \sqrt{\tfrac1n + \tfrac{(x - \bar x)^2}{S_{xx}}}\Bigr),
            \quad x = \ln n

        Examples
        --------
        >>> law = power_law([1, 10, 100, 1000], [2.0, 20.0, 200.0, 2000.0])
        >>> [float(each[0].round(6)) for each in law.band([50.0])]
        [100.0, 100.0, 100.0]
        """
        from scipy.stats import t

        x = np.log(np.asarray(sizes, dtype=np.float64))
        mean = np.log(self.factor) + self.exponent * x
        quantile = t.ppf((1 + self.level) / 2, self.points - 2)
        reach = quantile * self.spread * np.sqrt(1 / self.points + (x - self.centre) ** 2 / self.moment)
        return np.exp(mean), np.exp(mean - reach), np.exp(mean + reach)


def power_law(sizes: npt.ArrayLike, seconds: npt.ArrayLike, level: float = 0.95) -> PowerLaw | None:
    """Fit a power law; None below three different sizes, where no line is determined with an error.

    Examples
    --------
    >>> law = power_law([10, 100, 1000], [1.0, 100.0, 10000.0])
    >>> round(law.exponent, 6), round(law.factor, 6)
    (2.0, 0.01)
    """
    from scipy.stats import linregress, t

    x, y = np.log(np.asarray(sizes, np.float64)), np.log(np.asarray(seconds, np.float64))
    if len(np.unique(x)) < LEAST_SIZES:
        return None
    fit = linregress(x, y)
    residual = y - fit.intercept - fit.slope * x
    reach = t.ppf((1 + level) / 2, len(x) - 2) * fit.stderr
    return PowerLaw(
        exponent=float(fit.slope),
        low=float(fit.slope - reach),
        high=float(fit.slope + reach),
        factor=float(np.exp(fit.intercept)),
        r_squared=float(fit.rvalue**2),
        points=len(x),
        smallest=float(np.exp(x.min())),
        largest=float(np.exp(x.max())),
        spread=float(np.sqrt(residual @ residual / (len(x) - 2))),
        centre=float(x.mean()),
        moment=float(((x - x.mean()) ** 2).sum()),
        level=level,
    )


def growth_points(runs: Runs, floor: float = FLOOR) -> pd.DataFrame:
    """Collect the times that are fitted: the median of each instance's complete runs, none below the floor.

    A run that ended at its time limit tells the limit and nothing of growth; it is left out.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": [0, 1],
    ...     "family": "linear", "size": 10, "status": "optimal", "checked": True, "objective": 4.0,
    ...     "build_seconds": 0.5, "solve_seconds": [1.0, 3.0]})
    >>> growth_points(prepared(rows))[["size", "seconds"]].to_dict("records")
    [{'size': 10.0, 'seconds': 2.5}]
    """
    able = runs.able
    part = able[able["complete"] & (able["size"] > 0) & (able["stop_reason"] != "time-limit")]
    points = (
        part.groupby(["family", "set", "backend", "instance"])[["size", "seconds"]].median().reset_index()
    )
    return points[points["seconds"] >= floor].reset_index(drop=True)


def scaling_laws(points: pd.DataFrame) -> dict[tuple[str, str, str], PowerLaw]:
    """Fit every set's and backend's points that suffice: three sizes, the largest 30 times the smallest.

    Instances of different sets differ in more than their size, so they never stand on one line; nor do those
    of the set of single instances, such as the bundled examples.

    Examples
    --------
    >>> points = pd.DataFrame({"family": "linear", "set": "lps", "backend": "x", "size": [1, 10, 100],
    ...                        "seconds": [1.0, 10.0, 100.0]})
    >>> round(scaling_laws(points)["linear", "lps", "x"].exponent, 6)
    1.0
    """
    laws = {}
    for (family, made, backend), part in points.groupby(["family", "set", "backend"], sort=False):
        single = str(made).partition("+")[0] == EXAMPLES
        if single or part["size"].max() < LEAST_SPAN * part["size"].min():
            continue
        law = power_law(part["size"], part["seconds"])
        if law is not None:
            laws[str(family), str(made), str(backend)] = law
    return laws


def scaling_table(laws: dict[tuple[str, str, str], PowerLaw]) -> pd.DataFrame:
    """Lay the laws out, one line a set and backend.

    Examples
    --------
    >>> law = power_law([1, 10, 100], [1.0, 10.0, 100.0])
    >>> table = scaling_table({("linear", "lps", "x"): law}).round(6)
    >>> table[["backend", "points", "largest"]].to_dict("records")
    [{'backend': 'x', 'points': 3, 'largest': 100.0}]
    """
    lines = [
        {
            "family": family,
            "set": made,
            "backend": backend,
            "points": law.points,
            "smallest": law.smallest,
            "largest": law.largest,
            "exponent": law.exponent,
            "exponent_low": law.low,
            "exponent_high": law.high,
            "r_squared": law.r_squared,
        }
        for (family, made, backend), law in laws.items()
    ]
    return pd.DataFrame(lines)
