"""Random sparse sets of lanes, drawn without loops and without repetition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def draw_lanes(
    rng: np.random.Generator, n_sources: int, n_targets: int, lanes_per_target: int
) -> npt.NDArray[np.int64]:
    """Draw distinct sources for every target; return row-major grid numbers, source * n_targets + target.

    The sources, turned by a random offset for each target, are cut into `lanes_per_target` runs of nearly
    equal length, and one source is drawn from each: distinct by construction, in one pass.

    Examples
    --------
    >>> lanes = draw_lanes(np.random.default_rng(0), 5, 3, 2)
    >>> np.bincount(lanes % 3).tolist(), len(np.unique(lanes))
    ([2, 2, 2], 6)
    """
    start = np.arange(lanes_per_target + 1, dtype=np.int64) * n_sources // lanes_per_target
    drawn = rng.integers(start[:-1], start[1:], size=(n_targets, lanes_per_target))
    drawn += rng.integers(n_sources, size=(n_targets, 1))
    drawn %= n_sources
    drawn *= n_targets
    drawn += np.arange(n_targets)[:, np.newaxis]
    return drawn.ravel()


def union(*lanes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Merge grid numbers into ascending order without repetition.

    Examples
    --------
    >>> union(np.array([7, 2]), np.array([2, 5])).tolist()
    [2, 5, 7]
    """
    # np.unique hashes integers, which takes five times as long on millions of them
    merged = np.sort(np.concatenate(lanes))
    return merged[np.append(True, merged[1:] != merged[:-1])] if len(merged) else merged
