"""Recipes list every cell they change and no other, learn from the training part alone, refuse what leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import saved

from allocare import InputError
from allocare.forecasting.notation import Notation
from allocare.forecasting.panel import Panel
from allocare.forecasting.readers import read_long
from allocare.forecasting.recipes.capping import QuantileCap, RollingCap
from allocare.forecasting.recipes.counts import Counts
from allocare.forecasting.recipes.files import read_recipe
from allocare.forecasting.recipes.filling import ForwardFill, Interpolate, SeasonalFill
from allocare.forecasting.recipes.neighbours import NeighbourFill
from allocare.forecasting.recipes.recipe import Recipe
from allocare.forecasting.recipes.record_steps import Duplicates, EmptySeries, Regularise
from allocare.forecasting.recipes.registry import STEPS
from allocare.forecasting.recipes.units import ConvertUnits, PerPopulation
from allocare.forecasting.records import simulated_panel, simulated_records
from allocare.forecasting.scaling import MinMax, Standard

if TYPE_CHECKING:
    from pathlib import Path

PANEL_STEPS = [
    Counts(rule="clip"),
    Counts(rule="missing"),
    ConvertUnits(series={"R2": 10.0}),
    PerPopulation(),
    RollingCap(window=7, spreads=3),
    RollingCap(window=7, spreads=3, centred=True),
    QuantileCap(lower=0.05, upper=0.95),
    ForwardFill(limit=2),
    Interpolate(longest=2),
    SeasonalFill(reach=2),
    SeasonalFill(reach=2, around=True),
    NeighbourFill(neighbours=3),
    MinMax(),
    Standard(),
]


def named(step) -> str:
    return repr(step)


def faulty_panel(seed: int, n_series: int = 3, n_days: int = 60) -> Panel:
    panel = simulated_panel(n_series, n_days, seed, missing=0.1)
    rng = np.random.default_rng(seed)
    values = panel.values.to_numpy().copy()
    values[rng.random(values.shape) < 0.03] *= -8
    frame = pd.DataFrame(values, panel.times, panel.series)
    return Panel(values=frame, covariates=panel.covariates, attributes=panel.attributes, name=panel.name)


def replayed(frame: pd.DataFrame, changes: pd.DataFrame, column: str) -> pd.DataFrame:
    """Put each listed change into the raw frame, one after the other, each where it found what it says."""
    frame = frame.copy()
    for change in changes[changes["column"] == column].itertuples():
        held = frame.loc[change.time, change.series]
        assert held == change.before or (np.isnan(held) and np.isnan(change.before))
        assert not (change.before == change.after or (np.isnan(change.before) and np.isnan(change.after)))
        frame.loc[change.time, change.series] = change.after
    return frame


def test_every_registered_step_is_tested() -> None:
    tested = {type(step) for step in PANEL_STEPS} | {Duplicates, EmptySeries, Regularise}
    assert tested == set(STEPS.values())


@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from(PANEL_STEPS[:12]), min_size=1, max_size=4, unique_by=named),
)
@settings(deadline=None, max_examples=40)
def test_the_changes_are_exactly_the_way_from_raw_to_clean(seed: int, steps: list) -> None:
    raw = faulty_panel(seed)
    cleaned = Recipe(tuple(steps)).clean(raw)
    for column, before, after in (
        (raw.name, raw.values, cleaned.panel.values),
        ("free", raw.covariates["free"], cleaned.panel.covariates["free"]),
    ):
        pd.testing.assert_frame_equal(replayed(before, cleaned.changes, column), after)
    assert cleaned.changes["why"].str.len().gt(0).all()


@given(
    seed=st.integers(0, 10_000),
    rule=st.sampled_from(["first", "last", "mean"]),
    fill=st.sampled_from([ForwardFill(), Interpolate(), SeasonalFill(around=True)]),
)
@settings(deadline=None, max_examples=15)
def test_changes_of_records_are_exactly_the_cells_that_say_something_else(tmp_path_factory, seed, rule, fill):
    raw = simulated_records(3, 40, seed, missing=0.05, gaps=0.05, duplicates=0.05, outliers=0.02)
    file = saved(tmp_path_factory.mktemp("records"), raw.to_csv(index=False), "a.csv")
    records = read_long(
        file, "state", "date", "beds_occupied", covariates=["beds_free"], notation=Notation(thousands=",")
    )
    cleaned = Recipe((Duplicates(rule=rule), fill)).clean(records)
    changes = cleaned.changes
    for column, after in (
        ("beds_occupied", cleaned.panel.values),
        ("beds_free", cleaned.panel.covariates["beds_free"]),
    ):
        own = changes[changes["column"] == column]
        # every record of the file, read by other means, beside what the panel holds in its place
        text = raw[column].to_list()
        as_number = [float(cell.replace(",", "")) if cell != "NA" else np.nan for cell in text]
        place = list(zip(pd.to_datetime(raw["date"]), raw["state"], strict=True))
        clean = np.array([after.loc[time, series] for time, series in place])
        plain = np.array([cell.isdigit() for cell in text])
        differs = ~plain | ~((np.array(as_number) == clean) | (np.isnan(as_number) & np.isnan(clean)))
        of_rows = own[own["row"].notna()]
        assert set(of_rows["row"]) == set(np.flatnonzero(differs) + 2)
        # cells that the file lacks are listed where something was put there
        lacking = after.stack().dropna().index.difference(pd.MultiIndex.from_tuples(place))
        listed = own[own["row"].isna()]
        assert set(zip(listed["time"], listed["series"], strict=True)) == set(lacking)
        assert not (of_rows["before"].astype(object) == of_rows["after"].astype(object)).any()


@pytest.mark.parametrize("step", [s for s in PANEL_STEPS if not s.uses_future], ids=named)
def test_causal_steps_fitted_on_the_past_change_nothing_when_the_future_does(step) -> None:
    panel = faulty_panel(4, n_days=80)
    cut, later = panel.times[49], panel.times[59]
    other = panel.values.copy()
    other.iloc[60:] = 10_000.0
    changed = Panel(values=other, covariates=panel.covariates, attributes=panel.attributes, name=panel.name)
    recipe = Recipe((step,))
    one = recipe.fit(panel.until(cut)).apply(panel).panel.until(later)
    two = recipe.fit(changed.until(cut)).apply(changed).panel.until(later)
    pd.testing.assert_frame_equal(one.values, two.values)
    alone = recipe.fit(panel.until(cut)).apply(panel.until(later)).panel
    pd.testing.assert_frame_equal(one.values, alone.values)


@pytest.mark.parametrize("step", [s for s in PANEL_STEPS if s.uses_future], ids=named)
def test_steps_that_use_the_future_are_refused_beyond_the_training_part(step) -> None:
    panel = faulty_panel(4)
    fitted = Recipe((ForwardFill(), step)).fit(panel.until(panel.times[39]))
    fitted.apply(panel.until(panel.times[39]))
    with pytest.raises(InputError, match=f"step '{step.name}': it uses later records"):
        fitted.apply(panel)


@pytest.mark.parametrize("step", PANEL_STEPS, ids=named)
def test_cleaning_until_an_origin_knows_nothing_after_it(step) -> None:
    panel = faulty_panel(5)
    origin = panel.times[39]
    other = panel.values.copy()
    other.iloc[40:] = 777.0
    changed = Panel(values=other, covariates=panel.covariates, attributes=panel.attributes, name=panel.name)
    recipe = Recipe((step,))
    one, two = (recipe.clean_until(each, origin).panel.values for each in (panel, changed))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("step", PANEL_STEPS, ids=named)
def test_the_order_of_the_series_does_not_matter(step) -> None:
    panel = faulty_panel(6)
    turned = Panel(
        values=panel.values[panel.series[::-1]],
        covariates={"free": panel.covariates["free"][panel.series[::-1]]},
        attributes=panel.attributes,
        name=panel.name,
    )
    recipe = Recipe((step,))
    pd.testing.assert_frame_equal(
        recipe.clean(turned).panel.values[panel.series], recipe.clean(panel).panel.values, rtol=1e-12
    )


def test_the_rolling_cap_is_the_formula_cell_by_cell() -> None:
    values = faulty_panel(8).values
    for centred in (False, True):
        step = RollingCap(window=7, spreads=3, centred=centred)
        capped = step.fit(values, None).apply(values, None)
        centre = pd.DataFrame(np.nan, values.index, values.columns)
        spread = centre.copy()
        for s in values:
            for t in range(len(values)):
                around = (
                    values[s].iloc[max(t - 3, 0) : t + 4] if centred else values[s].iloc[max(t - 7, 0) : t]
                )
                if around.notna().sum() >= 4:
                    centre.loc[values.index[t], s] = around.median()
                    spread.loc[values.index[t], s] = 1.4826 * (around - around.median()).abs().median()
        floor = 1.4826 * (values - centre).abs().median()
        reach = 3 * spread.clip(lower=floor, axis=1)
        expected = values.where(
            ~((values - centre).abs() > reach), values.clip(centre - reach, centre + reach)
        )
        pd.testing.assert_frame_equal(capped, expected)
        assert (capped < values).any(axis=None)
        assert (capped > values).any(axis=None)


def test_outliers_of_simulated_records_are_capped_and_waves_are_not(tmp_path: Path) -> None:
    truth = simulated_panel(10, 400, seed=3).values
    raw = simulated_records(10, 400, seed=3, outliers=0.003)
    file = saved(tmp_path, raw.to_csv(index=False), "a.csv")
    records = read_long(file, "state", "date", "beds_occupied", notation=Notation(thousands=","))
    cleaned = Recipe((Duplicates(rule="last"), RollingCap())).clean(records)
    capped = cleaned.changes[cleaned.changes["step"] == "rolling-cap"]
    factor = [row.before / truth.loc[row.time, row.series] for row in capped.itertuples()]
    slipped = (raw["beds_occupied"].str.replace(",", "").replace("NA", "nan").astype(float)).to_numpy()
    wrong = slipped > 5 * np.array(
        [truth.loc[day, state] for day, state in zip(raw["date"], raw["state"], strict=True)]
    )
    assert sum(f > 5 for f in factor) >= 0.9 * wrong.sum() > 5
    assert sum(f < 2 for f in factor) < 0.01 * truth.size


def test_duplicates_keep_what_the_rule_says_and_list_what_lost(tmp_path: Path) -> None:
    text = "state,day,beds\nHE,2024-01-01,4\nHE,2024-01-01,NA\nHE,2024-01-01,8\nHE,2024-01-02,5\n"
    records = read_long(saved(tmp_path, text, "a.csv"), "state", "day", "beds")
    for rule, kept, lost in (("first", 4, [3, 4]), ("last", 8, [2, 3]), ("mean", 6, [2, 3, 4])):
        cleaned = Recipe((Duplicates(rule=rule),)).clean(records)
        assert cleaned.panel.values["HE"].tolist() == [kept, 5]
        assert cleaned.changes[cleaned.changes["step"] == "duplicates"]["row"].tolist() == lost


def test_empty_series_are_dropped_where_asked(tmp_path: Path) -> None:
    text = "state,day,beds\nHE,2024-01-01,4\nHB,2024-01-01,NA\n"
    records = read_long(saved(tmp_path, text, "a.csv"), "state", "day", "beds")
    assert Recipe((EmptySeries(rule="drop"),)).clean(records).panel.series.tolist() == ["HE"]
    with pytest.raises(InputError, match=r"a.csv, series 'HB', row 3, column 'beds': all 1 records"):
        Recipe().clean(records)


def test_seasonal_fill_falls_back_to_the_training_parts_weekdays() -> None:
    values = pd.DataFrame({"HE": [1.0, 2, 3, 4, 5, 6, 7] * 3}, index=pd.date_range("2024-01-01", periods=21))
    train, later = values.iloc[:14], values.iloc[14:].copy()
    later.loc["2024-01-18", "HE"] = np.nan
    filled = Recipe((SeasonalFill(),)).fit(Panel(values=train)).apply(Panel(values=later))
    assert filled.panel.values["HE"].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_neighbours_find_the_days_on_which_the_others_looked_alike() -> None:
    values = simulated_panel(6, 200, seed=2).values
    holes = values.copy()
    rng = np.random.default_rng(0)
    hole = rng.random(values.shape) < 0.05
    holes[hole] = np.nan
    filled = Recipe((NeighbourFill(neighbours=5),)).clean(Panel(values=holes)).panel.values
    by_neighbours = np.abs(filled - values)[hole].stack().dropna().mean()
    by_mean = np.abs(holes.fillna(holes.mean()) - values)[hole].stack().dropna().mean()
    assert by_neighbours < 0.7 * by_mean


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[steps]]\nlimit = 3\n", "r.toml, step 1, field 'step': it is missing"),
        ("[[steps]]\nstep = ['counts']\n", "r.toml, step 1, field 'step': it is no name"),
        ("[[steps]]\nstep = 'counts'\ncolumns = 'beds'\n", "columns is 'beds'; give a list of names"),
        ("[[steps]]\nstep = 'regularise'\nfrequency = ['D']\n", r"frequency is \('D',\); give D"),
        ("[[steps]]\nstep = 'interpolat'\n", r"r.toml, step 1: there is no step 'interpolat'; did you mean"),
        ("[[steps]]\nstep = 'interpolate'\nlongst = 3\n", "step 'interpolate': there is no setting 'longst'"),
        ("[[steps]]\nstep = 'interpolate'\nlongest = 'x'\n", "longest is 'x'; give a whole number of 1"),
        ("[[steps]]\nstep = 'duplicates'\nrule = 'lsat'\n", "rule is 'lsat'; did you mean 'last'?"),
        (
            "[[steps]]\nstep = 'forward-fill'\n[[steps]]\nstep = 'duplicates'\n",
            r"r.toml: step 2 \('duplicates'\): it is about records",
        ),
        ("[[steps]]\nstep = 'regularise'\nfrequency = 'dayly'\n", "frequency is 'dayly'; give D,"),
        ("[reed]\nkey = 'state'\n", r"r.toml, table \[reed\]: there is no such table; did you mean 'read'"),
        ("[read]\nkye = 'state'\n", r"r.toml, table \[read\], field 'kye': there is no such field"),
        ("[[expect]]\nmissing = 2\n", "r.toml: the share that may be missing is 2"),
        ("[[steps]]\nstep = 'convert-units'\nseries = 3\n", "series is 3; give a factor by name"),
        ("[[steps]\n", "r.toml, line 1, column 8: this is not TOML"),
    ],
)
def test_mistakes_in_recipe_files_are_one_clear_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(InputError, match=line) as refused:
        read_recipe(saved(tmp_path, text, "r.toml"))
    assert "\n" not in str(refused.value)


def test_steps_for_unknown_columns_series_and_attributes_are_refused() -> None:
    panel = faulty_panel(1)
    with pytest.raises(InputError, match=r"step 'counts': there is no column 'fre'; did you mean 'free'\?"):
        Recipe((Counts(columns=("fre",)),)).clean(panel)
    with pytest.raises(InputError, match="step 'convert-units': there is no series 'R9'"):
        Recipe((ConvertUnits(series={"R9": 2.0}),)).clean(panel)
    with pytest.raises(InputError, match="step 'per-population': the series have no attribute 'people'"):
        Recipe((PerPopulation(attribute="people"),)).clean(panel)
    with pytest.raises(InputError, match=r"series 'R1', 2020-.*: it is -.*; a count is 0 or more"):
        Recipe((Counts(),)).clean(panel)


def test_a_fitted_recipe_wants_the_series_that_it_was_fitted_on() -> None:
    fitted = Recipe((ForwardFill(),)).fit(faulty_panel(1))
    with pytest.raises(InputError, match="has other series"):
        fitted.apply(faulty_panel(1, n_series=2))
