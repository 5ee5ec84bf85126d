"""Made-up records: seeded, and with every fault that readers and recipes must mend."""

from __future__ import annotations

import pandas as pd
import pytest

from allocare import InputError
from allocare.forecasting.records import simulated_panel, simulated_records


def test_the_same_seed_gives_the_same_panel_and_another_seed_another() -> None:
    one, again, other = (simulated_panel(5, 60, seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one.values, again.values)
    assert not one.values.equals(other.values)


def test_panels_hold_whole_counts_with_fewer_beds_at_weekends() -> None:
    values = simulated_panel(20, 728, seed=1).values
    assert values.shape == (728, 20)
    assert ((values >= 0) & (values == values.round())).all(axis=None)
    weekend = values.index.day_of_week >= 5
    assert (values[weekend].mean() < values[~weekend].mean()).mean() > 0.9


def test_the_share_of_missing_days_is_the_one_asked_for() -> None:
    panel = simulated_panel(20, 500, seed=2, missing=0.1)
    assert panel.values.isna().mean(axis=None) == pytest.approx(0.1, abs=0.01)
    assert (panel.values.isna() == panel.covariates["free"].isna()).all(axis=None)


def test_records_without_faults_say_what_the_panel_says() -> None:
    panel = simulated_panel(4, 30, seed=5)
    table = simulated_records(4, 30, seed=5, missing=0, gaps=0, duplicates=0, outliers=0)
    beds = table.assign(beds=table["beds_occupied"].str.replace(",", "").astype(float))
    wide = beds.pivot(index="date", columns="state", values="beds")
    assert wide.to_numpy().tolist() == panel.values.to_numpy().tolist()


def test_records_have_every_fault_that_was_asked_for() -> None:
    table = simulated_records(20, 400, seed=7)
    assert table.duplicated(["date", "state"]).any()
    assert (table["beds_occupied"] == "NA").any()
    assert table["beds_occupied"].str.contains(",").any()
    assert not table["date"].is_monotonic_increasing
    assert len(table.drop_duplicates(["date", "state"])) < 20 * 400


@pytest.mark.parametrize(
    ("options", "line"),
    [({"n_series": 0}, "there are 0 series"), ({"missing": 1.0}, "share of missing days is 1.0")],
)
def test_impossible_sizes_are_one_clear_line(options: dict[str, float], line: str) -> None:
    with pytest.raises(InputError, match=line):
        simulated_panel(**options)
