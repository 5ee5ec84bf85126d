r"""A sharing problem that a record poses at every origin: what is shared, by whom, at what cost, and when.

A state staffs what its demand usually is, :math:`K_j(t)`, the median of its last `own_days` days up to the
origin t. What goes beyond it at t + h is its demand on a pool, :math:`d_j = a (y_j(t + h) - K_j(t))^+`, which
has to be sent before it is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...forecasting.demand import demand_beyond
from ...instances.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ...forecasting.panel import Panel
    from ...instances.arrays import FloatArray
    from ...instances.uncertain_transportation import UncertainTransportationProblem


@dataclass(frozen=True, eq=False, kw_only=True)
class SharingCase:
    """A record, and the problem that it poses.

    Parameters
    ----------
    name
        What the case is called.
    panel
        The record: one series a target of the problem, in its order.
    problem
        Sources, lanes and prices; its demand only stands in.
    horizon
        Days from the plan to the demand.
    own_days
        Days whose median a state has of its own.
    rate
        What is shared for each unit beyond it.
    """

    name: str
    panel: Panel
    problem: UncertainTransportationProblem
    horizon: int
    own_days: int = 28
    rate: float = 1.0

    def __post_init__(self) -> None:
        if list(self.panel.series) != list(self.problem.targets):
            raise InputError("the series of the record are not the targets of the problem, in their order")

    def origins(self, count: int, every: int = 7) -> pd.DatetimeIndex:
        """The last origins whose demand came true within the record, `every` days apart.

        Examples
        --------
        >>> from allocare.benchmarks.sharing.made_up import made_up_case
        >>> made_up_case().origins(2).strftime("%Y-%m-%d").tolist()
        ['2021-12-16', '2021-12-23']
        """
        last = len(self.panel.times) - 1 - self.horizon
        first = last - (count - 1) * every
        if count < 1 or first < self.own_days:
            raise InputError(
                f"{count} origins {every} days apart do not fit into {len(self.panel.times)} days of records"
            )
        return self.panel.times[first : last + 1 : every]

    def own(self, origins: pd.DatetimeIndex) -> FloatArray:
        """What each state has of its own at each origin, shape (origins, states)."""
        recent = self.panel.values.rolling(self.own_days, min_periods=self.own_days // 2).median()
        return recent.loc[origins].to_numpy()

    def outcome(self, origins: pd.DatetimeIndex) -> FloatArray:
        """What came true `horizon` days after each origin, shape (origins, states); as reported."""
        rows = self.panel.times.get_indexer(origins) + self.horizon
        came = self.panel.values.to_numpy()[rows]
        if np.isnan(came).any():
            at, state = np.argwhere(np.isnan(came))[0]
            raise InputError(
                f"{self.panel.name}: what came true in {self.panel.series[state]!r} on "
                f"{self.panel.times[rows[at]]:%Y-%m-%d} is missing; leave the origin or the series out"
            )
        return came

    def demand(self, origins: pd.DatetimeIndex) -> FloatArray:
        """Demand on the pool that came true after each origin, shape (origins, states)."""
        return demand_beyond(self.outcome(origins), self.own(origins), self.rate)
