"""Records before anything is decided on them: ``allocare data profile``, ``clean`` and ``simulate``."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .commands import Json, Seed, refuse_existing
from .record_options import (
    Covariate,
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

    from ..forecasting.recipes.recipe import Cleaned

data = typer.Typer(
    name="data", help="Clean and describe records of demand and resources.", no_args_is_help=True
)


@data.command("profile")
def profile_command(
    file: RecordsFile,
    recipe: RecipeOption = None,
    wide: Wide = False,
    key: SeriesKey = None,
    time: Time = None,
    value: Value = None,
    covariate: Covariate = None,
    where: Where = None,
    thousands: Thousands = None,
    decimal: Decimal = None,
    times: Times = None,
    zone: Zone = None,
    encoding: Encoding = None,
    attributes: Annotated[
        Path | None, typer.Option("--attributes", help="CSV or Parquet table, a row a series, its key first.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="Attribute whose groups are compared.")] = None,
    population: Annotated[
        str | None, typer.Option("--population", help="Attribute of the people in each region.")
    ] = None,
    capacity: Annotated[str | None, typer.Option("--capacity", help="Covariate of what there is.")] = None,
    free: Annotated[
        str | None, typer.Option("--free", help="Covariate of what is free; capacity is demand plus it.")
    ] = None,
    signed: Annotated[bool, typer.Option("--signed", help="Values below 0 are no mistake.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the tables.")] = None,
    json: Json = False,
) -> int:
    """Describe the series: gaps, level, trend, season; with --group, --capacity or --free, imbalance."""
    from .progress import spinning
    from .show import print_json, show_table

    told = recipe_of(recipe, signed=signed)
    extra = [name for name in (capacity, free) if name is not None]
    how = reading(
        told,
        wide=wide,
        covariates=list(dict.fromkeys([*(covariate or told.reading.get("covariates", [])), *extra])),
        where=where,
        key=key,
        time=time,
        value=value,
        thousands=thousands,
        decimal=decimal,
        times=times,
        zone=zone,
        encoding=encoding,
    )
    if out is not None:
        refuse_existing(out)
    with spinning(f"reading {file}"):
        panel = _cleaned(file, how, told).panel
    from ..evaluation.imbalance import imbalance
    from ..forecasting.profile import profile
    from ..forecasting.series_attributes import with_series_attributes

    if attributes is not None:
        panel = with_series_attributes(panel, attributes)
    with spinning(f"describing {len(panel.series)} series"):
        described = profile(panel)
        tables = {"values": described.values, "patterns": described.patterns}
        if group or capacity or free or population:
            found = imbalance(panel, capacity=capacity, free=free, population=population, group=group)
            tables |= {"imbalance": found.over_time, "regions": found.regions, "groups": found.groups}
    rows = {name: _rows(frame) for name, frame in tables.items()}
    if out is not None:
        from ..instances.plan_files import write_plan
        from ..instances.whole_writing import written_whole

        with written_whole(out) as folder:
            for name, frame in tables.items():
                write_plan(_labelled(frame), folder / f"{name}.csv")
    if json:
        print_json({"file": str(file), **rows, "warnings": list(described.warnings)})
        return 0
    last = {"groups", "regions"} if group is None else {"regions"}
    for name, title in _TITLES.items():
        if name in rows and name not in last:
            show_table(title, _rounded(rows[name]))
    for line in described.warnings:
        print(line)
    if "groups" in rows and population is None:
        print("no population is told, so every region counts alike and is measured whole, not per head")
    return 0


@data.command("clean")
def clean_command(
    file: RecordsFile,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the clean table, the changes and a summary.")
    ],
    recipe: RecipeOption = None,
    wide: Wide = False,
    key: SeriesKey = None,
    time: Time = None,
    value: Value = None,
    covariate: Covariate = None,
    where: Where = None,
    thousands: Thousands = None,
    decimal: Decimal = None,
    times: Times = None,
    zone: Zone = None,
    encoding: Encoding = None,
    table: Annotated[str, typer.Option("--table", help="csv or parquet, for the clean table.")] = "csv",
    json: Json = False,
) -> int:
    """Clean records by a recipe, and list every cell that was changed, and why."""
    from ..instances.errors import InputError
    from .progress import spinning
    from .show import print_json, show_table

    if table not in ("csv", "parquet"):
        raise InputError(f"--table is {table!r}; give csv or parquet")
    refuse_existing(out)
    told = recipe_of(recipe)
    how = reading(
        told,
        wide=wide,
        covariates=covariate,
        where=where,
        key=key,
        time=time,
        value=value,
        thousands=thousands,
        decimal=decimal,
        times=times,
        zone=zone,
        encoding=encoding,
    )
    with spinning(f"cleaning {file}"):
        cleaned = _cleaned(file, how, told)
        summary = _summary(file, cleaned)
        _write(cleaned, summary, out, table, how)
    if json:
        print_json(summary | {"out": str(out)})
        return 0
    print(
        f"{summary['series']} series from {summary['first']} to {summary['last']} ({summary['frequency']}), "
        f"{summary['missing']} of {summary['cells']} values missing, {summary['changed']} changes"
    )
    if summary["steps"]:
        show_table("Changes", summary["steps"])
    print(f"saved in {out}")
    return 0


@data.command("simulate")
def simulate_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for records.csv and regions.csv.")],
    series: Annotated[int, typer.Option("--series", min=1, help="Regions.")] = 16,
    days: Annotated[int, typer.Option("--days", min=1, help="Days.")] = 730,
    seed: Seed = 0,
) -> int:
    """Make up records of regions' beds with gaps, doubles and slips of the pen, to try things on."""
    from ..forecasting.records import simulated_panel, simulated_records
    from ..instances.plan_files import write_plan
    from ..instances.whole_writing import written_whole

    refuse_existing(out)
    attributes = simulated_panel(series, days, seed).attributes
    assert attributes is not None
    with written_whole(out) as folder:
        write_plan(simulated_records(series, days, seed), folder / "records.csv")
        write_plan(attributes.rename_axis("state").reset_index(), folder / "regions.csv")
    print(f"wrote {out}")
    return 0


