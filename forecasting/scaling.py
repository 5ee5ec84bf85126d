r"""Bringing series to one scale, with what is needed fitted on the training part alone.

The sample mean and standard deviation of :math:`n` values are

.. math:: \bar x = \frac1n \sum_i x_i,\qquad s = \sqrt{\frac{1}{n-1} \sum_i (x_i - \bar x)^2}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, overload

import numpy as np

from ..instances.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from ..instances.arrays import FloatArray
    from .panel import Panel
    from .recipes.step import Place


def sample_mean(values: npt.ArrayLike) -> float:
    """Mean of what is not missing.

    Examples
    --------
    >>> sample_mean([1, 2, 3, 4, 5])
    3.0
    """
    return float(_known(values, 1).mean())


def sample_std(values: npt.ArrayLike) -> float:
    """Sample standard deviation, with n - 1, of what is not missing.

    Raises
    ------
    InputError
        For fewer than two values.

    Examples
    --------
    >>> round(sample_std([1, 2, 3, 4, 5]), 4)
    1.5811
    """
    return float(_known(values, 2).std(ddof=1))


def _known(values: npt.ArrayLike, least: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64).ravel()
    known = array[~np.isnan(array)]
    if known.size < least:
        raise InputError(f"there are {known.size} values; give at least {least}")
    return known


@dataclass(frozen=True, kw_only=True)
class MinMax:
    r"""Scale each series so that its training part runs from 0 to 1: :math:`x' = (x - \min)/(\max - \min)`.

    A series that is constant in the training part has no span; its span is taken as 1, so that the constant
    becomes 0 and every later value still has an inverse.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"HE": [10.0, 20.0, 30.0], "HB": [7.0, 7.0, 7.0]})
    >>> scaling = MinMax().fit(frame)
    >>> scaled = scaling.apply(frame)
    >>> scaled.to_dict("list")
    {'HE': [0.0, 0.5, 1.0], 'HB': [0.0, 0.0, 0.0]}
    >>> scaling.inverse(scaled).to_dict("list")
    {'HE': [10.0, 20.0, 30.0], 'HB': [7.0, 7.0, 7.0]}
    """

    name: ClassVar[str] = "min-max"
    uses_future: ClassVar[bool] = False
    columns: tuple[str, ...] = ()

    def fit(self, frame: pd.DataFrame, panel: Panel | None = None) -> Scaling:
        """Learn the least and the greatest value of each series, one column each."""
        _refuse_empty(frame)
        low, high = (getattr(frame, which)().to_numpy(dtype=np.float64) for which in ("min", "max"))
        return Scaling("scaled to 0 to 1 by the training part", low, _span(high - low))


@dataclass(frozen=True, kw_only=True)
class Standard:
    r"""Scale each series by mean and sample standard deviation (n - 1): :math:`x' = (x - \bar x)/s`.

    A series that is constant in the training part, or has one value there, is divided by 1: the constant
    becomes 0 and every later value still has an inverse.

    Examples
    --------
    >>> import pandas as pd
    >>> scaling = Standard().fit(pd.DataFrame({"HE": [1.0, 2, 3, 4, 5]}))
    >>> scaling.centre.tolist(), scaling.span.round(4).tolist()
    ([3.0], [1.5811])
    """

    name: ClassVar[str] = "standard"
    uses_future: ClassVar[bool] = False
    columns: tuple[str, ...] = ()

    def fit(self, frame: pd.DataFrame, panel: Panel | None = None) -> Scaling:
        """Learn mean and sample standard deviation of each series, one column each."""
        _refuse_empty(frame)
        spread = frame.std(ddof=1).fillna(0.0).to_numpy(dtype=np.float64)
        constant = (frame.max() == frame.min()).to_numpy()  # the mean of equal values may miss by rounding
        mean = np.where(constant, frame.max(), frame.mean()).astype(np.float64)
        why = "scaled by mean and standard deviation of the training part"
        return Scaling(why, mean, _span(np.where(constant, 0.0, spread)))


@dataclass(frozen=True, eq=False)
class Scaling:
    """A scale for each series, and the way back; made by `MinMax` and `Standard`.

    Arrays have the series along their last axis, such as forecasts of shape (origins, horizon, series).

    Examples
    --------
    >>> scaling = Scaling("", np.array([10.0]), np.array([20.0]))
    >>> scaling.apply(np.array([[20.0]])).tolist(), scaling.inverse(np.array([[0.5]])).tolist()
    ([[0.5]], [[20.0]])
    """

    why: str
    centre: FloatArray
    span: FloatArray

    @overload
    def apply(self, values: pd.DataFrame, place: Place | None = None) -> pd.DataFrame: ...
    @overload
    def apply(self, values: FloatArray, place: Place | None = None) -> FloatArray: ...
    def apply(
        self, values: pd.DataFrame | FloatArray, place: Place | None = None
    ) -> pd.DataFrame | FloatArray:
        """Scale."""
        return (values - self.centre) / self.span

    @overload
    def inverse(self, scaled: pd.DataFrame) -> pd.DataFrame: ...
    @overload
    def inverse(self, scaled: FloatArray) -> FloatArray: ...
    def inverse(self, scaled: pd.DataFrame | FloatArray) -> pd.DataFrame | FloatArray:
        """Undo the scaling."""
        return scaled * self.span + self.centre


def _span(span: FloatArray) -> FloatArray:
    return np.where(span > 0, span, 1.0)


def _refuse_empty(frame: pd.DataFrame) -> None:
    empty = frame.isna().all().to_numpy()
    if empty.any():
        series = frame.columns[int(np.argmax(empty))]
        raise InputError(f"series {series!r} has no value in the training part; leave it out of the panel")
