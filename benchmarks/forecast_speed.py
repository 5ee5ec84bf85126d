"""How long a back-test of the usual forecasters takes: five years of days, 500 series.

Run it with ``python -m allocare.benchmarks.forecast_speed``; it needs ``pip install 'allocare[forecast]'``.

Records are made up. Origins are a week apart over the last year, as many before them give the intervals
their first errors, forecasts go 14 days ahead, and every forecaster is fitted again each quarter: 8 times.
The time includes intervals and the error table.
"""

from __future__ import annotations

import argparse
import os
import time

from ..forecasting.backtest import back_test
from ..forecasting.choice import choose
from ..forecasting.records import simulated_panel
from ..forecasting.registry import USUAL

TARGET_SECONDS = 300.0


def main(arguments: list[str] | None = None) -> None:
    """Run the back-test and print its errors, what is recommended, and how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--series", type=int, default=500)
    parser.add_argument("--days", type=int, default=1826)
    parser.add_argument("--horizon", type=int, default=14)
    parser.add_argument("--makers", default=",".join(USUAL), help="forecasters, separated by commas")
    parser.add_argument("--jobs", type=int, default=2, help="processes at work at a time")
    given = parser.parse_args(arguments)
    panel = simulated_panel(given.series, given.days, seed=1)
    started, spent = time.perf_counter(), time.process_time()
    tested = back_test(panel, given.makers.split(","), given.horizon, jobs=given.jobs, progress=True)
    errors = tested.errors()
    seconds = time.perf_counter() - started
    # of other processes nothing is known here
    cpu = f", {time.process_time() - spent:.0f} s on processors" if given.jobs == 1 else ""
    columns = ["maker", "n", "MAE", "MASE", "coverage_80", "coverage_95"]
    print(errors[columns].round(3).to_string(index=False))
    if "last-value" in tested.makers:
        print(choose(tested).sentence)
    print(
        f"{given.series} series, {given.days} days, {len(tested.origins)} origins scored and "
        f"{tested.calibration} before them, {given.horizon} days ahead, {given.jobs} processes: "
        f"{seconds:.0f} s{cpu} (the machine's load {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors); "
        f"target {TARGET_SECONDS:.0f} s"
    )


if __name__ == "__main__":
    main()
