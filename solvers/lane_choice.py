"""Lanes that an optimal plan is likely to use, told from their reduced costs under nearly right prices.

First those that are small among all lanes, then of these the smallest at every source and every target: a
well-connected source needs no hundred lanes, and a poorly connected one needs those it has.
Which lanes are chosen changes the time of a re-solve, and never its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray
    from ..instances.lanes import Lanes
    from .reduced_costs import ReducedCosts

SAMPLE = 20_000
"""Lanes looked at to find the reduced cost below which a share of them lies."""

STEPS = 64
"""Steps into which reduced costs are divided to find the smallest of a node."""

MOST_ADDED = 1000
"""Lanes that may be added at once where fewer are looked at."""


def likely_lanes(lanes: Lanes, reduced: FloatArray, most: int, at_node: int) -> npt.NDArray[np.int64]:
    """Lanes to begin with, in order: of about the `most` smallest about `at_node` at every source and target.

    Parameters
    ----------
    lanes
        All lanes.
    reduced
        Their reduced costs. A lane whose cost is not a number is chosen.
    most, at_node
        How many to choose from, and of these at each node where they are more than that.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes = Lanes.from_matrix([[0, 8, 9], [7, 0, 9]])
    >>> likely_lanes(lanes, lanes.cost, 6, 1).tolist(), likely_lanes(lanes, lanes.cost, 3, 1).tolist()
    ([0, 2, 4, 5], [0, 3, 4])
    """
    part = np.flatnonzero(smallest(reduced, most) | np.isnan(reduced))
    if len(part) <= at_node * (lanes.n_sources + lanes.n_targets):
        return part
    return smallest_at_each_node(lanes, part, reduced[part], at_node)


def smallest(reduced: FloatArray, count: int) -> BoolArray:
    """Mark about `count` lanes of smallest reduced cost; never more than twice as many.

    Examples
    --------
    >>> smallest(np.array([3.0, 0.0, 1.0, 2.0]), 1).tolist()
    [False, True, False, False]
    """
    step = max(1, len(reduced) // SAMPLE)
    sample = reduced[::step]
    at = max(min(count // step, len(sample)) - 1, 0)
    chosen: BoolArray = reduced <= np.partition(sample, at)[at]
    if not count <= 2 * np.count_nonzero(chosen) <= 4 * count:
        chosen[:] = False
        chosen[np.argpartition(reduced, count)[:count]] = True
    return chosen


def smallest_at_each_node(
    lanes: Lanes, part: npt.NDArray[np.int64], reduced: FloatArray, count: int
) -> npt.NDArray[np.int64]:
    """Those of some lanes that are among about `count` smallest at their source or at their target.

    Parameters
    ----------
    lanes
        All lanes.
    part
        The lanes to choose from.
    reduced
        Their reduced costs. One that is not a number is kept.
    count
        Lanes to keep at each node; more where the next ones are as good to a 64th of the costs' range.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes = Lanes.from_matrix([[0, 8, 9], [7, 0, 9]])
    >>> smallest_at_each_node(lanes, np.arange(6), lanes.cost, 1).tolist()
    [0, 2, 4, 5]
    """
    known = np.isfinite(reduced)
    lowest = float(np.min(reduced, where=known, initial=np.inf))
    highest = float(np.max(reduced, where=known, initial=-np.inf))
    if not highest > lowest:
        return part
    steps = np.zeros(len(part), dtype=np.int32)
    np.multiply(reduced - lowest, (STEPS - 1) / (highest - lowest), out=steps, where=known, casting="unsafe")
    source, target = lanes.ends(part)
    near = _near(source, steps, lanes.n_sources, count)
    near |= _near(target, steps, lanes.n_targets, count)
    near |= ~known
    return part[near]


def _near(node: npt.NDArray[Any], steps: npt.NDArray[np.int32], nodes: int, count: int) -> BoolArray:
    """Lanes no more steps up than it takes to have `count` at their node."""
    at_step = np.bincount(node * STEPS + steps, minlength=nodes * STEPS).reshape(nodes, STEPS)
    enough = np.count_nonzero(at_step.cumsum(axis=1) < count, axis=1)
    near: BoolArray = steps <= enough[node]
    return near


def violated_lanes(
    reduced: ReducedCosts, part: npt.NDArray[np.int64], rounding: float
) -> npt.NDArray[np.int64]:
    """Lanes beside those in `part` whose reduced cost is below 0 by more than rounding; the worst of many.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.reduced_costs import ReducedCosts
    >>> lanes = Lanes.from_matrix([[-2, -1, 4]])
    >>> reduced = ReducedCosts(lanes, lanes.cost, np.zeros(1), np.zeros(3))
    >>> violated_lanes(reduced, np.array([0]), 1e-9).tolist()
    [1]
    """
    violated = reduced.below(-rounding)
    if len(violated):
        violated = violated[~np.isin(violated, part, assume_unique=True)]
    most = max(len(part), MOST_ADDED)
    if len(violated) > most:
        violated = violated[np.argpartition(reduced.of(violated), most)[:most]]
    return violated
