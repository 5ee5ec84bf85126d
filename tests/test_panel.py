"""Panels refuse records that are not regular, each with one line that names series and time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.forecasting.panel import Panel

DAYS = pd.date_range("2024-01-01", periods=4)


def frame(index=DAYS, **columns):
    return pd.DataFrame(columns or {"Hessen": [1.0, 2, 3, 4]}, index=index)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (frame(index=range(4)), "beds: the rows are no times but int64"),
        (frame(DAYS.tz_localize("Europe/Berlin")), "beds: the times have the time zone Europe/Berlin"),
        (frame(DAYS[[0, 1, 1, 2]]), "beds: 2024-01-02 appears twice"),
        (frame(DAYS[[0, 2, 1, 3]]), "beds: 2024-01-02 comes after a later time"),
        (
            frame(DAYS[[0, 1, 2]].append(pd.DatetimeIndex(["2024-01-09"]))),
            "after 2024-01-03 comes 2024-01-09",
        ),
        (frame(Hessen=["a", "b", "c", "d"]), "beds: series 'Hessen' holds .*, no numbers"),
        (frame(Hessen=[1, np.inf, 3, 4]), "beds: series 'Hessen' is infinite on 2024-01-02"),
        (frame(pd.DatetimeIndex([])[:0], Hessen=[]), "beds: there are no rows"),
        (
            frame(pd.DatetimeIndex(["2024-01-01", None, "2024-01-03", "2024-01-04"])),
            "beds: row 2 has no time",
        ),
    ],
)
def test_irregular_records_are_one_clear_line(values: pd.DataFrame, line: str) -> None:
    with pytest.raises(InputError, match=line) as refused:
        Panel(values=values, name="beds")
    assert "\n" not in str(refused.value)


def test_what_is_known_at_a_time_is_that_time_and_all_before_it() -> None:
    free = frame(Hessen=[9.0, 8, 7, 6])
    panel = Panel(values=frame(), covariates={"free": free}, name="beds")
    past = panel.until("2024-01-03")
    assert past.values["Hessen"].tolist() == [1, 2, 3]
    assert past.covariates["free"]["Hessen"].tolist() == [9, 8, 7]
    assert past.frequency == "D"


def test_covariates_and_attributes_must_match_the_series() -> None:
    with pytest.raises(InputError, match="free has other times or series than beds"):
        Panel(values=frame(), covariates={"free": frame(DAYS[:3], Hessen=[1.0, 2, 3])}, name="beds")
    with pytest.raises(InputError, match="series 'Hessen' has no row of attributes"):
        Panel(values=frame(), attributes=pd.DataFrame({"population": [1]}, index=["Bremen"]))
