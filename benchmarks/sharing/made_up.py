"""A case on made-up records, for tests and for trying things out where no public data are at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...forecasting.demand import demand_beyond
from ...forecasting.records import simulated_panel
from ...instances.great_circle import great_circle_lanes
from ...instances.uncertain_demand import PointDemand
from ...instances.uncertain_transportation import UncertainTransportationProblem
from .case import SharingCase


def made_up_case(n_series: int = 6, n_days: int = 730, seed: int = 0, *, horizon: int = 7) -> SharingCase:
    """Regions of made-up records share staff of two hubs, scarce on an average day.

    Examples
    --------
    >>> case = made_up_case(3, 200, seed=1)
    >>> case.problem.size, case.panel.series.tolist()
    (6, ['R1', 'R2', 'R3'])
    """
    panel = simulated_panel(n_series, n_days, seed)
    rng = np.random.default_rng([seed, 2])
    hubs, regions = ((rng.uniform(48, 54, count), rng.uniform(7, 14, count)) for count in (2, n_series))
    own = panel.values.rolling(28).median().shift(horizon)
    needed = np.nanmean(demand_beyond(panel.values.to_numpy(), own.to_numpy()), axis=0).sum()
    problem = UncertainTransportationProblem(
        title=f"Staff of two hubs for {n_series} made-up regions",
        units={"quantity": "staffed beds", "objective": "km"},
        sources=pd.Index(["hub A", "hub B"]),
        targets=panel.series,
        lanes=great_circle_lanes(*hubs, *regions),
        supply=np.rint(needed * np.array([0.5, 0.5])),
        demand=PointDemand(np.zeros(n_series)),
        unmet_cost=np.full(n_series, 1000.0),
        leftover_cost=np.full(n_series, 200.0),
    )
    return SharingCase(name="made-up", panel=panel, problem=problem, horizon=horizon)
