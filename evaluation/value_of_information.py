r"""What it is worth to know demand, and what it is worth to plan for its uncertainty.

Where

- RP is the objective of the plan made now for all scenarios (here and now, the recourse problem)
- WS is the mean over scenarios of the best objective were the scenario known (wait and see)
- EV is the plan made as if every quantity were at its mean, and EEV the objective that this plan has in truth

the **expected value of perfect information** is :math:`EVPI = RP - WS` and the **value of the stochastic
solution** :math:`VSS = EEV - RP`, both with the signs turned where the objective is maximised. Neither is
ever below 0: :math:`WS \le RP \le EEV` (Madansky 1960).

References
----------
J. R. Birge, F. Louveaux, "Introduction to Stochastic Programming", Springer, 2011, chapter 4; A. Madansky,
"Inequalities for stochastic linear programming problems", Management Science 6(2), 1960, 197-204.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError
from ..instances.two_stage import TwoStageLinear
from ..instances.uncertain_demand import PointDemand, ScenarioDemand
from ..models.check import check_decisions
from ..solvers.solution import Status
from ..solvers.solve import solve

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..instances.uncertain_transportation import UncertainTransportationProblem
    from ..solvers.solution import Solution


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueOfInformation:
    """Objectives of plans that know more or less, in the problem's own sense.

    Parameters
    ----------
    here_and_now
        RP.
    wait_and_see
        WS, and by scenario in `by_scenario`.
    mean_plan
        EEV; None where the plan for the mean cannot be carried out in some scenario.
    by_scenario
        Best objective of each scenario.
    plan
        Decisions of RP: of a linear problem, the first stage's columns.
    maximise
        Whether more is better.
    """

    here_and_now: float
    wait_and_see: float
    mean_plan: float | None
    by_scenario: FloatArray
    plan: FloatArray
    maximise: bool

    @property
    def perfect_information(self) -> float:
        """EVPI: what it would be worth to know the scenario before the plan is made."""
        return (self.wait_and_see - self.here_and_now) * (1 if self.maximise else -1)

    @property
    def stochastic_solution(self) -> float | None:
        """VSS: what the plan for all scenarios is worth over that for the mean; None where that fails."""
        if self.mean_plan is None:
            return None
        return (self.here_and_now - self.mean_plan) * (1 if self.maximise else -1)


def value_of_information(
    problem: UncertainTransportationProblem | TwoStageLinear, **options: Any
) -> ValueOfInformation:
    """Return the value of perfect information and of the stochastic solution.

    Parameters
    ----------
    problem
        A problem of least expected cost over scenarios, or a two-stage linear program.
    options
        Of `allocare.solve`, for every solve.

    Raises
    ------
    InputError
        For another measure or demand, and where a plan is not proved optimal.

    Examples
    --------
    >>> import allocare
    >>> found = value_of_information(allocare.example("ventilator-stocking"))
    >>> found.here_and_now, round(found.perfect_information, 6), round(found.stochastic_solution, 6)
    (59.0, 6.9, 1.0)
    """
    if isinstance(problem, TwoStageLinear):
        return _of_linear(problem, options)
    demand = problem.demand
    if not isinstance(demand, ScenarioDemand) or problem.measure != "expected-cost":
        raise InputError(
            "the value of information is about expected cost over scenarios; "
            f"this problem has the measure {problem.measure!r} and a {type(demand).__name__}"
        )
    plan = problem.decisions(_best(problem, "the problem", options).allocation)
    alone = [
        _objective(_best(with_point(problem, quantity), f"scenario {name!r}", options))
        for name, quantity in zip(demand.names, demand.quantity, strict=True)
    ]
    mean = demand.mean
    if problem.whole and problem.recourse is not None:
        # whole quantities on recourse lanes need whole demands
        mean = np.rint(mean)
    expected = _best(with_point(problem, mean), "the problem at the mean", options)
    in_truth = check_decisions(problem, problem.decisions(expected.allocation))
    return ValueOfInformation(
        here_and_now=check_decisions(problem, plan).objective,
        wait_and_see=float(demand.probability @ alone),
        mean_plan=in_truth.objective,
        by_scenario=np.array(alone),
        plan=plan,
        maximise=False,
    )


def with_point(
    problem: UncertainTransportationProblem, quantity: FloatArray
) -> UncertainTransportationProblem:
    """The problem as if demand were known to be `quantity`.

    Examples
    --------
    >>> import allocare
    >>> known = with_point(allocare.example("ventilator-stocking"), np.array([3.0, 2.0, 1.0]))
    >>> allocare.solve(known).objective
    7.0
    """
    return replace(problem, demand=PointDemand(quantity), measure="expected-cost")


def _of_linear(problem: TwoStageLinear, options: dict[str, Any]) -> ValueOfInformation:
    size = problem.first.size

    def solved(stages: TwoStageLinear, what: str) -> tuple[float, FloatArray]:
        extensive = stages.extensive_form()
        found = _best(extensive, what, options)
        return _objective(found), extensive.decisions(found.allocation)[:size]

    now, plan = solved(problem, "the problem")
    alone = [solved(problem.scenario(s), f"scenario {name!r}")[0] for s, name in enumerate(problem.names)]
    _, mean_plan = solved(problem.expected(), "the problem at the mean")
    in_truth = solve(problem.with_first(mean_plan).extensive_form(), **options)
    if in_truth.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        raise InputError(f"what the plan for the mean is worth could not be solved: {in_truth.status.value}")
    return ValueOfInformation(
        here_and_now=now,
        wait_and_see=float(problem.probability @ alone),
        mean_plan=in_truth.objective,
        by_scenario=np.array(alone),
        plan=plan,
        maximise=problem.first.maximise,
    )


def _best(problem: Problem, what: str, options: dict[str, Any]) -> Any:
    """An optimal solution; anything less would make the values wrong."""
    found = solve(problem, **options)
    if found.status is not Status.OPTIMAL:
        raise InputError(f"{what} was not solved to optimality: {found.status.value}")
    return found


def _objective(solution: Solution) -> float:
    assert solution.objective is not None
    return solution.objective
