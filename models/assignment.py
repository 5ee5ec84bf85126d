r"""The weighted assignment problem: give each task to one eligible agent within the agents' capacities.

.. math::
    \min \text{ or } \max\; \sum_{(a,t) \in P} c_{at} x_{at} \pm \sum_{t} p_t o_t

.. math::
    \sum_{a} x_{at} + o_t &= 1 && \forall t && \text{(each_task)} \\
    \sum_{t} r_{at} x_{at} &\le b_a && \forall a && \text{(capacity)} \\
    x_{at}, o_t &\in \{0, 1\}

Where
    - :math:`x_{at}` (`assign`) says whether agent a takes task t, over the eligible pairs P
    - :math:`o_t` (`left_out`) says whether task t is left out; it is there only where that has a price.
      Without it a row reads :math:`= 1` (each task exactly once) or :math:`\le 1` (at most once)
    - :math:`c_{at}` is the cost or weight of a pair, :math:`p_t` the price of leaving task t out
      (added when minimising, taken off when maximising)
    - :math:`r_{at}` is the part of its capacity :math:`b_a` that agent a spends on task t (1 where not given)

With :math:`r = 1` and :math:`b = 1` this is the linear assignment problem, with :math:`r = 1` a
transportation problem, and otherwise the generalised assignment problem.

With priority classes the objective splits by the class of the task into :math:`f_1 + \dots + f_K`
(`class_value`). The classes are optimised lexicographically, the first class first, each without
harming the ones before it; the model's own objective is their sum.

References
----------
R. Burkard, M. Dell'Amico, S. Martello, "Assignment Problems", SIAM, 2012; S. Martello, P. Toth,
"Knapsack Problems", Wiley, 1990, chapter 7 (generalised assignment).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .lane_keys import lane_keys
from .matrix import FormBuilder
from .pyomo_terms import sums_by

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.assignment import AssignmentProblem
    from .matrix import MatrixForm


def pyomo_model(problem: AssignmentProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> model = pyomo_model(AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada"], pairs=Lanes.from_matrix([[1], [4]])))
    >>> print(model.each_task["Ada"].expr)
    (assign[bed 1,Ada] + assign[bed 2,Ada])  ==  1
    """
    import pyomo.environ as pyo

    pairs = problem.pairs
    model = pyo.ConcreteModel(name=problem.kind)
    model.agents = pyo.Set(initialize=problem.agents.tolist())
    model.tasks = pyo.Set(initialize=problem.tasks.tolist())
    ends = (problem.agents.take(pairs.source).tolist(), problem.tasks.take(pairs.target).tolist())
    model.pairs = pyo.Set(initialize=list(zip(*ends, strict=True)))
    model.assign = pyo.Var(model.pairs, domain=pyo.Binary)
    if problem.left_out_cost is not None:
        model.left_out = pyo.Var(model.tasks, domain=pyo.Binary)
    model.covered = pyo.Expression(model.tasks, rule=_covered(model, problem))
    model.used = pyo.Expression(model.agents, rule=_used(model, problem))
    model.each_task = pyo.Constraint(model.tasks, rule=_each_task(model, problem))
    model.capacity = pyo.Constraint(model.agents, rule=_capacity(model, problem))
    model.class_value = pyo.Expression(problem.classes, rule=_class_value(model, problem))
    sense = pyo.maximize if problem.maximise else pyo.minimize
    model.objective = pyo.Objective(expr=pyo.quicksum(model.class_value.values()), sense=sense)
    return model


def _covered(model: Any, problem: AssignmentProblem) -> dict[Any, Any]:
    """sum_a x_at."""
    sums = sums_by(problem.pairs.target, len(problem.tasks), model.assign.values())
    return dict(zip(model.tasks, sums, strict=True))


def _used(model: Any, problem: AssignmentProblem) -> dict[Any, Any]:
    """sum_t r_at x_at."""
    use = np.ones(len(problem.pairs)) if problem.use is None else problem.use
    terms = [r * x for r, x in zip(use.tolist(), model.assign.values(), strict=True)]
    return dict(zip(model.agents, sums_by(problem.pairs.source, len(problem.agents), terms), strict=True))


