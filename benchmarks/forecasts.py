"""Forecasts of real hospital records beside last values, per state, with intervals.

Run it with ``ALLOCARE_DATA=folder python -m allocare.benchmarks.forecasts --data divi`` or ``--data hhs``.
Any later file of the same layout is taken with ``--file``, and the targets follow the file's end.

``divi`` is the German intensive-care register by state: beds that adults occupy, 7 days ahead, the last 364
days of the file being the targets. ``hhs`` are the hospitals of the United States by state: inpatient beds
used, 14 days ahead, the last 182 days. Every day is an origin, every forecaster is fitted anew every 28 days
on what was past then, and an error is the absolute difference, averaged over days and states. Intervals
follow from the errors made before (conformal), begun on the `CALIBRATION` days before the first target;
the forecaster that is held against last values is the one with the least error on those days.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..forecasting.backtest import back_test
from ..forecasting.panel import Panel
from ..instances.errors import AllocareError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..forecasting.backtest import BackTest

MAKERS = ("last-value", "seasonal-naive", "pooled-ridge", "pooled-adjusted")
REFIT_DAYS = 28
CALIBRATION = {"divi": 364, "hhs": 56}
DIVI_STATES = {
    "Baden-Württemberg": "BW",
    "Bayern": "BY",
    "Berlin": "BE",
    "Brandenburg": "BB",
    "Bremen": "HB",
    "Hamburg": "HH",
    "Hessen": "HE",
    "Mecklenburg-Vorpommern": "MV",
    "Niedersachsen": "NI",
    "Nordrhein-Westfalen": "NW",
    "Rheinland-Pfalz": "RP",
    "Saarland": "SL",
    "Sachsen": "SN",
    "Sachsen-Anhalt": "ST",
    "Schleswig-Holstein": "SH",
    "Thüringen": "TH",
}
REGULAR_SINCE = "2020-08-01"
"""When all hospitals had begun to report to one federal system; before, most states' records come and go."""
OUTLIER, OUTLIER_DAYS = 0.25, 14
"""A record that is this share away from the median of so many days before it is left out."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is forecast of a source of records, how far ahead and over which days."""

    file: str
    read: Callable[[Path], Panel]
    horizon: int
    days: int


def divi(file: Path) -> Panel:
    r"""Read the intensive-care register by state: adults' beds occupied; with the free ones, the capacity.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "register.csv"
    >>> head = "datum,bundesland_name,behandlungsgruppe_level_2,intensivbetten_belegt,intensivbetten_frei"
    >>> lines = [f"2024-01-0{day},Hessen,ERWACHSENE,{90 + day},10" for day in (1, 2, 3)]
    >>> _ = file.write_text("\n".join([head, *lines]))
    >>> panel = divi(file)
    >>> panel.values["Hessen"].tolist(), panel.covariates["capacity"]["Hessen"].tolist()
    ([91.0, 92.0, 93.0], [101.0, 102.0, 103.0])
    """
    columns = ["datum", "bundesland_name", "behandlungsgruppe_level_2"]
    columns += ["intensivbetten_belegt", "intensivbetten_frei"]
    table = _table(file, columns)
    table = table[table["behandlungsgruppe_level_2"] == "ERWACHSENE"]
    occupied = _wide(table, "datum", "bundesland_name", "intensivbetten_belegt")
    free = _wide(table, "datum", "bundesland_name", "intensivbetten_frei")
    unknown = [state for state in occupied.columns if state not in DIVI_STATES]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no state; give a register by state", file.name)
    where = pd.DataFrame(
        {"country": "DE", "subdivision": [DIVI_STATES[state] for state in occupied.columns]},
        index=occupied.columns,
    )
    return Panel(
        values=occupied, covariates={"capacity": occupied + free}, attributes=where, name="beds occupied"
    )


def hhs(file: Path) -> Panel:
    r"""Read the hospitals of the United States by state: inpatient beds used, and all as capacity.

    Records from August 2020 on; one that is a quarter away from the median of the 14 days before it is left
    out, as if it had not been made: so it is neither learnt from nor scored.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "hospitals.csv"
    >>> lines = [f'TX,2020/08/0{day},"{"2,000" if day < 9 else 200}","4,000"' for day in range(1, 10)]
    >>> _ = file.write_text("\n".join(["state,date,inpatient_beds_used,inpatient_beds", *lines]))
    >>> hhs(file).values["TX"].tolist()[-2:]
    [2000.0, nan]
    """
    table = _table(file, ["state", "date", "inpatient_beds_used", "inpatient_beds"])
    used = _wide(table, "date", "state", "inpatient_beds_used").loc[REGULAR_SINCE:]
    beds = _wide(table, "date", "state", "inpatient_beds").loc[REGULAR_SINCE:]
    where = pd.DataFrame({"country": "US", "subdivision": used.columns}, index=used.columns)
    return Panel(
        values=_without_outliers(used),
        covariates={"capacity": _without_outliers(beds)},
        attributes=where,
        name="inpatient beds used",
    )


