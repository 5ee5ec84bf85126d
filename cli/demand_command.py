"""``allocare demand``: what a forecast says of demand, written into an instance to solve."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..instances.errors import InputError
from .commands import Json, Seed, refuse_existing
from .forecast_commands import panel_to_forecast
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
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..forecasting.panel import Panel


def demand_command(
    records: RecordsFile,
    instance: Annotated[
        str, typer.Argument(help="Instance whose targets are series of the records; its demand is replaced.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the instance with its new demand.")],
    horizon: Annotated[int, typer.Option("--horizon", help="Steps from the last record to the demand.")] = 7,
    form: Annotated[
        str, typer.Option("--form", help="point, quantile, scenarios or interval.")
    ] = "scenarios",
    method: Annotated[
        str, typer.Option("--method", help="auto: what the back-test recommends; or a forecaster.")
    ] = "auto",
    own: Annotated[
        str | None, typer.Option("--own", help="Attribute: what each target has itself; demand is beyond it.")
    ] = None,
    own_median: Annotated[
        int | None, typer.Option("--own-median", min=1, help="Instead: the median of so many last records.")
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="What each unit beyond it takes of what is shared.")
    ] = 1.0,
    measure: Annotated[
        str | None, typer.Option("--measure", help="expected-cost, cvar or worst-case; default: the form's.")
    ] = None,
    level: Annotated[
        float | None, typer.Option("--level", help="Of the quantile; default: each target's critical ratio.")
    ] = None,
    coverage: Annotated[float, typer.Option("--coverage", help="Of the interval.")] = 0.9,
    budget: Annotated[
        float | None, typer.Option("--budget", help="Of the interval; default: the root of the targets.")
    ] = None,
    scenarios: Annotated[
        int | None, typer.Option("--scenarios", min=1, help="How many; default: one each past origin.")
    ] = None,
    leftover_cost: Annotated[
        float, typer.Option("--leftover-cost", help="Of a unit left over, if the instance has no such price.")
    ] = 0.0,
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
    attributes: Annotated[
        Path | None, typer.Option("--attributes", help="CSV or Parquet table, a row a series, its key first.")
    ] = None,
    seed: Seed = 0,
    json: Json = False,
) -> int:
    """Forecast records, and write what that says of demand into an instance for ``allocare solve``."""
    from ..forecasting.backtest import back_test
    from ..forecasting.choice import choose
    from ..forecasting.demand import FORMS
    from ..forecasting.demand_ahead import demand_ahead
    from ..forecasting.registry import BASELINE, USUAL, forecaster
    from ..instances.formats import write
    from ..instances.hints import nearest
    from ..instances.uncertain_demand import point_of
    from ..instances.uncertain_transportation import MEASURES
    from .progress import spinning
    from .show import print_json, show_table

    refuse_existing(out)
    if form not in FORMS:
        raise InputError(f"--form is {form!r}; {nearest(form, FORMS)}")
    names = list(USUAL) if method == "auto" else list(dict.fromkeys([BASELINE, forecaster(method).name]))
    told = {
        "key": key, "time": time, "value": value, "thousands": thousands, "decimal": decimal,
        "times": times, "zone": zone, "encoding": encoding,
    }  # fmt: skip
    problem = _problem(instance)
    if measure not in (None, *MEASURES):
        raise InputError(f"--measure is {measure!r}; give {', '.join(MEASURES)}")
    panel = panel_to_forecast(records, recipe, wide, where, attributes, told)
    targets = list(problem.targets)
    have = _own(panel, targets, own, own_median)
    with spinning(f"testing {len(names)} forecasters"):
        test = back_test(panel, names, horizon, seed=seed)
        choice = choose(test, seed=seed)
    chosen = choice.recommended if method == "auto" else forecaster(method).name
    with spinning(f"forecasting with {chosen}"):
        demand = demand_ahead(
            panel,
            forecaster(chosen),
            test,
            form,  # type: ignore[arg-type]  # one of the forms, seen above
            targets,
            own=have,
            rate=rate,
            number=scenarios,
            coverage=coverage,
            budget=budget,
            seed=seed,
            level=_level(problem, level),
        )
    manifest = write(_planned(problem, demand, measure, leftover_cost), out)
    expected = point_of(demand)
    record = {
        "records": str(records),
        "instance": instance,
        "origin": f"{panel.times[-1]:%Y-%m-%d}",
        "horizon": horizon,
        "forecaster": chosen,
        "sentence": choice.sentence,
        "form": form,
        "demand": dict(zip(map(str, targets), expected.tolist(), strict=True)),
        "out": str(manifest),
    }
    if json:
        print_json(record)
        return 0
    rows = [
        {"target": str(name), "last": last, "own": mine, "demand": round(quantity, 2)}
        for name, last, mine, quantity in zip(
            targets, panel.values[targets].iloc[-1].tolist(), have.tolist(), expected.tolist(), strict=True
        )
    ]
    show_table(f"Demand {horizon} steps after {record['origin']} by {chosen}, as {form} (mean)", rows)
    print(choice.sentence)
    print(f"saved in {manifest}; allocare solve {manifest}")
    return 0


def _problem(instance: str) -> Any:
    """Load what takes a demand: transportation, before demand is known or not."""
    from ..instances.transportation import TransportationProblem
    from ..instances.uncertain_transportation import UncertainTransportationProblem
    from .loading import load_timed

    problem, _ = load_timed(instance, None, None)
    if not isinstance(problem, TransportationProblem | UncertainTransportationProblem):
        raise InputError(
            f"it is a {problem.kind} problem; give transportation, or uncertain-transportation", instance
        )
    return problem


def _planned(problem: Any, demand: Any, measure: Any, leftover_cost: float) -> Any:
    """The problem with the demand; one of known demand becomes one before demand is known where it must."""
    from ..instances.transportation import TransportationProblem
    from ..instances.uncertain_demand import PointDemand
    from ..instances.with_demand import under_uncertainty, with_demand

    if not isinstance(problem, TransportationProblem):
        return with_demand(problem, demand, measure=measure)
    if isinstance(demand, PointDemand) and measure is None:
        return with_demand(problem, demand)
    return under_uncertainty(problem, demand, leftover_cost=leftover_cost, measure=measure)


def _own(panel: "Panel", targets: list[Any], own: str | None, median: int | None) -> "np.ndarray[Any, Any]":
    import numpy as np

    from ..instances.hints import nearest

    if own is not None and median is not None:
        raise InputError("--own and --own-median both say what targets have themselves; keep one")
    known = [name for name in targets if name in panel.series]
    if len(known) < len(targets):
        lacking = next(name for name in targets if name not in panel.series)
        raise InputError(
            f"the records have no series for target {lacking!r}; "
            f"{nearest(str(lacking), map(str, panel.series))}"
        )
    if median is not None:
        return np.asarray(panel.values[targets].iloc[-median:].median().to_numpy(), dtype=np.float64)
    if own is None:
        return np.zeros(len(targets))
    frame: pd.DataFrame | None = panel.attributes
    if frame is None or own not in frame.columns:
        columns = [] if frame is None else list(map(str, frame.columns))
        raise InputError(f"--own: there is no attribute {own!r}; {nearest(own, columns)}")
    return np.asarray(frame.loc[targets, own].to_numpy(), dtype=np.float64)


def _level(problem: Any, level: float | None) -> Any:
    from ..evaluation.plan_on_forecast import critical_ratio
    from ..instances.uncertain_transportation import UncertainTransportationProblem

    if level is not None or not isinstance(problem, UncertainTransportationProblem):
        return 0.8 if level is None else level
    return critical_ratio(problem)
