"""Filling what is missing from the same series: the last value, a line across the gap, the same weekday."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from ..phases import phase
from .settings import flag, names, whole

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..panel import Panel
    from .step import Place


@dataclass(frozen=True, kw_only=True)
class ForwardFill:
    """Fill with the last value known, up to `limit` steps after it.

    Parameters
    ----------
    limit
        Steps that a value may be carried; a longer gap is filled that far, since when it began nobody knew
        how long it would be.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> frame = pd.DataFrame({"Hessen": [3.0, np.nan, np.nan, 4.0]})
    >>> ForwardFill(limit=1).apply(frame, None)["Hessen"].tolist()
    [3.0, 3.0, nan, 4.0]
    """

    name: ClassVar[str] = "forward-fill"
    uses_future: ClassVar[bool] = False
    why: ClassVar[str] = "missing: the last value before it"
    limit: int = 7
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole(self.name, "limit", self.limit, 1)
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel) -> ForwardFill:
        """Return itself: there is nothing to learn."""
        return self

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Carry values forward."""
        return frame.ffill(limit=self.limit)


@dataclass(frozen=True, kw_only=True)
class Interpolate:
    r"""Fill a gap between two values with the line from one to the other.

    A gap from :math:`a` to :math:`b` with known values at both ends gets
    :math:`x_t = x_a + (x_b - x_a)(t - a)/(b - a)`. It knows the value after the gap, so no forecast may be
    made from inside one: back-tests refuse it beyond the part fitted on.

    Parameters
    ----------
    longest
        Longest gap, in steps, that is filled; longer ones, and those at the ends, are left as they are.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> frame = pd.DataFrame({"Hessen": [3.0, np.nan, 5.0, np.nan, np.nan, 8.0]})
    >>> Interpolate(longest=1).apply(frame, None)["Hessen"].tolist()
    [3.0, 4.0, 5.0, nan, nan, 8.0]
    """

    name: ClassVar[str] = "interpolate"
    uses_future: ClassVar[bool] = True
    why: ClassVar[str] = "missing: on the line between the values around it"
    longest: int = 7
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole(self.name, "longest", self.longest, 1)
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel) -> Interpolate:
        """Return itself: there is nothing to learn."""
        return self

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Draw the lines."""
        values = frame.to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        row = np.arange(len(values))[:, None]
        before = np.maximum.accumulate(np.where(known, row, -1), axis=0)
        after = np.minimum.accumulate(np.where(known, row, len(values))[::-1], axis=0)[::-1]
        inside = ~known & (before >= 0) & (after < len(values)) & (after - before - 1 <= self.longest)
        time, series = np.nonzero(inside)
        first, last = before[time, series], after[time, series]
        share = (time - first) / (last - first)
        filled = values.copy()
        filled[time, series] = (1 - share) * values[first, series] + share * values[last, series]
        return pd.DataFrame(filled, frame.index, frame.columns)


@dataclass(frozen=True, kw_only=True)
class SeasonalFill:
    r"""Fill with the mean of the same weekday in the weeks around.

    .. math:: \hat x_t = \operatorname{mean}\{x_{t + k p} : 1 \le |k| \le K, \text{known}\}

    and where none of them is known, with the training part's mean of that weekday. Without `around` only
    the weeks before count.

    Parameters
    ----------
    period
        Steps after which the pattern comes again, 7 for weekdays: :math:`p`.
    reach
        Periods to each side: :math:`K`.
    around
        Whether the weeks after count too; then it uses the future.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> frame = pd.DataFrame({"Hessen": [1.0, 5.0, np.nan, 6.0]}, index=days)
    >>> fill = SeasonalFill(period=2, reach=1).fit(frame, None)
    >>> fill.apply(frame, None)["Hessen"].tolist()
    [1.0, 5.0, 1.0, 6.0]
    """

    name: ClassVar[str] = "seasonal-fill"
    period: int = 7
    reach: int = 4
    around: bool = False
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole(self.name, "period", self.period, 2)
        whole(self.name, "reach", self.reach, 1)
        flag(self.name, "around", self.around)
        names(self.name, "columns", self.columns)

    @property
    def uses_future(self) -> bool:
        """Whether weeks after the gap count."""
        return self.around

    def fit(self, frame: pd.DataFrame, panel: Panel | None) -> FittedSeasonalFill:
        """Learn each series' mean of each weekday."""
        anchor = frame.index[0]
        means = frame.groupby(phase(frame.index, anchor, self.period)).mean().reindex(range(self.period))
        return FittedSeasonalFill(self, anchor, means.to_numpy(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class FittedSeasonalFill:
    """A seasonal fill with each series' mean of each weekday; made by `SeasonalFill`."""

    step: SeasonalFill
    anchor: pd.Timestamp
    means: FloatArray

    @property
    def why(self) -> str:
        """Reason of the changes."""
        side = "around it" if self.step.around else "before it"
        return f"missing: the mean of the same place in the {self.step.reach} periods {side}, or in all"

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Fill from the periods around, and then from those learnt."""
        values = frame.to_numpy(dtype=np.float64)
        total, count = np.zeros_like(values), np.zeros_like(values)
        steps = range(1, self.step.reach + 1)
        for k in (*steps, *(-k for k in steps)) if self.step.around else steps:
            moved = frame.shift(k * self.step.period).to_numpy(dtype=np.float64)
            known = ~np.isnan(moved)
            total += np.where(known, moved, 0.0)
            count += known
        near = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        learnt = self.means[phase(frame.index, self.anchor, self.step.period)]
        filled = np.where(np.isnan(values), np.where(np.isnan(near), learnt, near), values)
        return pd.DataFrame(filled, frame.index, frame.columns)