TARGETS = {
    "divi": Target(file="divi_states_daily_to_2024.csv", read=divi, horizon=7, days=364),
    "hhs": Target(file="hhs_states_daily_to_2021-06.csv", read=hhs, horizon=14, days=182),
}


def measured(panel: Panel, horizon: int, days: int, calibration: int, *, progress: bool = False) -> BackTest:
    """Back-test the makers so that the last `days` days of the panel are the targets at the horizon.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> tested = measured(simulated_panel(3, 400), 7, 28, 28)
    >>> len(tested.origins), str(tested.targets[-1, -1])[:10]
    (28, '2021-02-03')
    """
    last = len(panel.times) - 1 - horizon
    if last - days - calibration < 56:
        raise InputError(
            f"{panel.name}: {len(panel.times)} days are too few for {days} of targets and "
            f"{calibration} before them; give a longer file or fewer days"
        )
    origins = panel.times[last - days + 1 : last + 1]
    return back_test(
        panel,
        MAKERS,
        horizon,
        origins=origins,
        refit_every=REFIT_DAYS,
        calibration=calibration,
        progress=progress,
    )


def chosen(tested: BackTest) -> str:
    """Return the maker with the least error at the last step ahead of what was known at the first origin.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> chosen(measured(simulated_panel(3, 400), 7, 28, 28)) in MAKERS
    True
    """
    known = max(tested.calibration - tested.horizon + 1, 0)
    errors = {name: np.nanmean(np.abs(tested.residuals(name)[:known, -1])) for name in MAKERS}
    return min(errors, key=errors.__getitem__)


def comparison(tested: BackTest) -> pd.DataFrame:
    """Errors at the last step ahead by series and over all, and how much better the chosen maker is.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> table = comparison(measured(simulated_panel(3, 400), 7, 28, 28))
    >>> table.index.tolist(), table.columns[-3:].tolist()
    (['R1', 'R2', 'R3', 'all'], ['better', 'within 80 %', 'within 95 %'])
    """
    errors = pd.concat([tested.errors("series", "horizon"), tested.errors("horizon").assign(series="all")])
    errors = errors[errors["horizon"] == tested.horizon]
    table = errors.pivot(index="series", columns="maker", values="MAE")[list(MAKERS)]
    table = table.loc[[*tested.series, "all"]]
    best = chosen(tested)
    ours = errors[errors["maker"] == best].set_index("series")
    table["better"] = 1 - table[best] / table[MAKERS[0]]
    table["within 80 %"], table["within 95 %"] = ours["coverage_80"], ours["coverage_95"]
    return table.rename_axis(index=None, columns=None)


def main(arguments: list[str] | None = None) -> None:
    """Print the table of one source; exit 2 where its file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", choices=TARGETS, default="divi")
    parser.add_argument("--file", type=Path, help="a file of the same layout, such as a later one")
    parser.add_argument("--days", type=int, help="days at the file's end that are targets")
    given = parser.parse_args(arguments)
    target = TARGETS[given.data]
    try:
        panel = target.read(given.file or _default(target.file))
        days = given.days or target.days
        tested = measured(panel, target.horizon, days, CALIBRATION[given.data], progress=sys.stderr.isatty())
    except AllocareError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    targets = pd.DatetimeIndex(tested.targets[tested.calibration :, -1])
    left_out = int(panel.values.isna().to_numpy().sum())
    print(
        f"{panel.name}, {target.horizon} days ahead, mean absolute error over {len(targets)} days "
        f"{targets[0]:%Y-%m-%d} to {targets[-1]:%Y-%m-%d} and {len(panel.series)} states; "
        f"{left_out} of {panel.values.size} records missing or left out"
    )
    print(f"chosen on the days before: {chosen(tested)}, last values its baseline")
    table = comparison(tested)
    shares = ["better", "within 80 %", "within 95 %"]
    formats = dict.fromkeys(MAKERS, "{:,.2f}".format) | dict.fromkeys(shares, "{:.1%}".format)
    print(table.to_string(formatters=formats))


def _default(name: str) -> Path:
    folder = os.environ.get("ALLOCARE_DATA")
    if not folder:
        raise InputError("ALLOCARE_DATA is not set; set it to the folder of public data, or give --file")
    return Path(folder) / "health" / name


def _table(file: Path, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(file, thousands=",")
    except FileNotFoundError:
        raise InputError("there is no such file", str(file)) from None
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(f"there is no column {missing[0]!r}", file.name)
    return table[columns]


def _wide(table: pd.DataFrame, time: str, key: str, value: str) -> pd.DataFrame:
    table = table.assign(**{time: pd.to_datetime(table[time])})
    twice = table.duplicated([time, key])
    if twice.any():
        row = table[twice].iloc[0]
        raise InputError(f"{row[key]} has two rows for {row[time]:%Y-%m-%d}; keep one")
    return table.pivot(index=time, columns=key, values=value).asfreq("D").astype(float)


def _without_outliers(frame: pd.DataFrame) -> pd.DataFrame:
    before = frame.rolling(OUTLIER_DAYS, min_periods=OUTLIER_DAYS // 2).median().shift(1)
    return frame.mask((frame - before).abs() > OUTLIER * before)


if __name__ == "__main__":
    main()
