"""Expectations of clean panels, judged by pandera and told in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from public_files import saved

from allocare import CapabilityError, InputError
from allocare.forecasting.panel import Panel
from allocare.forecasting.profile import profile
from allocare.forecasting.readers import read_long
from allocare.forecasting.recipes.neighbours import NeighbourFill
from allocare.forecasting.recipes.recipe import Recipe
from allocare.forecasting.schemas import Expectation, validate

if TYPE_CHECKING:
    from pathlib import Path


def panel(**series: list[float]) -> Panel:
    times = pd.date_range("2024-01-01", periods=len(next(iter(series.values()))))
    return Panel(values=pd.DataFrame(series, index=times), name="beds")


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (Expectation(lowest=2), "series 'HB', 2024-01-01, column 'beds': it is 1; it must be 2 or more"),
        (Expectation(highest=6), "series 'HE', 2024-01-03, column 'beds': it is 7.5; it must be 6 or less"),
        (Expectation(whole=True), "series 'HE', 2024-01-03, column 'beds': it is 7.5; it must be a whole"),
        (Expectation(missing=0.3), "series 'HE', column 'beds': at most 30.0% of a series may be missing"),
        (Expectation(varies=True), "series 'HB', column 'beds': a series of one value only"),
        (Expectation(column="bed"), "there is no column 'bed'; did you mean 'beds'?"),
    ],
)
def test_the_first_failure_is_named(expected: Expectation, line: str) -> None:
    data = panel(HE=[5.0, np.nan, 7.5, np.nan], HB=[1.0, 1.0, 1.0, 1.0])
    with pytest.raises(InputError) as refused:
        validate(data, [expected])
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_what_is_as_expected_passes() -> None:
    data = panel(HE=[5.0, np.nan, 7.0, 8.0], HB=[1.0, 2.0, 1.0, 1.0])
    validate(data, [Expectation(lowest=1, highest=8, whole=True, missing=0.25, varies=True)])


def test_failures_name_the_files_row_and_count_the_others(tmp_path: Path) -> None:
    text = "state,day,beds\nHE,2024-01-02,9\nHE,2024-01-01,5\nHB,2024-01-02,11\n"
    cleaned = Recipe().clean(read_long(saved(tmp_path, text, "a.csv"), "state", "day", "beds"))
    with pytest.raises(InputError, match=r"a.csv, series 'HB', row 4, column 'beds': it is 11; .* of 2 that"):
        validate(cleaned.panel, [Expectation(highest=8)], source=cleaned.source, rows=cleaned.rows)


def test_a_missing_library_is_one_line_naming_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allocare.forecasting.extras.find_spec", lambda _: None)
    line = r"needs pandera; install it with: pip install 'allocare\[forecast\]'"
    with pytest.raises(CapabilityError, match=line):
        validate(panel(HE=[1.0, 2.0]), [Expectation(lowest=0)])
    with pytest.raises(CapabilityError, match="step 'neighbour-fill' needs scikit-learn"):
        NeighbourFill().fit(panel(HE=[1.0, 2.0]).values, None)
    with pytest.raises(CapabilityError, match="the strength of trend and season needs statsmodels"):
        profile(panel(HE=[float(t % 5) for t in range(40)]))
