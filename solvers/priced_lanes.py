r"""Re-solving a transportation problem on few lanes, proved by pricing all of them.

After a small change most old prices :math:`u_i, v_j` are still nearly right, and the lanes of small reduced
cost :math:`r_{ij} = c_{ij} - u_i - v_j` are those that an optimal plan uses.

1. Solve the balanced form on the lanes that have the smallest reduced costs at their source or target. Those
   stand for the costs: all plans differ by the same constant, and the network simplex needs fewer pivots.
2. Price all lanes with the new prices. Where none has :math:`r_{ij} < 0`, the prices are feasible in the dual
   of the whole problem, and by weak duality no plan is better: the answer is that of the whole problem.
3. Else add the lanes of negative reduced cost and solve again.

Artificial lanes from and to nowhere, dearer than any other, make every choice of lanes feasible. If they
stay in use when no lane is left to add, the question is open and the whole problem has to be solved.

References
----------
C. Gottschlich and D. Schuhmacher, "The Shortlist Method for fast computation of the Earth Mover's Distance
and finding optimal solutions to transportation problems", PLoS ONE 9 (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..models.balanced_form import balanced_form
from .backend import Outcome
from .flow_outcome import runs_to_its_end
from .lane_choice import likely_lanes, violated_lanes
from .network_simplex_ import network_simplex, objective_of, plan_of
from .priced_form import PricedForm
from .shadow_prices import shadow_prices
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.transportation import TransportationProblem
    from ..models.proofs import Prices
    from .backend import Options

SHARE = 0.2
"""Largest share of the lanes to begin with."""

LANES_PER_NODE = 20
"""Lanes to begin with at each source and target; so many mostly settle it in one round."""

FEWEST_LANES = 2000
"""Lanes below which solving anew is as fast."""

MOST_ROUNDS = 8
"""Solves after which the whole problem is solved at once."""

FEW = "there are few lanes"


@dataclass(frozen=True, eq=False)
class Repriced:
    """What came of solving on few lanes.

    Parameters
    ----------
    outcome
        The answer of the whole problem, or None where the few lanes did not settle it.
    share
        Share of the lanes that the last solve had.
    rounds
        How often all lanes were priced.
    why_not
        Why there is no answer.
    """

    outcome: Outcome | None
    share: float = 0.0
    rounds: int = 0
    why_not: str = ""


def few_enough(problem: TransportationProblem, share: float | None = None) -> int | None:
    """Return how many lanes to choose from at first, or None where there are few anyway.

    Examples
    --------
    >>> import allocare
    >>> few_enough(allocare.example("sunray")) is None
    True
    """
    if share is not None:
        return int(share * problem.size)
    nodes = len(problem.sources) + len(problem.targets)
    enough = min(SHARE * problem.size, 2 * LANES_PER_NODE * nodes)
    return None if problem.size < FEWEST_LANES else int(enough)


def solve_on_few_lanes(
    problem: TransportationProblem,
    prices: Prices,
    options: Options,
    *,
    share: float | None = None,
) -> Repriced:
    """Solve a problem that the network simplex takes, from prices that are nearly right.

    Parameters
    ----------
    problem
        What is to be decided.
    prices
        Any prices: bad ones cost rounds, never the optimum.
    options
        As for the network simplex.
    share
        Share of the lanes to begin with, None for the usual one.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> from allocare.models.proofs import Prices
    >>> from allocare.solvers.backend import Options
    >>> problem = TransportationProblem(
    ...     sources=["a", "b"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 5], [4, 2]]),
    ...     supply=[3, 3], demand=[3, 3])
    >>> prices = Prices(np.zeros(2), np.array([1.0, 2.0]))
    >>> found = solve_on_few_lanes(problem, prices, Options(), share=0.5)
    >>> found.outcome.objective, found.share, found.rounds
    (9.0, 0.5, 1)
    """
    size, most = problem.size, few_enough(problem, share)
    if most is None:
        return Repriced(None, why_not=FEW)
    form = balanced_form(problem)
    if not form.balanced or not form.supply.any():
        return Repriced(None, why_not="supply and demand leave nothing to re-solve")
    priced = PricedForm.at(problem, form, prices)
    part = likely_lanes(problem.lanes, priced.reduced.of_all(), most, LANES_PER_NODE)
    for rounds in range(1, MOST_ROUNDS + 1):
        few = priced.few(part)
        status, _, sent, (source, target) = network_simplex(few.supply, few.demand, few.cost, options)
        if status is not Status.OPTIMAL:
            return Repriced(None, len(part) / size, rounds, f"on few lanes it is {status}")
        priced = priced.moved(source, target, few.shift)
        violated = violated_lanes(priced.reduced, part, priced.rounding())
        if not len(violated):
            real = priced.without_artificial(sent)
            plan = None if real is None else plan_of(problem, form, real)
            if plan is None:
                return Repriced(None, len(part) / size, rounds, "few lanes do not suffice")
            return Repriced(_outcome(priced, plan, options), len(part) / size, rounds)
        part = np.union1d(part, violated)
    return Repriced(None, why_not=f"{MOST_ROUNDS} rounds of pricing did not settle it")


def _outcome(priced: PricedForm, plan: FloatArray, options: Options) -> Outcome:
    prices = priced.certificate()
    objective = objective_of(priced.problem, plan)
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=plan,
        objective=objective,
        bound=objective,
        duals=shadow_prices(priced.problem, prices),
        notes=runs_to_its_end(options.time_limit),
        certificate=prices,
    )
