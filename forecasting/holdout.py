"""Choose on the back-test part, then score the choice once on the test part that nobody had looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..instances.errors import InputError
from .backtest import BackTest, back_test
from .choice import LEAST_GAIN, Choice, choose
from .registry import BASELINE, USUAL, forecaster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .maker import Forecaster
    from .origins import Origins
    from .panel import Panel


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """A choice and what it turned out to be worth.

    Parameters
    ----------
    choice
        Made on the back-test part alone.
    backtest
        Of all forecasters, up to the split.
    test
        Of the recommended one and the last value, from the split on.
    """

    choice: Choice
    backtest: BackTest
    test: BackTest

    def gain(self) -> float:
        """Share of the last value's MAE by which the recommended forecaster is better on the test part.

        Examples
        --------
        >>> from allocare.forecasting.records import simulated_panel
        >>> panel = simulated_panel(4, 500, seed=2)
        >>> found = evaluate(panel, panel.times[399], ["last-value", "exponential-smoothing"], 7)
        >>> round(found.gain(), 2)
        0.3
        """
        errors = self.test.errors().set_index("maker")["MAE"]
        return float(1 - errors[self.choice.recommended] / errors[BASELINE])


def evaluate(
    panel: Panel,
    split: str | pd.Timestamp,
    makers: Sequence[Forecaster | str] = USUAL,
    horizon: int = 14,
    *,
    by: str = "MAE",
    least_gain: float = LEAST_GAIN,
    origins: Origins | None = None,
    every: int | None = None,
    seed: int = 0,
    **settings: Any,
) -> Evaluation:
    """Back-test and choose on the rows up to a time, then score on those after it.

    In the test part forecasters are fitted again as time goes on, as in the back-test, and on the past alone.

    Parameters
    ----------
    panel
        Everything recorded.
    split
        The last time of the back-test part, and the first origin of the test part.
    makers, horizon, seed
        As for `back_test`.
    by, least_gain
        As for `choose`.
    origins
        Of the back-test part.
    every
        Rows between origins of the test part; as in the back-test part where not given.
    settings
        Further ones of `back_test`, for both parts.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(4, 500, seed=2)
    >>> found = evaluate(panel, panel.times[399], ["last-value", "seasonal-naive"], 7)
    >>> found.choice.recommended, found.test.makers, found.test.origins[0] == panel.times[399]
    ('last-value', ['last-value'], True)
    """
    if pd.Timestamp(split) not in panel.times:
        raise InputError(f"{panel.name}: there is no row for the split {split}; give a time that has one")
    ready = {one.name: one for one in (forecaster(m) if isinstance(m, str) else m for m in makers)}
    tested = back_test(
        panel.until(split), list(ready.values()), horizon, origins=origins, seed=seed, **settings
    )
    choice = choose(tested, by, least_gain=least_gain, seed=seed)
    spacing = tested.rows[-1] - tested.rows[-2] if len(tested.rows) > 1 else 1
    last = len(panel.times) - 1 - horizon
    if panel.times[last] < pd.Timestamp(split):
        raise InputError(
            f"{panel.name}: fewer than {horizon} rows follow the split {split}; split earlier to have a test"
        )
    later = (split, panel.times[last], int(spacing if every is None else every))
    finalists = {name: ready[name] for name in (BASELINE, choice.recommended)}
    # intervals go on from errors as many as the back-test scored
    settings = {"calibration": len(tested.origins)} | settings
    test = back_test(panel, list(finalists.values()), horizon, origins=later, seed=seed, **settings)
    return Evaluation(choice=choice, backtest=tested, test=test)
