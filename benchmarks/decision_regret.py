"""Decision regret on two public records: what plans made on forecasts cost more than plans with hindsight.

Run it with ``ALLOCARE_DATA=... python -m allocare.benchmarks.decision_regret --data divi`` (or ``hhs``, or
``made-up``, which needs no data); forecasters come with ``pip install 'allocare[forecast]'``.

`benchmarks/sharing` states the problem that each record poses, week after week. Every forecaster is tested
from daily origins, fitted again every quarter on what was past. At each weekly origin the plan is made on its
point forecast; on the last value and on the forecaster that had the smallest error before the first plan, by
quantile, scenarios (expected cost and CVaR) and intervals as well. Every plan is solved to optimality,
checked, and priced by what came true. Then the order of forecasters by error is held against that by regret,
at several prices of what is left over, and the stochastic plan's values of perfect information and of the
stochastic solution are averaged over every fourth plan.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..evaluation.forecast_regret import forecast_regret
from ..evaluation.plan_on_forecast import APPROACHES
from ..evaluation.value_of_information import value_of_information
from ..forecasting.backtest import back_test
from ..forecasting.demand_at_origins import demands_at_origins
from ..forecasting.registry import BASELINE, FORECASTERS
from ..instances.with_demand import with_demand

if TYPE_CHECKING:
    from ..evaluation.forecast_regret import ForecastRegret
    from ..forecasting.backtest import BackTest
    from .sharing.case import SharingCase

ORIGINS = {"divi": 52, "hhs": 40, "made-up": 8}
CALIBRATION = {"divi": 182, "hhs": 70, "made-up": 91}
REFIT_ROWS = 91
SCENARIOS = 100
COMPARED = (
    "last-value",
    "seasonal-naive",
    "moving-average",
    "linear-regression",
    "exponential-smoothing",
    *(name for name in FORECASTERS if name.startswith("pooled")),
)
LEFTOVER_SHARES = (0.02, 1.0)
"""Further prices of leftovers at which forecasters are compared, as shares of the price of what is unmet."""


def main(arguments: list[str] | None = None) -> None:
    """Plan, price and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", choices=sorted(ORIGINS), required=True, help="which record")
    parser.add_argument("--origins", type=int, help="weeks in which plans are made, the last of the record")
    parser.add_argument("--makers", default=";".join(COMPARED), help="forecasters, separated by semicolons")
    parser.add_argument("--scenarios", type=int, default=SCENARIOS, help="of the stochastic plans")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for the tables as CSV")
    given = parser.parse_args(arguments)
    case = sharing_case(given.data)
    origins = case.origins(given.origins or ORIGINS[given.data])
    names = list(dict.fromkeys([BASELINE, *filter(None, given.makers.split(";"))]))
    say(f"testing {len(names)} forecasters")
    test = tested(case, origins, names, seed=given.seed)
    best = challenger(test)
    found = regrets(case, test, origins, [BASELINE, best], given.scenarios, given.seed)
    priced = at_prices(case, test, origins, found)
    tables = {
        "regret": found.table(seed=given.seed),
        "orders": orders(priced),
        "disagreements": disagreements(priced),
        "information": information(case, test, origins[::4], best, given.scenarios, given.seed),
    }
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_rows", 200):
        unit = case.problem.units
        print(
            f"{case.problem.title}: {len(origins)} plans, {origins[0]:%Y-%m-%d} to {origins[-1]:%Y-%m-%d}, "
            f"{case.horizon} days ahead; {unit['quantity']}, costs in {unit['objective']}"
        )
        print(f"smallest error before the first plan, besides {BASELINE}: {best}\n")
        print(tables["regret"].round(1).to_string(index=False), end="\n\n")
        print("Order of forecasters by error and by regret of plans on points, by price of what is left over")
        print(tables["orders"].round(3).to_string(index=False), end="\n\n")
        pairs = tables["disagreements"]
        print(
            f"{len(pairs)} pairs are in the other order by regret, {pairs['clear'].sum()} of them clearly "
            f"(95 %), {pairs['clear_of_all'].sum()} when all pairs are judged at once"
        )
        print(pairs[pairs["clear"]].round(2).to_string(index=False), end="\n\n")
        for by in ("error", *dict.fromkeys(way for _, way in found.plans)):
            print(
                f"chosen by {'error' if by == 'error' else f'regret of plans by {by}'}: {chosen(found, by)}"
            )
        print("\nStochastic plan, mean of a plan")
        print(tables["information"].round(1).to_string(index=False))
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(given.out / f"{name}.csv", index=False)


def sharing_case(name: str) -> SharingCase:
    """Build the case of a record, from the folder that the environment names."""
    if name == "made-up":
        from .sharing.made_up import made_up_case

        return made_up_case()
    if "ALLOCARE_DATA" not in os.environ:
        sys.exit("set ALLOCARE_DATA to the folder with health/, or take --data made-up")
    folder = Path(os.environ["ALLOCARE_DATA"]) / "health"
    if name == "divi":
        from .sharing.divi import divi_case

        return divi_case(folder / "divi_states_daily_to_2024.csv")
    from .sharing.hhs import hhs_case

    return hhs_case(folder / "hhs_states_daily_to_2021-06.csv", folder / "ventilators_by_state.csv")


