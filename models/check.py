r"""The independent check: feasibility and objective of a plan, recomputed from the problem alone.

It shares no code with the formulations or the solvers, speaks in the user's keys and units, and judges
any plan, made here or elsewhere.

A rule is broken where a row (a source's supply, a target's demand, a lane's capacity ...) is off by more
than its tolerance,

.. math:: 10^{-6} \max(|b|, a) + \max(10^{-6} \min(1, q), 10^{-9} q)

Where
    - :math:`b` is the row's right-hand side, and :math:`a` the sum of its absolute terms
    - :math:`q` is the size of the problem's quantities: the smallest of the largest supply, demand and
      total (in a network the largest balance, in a linear problem the median of what rows ask for, among
      programmes a whole share); so data in millionths are held to millionths of millionths

but never more than one half where only whole numbers are added. A quantity that must be whole may be
off by :math:`10^{-6}`, and then counts as the whole number that it is near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError
from .checks import (
    assignment,
    fair_allocation,
    fairness,
    linear,
    network_flow,
    network_plan,
    programmes,
    transportation,
    uncertain_transportation,
)
from .checks.findings import RELATIVE
from .checks.report import CheckReport, Valuation, Violation

if TYPE_CHECKING:
    import pandas as pd

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from .checks.findings import Findings

__all__ = ["CheckReport", "Violation", "check", "check_decisions"]

_FAMILIES: dict[str, Any] = {
    "transportation": transportation,
    "assignment": assignment,
    "fair-allocation": fair_allocation,
    "network-flow": network_flow,
    "linear": linear,
    "programmes": programmes,
    "uncertain-transportation": uncertain_transportation,
    "network-plan": network_plan,
}


def check(problem: Problem, plan: pd.DataFrame) -> CheckReport:
    """Check any plan in the user's keys, made here or elsewhere.

    Parameters
    ----------
    problem
        What was to be decided.
    plan
        A frame as `allocare.solve` returns it: ``source, target, quantity``, ``agent, task``,
        ``arc, quantity``, ``column, value``, ``programme, share`` or
        ``decision, what, from, to, day, quantity``. What it does not list is 0.

    Raises
    ------
    InputError
        For a plan that cannot be read as one for this problem: an unknown key, no such lane, a repeated
        row, something that is not a number.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Hessen"], targets=["Bayern"], lanes=Lanes.from_matrix([[400]]),
    ...     supply=[12], demand=[12], units={"quantity": "patients"}, whole=True)
    >>> report = check(problem, pd.DataFrame({"source": ["Hessen"], "target": ["Bayern"], "quantity": [14]}))
    >>> report.feasible, report.objective
    (False, 5600.0)
    >>> report.violations[0].message
    "supply of 'Hessen': sends 14 patients, has 12 (2 too many)"
    """
    return check_decisions(problem, problem.decisions(plan))


def check_decisions(problem: Problem, decisions: FloatArray) -> CheckReport:
    """Check decisions in the problem's own order, shape (problem.size,).

    Raises
    ------
    InputError
        For decisions of another shape.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[1, 4], [2, 3]]))
    >>> report = check_decisions(problem, np.array([1.0, 0.0, 0.0, 0.0]))
    >>> report.feasible, report.within_limits, report.served
    (False, True, 1.0)
    """
    values = np.asarray(decisions, dtype=np.float64)
    if values.shape != (problem.size,):
        raise InputError(f"the plan has {values.size} decisions, the problem {problem.size}")
    family = _FAMILIES[problem.kind]
    found: Findings = family.findings(problem)
    if found.not_finite(values, lambda at: family.decision_name(problem, at)):
        value = Valuation(np.nan, np.nan)
    else:
        value = family.examine(problem, values, found)
        if problem.asks_fairness:
            value = fairness.examine(problem, values, found, value)
    return CheckReport(
        objective=value.objective,
        objective_scale=value.scale,
        served=value.served,
        unmet=value.unmet,
        stages=value.stages,
        violations=found.worst(),
        violation_count=found.count,
        tolerance=f"{RELATIVE:g} of a row's own figures, and {found.floor:g} {found.unit}".rstrip(),
    )
