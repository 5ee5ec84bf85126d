"""Which forecaster to use: the best on the back-test, if it is clearly better than the last value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .backtest_tables import pointwise
from .registry import BASELINE

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .backtest import BackTest

LEAST_GAIN = 0.05
REPLICATES = 2000


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """What is recommended, and the scores behind it.

    Parameters
    ----------
    by
        The loss.
    recommended
        The forecaster to use.
    beaten
        Whether it beats the baseline by as much as was asked; if not, the baseline is recommended.
    table
        One row a forecaster, best first: ``maker``, ``score``, ``share_better`` than the baseline with
        ``lower`` and ``upper`` of its 95 % interval, ``p_value`` of no difference, and ``note``.
    sentence
        The recommendation in words.
    """

    by: str
    recommended: str
    beaten: bool
    table: pd.DataFrame
    sentence: str


def choose(test: BackTest, by: str = "MAE", *, least_gain: float = LEAST_GAIN, seed: int = 0) -> Choice:
    """Choose on a back-test: the least loss, unless it beats the last value by less than 5 %.

    Parameters
    ----------
    test
        With the baseline ``last-value`` among its forecasters.
    by
        ``MAE``, ``RMSE``, ``MSE``, ``MASE``, or a ``pinball_80`` or ``interval_score_80`` of its levels.
    least_gain
        Share of the baseline's loss by which a forecaster must be better.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        For a loss that there is not, or a back-test without the baseline.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> tested = back_test(simulated_panel(4, 500, seed=2), ["last-value", "exponential-smoothing"], 7)
    >>> choose(tested).recommended
    'exponential-smoothing'
    """
    squared = by == "RMSE"
    found = {maker: pointwise(test, maker) for maker in test.makers}
    if BASELINE not in found:
        raise InputError(f"the back-test has no {BASELINE}, which others are compared with; test it too")
    known = [name for name in found[BASELINE] if name.startswith(("M", "pinball", "interval"))]
    if by not in (*known, "RMSE"):
        raise InputError(f"forecasters are not chosen by {by!r}; {nearest(by, [*known, 'RMSE'])}")
    losses = {maker: values["MSE" if squared else by] for maker, values in found.items()}
    needed = ~np.isnan(losses[BASELINE])
    notes, columns = {}, {}
    for maker, loss in losses.items():
        lacking = needed & np.isnan(loss)
        if lacking.any():
            count = int(lacking.any(axis=(0, 1)).sum())
            notes[maker] = f"no forecast for {count} of {len(test.series)} series at some origins"
        counted = np.where(needed, loss, 0).sum(axis=(1, 2))
        columns[maker] = counted / np.maximum(needed.sum(axis=(1, 2)), 1)
    weights = needed.sum(axis=(1, 2)).astype(float)
    frame = pd.DataFrame(columns, index=test.origins)[weights > 0]
    gaps = np.diff(test.rows[test.calibration :])
    overlap = int(np.ceil(test.horizon / max(int(np.median(gaps)) if len(gaps) else 1, 1)))
    return choose_by_loss(
        frame,
        by,
        weights=weights[weights > 0],
        overlap=overlap,
        notes=notes,
        root=squared,
        least_gain=least_gain,
        seed=seed,
    )


def choose_by_loss(
    losses: pd.DataFrame,
    by: str,
    *,
    weights: FloatArray | None = None,
    overlap: int = 1,
    notes: dict[str, str] | None = None,
    root: bool = False,
    least_gain: float = LEAST_GAIN,
    seed: int = 0,
) -> Choice:
    """Choose by any loss that is 0 or more at every origin, such as the regret of plans.

    Parameters
    ----------
    losses
        One row an origin, in order, one column a forecaster, ``last-value`` among them.
    by
        What the loss is called.
    weights
        Of the origins; the same by default.
    overlap
        Origins whose targets overlap, so that their losses belong together.
    notes
        Why a forecaster cannot be recommended.
    root
        Whether the score is the root of the mean loss.
    least_gain, seed
        As for `choose`.

    Examples
    --------
    >>> regret = pd.DataFrame({"last-value": [4.0, 6, 5, 5], "mean": [4.0, 5.9, 5, 5]})
    >>> print(choose_by_loss(regret, "regret").sentence)
    No forecaster beats last-value by 5 % or more: the best of the others, mean, has a regret of 4.97 and \
