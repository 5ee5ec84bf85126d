"""The benchmark of forecasts: its readers, its window, and the figures on the public records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.benchmarks.forecasts import chosen, comparison, divi, hhs, main, measured

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = "datum,bundesland_name,behandlungsgruppe_level_2,intensivbetten_belegt,intensivbetten_frei"


def register(folder: Path, n_days: int = 460, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    days = pd.date_range("2023-01-01", periods=n_days)
    rows = [COLUMNS]
    for state, level in (("Hessen", 900), ("Bayern", 2000), ("Bremen", 140)):
        beds = level + np.cumsum(random.normal(0, level / 150, n_days)) + random.normal(0, level / 60, n_days)
        rows += [
            f"{day:%Y-%m-%d},{state},ERWACHSENE,{bed:.0f},50" for day, bed in zip(days, beds, strict=True)
        ]
        rows += [f"{day:%Y-%m-%d},{state},KINDER,3,1" for day in days]
    file = folder / "register.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def test_the_register_is_read_by_state_for_adults_alone(tmp_path: Path) -> None:
    panel = divi(register(tmp_path))
    assert panel.series.tolist() == ["Bayern", "Bremen", "Hessen"]
    assert panel.attributes["subdivision"].tolist() == ["BY", "HB", "HE"]
    assert (panel.covariates["capacity"] - panel.values == 50).all(axis=None)
    assert panel.values["Bremen"].min() > 50


def test_targets_are_the_last_days_of_whatever_file_is_given(tmp_path: Path) -> None:
    panel = divi(register(tmp_path))
    tested = measured(panel, 7, 28, 56)
    assert pd.Timestamp(tested.targets[-1, -1]) == panel.times[-1]
    assert pd.Timestamp(tested.targets[tested.calibration, -1]) == panel.times[-28]
    actual = panel.values.to_numpy()
    by_hand = np.abs(actual[-28:] - actual[-35:-7])
    table = comparison(tested)
    np.testing.assert_allclose(table["last-value"], [*by_hand.mean(axis=0), by_hand.mean()])


def test_the_forecaster_is_chosen_on_what_was_known_before_the_first_target(tmp_path: Path) -> None:
    panel = divi(register(tmp_path))
    before = chosen(measured(panel, 7, 28, 56))
    values = panel.values.copy()
    values.iloc[-34:] = 1.0
    changed = type(panel)(values=values, covariates=panel.covariates, attributes=panel.attributes)
    assert chosen(measured(changed, 7, 28, 56)) == before


def test_outliers_are_left_out_by_what_was_before_them_alone(tmp_path: Path) -> None:
    file = tmp_path / "hospitals.csv"
    days = pd.date_range("2020-07-20", periods=60)
    used = np.full(60, 2000)
    used[40] = 200
    rows = [f'TX,{day:%Y/%m/%d},"{n:,}","4,000"' for day, n in zip(days, used, strict=True)]
    file.write_text("\n".join(["state,date,inpatient_beds_used,inpatient_beds", *rows]))
    panel = hhs(file)
    assert panel.times[0] == pd.Timestamp("2020-08-01")
    assert panel.times[panel.values["TX"].isna()].tolist() == [days[40]]
    assert (panel.covariates["capacity"] == 4000).all(axis=None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("datum,bundesland_name\n2024-01-01,Hessen", "no column 'behandlungsgruppe_level_2'"),
        (f"{COLUMNS}\n2024-01-01,Atlantis,ERWACHSENE,1,1", "'Atlantis' is no state"),
        (
            f"{COLUMNS}\n" + "2024-01-01,Hessen,ERWACHSENE,1,1\n" * 2,
            "Hessen has two rows for 2024-01-01",
        ),
    ],
)
def test_other_files_are_one_clear_line(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "register.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=line):
        divi(file)


def test_the_command_says_what_is_wrong_and_exits_with_2(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--file", str(tmp_path / "none.csv")])
    assert stopped.value.code == 2
    assert "there is no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["--file", str(register(tmp_path, 300))])
    assert stopped.value.code == 2
    assert "300 days are too few" in capsys.readouterr().err


@pytest.mark.public_data
@pytest.mark.slow
def test_the_adjusted_forecaster_beats_last_values_of_the_register_by_15_per_cent(public_data: Path) -> None:
    panel = divi(public_data / "health" / "divi_states_daily_to_2024.csv")
    tested = measured(panel, 7, 364, 364)
    assert chosen(tested) == "pooled-adjusted"
    whole = comparison(tested).loc["all"]
    assert whole["last-value"] == pytest.approx(23.385, abs=0.001)
    assert whole["pooled-adjusted"] <= 0.85 * whole["last-value"]
    assert abs(whole["within 80 %"] - 0.80) <= 0.03
    assert abs(whole["within 95 %"] - 0.95) <= 0.03
