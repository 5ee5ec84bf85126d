r"""Genes for transportation: a number for every source and target, by which lanes are put in order.

The lanes are filled from the lowest :math:`c_{st} - u_s - v_t` on, as far as supplies, needs and lane
capacities go, so that any genes are a plan within limits. At optimal dual prices the lanes of an optimal plan
come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..rules import misfit_of, plan, rules_for
from ..rules.outcome import left_out
from ..rules.transportation import plan as plan_by

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.transportation import TransportationProblem
    from ..rules.ledger import LaneOrder, Ledger


class PotentialGenes:
    """Genes of a transportation problem, see the module.

    Examples
    --------
    >>> import allocare
    >>> coding = PotentialGenes(allocare.example("sunray"))
    >>> coding.cost(np.zeros((1, coding.length))).tolist()
    [475.0]
    """

    def __init__(self, problem: TransportationProblem) -> None:
        self.problem = problem
        self.n_sources = len(problem.sources)
        self.length = self.n_sources + len(problem.targets)
        signed = -problem.lanes.cost if problem.maximise else problem.lanes.cost
        self.signed = signed
        self.spread = float(signed.std()) or 1.0
        widest = 4.0 * self.spread
        self.lowest, self.highest = np.full(self.length, -widest), np.full(self.length, widest)
        prices = np.abs(problem.unmet_cost).max(initial=0.0) if problem.unmet_cost is not None else 0.0
        self.missing_price = 1.0 + 2.0 * (float(np.abs(signed).max(initial=0.0)) + float(prices))

    def initial(self, size: int, random: np.random.Generator) -> FloatArray:
        """Zeros, the potentials of the greedy rules' plans, and noise around them."""
        seeds = [np.zeros(self.length)]
        for rule in rules_for(self.problem.kind):
            if misfit_of(self.problem, rule) is None:
                seeds.append(self._potentials(plan(self.problem, rule)))
        genes = np.array([seeds[k % len(seeds)] for k in range(size)])
        noise = random.normal(0.0, 0.2 * self.spread, genes.shape)
        noise[: len(seeds)] = 0.0
        return np.clip(genes + noise, self.lowest, self.highest)

    def mutated(self, genes: FloatArray, random: np.random.Generator) -> FloatArray:
        """Move a few numbers of each individual, by a little or a lot."""
        chance = random.uniform(1.0, 4.0, (len(genes), 1)) / max(self.length, 1)
        size = self.spread * 10.0 ** random.uniform(-2.0, 0.0, (len(genes), 1))
        step = random.standard_normal(genes.shape) * size
        return np.clip(
            np.where(random.random(genes.shape) < chance, genes + step, genes), self.lowest, self.highest
        )

    def repaired(self, genes: FloatArray, random: np.random.Generator) -> FloatArray:
        """The same: any numbers give a plan within limits."""
        return genes

    def cost(self, genes: FloatArray) -> FloatArray:
        """Cost of each individual's plan, to be minimised; what is missing is dearer than all lanes."""
        costs = np.empty(len(genes))
        for individual, own in enumerate(genes):
            missing, objective = left_out(self.problem, self.decisions(own))
            costs[individual] = (
                -objective if self.problem.maximise else objective
            ) + missing * self.missing_price
        return costs

    def decisions(self, genes: FloatArray) -> FloatArray:
        """The plan of one individual, in the problem's order."""
        lanes = self.problem.lanes
        changed = self.signed - genes[: self.n_sources][lanes.source] - genes[self.n_sources :][lanes.target]

        def by_changed_cost(ledger: Ledger, some: LaneOrder, shortage_price: FloatArray) -> None:
            ledger.fill(some[np.argsort(changed[some], kind="stable")])

        return plan_by(self.problem, by_changed_cost)

    def _potentials(self, flow: FloatArray) -> FloatArray:
        """Numbers at which the lanes of a plan come out as alike as can be (least squares)."""
        from scipy.sparse.linalg import lsqr

        used = np.flatnonzero(flow > 0)
        row = np.arange(len(used))
        ends = self.problem.lanes.source[used], self.n_sources + self.problem.lanes.target[used]
        sums = sp.csr_array(
            (np.ones(2 * len(used)), (np.tile(row, 2), np.concatenate(ends))), shape=(len(used), self.length)
        )
        found: FloatArray = lsqr(sums, self.signed[used], damp=1e-6)[0]
        return found
