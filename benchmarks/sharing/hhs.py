r"""Ventilators between states of the USA, fourteen days ahead, from reports of hospital capacity.

What the case assumes, and is no record of:

- Each state has ventilators for the inpatients that it had in the median of the last 28 days; one of ten
  inpatients beyond them in fourteen days needs a ventilator of the pool.
- Each state puts one of twenty of its full-featured ventilators (survey of 2010) into the pool, which may
  send them anywhere, back to the state itself too. There are 3,100 of them, and in the autumn of 2020 states
  together needed more.
- Sending one costs its km by great circle between capitals, none within a state. A ventilator that is missing
  costs what 2,500 km cost, one too many what 250 km cost: it is missed elsewhere.
- Quantities are divisible: part of a ventilator's fortnight.

The panel begins in May 2020, from when on every state reports; Puerto Rico and the Virgin Islands, of which
the survey has no ventilators, are left out. Reports are taken as they are, with slips that they may hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...forecasting.notation import Notation
from ...forecasting.panel import Panel
from ...forecasting.readers import read_long
from ...forecasting.recipes.recipe import default_recipe
from ...instances.great_circle import great_circle_lanes
from ...instances.problem import Provenance
from ...instances.uncertain_demand import PointDemand
from ...instances.uncertain_transportation import UncertainTransportationProblem
from .case import SharingCase
from .places import US_CAPITALS

if TYPE_CHECKING:
    from pathlib import Path

HORIZON, OWN_DAYS = 14, 28
FIRST = "2020-05-01"
PER_INPATIENT, SHARED = 0.1, 0.05


def hhs_panel(file: Path) -> Panel:
    """Read the inpatient beds used in each of the 50 states and Washington, DC, day by day."""
    records = read_long(file, "state", "date", "inpatient_beds_used", notation=Notation(thousands=","))
    panel = default_recipe().clean(records).panel
    values = panel.values.loc[FIRST:, [state for state in panel.series if state in US_CAPITALS]]
    where = pd.DataFrame({"country": "US", "subdivision": values.columns}, values.columns)
    return Panel(values=values, attributes=where, name=panel.name)


def hhs_case(
    file: Path, ventilators: Path, *, unmet_km: float = 2500.0, leftover_km: float = 250.0
) -> SharingCase:
    """Build the case from the reports and the survey of ventilators."""
    panel = hhs_panel(file)
    states = panel.series
    survey = pd.read_csv(ventilators).set_index("State Abbrv")
    owned = survey["Estimated No. Full-Featured Mechanical Ventilators"].loc[states.tolist()].to_numpy(float)
    at = np.array([US_CAPITALS[state] for state in states]).T
    problem = UncertainTransportationProblem(
        title="Ventilators between states of the USA",
        provenance=Provenance(
            "US Department of Health & Human Services; survey of ventilators of 2010 as redistributed by "
            "CovidCareMap",
            "public domain",
        ),
        units={"quantity": "ventilators", "objective": "km"},
        sources=states,
        targets=states,
        # a longer lane costs more than what it could save
        lanes=great_circle_lanes(*at, *at, maximum_km=unmet_km),
        supply=np.rint(SHARED * owned),
        demand=PointDemand(np.zeros(len(states))),
        unmet_cost=np.full(len(states), unmet_km),
        leftover_cost=np.full(len(states), leftover_km),
    )
    return SharingCase(
        name="hhs", panel=panel, problem=problem, horizon=HORIZON, own_days=OWN_DAYS, rate=PER_INPATIENT
    )
