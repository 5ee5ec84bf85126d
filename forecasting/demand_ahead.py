"""What is known of demand at the end of the records, for a plan that is made now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .demand import demand_from_forecast
from .demand_at_origins import WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from ..instances.uncertain_demand import Demand
    from .backtest import BackTest
    from .demand import Form
    from .maker import Forecaster
    from .panel import Panel


def demand_ahead(
    panel: Panel,
    maker: Forecaster,
    test: BackTest,
    form: Form,
    targets: Sequence[Any] | None = None,
    *,
    step: int | None = None,
    own: npt.ArrayLike = 0.0,
    window: int | None = WINDOW,
    seed: int = 0,
    **settings: Any,
) -> Demand:
    """Forecast from the last record on, and turn it into the demand of a plan's targets.

    Parameters
    ----------
    panel
        Everything recorded.
    maker
        The forecaster, fitted here on all records.
    test
        A back-test of it, whose errors tell what may come true.
    form
        As in `demand_from_forecast`.
    targets
        Keys of the series that are targets, in the plan's order; all series by default.
    step
        Steps ahead that demand is planned for; the back-test's horizon by default.
    own
        What each target has itself.
    window
        Past origins whose errors count, at most; None for all.
    seed
        For whatever is random.
    settings
        Further ones of `demand_from_forecast`.

    Raises
    ------
    InputError
        For a target without series, a forecaster that was not tested, or a forecast that is missing.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.makers.naive import LastValue
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(3, 400)
    >>> test = back_test(panel, ["last-value"], 7)
    >>> demand = demand_ahead(panel, LastValue(), test, "point", ["R3", "R1"], own=[400, 300])
    >>> demand.quantity.tolist() == (panel.values.iloc[-1][["R3", "R1"]] - [400, 300]).tolist()
    True
    """
    if maker.name not in test.forecasts:
        raise InputError(f"{maker.name} was not tested; {nearest(maker.name, test.makers)}")
    if not panel.series.equals(test.series):
        raise InputError(f"{panel.name}: the series are not those of the back-test; test these")
    wanted = panel.series if targets is None else pd.Index(targets)
    at = panel.series.get_indexer(wanted)
    if (at < 0).any():
        key = wanted[int(np.argmax(at < 0))]
        raise InputError(
            f"{panel.name}: there is no series for target {key!r}; "
            f"{nearest(str(key), map(str, panel.series))}"
        )
    ahead = test.horizon if step is None else step
    if not 1 <= ahead <= test.horizon:
        raise InputError(f"the step is {ahead}; the back-test looks 1 to {test.horizon} steps ahead")
    fitted = maker.fit(panel, test.horizon, seed=seed)
    forecast = fitted.forecast(panel, panel.times[-1:])[0, ahead - 1]
    missing = np.isnan(forecast[at])
    if missing.any():
        raise InputError(
            f"{maker.name} has no forecast of {wanted[int(np.argmax(missing))]!r}; leave the target out"
        )
    known = test.residuals(maker.name)[test.rows + ahead < len(panel.times), ahead - 1]
    errors = known if window is None else known[-window:]
    return demand_from_forecast(form, forecast[at], errors[:, at], own=own, seed=seed, **settings)
