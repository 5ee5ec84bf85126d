r"""A balanced form with a price at every node: reduced costs, and what the network simplex is given.

Reduced costs :math:`r_{ij} = c_{ij} - u_i - v_j` stand for the costs: all plans differ by the same constant.
Prices of dummy nodes are the highest that no lane refutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..models.proofs import Prices
from .reduced_costs import ReducedCosts

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray
    from ..instances.transportation import TransportationProblem
    from ..models.balanced_form import BalancedForm


ARTIFICIAL = 8.0
"""Reduced cost of artificial lanes, in multiples of the largest one."""


class FewLanes(NamedTuple):
    """Masses and lanes as the network simplex takes them, the artificial source and target last."""

    supply: FloatArray
    demand: FloatArray
    cost: sp.coo_array
    shift: float
    """What was added to all costs."""


@dataclass(frozen=True, eq=False)
class PricedForm:
    """A balanced form and a price for each of its nodes, not a number where there is no telling.

    Parameters
    ----------
    problem, form
        What is to be decided.
    source, target
        Prices of its sources and targets, dummies last, to minimise with.
    """

    problem: TransportationProblem
    form: BalancedForm
    source: FloatArray
    target: FloatArray

    @classmethod
    def at(cls, problem: TransportationProblem, form: BalancedForm, prices: Prices) -> PricedForm:
        """Price a form by what is known in the problem's sense; unknown prices are made up."""
        sign = -1.0 if problem.maximise else 1.0
        known = cls(problem, form, sign * prices.source, sign * prices.target)
        source, target = (np.nan_to_num(values, nan=0.0) for values in known.completed())
        priced = replace(known, source=source, target=target)
        out, back = priced.of_dummies()
        return replace(priced, source=np.concatenate([source, out]), target=np.concatenate([target, back]))

    @property
    def cost(self) -> FloatArray:
        """Costs to minimise."""
        return self.form.cost.ravel()

    @property
    def reduced(self) -> ReducedCosts:
        """Reduced costs of the lanes."""
        lanes = self.problem.lanes
        return ReducedCosts(lanes, self.cost, self.source[: lanes.n_sources], self.target[: lanes.n_targets])

    def rounding(self) -> float:
        """Error that reduced costs may have."""
        prices = (np.nanmax(np.abs(values), initial=0.0) for values in (self.source, self.target))
        cost = max(self.cost.max(initial=0.0), -self.cost.min(initial=0.0))
        return 2.0**-50 * float(cost + sum(prices))

    def completed(self) -> tuple[FloatArray, FloatArray]:
        """Prices of sources and targets, unknown ones the highest that no lane and no rule refutes."""
        lanes, dearest = self.problem.lanes, self.form.unmet_cost
        source, target = self.source[: lanes.n_sources].copy(), self.target[: lanes.n_targets].copy()
        most_of_source = 0.0 if self.problem.supply_rule == "at-most" else np.inf
        for own, other, most, at_source in (
            (source, target, most_of_source, True),
            (target, source, np.inf if dearest is None else dearest, False),
            (source, target, most_of_source, True),
        ):
            unknown = np.isnan(own)
            if unknown.any():
                highest = np.minimum(self._highest(unknown, other, at_source), most)
                own[unknown] = np.where(np.isinf(highest), np.nan, highest)[unknown]
        return source, target

    def _highest(self, unknown: BoolArray, other: FloatArray, at_source: bool) -> FloatArray:
        """Least of c less the other end's price over the lanes of each unknown node; infinite without one."""
        lanes = self.problem.lanes
        highest = np.full(len(unknown), np.inf)
        if lanes.complete:
            grid = self.cost.reshape(lanes.n_sources, lanes.n_targets)
            room = grid[unknown] - other if at_source else (grid[:, unknown] - other[:, np.newaxis]).T
            highest[unknown] = np.fmin.reduce(room, axis=1, initial=np.inf)
            return highest
        near, far = (lanes.source, lanes.target) if at_source else (lanes.target, lanes.source)
        beside = np.flatnonzero(unknown.take(near))
        beside = beside[~np.isnan(other[far[beside]])]
        np.minimum.at(highest, near[beside], self.cost[beside] - other[far[beside]])
        return highest

    def of_dummies(self) -> tuple[FloatArray, FloatArray]:
        """Highest prices of dummy sources and of the dummy target that no lane refutes."""
        form, n = self.form, self.problem.lanes.n_targets
        back = np.zeros(0)
        if form.unused_cost is not None:
            known = len(self.source)
            room = form.unused_cost[:known] - self.source
            room = room[np.isfinite(room)]
            back = np.array([room.min() if len(room) else 0.0])
        out = np.zeros(0)
        if form.unmet_cost is not None:
            room = form.unmet_cost - self.target[:n]
            # a target that needs nothing has no price
            out = room if form.own_dummies else np.array([np.fmin.reduce(room, initial=np.inf)])
            out = np.fmin(out, -back[0] if len(back) else np.inf)
            out = np.where(np.isinf(out), 0.0, out)
        return out, back

    def certificate(self) -> Prices:
        """Prices in the problem's sense; a dummy's own is the zero of the other side."""
        m, n = len(self.problem.sources), len(self.problem.targets)
        form, (out, back) = self.form, self.of_dummies()
        target_zero = source_zero = None
        if form.unmet_cost is not None and not form.own_dummies:
            target_zero = out[0] if np.isnan(self.source[m]) else self.source[m]
        if form.unused_cost is not None:
            source_zero = back[0] if np.isnan(self.target[n]) else self.target[n]
        if source_zero is None:
            source_zero = -np.nanmax(self.source[:m]) if target_zero is None else -target_zero
        if target_zero is None:
            target_zero = -source_zero
        zeroed = replace(self, source=self.source[:m] + source_zero, target=self.target[:n] + target_zero)
        source, target = zeroed.completed()
        sign = -1.0 if self.problem.maximise else 1.0
        return Prices(sign * source, sign * target)

    def moved(self, source: FloatArray, target: FloatArray, shift: float) -> PricedForm:
        """Add the potentials that solve the form at reduced costs, which had `shift` added to them.

        Nodes of no mass, which the network simplex leaves out, have none.
        """
        form = self.form
        m, n = len(form.supply), len(form.demand)
        return replace(
            self,
            source=np.where(form.supply > 0, self.source + source[:m], np.nan),
            target=np.where(form.demand > 0, self.target + target[:n] - shift, np.nan),
        )

    def few(self, part: npt.NDArray[np.int64]) -> FewLanes:
        """Give some lanes, and all dummy and artificial ones, to the network simplex."""
        form, lanes = self.form, self.problem.lanes
        m, n = lanes.n_sources, lanes.n_targets
        sources, targets = np.arange(len(form.supply)), np.arange(len(form.demand))
        ends, costs = [lanes.ends(part)], [self.reduced.of(part)]
        if form.unmet_cost is not None:
            dummy = m + np.arange(n) * form.own_dummies
            ends.append((dummy, np.arange(n)))
            costs.append(form.unmet_cost - self.source[dummy] - self.target[:n])
        if form.unused_cost is not None:
            free = np.flatnonzero(np.isfinite(form.unused_cost))
            ends.append((free, np.full(len(free), n)))
            costs.append(form.unused_cost[free] - self.source[free] - self.target[n])
        largest = max(float(np.nanmax(np.abs(cost), initial=0.0)) for cost in costs)
        dearest = 1.0 + np.ceil(ARTIFICIAL * largest)
        nowhere = len(sources), len(targets)
        ends += [(sources, np.full(len(sources), nowhere[1])), (np.full(len(targets), nowhere[0]), targets)]
        ends.append((np.array([nowhere[0]]), np.array([nowhere[1]])))
        costs += [np.full(len(sources) + len(targets), dearest), np.zeros(1)]
        # beside a node without mass, which sends and receives nothing, any cost will do
        cost = np.nan_to_num(np.concatenate(costs), nan=0.0)
        lowest = float(cost.min())
        # POT takes no zero in a sparse matrix for a lane, and no cost below it
        shift = dearest - lowest
        places = np.concatenate([row for row, _ in ends]), np.concatenate([column for _, column in ends])
        total = form.supply.sum()
        matrix = sp.coo_array((cost + shift, places), shape=(nowhere[0] + 1, nowhere[1] + 1))
        return FewLanes(np.append(form.supply, total), np.append(form.demand, total), matrix, shift)

    def without_artificial(self, sent: sp.coo_array) -> sp.coo_array | None:
        """What is sent on real and dummy lanes, or None where an artificial one is in use."""
        shape = len(self.form.supply), len(self.form.demand)
        real = (sent.row < shape[0]) & (sent.col < shape[1])
        crossing = ~real & ((sent.row < shape[0]) | (sent.col < shape[1]))
        if sent.data[crossing].max(initial=0.0) > 1e-9 * self.form.supply.max():
            return None
        return sp.coo_array((sent.data[real], (sent.row[real], sent.col[real])), shape=shape)
