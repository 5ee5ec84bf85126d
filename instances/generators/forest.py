"""Random forests over sources and targets: the skeletons of planted plans."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Forest(NamedTuple):
    """A spanning forest of the grid, with one root in each tree.

    `source` and `target` hold the ends of each lane. The root of each source and target is a position
    among the sources, or the number of sources plus a position among the targets. `source_roots` and
    `target_roots` are positions among their own side.
    """

    source: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]
    root_of_source: npt.NDArray[np.int64]
    root_of_target: npt.NDArray[np.int64]
    source_roots: npt.NDArray[np.int64]
    target_roots: npt.NDArray[np.int64]


def draw_forest(
    rng: np.random.Generator, n_sources: int, n_targets: int, n_source_roots: int, n_target_roots: int
) -> Forest:
    """Draw a forest by uniform attachment: each node joins a random earlier node of the other side.

    The first nodes of a random order of each side are the roots; without any, one source is.

    Examples
    --------
    >>> forest = draw_forest(np.random.default_rng(0), 3, 4, 1, 1)
    >>> len(forest.source), len(set(forest.root_of_source) | set(forest.root_of_target))
    (5, 2)
    """
    sources = rng.permutation(n_sources)
    targets = n_sources + rng.permutation(n_targets)
    if n_source_roots + n_target_roots == 0:
        n_source_roots = 1
    first = [sources[:n_source_roots], targets[:n_target_roots]]
    sources, targets = sources[n_source_roots:], targets[n_target_roots:]
    # both sides need a node before the first one that is attached
    if n_target_roots == 0:
        first.append(targets[:1])
        targets = targets[1:]
    elif n_source_roots == 0:
        first.append(sources[:1])
        sources = sources[1:]
    order = np.concatenate([*first, rng.permutation(np.concatenate([sources, targets]))])
    attached = np.arange(n_source_roots + n_target_roots, n_sources + n_targets)

    is_target = order >= n_sources
    opposite = np.where(is_target, np.cumsum(~is_target), np.cumsum(is_target))[attached]
    drawn = rng.integers(opposite) if len(attached) else np.empty(0, dtype=np.int64)
    node, parent = order[attached], np.empty(len(attached), dtype=np.int64)
    joins_source = is_target[attached]
    parent[joins_source] = order[~is_target][drawn[joins_source]]
    parent[~joins_source] = order[is_target][drawn[~joins_source]]

    root = np.arange(n_sources + n_targets)
    root[node] = parent
    while not np.array_equal(root, higher := root[root]):
        root = higher
    return Forest(
        source=np.where(joins_source, parent, node),
        target=np.where(joins_source, node, parent) - n_sources,
        root_of_source=root[:n_sources],
        root_of_target=root[n_sources:],
        source_roots=first[0],
        target_roots=first[1] - n_sources,
    )