_TITLES = {
    "values": "Values",
    "patterns": "Trend a week, strength of patterns (0 to 1), autocorrelation",
    "imbalance": "Imbalance over time",
    "groups": "Groups",
    "regions": "Regions",
}


def _cleaned(file: Path, how: dict[str, Any], told: Any) -> "Cleaned":
    from ..forecasting.recipes.files import read_records
    from ..forecasting.schemas import validate

    cleaned: Cleaned = told.recipe.clean(read_records(file, **how))
    if told.expectations:
        validate(cleaned.panel, told.expectations, source=cleaned.source, rows=cleaned.rows)
    return cleaned


def _summary(file: Path, cleaned: "Cleaned") -> dict[str, Any]:
    from ..forecasting.tidy import time_texts

    panel, texts = cleaned.panel, time_texts(cleaned.panel.times)
    return {
        "file": str(file),
        "series": len(panel.series),
        "first": texts[0],
        "last": texts[-1],
        "frequency": panel.frequency,
        "cells": int(panel.values.size),
        "missing": int(panel.values.isna().sum().sum()),
        "changed": len(cleaned.changes),
        "steps": cleaned.summary().to_dict("records"),
    }


def _write(cleaned: "Cleaned", summary: dict[str, Any], out: Path, table: str, how: dict[str, Any]) -> None:
    import json

    from ..forecasting.tidy import tidy
    from ..instances.plan_files import write_plan
    from ..instances.whole_writing import written_whole

    clean = tidy(cleaned.panel, how.get("key", "series"), how.get("time", "time"))
    with written_whole(out) as folder:
        write_plan(clean, folder / f"clean.{table}")
        write_plan(cleaned.changes, folder / "changes.csv")
        text = json.dumps(summary, indent=2, ensure_ascii=False)
        (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def _labelled(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.reset_index()


def _rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    import pandas as pd

    shown = _labelled(frame).astype(object)
    shown = shown.map(lambda cell: f"{cell:%Y-%m-%d}" if isinstance(cell, pd.Timestamp) else cell)
    rows: list[dict[str, Any]] = shown.where(shown.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows


def _rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: round(cell, 3) if isinstance(cell, float) else cell for name, cell in row.items()}
        for row in rows
    ]
