"""Linear regression with what one asks of it: coefficients, their intervals, and intervals of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .extras import need

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERCEPT = "intercept"


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted y = b0 + Σ b_k x_k + ε.

    Parameters
    ----------
    coefficients
        One row a term, the intercept first: ``estimate``, ``standard_error``, ``t``, ``p_value``, ``lower``
        and ``upper``.
    r_squared
        Share of the variance explained; None where there is none to explain.
    residual_deviation
        Standard deviation of ε, by the degrees of freedom left.
    level
        Of the intervals.
    """

    coefficients: pd.DataFrame
    r_squared: float | None
    residual_deviation: float
    level: float
    _results: Any

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Predict rows: ``prediction``, and ``lower`` and ``upper`` of a new observation.

        Examples
        --------
        >>> x = pd.DataFrame({"x": [0.0, 1, 2, 3]})
        >>> fitted = least_squares(x, [1.0, 3.1, 4.9, 7.0])
        >>> fitted.predict(pd.DataFrame({"x": [4.0]})).round(2).iloc[0].tolist()
        [8.95, 8.3, 9.6]
        """
        names = self.coefficients.index[1:]
        missing = names.difference(features.columns)
        if len(missing):
            raise InputError(
                f"features have no column {missing[0]!r}; {nearest(str(missing[0]), map(str, features))}"
            )
        design = _design(features[list(names)])
        found = self._results.get_prediction(design).summary_frame(alpha=1 - self.level)
        columns = {"mean": "prediction", "obs_ci_lower": "lower", "obs_ci_upper": "upper"}
        predicted: pd.DataFrame = found[list(columns)].rename(columns=columns).set_axis(features.index)
        return predicted


def least_squares(
    features: pd.DataFrame | Mapping[str, Any], target: Any, *, level: float = 0.95
) -> Regression:
    """Fit y = b0 + Σ b_k x_k by ordinary least squares.

    Rows with anything missing are left out. Terms that others determine get the solution of least norm.

    Parameters
    ----------
    features
        One column a term x_k.
    target
        y, one value a row.
    level
        Of the coefficients' and predictions' intervals.

    Raises
    ------
    InputError
        For a level outside (0, 1), a column that is no number, or fewer rows than coefficients.

    Examples
    --------
    >>> fitted = least_squares({"x": [1.0, 2, 3, 4]}, [2.0, 4, 6, 8])
    >>> fitted.coefficients["estimate"].round(9).to_dict()
    {'intercept': 0.0, 'x': 2.0}
    """
    need("statsmodels", "statsmodels", "least squares with intervals")
    import statsmodels.api as sm

    if not 0 < level < 1:
        raise InputError(f"level is {level:g}; give one between 0 and 1, such as 0.95")
    frame = pd.DataFrame(features)
    if INTERCEPT in frame.columns:
        raise InputError(f"a column is called {INTERCEPT!r}, which is what b0 is called; rename it")
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(
                f"column {name!r} holds {frame[name].dtype}, no numbers; leave it out or encode it"
            )
    values = np.asarray(target, dtype=float)
    if values.shape != (len(frame),):
        raise InputError(f"there are {values.size} targets for {len(frame)} rows of features; give one each")
    kept = frame.notna().all(axis=1).to_numpy() & ~np.isnan(values)
    count = len(frame.columns) + 1
    if kept.sum() < count:
        raise InputError(
            f"{kept.sum()} whole rows do not determine {count} coefficients; give more rows or fewer columns"
        )
    results = sm.OLS(values[kept], _design(frame[kept])).fit()
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = results.conf_int(alpha=1 - level).to_numpy().T
        table = pd.DataFrame(
            {
                "estimate": results.params,
                "standard_error": results.bse,
                "t": results.tvalues,
                "p_value": results.pvalues,
                "lower": lower,
                "upper": upper,
            }
        )
        explains = results.centered_tss > 0
        r_squared = float(results.rsquared) if explains else None
    deviation = float(np.sqrt(results.mse_resid)) if results.df_resid > 0 else float("nan")
    return Regression(table, r_squared, deviation, level, results)


def _design(features: pd.DataFrame) -> pd.DataFrame:
    design = features.astype(float)
    design.insert(0, INTERCEPT, 1.0)
    return design