last-value 5 (0.5 % less); last-value is recommended.
    """
    if BASELINE not in losses:
        raise InputError(f"there are no losses of {BASELINE}, which others are compared with; give them too")
    values = losses.to_numpy(dtype=float)
    share = np.full(len(values), 1.0) if weights is None else np.asarray(weights, dtype=float)
    notes = {} if notes is None else notes
    base = int(losses.columns.get_loc(BASELINE))  # type: ignore[arg-type]  # columns are unique

    def score(rows: Any) -> FloatArray:
        mean = (values[rows] * share[rows][..., None]).sum(axis=-2) / share[rows].sum(axis=-1)[..., None]
        return np.asarray(np.sqrt(mean) if root else mean)

    whole = score(np.arange(len(values)))
    with np.errstate(invalid="ignore", divide="ignore"):
        better = 1 - whole / whole[base]
        drawn = score(_blocks(len(values), overlap, np.random.default_rng(seed)))
        lower, upper = np.nanquantile(1 - drawn / drawn[:, [base]], [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {
            "maker": losses.columns,
            "score": whole,
            "share_better": better,
            "lower": lower,
            "upper": upper,
            "p_value": [_diebold_mariano(values[:, base] - column, overlap) for column in values.T],
            "note": [notes.get(str(name), "") for name in losses.columns],
        }
    )
    able = table[table["note"] == ""]
    table = table.sort_values("score", kind="stable", ignore_index=True)
    others = able[able["maker"] != BASELINE].sort_values("score", kind="stable")
    best = None if others.empty else others.iloc[0]
    beaten = best is not None and bool(best["share_better"] >= least_gain)
    chosen = str(best["maker"]) if beaten and best is not None else BASELINE
    sentence = _sentence(by, best, float(whole[base]), beaten, least_gain)
    return Choice(by=by, recommended=chosen, beaten=beaten, table=table, sentence=sentence)


def _sentence(by: str, best: Any, base: float, beaten: bool, least: float) -> str:
    if best is None:
        return f"No other forecaster could forecast every series; {BASELINE} is recommended."
    share = abs(best["share_better"])
    less = f"{share:.1%}".replace("%", " %") + (" less" if best["share_better"] >= 0 else " more")
    if not beaten:
        return (
            f"No forecaster beats {BASELINE} by {100 * least:g} % or more: the best of the others, "
            f"{best['maker']}, has a {by} of {best['score']:.3g} and {BASELINE} {base:.3g} ({less}); "
            f"{BASELINE} is recommended."
        )
    return (
        f"{best['maker']} is recommended: its {by} of {best['score']:.3g} is {less} than {BASELINE}'s "
        f"{base:.3g} (95 % interval {100 * best['lower']:.1f} to {100 * best['upper']:.1f} %)."
    )


def _blocks(count: int, overlap: int, random: np.random.Generator) -> Any:
    """Rows of resampled origins, in circular blocks that keep neighbours together."""
    length = min(max(overlap, round(count ** (1 / 3)), 1), count)
    starts = random.integers(count, size=(REPLICATES, -(-count // length)))
    rows = (starts[..., None] + np.arange(length)) % count
    return rows.reshape(REPLICATES, -1)[:, :count]


def _diebold_mariano(differences: FloatArray, overlap: int) -> float:
    """Two-sided p-value of a mean difference of 0, as corrected for short series.

    Diebold and Mariano (1995), JBES 13; Harvey, Leybourne and Newbold (1997), IJF 13. The variance of the
    mean takes in autocovariances up to the overlap, with Bartlett's weights, which keep it above 0.
    """
    from scipy.stats import t

    count = len(differences)
    lags = min(max(overlap, 1), count - 1)
    centred = differences - differences.mean()
    if count < 3 or not (centred**2).sum() > 0:
        return float("nan")
    variance = (centred**2).mean()
    for lag in range(1, lags):
        variance += 2 * (1 - lag / lags) * (centred[lag:] * centred[:-lag]).sum() / count
    correction = (count + 1 - 2 * lags + lags * (lags - 1) / count) / count
    statistic = differences.mean() / np.sqrt(variance / count) * np.sqrt(max(correction, 1 / count))
    return float(2 * t.sf(abs(statistic), count - 1))
