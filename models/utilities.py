r"""How each agent's utility is linear in a problem's decisions.

.. math:: u_i = (U x)_i + \bar u_i

Where
    - coverage: :math:`u_i = \sum_j x_{ji} / d_i`, the share of the need :math:`d_i` that is met
    - benefit: :math:`u_i = \sum_j b_{ji} x_{ji} / n_i`, weight (or, where cost is minimised, quantity) a head
    - burden: :math:`u_i = -(\sum_j c_{ji} x_{ji} + p_i (d_i - \sum_j x_{ji})) / n_i`, cost a head, negative
    - of network plans, coverage is the share of a site's (or a class's) own patients that is treated anywhere
    - of programmes, benefit is :math:`u_i = \alpha_i + \sum_p q_p x_p`, what a member of the group has
    - normalised: :math:`(u_i - \bar u_i) / (u_i^* - \bar u_i)` with :math:`u_i^*` the most that i could have

A family says so once, here; criteria and policies know utilities alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import scipy.sparse as sp

from ..instances.agents import agents_of
from ..instances.errors import InputError
from ..instances.network_moves import SEND
from .network_plan_columns import transfer_costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.agents import Agents
    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.assignment import AssignmentProblem
    from ..instances.fair_allocation import FairAllocationProblem
    from ..instances.linear import LinearProblem
    from ..instances.network_plan import NetworkPlanProblem
    from ..instances.problem import Problem
    from ..instances.programmes import ProgrammeProblem
    from ..instances.transportation import TransportationProblem


@dataclass(frozen=True, eq=False, kw_only=True)
class Utilities:
    """The agents' utilities as linear functions of the decisions.

    Parameters
    ----------
    agents
        Whose they are.
    matrix
        U, sparse, shape (agents, problem.size).
    constant
        What each agent has without any decision.
    lowest, highest
        Limits that no plan's utilities pass; infinite where not known.
    served
        Quantity received by each agent, sparse, shape (agents, problem.size), or None without quantities.
    cost
        Cost of a unit of each decision, for budgets.
    single
        ``at-most-one`` or ``exactly-one`` where each agent takes no more than one of its yes/no decisions, so
        that any function of its utility is linear in them; else empty.
    """

    agents: Agents
    matrix: sp.csr_array
    constant: FloatArray
    lowest: FloatArray
    highest: FloatArray
    served: sp.csr_array | None
    cost: FloatArray
    single: Literal["", "at-most-one", "exactly-one"] = ""

    def at(self, decisions: FloatArray) -> FloatArray:
        """Utilities of a plan, shape (agents,)."""
        return np.asarray(self.matrix @ decisions + self.constant)


def utilities_of(problem: Problem) -> Utilities:
    """Return the utilities that a problem's `fairness` asks for.

    Raises
    ------
    InputError
        As `agents_of`, and for a utility that the family does not know.

    Examples
    --------
    >>> import allocare
    >>> utilities_of(allocare.example("sunray")).matrix.shape
    (4, 12)
    """
    agents = agents_of(problem)
    plain = _FAMILIES[problem.kind](problem, agents)
    return _normalised(problem, plain) if agents.normalised else plain


def _normalised(problem: Problem, plain: Utilities) -> Utilities:
    """Measure from the constant, 0, to the most that each agent could have, 1."""
    from .references import ideal_point

    ideal = ideal_point(problem)
    spread = ideal - plain.constant
    if (spread <= 1e-12).any():
        where = plain.agents.keys[int(np.argmax(spread <= 1e-12))]
        raise InputError(
            f"{where!r} gains nothing by any plan, so its utility cannot be normalised; leave it out"
        )
    return replace(
        plain,
        matrix=sp.csr_array(sp.diags_array(1 / spread) @ plain.matrix),
        constant=np.zeros(len(spread)),
        lowest=(plain.lowest - plain.constant) / spread,
        highest=np.ones(len(spread)),
    )


def _lanes(problem: Problem, agents: Agents) -> Utilities:
    problem = cast("TransportationProblem | FairAllocationProblem", problem)
    lanes, count = problem.lanes, len(agents)
    served = incidence(lanes.target, count)
    most = _most_received(problem, agents)
    constant, lowest = np.zeros(count), np.zeros(count)
    match agents.utility:
        case "coverage":
            assert agents.need is not None
            matrix, highest = sp.csr_array(sp.diags_array(1 / agents.need) @ served), most / agents.need
        case "benefit" if problem.maximise and (lanes.cost >= 0).all():
            matrix = incidence(lanes.target, count, lanes.cost / agents.size[lanes.target])
            highest = np.asarray(abs(matrix).max(axis=1).todense()).ravel() * most
        case "benefit":
            if problem.maximise:
                raise InputError(
                    "benefit needs weights of 0 or more, and some lanes have less; choose another"
                )
            matrix, highest = sp.csr_array(sp.diags_array(1 / agents.size) @ served), most / agents.size
        case _:
            price = getattr(problem, "unmet_cost", None)
            if problem.maximise:
                raise InputError("burden needs costs, and this problem has weights; choose 'benefit'")
            missed = np.zeros(count) if price is None else price
            matrix = incidence(
                lanes.target, count, (missed[lanes.target] - lanes.cost) / agents.size[lanes.target]
            )
            need = np.zeros(count) if agents.need is None else agents.need
            constant = -missed * need / agents.size
            lowest, highest = np.full(count, -np.inf), np.full(count, np.inf)
    return Utilities(
        agents=agents,
        matrix=matrix,
        constant=constant,
        lowest=lowest,
        highest=highest,
        served=served,
        cost=lanes.cost,
    )


def _most_received(problem: TransportationProblem | FairAllocationProblem, agents: Agents) -> FloatArray:
    lanes = problem.lanes
    reach = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity
    if problem.supply is not None:
        reach = np.minimum(reach, problem.supply[lanes.source])
    most = np.bincount(lanes.target, reach, minlength=len(agents))
    if problem.supply is not None:
        most = np.minimum(most, problem.supply.sum())
    if agents.need is not None and getattr(problem, "demand_rule", "exactly") != "at-least":
        most = np.minimum(most, agents.need)
    return np.asarray(most, dtype=np.float64)


def _pairs(problem: Problem, agents: Agents) -> Utilities:
    problem = cast("AssignmentProblem", problem)
    pairs, count = problem.pairs, len(agents)
    taking = agents.side == "tasks"
    end: IndexArray = pairs.target if taking else pairs.source
    served = incidence(end, count)
    constant = np.zeros(count)
    match agents.utility:
        case "coverage":
            matrix = served
        case "benefit" if problem.maximise:
            matrix = incidence(end, count, pairs.cost / agents.size[end])
        case "burden" if not problem.maximise:
            left_out = problem.left_out_cost if taking else None
            missed = np.zeros(count) if left_out is None else left_out
            matrix = incidence(end, count, (missed[end] - pairs.cost) / agents.size[end])
            constant = -missed / agents.size
        case "benefit":
            raise InputError(
                "benefit needs weights, and this problem has costs; choose 'burden' or 'coverage'"
            )
        case _:
            raise InputError("burden needs costs, and this problem has weights; choose 'benefit'")
    # a task takes one pair, an agent any of its own
    reach: Callable[[sp.csr_array], FloatArray] = _largest if taking else _sum
    return Utilities(
        agents=agents,
        matrix=matrix,
        constant=constant,
        lowest=constant - reach(-matrix),
        highest=constant + reach(matrix),
        served=served,
        cost=pairs.cost,
        single="" if not taking else "exactly-one" if problem.task_rule == "exactly-once" else "at-most-one",
    )


def _columns(problem: Problem, agents: Agents) -> Utilities:
    problem = cast("LinearProblem", problem)
    matrix = problem.utility if problem.utility is not None else sp.eye_array(problem.size, format="csr")
    matrix = sp.csr_array(matrix)
    up, down = matrix.maximum(0), -matrix.minimum(0)
    with np.errstate(invalid="ignore"):
        highest = _times(up, problem.upper) - _times(down, problem.lower)
        lowest = _times(up, problem.lower) - _times(down, problem.upper)
    if agents.utility == "burden":
        matrix, lowest, highest = -matrix, -highest, -lowest
    return Utilities(
        agents=agents,
        matrix=matrix,
        constant=np.zeros(len(agents)),
        lowest=lowest,
        highest=highest,
        served=None,
        cost=problem.objective,
    )


def _programmes(problem: Problem, agents: Agents) -> Utilities:
    problem = cast("ProgrammeProblem", problem)
    if agents.utility != "benefit":
        raise InputError(f"programmes bring benefit, and no {agents.utility} is known; choose 'benefit'")
    matrix, constant = problem.gain, problem.baseline
    up, down = matrix.maximum(0), -matrix.minimum(0)
    rise, fall = up @ problem.upper - down @ problem.lower, down @ problem.upper - up @ problem.lower
    count = np.bincount(problem.group, minlength=len(agents)).max(initial=0)
    alone = problem.one_each or count <= 1
    if problem.one_each:
        rise, fall = np.minimum(rise, _largest(matrix)), np.minimum(fall, _largest(-matrix))
    return Utilities(
        agents=agents,
        matrix=matrix,
        constant=constant,
        lowest=constant - fall,
        highest=constant + rise,
        # several programmes of a group may serve the same people
        served=incidence(problem.group, len(agents), problem.people) if alone else None,
        cost=np.asarray(problem.spending.sum(axis=0), dtype=np.float64),
        single="at-most-one" if alone and problem.whole else "",
    )


def _network_plan(problem: Problem, agents: Agents) -> Utilities:
    """Patients treated, wherever, by the site at which they arrived or by class."""
    problem = cast("NetworkPlanProblem", problem)
    if agents.utility == "burden":
        raise InputError("burden of a network plan is not known, costs are shared; choose 'coverage'")
    assert agents.need is not None
    moves = problem.moves
    keys = problem.sites if agents.side == "sites" else problem.classes
    place = agents.keys.get_indexer(keys)[
        moves.source if agents.side == "sites" else moves.what * (moves.kind <= SEND)
    ]
    some = np.flatnonzero((moves.kind <= SEND) & (place >= 0))
    shape = (len(agents), problem.size)
    served = sp.csr_array((np.ones(len(some)), (place[some], some)), shape=shape)
    each = agents.need if agents.utility == "coverage" else agents.size
    return Utilities(
        agents=agents,
        matrix=sp.csr_array(sp.diags_array(1 / each) @ served),
        constant=np.zeros(len(agents)),
        lowest=np.zeros(len(agents)),
        highest=agents.need / each,
        served=served,
        cost=transfer_costs(problem),
    )


def incidence(end: IndexArray, count: int, values: FloatArray | None = None) -> sp.csr_array:
    """Matrix that sums decisions (times values) by the agent at their end.

    Examples
    --------
    >>> incidence(np.array([0, 1, 0]), 2).toarray().tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    data = np.ones(len(end)) if values is None else values
    return sp.csr_array((data, (end, np.arange(len(end)))), shape=(count, len(end)))


def _largest(matrix: sp.csr_array) -> FloatArray:
    if not matrix.shape[1]:
        return np.zeros(matrix.shape[0])
    largest: FloatArray = np.maximum(matrix.max(axis=1).todense(), 0.0).ravel()
    return largest


def _sum(matrix: sp.csr_array) -> FloatArray:
    return np.asarray(matrix.maximum(0).sum(axis=1), dtype=np.float64)


def _times(matrix: sp.csr_array, limit: FloatArray) -> FloatArray:
    """Product with limits that may be infinite, 0 times infinite being 0."""
    infinite = np.isinf(limit)
    finite = np.asarray(matrix @ np.where(infinite, 0.0, limit))
    endless = matrix @ np.where(infinite, np.sign(limit), 0.0)
    return np.where(endless != 0, np.sign(endless) * np.inf, finite)


_FAMILIES: dict[str, Callable[[Problem, Agents], Utilities]] = {
    "transportation": _lanes,
    "fair-allocation": _lanes,
    "assignment": _pairs,
    "linear": _columns,
    "programmes": _programmes,
    "network-plan": _network_plan,
}
