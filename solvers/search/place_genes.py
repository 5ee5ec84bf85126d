"""Genes for assignment: the place of every task, and the repair that makes any genes a plan within capacity.

All individuals are repaired side by side, task after task in an order drawn anew each time:

1. A task stays at its place while there is room; being left out is a place with room for all.
2. The others go to their cheapest place with room.
3. Each task moves to a cheaper place with room, if there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .multipliers import capacity_prices

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from .places import Places

    Genes = npt.NDArray[np.int64]

NEAR = 4
"""A mutated task goes to one of so many places that are cheapest by priced costs."""


class PlaceGenes:
    """Genes of an assignment problem, see the module.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.search.places import Places
    >>> coding = PlaceGenes(Places.of(AssignmentProblem(
    ...     agents=["a", "b"], tasks=["s", "t"], pairs=Lanes.from_matrix([[1, 4], [2, 9]]))))
    >>> genes = coding.repaired(np.array([[1, 0], [0, 0]]), np.random.default_rng(0))
    >>> coding.cost(genes)
    array([ 6., 10.])
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.length = places.cost.shape[1]
        self.lowest, self.highest = np.zeros(self.length), np.full(self.length, float(places.left_out))
        self.price, _ = capacity_prices(places, places.cost, 100)
        priced = places.cost + self.price[:, None] * places.use
        self.near = np.argsort(priced, axis=0, kind="stable")[:NEAR]
        usable = np.isfinite(np.take_along_axis(priced, self.near, axis=0))
        self.near = np.where(usable, self.near, places.left_out)

    def initial(self, size: int, random: np.random.Generator) -> Genes:
        """Places that are cheapest by costs, capacity priced at once to twice its price, and noise."""
        places = self.places
        allowed = places.cost[:-1][np.isfinite(places.cost[:-1])]
        spread = float(allowed.std()) if len(allowed) else 0.0
        genes = np.empty((size, self.length), dtype=np.int64)
        for individual, weight in enumerate(np.linspace(0.0, 2.0, size)):
            noise = random.normal(0.0, random.uniform(0.0, 0.3) * spread, places.cost.shape)
            priced = places.cost + weight * self.price[:, None] * places.use + noise
            genes[individual] = priced.argmin(axis=0)
        return genes

    def mutated(self, genes: Genes, random: np.random.Generator) -> Genes:
        """Move a few tasks of each individual to places near their cheapest."""
        chance = random.uniform(1.0, 4.0, (len(genes), 1)) / max(self.length, 1)
        hit = random.random(genes.shape) < chance
        column = np.broadcast_to(np.arange(self.length), genes.shape)
        other = self.near[random.integers(len(self.near), size=genes.shape), column]
        return np.where(hit, other, genes)

    def repaired(self, genes: Genes, random: np.random.Generator) -> Genes:
        """Genes of plans that break no limit."""
        places = self.places
        row, count = np.arange(len(genes)), len(places.capacity)
        genes = np.clip(np.rint(genes).astype(np.int64), 0, count - 1)
        load = np.zeros((len(genes), count))
        order = random.permutation(self.length)
        placed = np.zeros(genes.shape, dtype=bool)
        for task in order:
            place = genes[:, task]
            after = load[row, place] + places.use[place, task]
            stays = (after <= places.capacity[place]) & np.isfinite(places.cost[place, task])
            load[row, place] = np.where(stays, after, load[row, place])
            placed[:, task] = stays
        for improving in (False, True):
            for task in order:
                cost, use = places.cost[:, task], places.use[:, task]
                price = np.where(load + use <= places.capacity, cost, np.inf)
                best = price.argmin(axis=1)
                here = genes[:, task]
                moves = price[row, best] < cost[here] if improving else ~placed[:, task]
                if not moves.any():
                    continue
                if improving:
                    load[row[moves], here[moves]] -= use[here[moves]]
                load[row[moves], best[moves]] += use[best[moves]]
                genes[moves, task] = best[moves]
        return genes

    def cost(self, genes: Genes) -> FloatArray:
        """Cost of each individual's plan, to be minimised."""
        total: FloatArray = self.places.cost[genes, self.places.tasks].sum(axis=1)
        return total

    def decisions(self, genes: Genes) -> FloatArray:
        """The plan of one individual, in the problem's order."""
        return self.places.decisions(genes)
