r"""Mobile intensive-care teams between German states, seven days ahead, from the intensive-care register.

What the case assumes, and is no record of:

- Each state staffs the beds that were occupied in the median of the last 28 days; a bed occupied beyond them
  in seven days needs one unit of mobile staff.
- Mobile staff waits at one hub for each of the five regions ("Kleeblätter") that German states form for the
  transfer of intensive-care patients: Hamburg, Berlin, Düsseldorf, Wiesbaden, München. There is as much of it
  as states needed on an average day of the year before the first origin, shared out by the beds that the
  hubs' regions had occupied then. On about two days of five that is too little.
- Sending one unit costs its km by great circle from the hub to the state's capital. A bed without staff costs
  what 1,000 km cost, staff without a bed what 200 km cost: it is missed elsewhere.
- Quantities are divisible: part of a team's week.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...forecasting.demand import demand_beyond
from ...forecasting.readers import read_long
from ...forecasting.recipes.recipe import default_recipe
from ...instances.great_circle import great_circle_lanes
from ...instances.problem import Provenance
from ...instances.uncertain_demand import PointDemand
from ...instances.uncertain_transportation import UncertainTransportationProblem
from .case import SharingCase
from .places import GERMAN_CAPITALS, GERMAN_CODES, GERMAN_REGIONS

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecasting.panel import Panel

HORIZON, OWN_DAYS = 7, 28
HUBS = {
    "Nord": "Hamburg",
    "Ost": "Berlin",
    "West": "Nordrhein-Westfalen",
    "Südwest": "Hessen",
    "Süd": "Bayern",
}
"""State in whose capital each region's hub is."""


def divi_panel(file: Path) -> Panel:
    """Read the adult intensive-care beds occupied in each state, day by day."""
    records = read_long(
        file,
        "bundesland_name",
        "datum",
        "intensivbetten_belegt",
        where={"behandlungsgruppe_level_2": "ERWACHSENE"},
    )
    panel = default_recipe().clean(records).panel
    codes = [GERMAN_CODES[state] for state in panel.series]
    return replace(panel, attributes=pd.DataFrame({"country": "DE", "subdivision": codes}, panel.series))


def divi_case(
    file: Path, *, n_origins: int = 52, unmet_km: float = 1000.0, leftover_km: float = 200.0
) -> SharingCase:
    """Build the case; its pool is what was needed in the year before the first of its origins."""
    panel = divi_panel(file)
    states = panel.series
    first = panel.times[len(panel.times) - 1 - HORIZON - 7 * (n_origins - 1)]
    before = panel.until(first).values
    own = before.rolling(OWN_DAYS).median().shift(HORIZON)
    year = before.iloc[-365:]
    needed = demand_beyond(year.to_numpy(), own.loc[year.index].to_numpy()).sum(axis=1).mean()
    region = pd.Series(GERMAN_REGIONS).loc[states.tolist()]
    share = year.mean().groupby(region.to_numpy()).sum().loc[list(HUBS)].to_numpy()
    at = np.array([GERMAN_CAPITALS[state] for state in states]).T
    hub = np.array([GERMAN_CAPITALS[state] for state in HUBS.values()]).T
    problem = UncertainTransportationProblem(
        title="Mobile intensive-care staff between German states",
        provenance=Provenance("DIVI intensive-care register, Robert Koch-Institut", "CC-BY-4.0"),
        units={"quantity": "staffed beds", "objective": "km"},
        sources=pd.Index([f"hub {name}" for name in HUBS]),
        targets=states,
        lanes=great_circle_lanes(*hub, *at, maximum_km=unmet_km),
        supply=np.rint(needed * share / share.sum()),
        demand=PointDemand(np.zeros(len(states))),
        unmet_cost=np.full(len(states), unmet_km),
        leftover_cost=np.full(len(states), leftover_km),
    )
    return SharingCase(name="divi", panel=panel, problem=problem, horizon=HORIZON, own_days=OWN_DAYS)
