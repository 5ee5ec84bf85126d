"""The bootstrap within groups, all replicates at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray

CELLS_AT_ONCE = 4_000_000


def resampled_sums(quantities: FloatArray, at: IndexArray, replicates: int, seed: int) -> FloatArray:
    """Sums by group of agents drawn with replacement from their own group, as many as it has.

    Parameters
    ----------
    quantities
        What to sum, one row a quantity and one column an agent.
    at
        Position of each agent's group; every group has somebody.
    replicates
        Number of resamples, 1 or more.
    seed
        Seed of the draws; they do not depend on how they are split for memory.

    Returns
    -------
    numpy.ndarray
        Shape (quantities, replicates, groups).

    Examples
    --------
    >>> resampled_sums(np.array([[1.0, 1.0, 5.0]]), np.array([0, 0, 1]), 2, seed=0).tolist()
    [[[2.0, 5.0], [2.0, 5.0]]]
    """
    if replicates < 1:
        raise InputError(f"the bootstrap has {replicates} resamples; give a whole number of 1 or more")
    order = np.argsort(at, kind="stable")
    count = np.bincount(at)
    start = np.cumsum(count) - count
    sorted_group = at[order]
    ordered = quantities[:, order]
    random = np.random.default_rng(seed)
    step = max(CELLS_AT_ONCE // at.size, 1)
    parts = []
    for done in range(0, replicates, step):
        uniform = random.random((min(step, replicates - done), at.size))
        drawn = start[sorted_group] + (uniform * count[sorted_group]).astype(np.intp)
        parts.append(np.stack([np.add.reduceat(row[drawn], start, axis=1) for row in ordered]))
    return np.concatenate(parts, axis=1)


def block_means(values: FloatArray, length: int, replicates: int, seed: int) -> FloatArray:
    """Means of a series resampled in circular blocks, which keep neighbours together.

    Parameters
    ----------
    values
        In the order of time.
    length
        Of a block; 1 draws every value by itself.
    replicates, seed
        Number of resamples, and the seed of their draws.

    References
    ----------
    D. N. Politis, J. P. Romano, "A circular block-resampling procedure for stationary data", in "Exploring
    the Limits of Bootstrap", Wiley, 1992, 263-270.

    Examples
    --------
    >>> block_means(np.array([0.0, 1.0, 0.0, 1.0]), 2, 3, seed=0).tolist()
    [0.5, 0.5, 0.5]
    """
    count = len(values)
    length = min(max(length, 1), count)
    starts = np.random.default_rng(seed).integers(count, size=(replicates, -(-count // length)))
    rows = (starts[..., np.newaxis] + np.arange(length)) % count
    drawn: FloatArray = values[rows.reshape(replicates, -1)[:, :count]]
    return np.asarray(drawn.mean(axis=1))
