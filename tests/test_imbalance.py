"""Imbalance of regions and groups: by hand on a small panel, and by identities on a larger one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.evaluation.dispersion import gini
from allocare.evaluation.entropy import theil_t
from allocare.evaluation.imbalance import imbalance
from allocare.forecasting.panel import Panel
from allocare.forecasting.records import simulated_panel

DAYS = pd.date_range("2024-01-01", periods=2)
SMALL = Panel(
    values=pd.DataFrame({"A": [10.0, 30], "B": [20.0, 20], "C": [5.0, np.nan]}, index=DAYS),
    covariates={"beds": pd.DataFrame({"A": [15.0, 15], "B": [10.0, 20], "C": [5.0, 5]}, index=DAYS)},
    attributes=pd.DataFrame(
        {"population": [100, 100, 50], "land": ["x", "x", "y"]}, index=pd.Index(["A", "B", "C"])
    ),
    name="patients",
)


def test_shortage_spare_and_what_could_be_moved_by_hand() -> None:
    found = imbalance(SMALL, capacity="beds", group="land", period="D", per=100)
    assert found.over_time["shortage"].tolist() == [10, 15]
    assert found.over_time["spare"].tolist() == [5, 0]
    assert found.over_time["movable"].tolist() == [5, 0]
    assert found.over_time["regions_short"].tolist() == [1 / 3, 1 / 2]
    assert found.regions["per_head"].to_dict() == {"A": 20, "B": 20, "C": 10}
    assert found.regions["short_share"].to_dict() == {"A": 0.5, "B": 0.5, "C": 0}
    assert found.regions["utilisation"].to_dict() == {"A": 40 / 30, "B": 40 / 30, "C": 1}
    assert found.groups["per_head"].to_dict() == {"x": 20, "y": 10}
    assert found.groups["ratio"].to_dict() == {"x": 20 / 18, "y": 10 / 18}
    assert found.groups["shortage"].to_dict() == {"x": 12.5, "y": 0}


def test_distributions_are_per_head_of_those_that_reported() -> None:
    found = imbalance(SMALL, group="land", period="D").over_time
    assert found["gini"].iloc[0] == pytest.approx(gini([0.1, 0.2, 0.1], [100, 100, 50]))
    assert found["theil"].iloc[1] == pytest.approx(theil_t([0.3, 0.2], [100, 100]))
    assert found["theil_between"].iloc[1] == pytest.approx(0)


def test_theil_is_the_sum_of_within_and_between_and_groups_add_up() -> None:
    panel = simulated_panel(16, 200, seed=3, missing=0.05)
    found = imbalance(panel, group="region", period="W")
    assert (found.over_time["theil_within"] + found.over_time["theil_between"]).to_numpy() == pytest.approx(
        found.over_time["theil"].to_numpy()
    )
    for part in ("theil_within", "theil_between"):
        assert found.groups[part].sum() == pytest.approx(found.over_time[part].mean())


def test_without_groups_all_inequality_is_between_regions() -> None:
    found = imbalance(simulated_panel(8, 60, seed=3)).over_time
    assert found["theil_within"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert (found["theil_between"] > 0).all()


def test_free_beds_are_capacity_less_demand() -> None:
    panel = simulated_panel(8, 60, seed=3)
    one = imbalance(panel, free="free")
    other = imbalance(panel, capacity=panel.values + panel.covariates["free"])
    pd.testing.assert_frame_equal(one.over_time, other.over_time)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"capacity": "bed"}, r"there is no covariate 'bed'; did you mean 'beds'\?"),
        ({"group": "lnad"}, r"the series have no attribute 'lnad'; did you mean 'land'\?"),
        ({"population": "land"}, "the land of series 'A' is no number above 0"),
        ({"capacity": "beds", "free": "beds"}, "name one"),
    ],
)
def test_unknown_columns_are_one_line(options, line) -> None:
    with pytest.raises(InputError, match=line):
        imbalance(SMALL, **options)


def test_negative_values_are_named() -> None:
    panel = Panel(values=pd.DataFrame({"A": [1.0, -2.0]}, index=DAYS))
    with pytest.raises(InputError, match="series 'A', 2024-01-02: it is -2"):
        imbalance(panel, population=None)