def _each_task(model: Any, problem: AssignmentProblem) -> dict[Any, Any]:
    """sum_a x_at + o_t = 1, or without o_t: = 1 or <= 1."""
    if problem.task_rule == "exactly-once":
        return {t: model.covered[t] == 1 for t in model.tasks}
    if problem.left_out_cost is not None:
        return {t: model.covered[t] + model.left_out[t] == 1 for t in model.tasks}
    return {t: model.covered[t] <= 1 for t in model.tasks}


def _capacity(model: Any, problem: AssignmentProblem) -> dict[Any, Any]:
    """sum_t r_at x_at <= b_a."""
    capacity = zip(model.agents, problem.capacity.tolist(), strict=True)
    return {a: model.used[a] <= limit for a, limit in capacity}


def _class_value(model: Any, problem: AssignmentProblem) -> dict[int, Any]:
    """f_k: costs and prices of the tasks of class k."""
    classes = np.array(problem.classes)
    level = np.searchsorted(classes, _task_class(problem))
    terms = [c * x for c, x in zip(problem.pairs.cost.tolist(), model.assign.values(), strict=True)]
    values = sums_by(level[problem.pairs.target], len(classes), terms)
    if problem.left_out_cost is not None:
        price = -problem.left_out_cost if problem.maximise else problem.left_out_cost
        prices = [p * o for p, o in zip(price.tolist(), model.left_out.values(), strict=True)]
        extra = sums_by(level, len(classes), prices)
        values = [value + more for value, more in zip(values, extra, strict=True)]
    return dict(zip(problem.classes, values, strict=True))


def _task_class(problem: AssignmentProblem) -> FloatArray:
    return np.ones(len(problem.tasks)) if problem.priority is None else problem.priority


def matrix_form(problem: AssignmentProblem) -> MatrixForm:
    """Render the formulation as arrays; with two or more priority classes, one stage a class.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> form = matrix_form(AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada"], pairs=Lanes.from_matrix([[1], [4]])))
    >>> form.matrix.toarray().tolist()
    [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    pairs = problem.pairs
    by_agent, by_task = pairs.incidence()
    build = FormBuilder()
    assign = build.add_columns(
        "assign",
        len(pairs),
        cost=pairs.cost,
        upper=1,
        whole=True,
        keys=lane_keys(pairs, problem.agents, problem.tasks),
    )
    task_of_column = pairs.target
    covered: list[tuple[Any, sp.sparray]] = [(assign, by_task)]
    if problem.left_out_cost is not None:
        left_out = build.add_columns(
            "left_out",
            len(problem.tasks),
            cost=-problem.left_out_cost if problem.maximise else problem.left_out_cost,
            upper=1,
            whole=True,
            keys=problem.tasks,
        )
        covered.append((left_out, sp.eye_array(len(problem.tasks))))
        task_of_column = np.concatenate([task_of_column, np.arange(len(problem.tasks), dtype=np.int32)])
    leave_out_freely = problem.task_rule == "at-most-once" and problem.left_out_cost is None
    least = -np.inf if leave_out_freely else 1
    build.add_rows("each_task", covered, lower=least, upper=1, keys=problem.tasks)
    used = by_agent if problem.use is None else by_agent @ sp.diags_array(problem.use)
    build.add_rows("capacity", [(assign, used)], upper=problem.capacity, keys=problem.agents)
    unit = problem.use is None and bool((problem.capacity == np.rint(problem.capacity)).all())
    form = build.finish(decisions="assign", maximise=problem.maximise, integral=unit)
    if len(problem.classes) < 2:
        return form
    # the rows that hold earlier classes are not unimodular
    return replace(form, stages=_stages(problem, form.cost, task_of_column), integral=False)


def _stages(problem: AssignmentProblem, cost: FloatArray, task: IndexArray) -> tuple[FloatArray, ...]:
    """f_k of each class as a cost vector: the costs of the columns whose task is of class k."""
    level = _task_class(problem)[task]
    return tuple(np.where(level == k, cost, 0.0) for k in problem.classes)
