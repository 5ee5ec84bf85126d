"""Croston's method for sparse demand: how much, when there is any, over how long between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...instances.errors import InputError
from .history import refuse_series, require_history
from .maker_base import Fitted, Maker

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


@dataclass(frozen=True)
class Croston(Maker):
    """Demand a row as the smoothed size of a demand over the smoothed time between demands.

    At every row with demand y > 0, k rows after the one before: z ← z + α (y − z) and p ← p + α (k − p); in
    between nothing changes. ŷ = z / p at every step ahead. The first demand starts z, and the rows up to it,
    it included, start p. Rows without a record count as time passed.

    Parameters
    ----------
    smoothing
        α, above 0 and at most 1.
    variant
        ``croston``, or ``sba`` which takes off the bias: ŷ = (1 − α/2) z / p.

    References
    ----------
    Croston (1972), Operational Research Quarterly 23(3); Syntetos and Boylan (2005), International Journal
    of Forecasting 21(2).

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=5)
    >>> panel = Panel(values=pd.DataFrame({"drug": [0.0, 4, 0, 0, 6]}, index=days))
    >>> Croston(smoothing=0.5).fit(panel, horizon=1).forecast(panel, days[[1, 4]]).ravel().tolist()
    [2.0, 2.0]
    """

    kind: ClassVar[str] = "croston"
    smoothing: float = 0.1
    variant: str = "croston"

    def __post_init__(self) -> None:
        if not 0 < self.smoothing <= 1:
            raise InputError(f"smoothing is {self.smoothing:g}; it must be above 0 and at most 1")
        if self.variant not in ("croston", "sba"):
            raise InputError(f"variant is {self.variant!r}; give croston or sba")

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """There is nothing to fit; refuse demand below zero, and series without any demand."""
        require_history(panel, horizon, self.name)
        values = panel.values.to_numpy()
        lowest = np.nanmin(values, axis=0)
        first = np.nanargmin(values, axis=0)
        refuse_series(
            panel,
            np.asarray(lowest < 0),
            lambda at: (
                f"is {lowest[at]:g} on {panel.times[int(first[at])]:%Y-%m-%d}; "
                "Croston's method is for demand of 0 or more"
            ),
        )
        unbiased = 1 - self.smoothing / 2 if self.variant == "sba" else 1.0

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            rate = unbiased * demand_rates(panel.values.to_numpy(), self.smoothing)[rows]
            return np.repeat(rate[:, None, :], horizon, axis=1)

        return Fitted(panel.series, horizon, ahead)


def demand_rates(values: FloatArray, smoothing: float) -> FloatArray:
    """Croston's demand a row, as known after every row; 0 before the first demand.

    Examples
    --------
    >>> demand_rates(np.array([[0.0], [4.0], [0.0]]), 0.1).ravel().tolist()
    [0.0, 2.0, 2.0]
    """
    rates = np.zeros_like(values)
    size, between, waited = (np.zeros(values.shape[1]) for _ in range(3))
    for row, value in enumerate(values):
        waited += 1
        demand = value > 0
        first = demand & (between == 0)
        weight = np.where(first, 1.0, smoothing) * demand
        size += weight * (np.where(demand, value, 0) - size)
        between += weight * (waited - between)
        waited[demand] = 0
        np.divide(size, between, out=rates[row], where=between > 0)
    return rates
