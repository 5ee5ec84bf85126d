"""Weighted ridge and least absolute deviations, from cross-products gathered block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...instances.arrays import FloatArray

LEAST_RESIDUAL = 0.05
"""Of the mean absolute target; smaller residuals count as this large, which keeps weights finite."""
ROUNDS = 15


class Block(NamedTuple):
    """Some rows of a regression: features, targets (a column a horizon, NaN where not known) and weights."""

    features: FloatArray
    targets: FloatArray
    weights: FloatArray


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear map from features to a target for every horizon.

    Parameters
    ----------
    intercept
        Of each horizon.
    coefficients
        Shape (features, horizons).

    Examples
    --------
    >>> Linear(np.array([1.0]), np.array([[2.0], [0.0]])).predict(np.array([[3.0, 9.0]])).tolist()
    [[7.0]]
    """

    intercept: FloatArray
    coefficients: FloatArray

    def predict(self, features: FloatArray) -> FloatArray:
        """Predict from features in the last axis; the horizons take its place."""
        predicted: FloatArray = self.intercept + features @ self.coefficients
        return predicted


def ridge(blocks: Iterable[Block], penalty: float) -> Linear:
    r"""Fit weighted ridge regressions of several targets on the same features, in one pass over the blocks.

    For each target y, with features standardised to x̃ = (x − x̄) / σ,

        min_{a, b}  Σ_i w_i (y_i − a − b·x̃_i)² / Σ_i w_i + penalty · ‖b‖².

    Cross-products of all rows are gathered once; a target takes off those of the rows where it is missing. A
    feature that does not vary gets the coefficient 0.

    Examples
    --------
    >>> x = np.arange(6.0)[:, None]
    >>> fit = ridge([Block(x, np.hstack([2 * x, 1 - x]), np.ones(6))], penalty=0.0)
    >>> fit.intercept.round(6).tolist(), fit.coefficients.round(6).tolist()
    ([0.0, 1.0], [[2.0, -1.0]])
    """
    gram: FloatArray = np.zeros((0, 0))
    for at, block in enumerate(blocks):
        rows = np.hstack([np.ones((len(block.features), 1)), block.features])
        if not at:
            width, n_targets = rows.shape[1], block.targets.shape[1]
            gram = np.zeros((width, width))
            missing, right = np.zeros((n_targets, width, width)), np.zeros((width, n_targets))
        weighted = rows * block.weights[:, None]
        gram += weighted.T @ rows
        right += weighted.T @ np.nan_to_num(block.targets)
        for target, absent in enumerate(np.isnan(block.targets).T):
            if absent.any():
                missing[target] += weighted[absent].T @ rows[absent]
    solved = np.stack([_solve(gram - missing[h], right[:, h], penalty) for h in range(n_targets)], axis=1)
    return Linear(solved[0], solved[1:])


def _solve(gram: FloatArray, right: FloatArray, penalty: float) -> FloatArray:
    total = gram[0, 0]
    mean = gram[0, 1:] / total
    centred = gram[1:, 1:] / total - np.outer(mean, mean)
    deviation = np.sqrt(np.maximum(np.diag(centred), 0.0))
    varies = deviation > 1e-7 * (1.0 + np.abs(mean))
    scale = np.where(varies, deviation, np.inf)
    standard = centred / np.outer(scale, scale)
    standard[np.diag_indices_from(standard)] = np.where(varies, 1.0 + penalty, 1.0)
    slope = np.linalg.lstsq(standard, (right[1:] / total - mean * right[0] / total) / scale)[0] / scale
    solved: FloatArray = np.concatenate([[right[0] / total - mean @ slope], slope])
    return solved


def least_absolute(block: Block, penalty: float) -> Linear:
    r"""Fit by least weighted absolute deviations, one target at a time, by reweighted ridge regressions.

    Minimises Σ_i w_i |y_i − a − b·x_i| but for residuals below a twentieth of the mean |y|, which count
    quadratically; the penalty is that of `ridge` on the reweighted rows. So forecasts are conditional
    medians, which a step of a whole series by a change of reporting does not pull.

    References
    ----------
    Schlossmacher (1973), An iterative technique for absolute deviations curve fitting, JASA 68.

    Examples
    --------
    >>> x = np.arange(9.0)[:, None]
    >>> y = 2 * x + 1
    >>> y[4] = 500
    >>> least_absolute(Block(x, y, np.ones(9)), 0.0).coefficients.round(1).tolist()
    [[2.0]]
    """
    fits = []
    for target in block.targets.T:
        known = ~np.isnan(target)
        x, y, w = block.features[known], target[known], block.weights[known]
        least = max(LEAST_RESIDUAL * float(np.average(np.abs(y), weights=w)), 1e-12)
        fit = ridge([Block(x, y[:, None], w)], penalty)
        for _ in range(ROUNDS):
            weights = w / np.maximum(np.abs(y - fit.predict(x)[:, 0]), least)
            fit = ridge([Block(x, y[:, None], weights)], penalty)
        fits.append(fit)
    return Linear(
        np.concatenate([fit.intercept for fit in fits]), np.hstack([fit.coefficients for fit in fits])
    )
