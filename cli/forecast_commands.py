"""``allocare backtest`` and ``allocare forecast``: which forecaster is best, and what it says."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..instances.errors import InputError
from .commands import Json, Seed, refuse_existing
from .record_options import (
    Decimal,
    Encoding,
    RecipeOption,
    RecordsFile,
    SeriesKey,
    Thousands,
    Time,
    Times,
    Value,
    Where,
    Wide,
    Zone,
    reading,
    recipe_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from ..forecasting.backtest import BackTest
    from ..forecasting.panel import Panel

Horizon = Annotated[int, typer.Option("--horizon", help="Steps ahead.")]
Levels = Annotated[str, typer.Option("--levels", help="Of the intervals, separated by commas.")]
By = Annotated[str, typer.Option("--by", help="What is chosen by: MAE, RMSE, MSE, MASE, pinball_80 ...")]
Every = Annotated[int | None, typer.Option("--every", help="Rows between origins; default: a season.")]
Last = Annotated[int | None, typer.Option("--over", help="Last rows that origins lie in; default: a year.")]
Refit = Annotated[int, typer.Option("--refit-every", help="Rows after which forecasters are fitted again.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes at work at a time.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the tables.")]
Attributes = Annotated[
    Path | None, typer.Option("--attributes", help="CSV or Parquet table, a row a series, its key first.")
]
SERIES_SHOWN = 20
SHOWN = ("maker", "n", "MAE", "RMSE", "MASE", "bias", "coverage", "width")


def backtest_command(
    file: RecordsFile,
    horizon: Horizon = 14,
    methods: Annotated[
        str, typer.Option("--methods", help="Forecasters, separated by semicolons; default: the usual ones.")
    ] = "",
    levels: Levels = "0.8,0.95",
    by: By = "MAE",
    every: Every = None,
    over: Last = None,
    refit_every: Refit = 91,
    recipe: RecipeOption = None,
    wide: Wide = False,
    key: SeriesKey = None,
    time: Time = None,
    value: Value = None,
    where: Where = None,
    thousands: Thousands = None,
    decimal: Decimal = None,
    times: Times = None,
    zone: Zone = None,
    encoding: Encoding = None,
    attributes: Attributes = None,
    out: Out = None,
    seed: Seed = 0,
    jobs: Jobs = 1,
    json: Json = False,
) -> int:
    """Forecast from rolling origins as it would have been done then, and say who was best.

    With --out: forecasts.csv, errors.csv by series and step, choice.csv and failures.csv.
    """
    from ..forecasting.choice import choose
    from .show import print_json, show_table

    wanted = _levels(levels)
    if out is not None:
        refuse_existing(out)
    told = {
        "key": key, "time": time, "value": value, "thousands": thousands, "decimal": decimal,
        "times": times, "zone": zone, "encoding": encoding,
    }  # fmt: skip
    panel = panel_to_forecast(file, recipe, wide, where, attributes, told)
    test = _tested(panel, _methods(methods), horizon, wanted, every, over, refit_every, seed, jobs)
    choice = choose(test, by, seed=seed)
    overall = test.errors()
    tables = {
        "forecasts": test.table(),
        "errors": test.errors("series", "horizon"),
        "choice": choice.table,
        "failures": test.failures,
    }
    if out is not None:
        _write(tables, {"recommended": choice.recommended, "sentence": choice.sentence}, out)
    if json:
        print_json(
            {
                "file": str(file),
                "recommended": choice.recommended,
                "sentence": choice.sentence,
                "choice": _rows(choice.table),
                "errors": _rows(overall),
                "failures": _rows(test.failures),
            }
        )
        return 0
    show_table(
        f"{panel.name}: {horizon} steps ahead from {len(test.origins)} origins, "
        f"{test.origins[0]:%Y-%m-%d} to {test.origins[-1]:%Y-%m-%d}",
        _rows(overall[[name for name in overall if str(name).split("_")[0] in SHOWN]], 3),
    )
    show_table(f"Beside last-value, by {by}", _rows(choice.table, 4))
    _show_failures(test.failures)
    print(choice.sentence)
    if out is not None:
        print(f"saved in {out}")
    return 0


def forecast_command(
    file: RecordsFile,
    horizon: Horizon = 14,
    method: Annotated[
        str, typer.Option("--method", help="auto: what the back-test recommends; or a forecaster.")
    ] = "auto",
    levels: Levels = "0.8,0.95",
    by: By = "MAE",
    every: Every = None,
    over: Last = None,
    refit_every: Refit = 91,
    recipe: RecipeOption = None,
    wide: Wide = False,
    key: SeriesKey = None,
    time: Time = None,
    value: Value = None,
    where: Where = None,
    thousands: Thousands = None,
    decimal: Decimal = None,
    times: Times = None,
    zone: Zone = None,
    encoding: Encoding = None,
    attributes: Attributes = None,
    scenarios: Annotated[
        int, typer.Option("--scenarios", min=0, help="Scenarios to draw for --out, each equally likely.")
    ] = 0,
    out: Out = None,
    seed: Seed = 0,
    jobs: Jobs = 1,
    json: Json = False,
) -> int:
    """Forecast every series from its last record on, with intervals, as a back-test recommends.

    With --out: forecast.csv, backtest.csv (errors by series), choice.csv, summary.json and, where asked for,
    scenarios.csv.
    """
    from ..forecasting.choice import choose
    from ..forecasting.outlook import outlook
    from ..forecasting.registry import BASELINE, USUAL, forecaster
    from .progress import spinning
    from .show import print_json, show_table

    wanted = _levels(levels)
    names = list(USUAL) if method == "auto" else list(dict.fromkeys([BASELINE, forecaster(method).name]))
    if scenarios and out is None:
        raise InputError(f"--scenarios {scenarios} are for a file; give --out too")
    if out is not None:
        refuse_existing(out)
    told = {
        "key": key, "time": time, "value": value, "thousands": thousands, "decimal": decimal,
        "times": times, "zone": zone, "encoding": encoding,
    }  # fmt: skip
    panel = panel_to_forecast(file, recipe, wide, where, attributes, told)
    test = _tested(panel, names, horizon, wanted, every, over, refit_every, seed, jobs)
    choice = choose(test, by, seed=seed)
    chosen = choice.recommended if method == "auto" else forecaster(method).name
    with spinning(f"forecasting with {chosen}"):
        look = outlook(panel, forecaster(chosen), test, seed=seed)
    errors = test.errors("series")
    own = errors[errors["maker"] == chosen].set_index("series")
    summary = {
        "file": str(file),
        "values": panel.name,
        "origin": f"{look.origin:%Y-%m-%d}",
        "horizon": horizon,
        "forecaster": chosen,
        "recommended": choice.recommended,
        "sentence": choice.sentence,
        "failures": {str(name): why for name, why in look.failures.items()},
    }
    if out is not None:
        tables = {"forecast": look.table(), "backtest": errors, "choice": choice.table}
        if scenarios:
            tables["scenarios"] = _long(look.scenarios(scenarios, seed=seed), look)
        _write(tables, summary, out)
    if json:
        print_json(summary | {"forecast": _rows(look.table())})
        return 0
    last = look.table()
    last = last[last["horizon"] == horizon].drop(columns="horizon").set_index("series")
    shown = last.join(own[["MAE", "MASE", *(c for c in own if str(c).startswith("coverage"))]]).reset_index()
    more = f", first {SERIES_SHOWN} of {len(shown)} series" if len(shown) > SERIES_SHOWN else ""
    title = (
        f"{panel.name} by {chosen}, {horizon} steps after {look.origin:%Y-%m-%d}, and its errors before{more}"
    )
    show_table(title, _rows(shown.head(SERIES_SHOWN), 3))
    for name, why in look.failures.items():
        print(f"series {name!r} is not forecast: {why}")
    print(choice.sentence)
    if chosen != choice.recommended:
        print(f"{chosen} was asked for and is not recommended.")
    if out is not None:
        print(f"saved in {out}")
    return 0


def _levels(text: str) -> tuple[float, ...]:
    from ..forecasting.metrics import check_levels

    try:
        return check_levels([float(part) for part in text.split(",") if part.strip()])
    except ValueError:
        raise InputError(f"--levels {text!r} are not numbers; give such as 0.8,0.95") from None


def _methods(text: str) -> list[str]:
    from ..forecasting.registry import BASELINE, USUAL, forecaster

    names = [part.strip() for part in text.split(";") if part.strip()] or list(USUAL)
    return list(dict.fromkeys([BASELINE, *(forecaster(name).name for name in names)]))


def panel_to_forecast(
    file: Path,
    recipe: Path | None,
    wide: bool,
    where: list[str] | None,
    attributes: Path | None,
    told: dict[str, Any],
) -> "Panel":
    r"""Read and clean records by a recipe that looks back alone, with the series' attributes.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "beds.csv"
    >>> _ = file.write_text("state,day,beds\nHE,2024-01-01,5\nHE,2024-01-02,6\n")
    >>> told = {"key": "state", "time": "day", "value": "beds"}
    >>> panel_to_forecast(file, None, False, None, None, told).values["HE"].tolist()
    [5.0, 6.0]
    """
    from ..forecasting.recipes.files import read_records
    from ..forecasting.series_attributes import with_series_attributes
    from .progress import spinning

    chosen = recipe_of(recipe)
    for step in chosen.recipe.panel_steps:
        if step.uses_future:
            raise InputError(
                "it uses later records, which a back-test must not; take a step that looks back, such as "
                "forward-fill",
                str(recipe),
                f"step {step.name!r}",
            )
    with spinning(f"reading {file}"):
        panel = chosen.recipe.clean(
            read_records(file, **reading(chosen, wide=wide, where=where, **told))
        ).panel
        return panel if attributes is None else with_series_attributes(panel, attributes)


def _tested(
    panel: "Panel",
    names: list[str],
    horizon: int,
    levels: tuple[float, ...],
    every: int | None,
    over: int | None,
    refit_every: int,
    seed: int,
    jobs: int,
) -> "BackTest":
    from ..forecasting.backtest import back_test
    from ..forecasting.origins import origin_rows

    rows = origin_rows(panel, horizon)
    first, last = int(rows[0]), int(rows[-1])
    if over is not None:
        if not 1 <= over <= last:
            raise InputError(f"--over is {over}; give 1 to {last} rows, so that some are left to fit on")
        first = last - over + 1
    step = every if every is not None else int(rows[1] - rows[0]) if len(rows) > 1 else 1
    if step < 1:
        raise InputError(f"--every is {step}; give 1 row or more")
    # the last origin always counts, however many rows apart they are
    origins = panel.times[list(range(last, first - 1, -step))[::-1]]
    return back_test(
        panel,
        names,
        horizon,
        origins=origins,
        refit_every=refit_every,
        levels=levels,
        seed=seed,
        jobs=jobs,
        progress=True,
    )


def _show_failures(failures: "pd.DataFrame") -> None:
    for (maker, series), rows in failures.groupby(["maker", "series"], sort=False):
        print(f"{maker} does not forecast series {series!r}: {rows['why'].iloc[0]}")


def _long(drawn: Any, look: Any) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    number, steps, count = drawn.shape
    return pd.DataFrame(
        {
            "scenario": np.repeat(np.arange(1, number + 1), steps * count),
            "time": np.tile(np.repeat(look.times, count), number),
            "series": np.tile(look.series, number * steps),
            "value": drawn.ravel(),
        }
    )


def _write(tables: dict[str, "pd.DataFrame"], summary: dict[str, Any], out: Path) -> None:
    import json

    from ..instances.plan_files import write_plan
    from ..instances.whole_writing import written_whole

    with written_whole(out) as folder:
        for name, frame in tables.items():
            write_plan(frame, folder / f"{name}.csv")
        text = json.dumps(summary, indent=2, ensure_ascii=False)
        (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def _rows(frame: "pd.DataFrame", digits: int | None = None) -> list[dict[str, Any]]:
    import pandas as pd

    def cell(value: Any) -> Any:
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d}"
        return round(value, digits) if digits is not None and isinstance(value, float) else value

    plain = frame.astype(object).map(cell)
    rows: list[dict[str, Any]] = plain.where(plain.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows
