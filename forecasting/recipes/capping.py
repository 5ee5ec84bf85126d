"""Capping outliers: at so many spreads from what is usual around, or at quantiles of the training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from .settings import flag, names, number, whole
from .step import median_of_last

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..panel import Panel
    from .step import Place

_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, kw_only=True)
class RollingCap:
    r"""Cap at the rolling median plus and minus so many spreads.

    .. math:: |x_t - m_t| \le k\, s_t,\qquad m_t = \operatorname{med}_{u \in W_t} x_u,\quad
              s_t = \max\bigl(1.4826 \operatorname{med}_{u \in W_t} |x_u - m_t|,\ s_0\bigr)

    :math:`W_t` are the `window` steps before t, or with `centred` those around and with it, which uses the
    future. The floor :math:`s_0` is 1.4826 times the median of :math:`|x_t - m_t|` in the training part: it
    keeps quiet weeks from making every move an outlier. Where both are 0 nothing is capped.

    Parameters
    ----------
    window
        Steps that are usual for a value; at least half of them must be known for it to be capped.
    spreads
        How many spreads away is too far: :math:`k`.
    centred
        Whether the steps after count too.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=7)
    >>> frame = pd.DataFrame({"Hessen": [10.0, 11, 12, 11, 12, 110, 11]}, index=days)
    >>> RollingCap(window=4, spreads=5).fit(frame, None).apply(frame, None)["Hessen"].round(3).tolist()
    [10.0, 11.0, 12.0, 11.0, 12.0, 18.913, 11.0]
    """

    name: ClassVar[str] = "rolling-cap"
    window: int = 15
    spreads: float = 8.0
    centred: bool = False
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole(self.name, "window", self.window, 3)
        number(self.name, "spreads", self.spreads, above=0)
        flag(self.name, "centred", self.centred)
        names(self.name, "columns", self.columns)

    @property
    def uses_future(self) -> bool:
        """Whether the steps after a value count."""
        return self.centred

    def fit(self, frame: pd.DataFrame, panel: Panel | None) -> FittedRollingCap:
        """Learn the least spread of each series."""
        values = frame.to_numpy(dtype=np.float64)
        centre, _ = self.usual(values)
        return FittedRollingCap(self, _NORMAL * median_of_last(np.abs(values - centre).T))

    def usual(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Median and median absolute deviation of what is around each value; NaN where little is known."""
        centre, spread = np.full_like(values, np.nan), np.full_like(values, np.nan)
        width = max(1, _CELLS_AT_ONCE // max(1, len(values) * self.window))
        ahead = self.window // 2 if self.centred else -1
        padded = np.full((len(values) + self.window - 1 + max(ahead, 1), values.shape[1]), np.nan)
        padded[self.window - 1 - ahead : self.window - 1 - ahead + len(values)] = values
        for first in range(0, values.shape[1], width):
            block = slice(first, first + width)
            around = np.lib.stride_tricks.sliding_window_view(padded[:, block], self.window, axis=0)[
                : len(values)
            ]
            middle = median_of_last(around)
            away = median_of_last(np.abs(around - middle[..., None]))
            few = np.isfinite(around).sum(axis=-1) * 2 < self.window
            centre[:, block] = np.where(few, np.nan, middle)
            spread[:, block] = np.where(few, np.nan, away)
        return centre, spread


@dataclass(frozen=True, eq=False)
class FittedRollingCap:
    """A rolling cap with the least spread of each series; made by `RollingCap`."""

    step: RollingCap
    least: FloatArray

    @property
    def why(self) -> str:
        """Reason of the changes."""
        side = "around" if self.step.centred else "before"
        usual = f"the median of the {self.step.window} steps {side}"
        return f"outlier: over {self.step.spreads:g} spreads from {usual}"

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Cap what is too far."""
        values = frame.to_numpy(dtype=np.float64)
        centre, away = self.step.usual(values)
        reach = self.step.spreads * np.fmax(_NORMAL * away, self.least)
        with np.errstate(invalid="ignore"):
            outlier = (np.abs(values - centre) > reach) & (reach > 0)
        capped = np.where(outlier, np.clip(values, centre - reach, centre + reach), values)
        return pd.DataFrame(capped, frame.index, frame.columns)


@dataclass(frozen=True, kw_only=True)
class QuantileCap:
    """Cap each series at two quantiles of its training part.

    Parameters
    ----------
    lower, upper
        The quantiles, from 0 to 1.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> frame = pd.DataFrame({"Hessen": [1.0, 2, 3, 4, 100]})
    >>> QuantileCap(lower=0.25, upper=0.75).fit(frame, None).apply(frame, None)["Hessen"].tolist()
    [2.0, 2.0, 3.0, 4.0, 4.0]
    """

    name: ClassVar[str] = "quantile-cap"
    uses_future: ClassVar[bool] = False
    lower: float = 0.0
    upper: float = 0.999
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        number(self.name, "upper", self.upper, above=0, highest=1)
        number(self.name, "lower", self.lower, highest=1)
        if not 0 <= self.lower < self.upper:
            raise InputError(
                f"lower is {self.lower:g} and upper {self.upper:g}; lower is 0 or more and below upper",
                f"step {self.name!r}",
            )
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel | None) -> FittedQuantileCap:
        """Learn the two limits of each series."""
        limits = frame.quantile([self.lower, self.upper]).to_numpy(dtype=np.float64)
        return FittedQuantileCap(self, limits[0], limits[1])


@dataclass(frozen=True, eq=False)
class FittedQuantileCap:
    """A quantile cap with the limits of each series; made by `QuantileCap`."""

    step: QuantileCap
    lowest: FloatArray
    highest: FloatArray

    @property
    def why(self) -> str:
        """Reason of the changes."""
        return f"outlier: outside quantiles {self.step.lower:g} and {self.step.upper:g} of what was fitted on"

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Cap what is outside."""
        values = frame.to_numpy(dtype=np.float64)
        capped = np.fmax(np.fmin(values, self.highest), self.lowest)
        return pd.DataFrame(np.where(np.isnan(values), np.nan, capped), frame.index, frame.columns)