def tested(case: SharingCase, origins: pd.DatetimeIndex, names: list[str], *, seed: int) -> BackTest:
    """Test forecasters from daily origins around and before those that are planned at."""
    return back_test(
        case.panel,
        names,
        case.horizon,
        origins=(origins[0], origins[-1], 1),
        calibration=CALIBRATION[case.name],
        refit_every=REFIT_ROWS,
        seed=seed,
    )


def challenger(test: BackTest) -> str:
    """The forecaster besides the last value with the smallest error of those known before the first plan."""
    known = slice(0, max(test.calibration - test.horizon, 1))
    errors = {name: np.abs(test.residuals(name)[known, -1]) for name in test.makers}
    # some say the same as the last value, as seasonal-naive does whole seasons ahead
    own = [name for name in errors if not np.array_equal(errors[name], errors[BASELINE], equal_nan=True)]
    return min(own, key=lambda name: float(np.nanmean(errors[name])), default=BASELINE)


def regrets(
    case: SharingCase,
    test: BackTest,
    origins: pd.DatetimeIndex,
    all_ways: list[str],
    number: int,
    seed: int,
) -> ForecastRegret:
    """Plan on every forecaster's points, and in every way on some forecasters."""
    own = case.own(origins)

    def planned(makers: list[str], approaches: list[str]) -> ForecastRegret:
        return forecast_regret(
            case.problem,
            test,
            approaches,
            makers=makers,
            origins=origins,
            own=own,
            rate=case.rate,
            number=number,
            seed=seed,
            on_plans=lambda maker, by: say(f"planned on {maker} by {by}"),
        )

    points = planned(test.makers, ["point"])
    others = planned(list(dict.fromkeys(all_ways)), [by for by in APPROACHES if by != "point"])
    return replace(points, plans={**points.plans, **others.plans})


def at_prices(
    case: SharingCase, test: BackTest, origins: pd.DatetimeIndex, found: ForecastRegret
) -> list[ForecastRegret]:
    """Plans on points at several prices of what is left over, the case's own first."""
    own, priced = case.own(origins), [found]
    for share in LEFTOVER_SHARES:
        problem = replace(case.problem, leftover_cost=share * case.problem.unmet_cost)
        priced.append(forecast_regret(problem, test, ["point"], origins=origins, own=own, rate=case.rate))
        say(f"planned on points with leftovers at {share:g} of the price of what is unmet")
    return priced


def orders(priced: list[ForecastRegret]) -> pd.DataFrame:
    """Error and regret of each forecaster at each price, their ranks, and the correlation of these."""
    tables = []
    for found in priced:
        regret = found.regret("point").mean()
        table = pd.DataFrame(
            {
                "leftover_share": leftover_share(found),
                "forecaster": regret.index,
                "MAE": [found.errors[name].mean() for name in regret.index],
                "regret": regret.to_numpy(),
            }
        )
        ranks = table[["MAE", "regret"]].rank()
        table = table.assign(MAE_rank=ranks["MAE"], regret_rank=ranks["regret"])
        tables.append(table.assign(rank_correlation=ranks["MAE"].corr(ranks["regret"])))
    return pd.concat(tables, ignore_index=True)


def disagreements(priced: list[ForecastRegret]) -> pd.DataFrame:
    """Pairs of forecasters of which the one with the smaller error makes the worse plans, at each price."""
    tables = []
    for found in priced:
        count = len(found.regret("point").columns)
        pairs = found.disagreements("point")
        # so many pairs are looked at that some differ by chance at 95 %: Bonferroni's level for all at once
        strict = found.disagreements("point", level=1 - 0.05 / max(count * (count - 1) / 2, 1))
        tables.append(pairs.assign(clear_of_all=strict["clear"], leftover_share=leftover_share(found)))
    return pd.concat(tables, ignore_index=True)


def leftover_share(found: ForecastRegret) -> float:
    """Price of what is left over, as a share of that of what is unmet."""
    return float((found.problem.leftover_cost / found.problem.unmet_cost)[0])


def information(
    case: SharingCase, test: BackTest, origins: pd.DatetimeIndex, maker: str, number: int, seed: int
) -> pd.DataFrame:
    """Mean values of perfect information and of the stochastic solution, as seen when plans were made."""
    demands = demands_at_origins(
        test, maker, "scenarios", origins, own=case.own(origins), rate=case.rate, number=number, seed=seed
    )
    values = [
        value_of_information(with_demand(case.problem, demand, measure="expected-cost")) for demand in demands
    ]
    say("valued information")
    return pd.DataFrame(
        {
            "forecaster": [maker],
            "expected cost": [np.mean([value.here_and_now for value in values])],
            "EVPI": [np.mean([value.perfect_information for value in values])],
            "VSS": [np.mean([value.stochastic_solution for value in values])],
        }
    )


def chosen(found: ForecastRegret, by: str) -> str:
    """The sentence that recommends a forecaster by error or by the regret of an approach."""
    if by != "error":
        return found.choose(by).sentence
    from ..forecasting.choice import choose_by_loss

    losses = pd.DataFrame({name: error.mean(axis=1) for name, error in found.errors.items()}, found.origins)
    return choose_by_loss(losses, "MAE", overlap=found.overlap).sentence


def say(line: str) -> None:
    """Tell on standard error how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
