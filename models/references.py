"""Reference values that criteria, policies and the price of fairness are measured by: optima themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ..instances.errors import InputError
from ..instances.fairness import Fairness

if TYPE_CHECKING:
    import scipy.sparse as sp

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from .matrix import MatrixForm

_KNOWN: WeakKeyDictionary[Problem, dict[str, Any]] = WeakKeyDictionary()


def best_total(problem: Problem) -> float:
    r"""SYSTEM, the greatest total :math:`\max \sum_i n_i u_i` within the problem's own rules, no policies.

    Of the utilities in force, normalised where they are; remembered as long as the problem lives.

    Examples
    --------
    >>> import allocare
    >>> best_total(allocare.example("sunray"))
    50.0
    """
    from .utilities import utilities_of

    known = _KNOWN.setdefault(problem, {})
    if "total" not in known:
        form, _ = _bare(problem)
        utility = utilities_of(problem)
        known["total"] = best_value(form, utility.matrix.T @ utility.agents.size) + float(
            utility.agents.size @ utility.constant
        )
    return float(known["total"])


def ideal_point(problem: Problem) -> FloatArray:
    r"""Return the most that each agent could have if the plan served it alone, :math:`u_i^* = \max u_i`.

    Within the problem's own rules, without policies; utilities are not normalised.

    Examples
    --------
    >>> import allocare
    >>> ideal_point(allocare.example("sunray")).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    known = _KNOWN.setdefault(problem, {})
    if "ideal" not in known:
        form, utility = _bare(problem)
        known["ideal"] = best_values(form, utility.matrix) + utility.constant
    return np.asarray(known["ideal"])


def best_least(problem: Problem) -> float:
    r"""Return the most that the worst-off could have, :math:`\max \min_i u_i`, as if all were divisible.

    Within the problem's own rules, without policies; normalised where the problem's utilities are.

    Examples
    --------
    >>> import allocare
    >>> best_least(allocare.example("sunray"))
    1.0
    """
    from .criteria.maximin import Maximin
    from .formulations import family_form
    from .statement import Statement
    from .utilities import utilities_of

    known = _KNOWN.setdefault(problem, {})
    if "least" not in known:
        bare = replace(problem, fairness=replace(problem.fairness or Fairness(), criterion=None, policies=()))
        form = family_form(bare)
        statement = Statement.over(bare, form, utilities_of(bare))
        stated = statement.finish(form, replace(Maximin().state(statement), stages=()))
        stated = replace(stated, whole=np.zeros_like(stated.whole))
        known["least"] = best_value(stated, stated.cost)
    return float(known["least"])


def best_value(form: MatrixForm, gain: FloatArray, *, maximise: bool = True) -> float:
    """Return the largest (or smallest) value of a linear function of the decisions within a form's rows.

    Parameters
    ----------
    form
        Whose rows and bounds hold; its own objective does not count.
    gain
        Coefficient of each decision (or of each column).

    Raises
    ------
    InputError
        Where there is no plan, or none is best.

    Examples
    --------
    >>> import allocare
    >>> form = allocare.matrix_form(allocare.example("sunray"))
    >>> best_value(form, np.ones(12))
    50.0
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    cost = np.zeros(len(form.cost))
    place = slice(None) if len(gain) == len(cost) else form.column_block(form.decisions).slice
    cost[place] = -gain if maximise else gain
    whole = form.whole & (not form.integral)
    found = milp(
        cost,
        integrality=whole.astype(int),
        bounds=Bounds(form.lower, form.upper),
        constraints=LinearConstraint(form.matrix, form.row_lower, form.row_upper),
        options={"mip_rel_gap": 1e-9},
    )
    if found.x is None:
        raise InputError(
            f"the value that this is measured by does not exist: {found.message.rstrip('.').lower()}"
        )
    return float(found.fun) * (-1.0 if maximise else 1.0) + 0.0


def best_values(form: MatrixForm, gains: sp.csr_array) -> FloatArray:
    """Return the largest values of several linear functions of the decisions, one a row of `gains`.

    Divisible forms are solved one after the other from the last one's basis.

    Examples
    --------
    >>> import allocare
    >>> import scipy.sparse as sp
    >>> form = allocare.matrix_form(allocare.example("sunray"))
    >>> best_values(form, sp.csr_array(np.vstack([np.ones(12), np.eye(12)[0]]))).tolist()
    [50.0, 5.0]
    """
    if form.whole.any() and not form.integral:
        return np.array([best_value(form, gains[[at]].toarray().ravel()) for at in range(gains.shape[0])])
    found = np.array(_one_after_the_other(form, gains))
    for at in np.flatnonzero(np.isnan(found)).tolist():
        found[at] = best_value(form, gains[[at]].toarray().ravel())
    return found


def _one_after_the_other(form: MatrixForm, gains: sp.csr_array) -> list[float]:
    """Values as above, NaN where a solve did not end at an optimum."""
    import highspy

    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    for side in ("primal", "dual"):
        highs.setOptionValue(f"{side}_feasibility_tolerance", 1e-9)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = form.matrix.shape
    model.col_cost_ = np.zeros(form.matrix.shape[1])
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_lower_, model.col_upper_ = form.lower, form.upper
    model.row_lower_, model.row_upper_ = form.row_lower, form.row_upper
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_row_, matrix.num_col_ = form.matrix.shape
    matrix.start_, matrix.index_, matrix.value_ = form.matrix.indptr, form.matrix.indices, form.matrix.data
    highs.passModel(model)
    first = form.column_block(form.decisions).start
    before, values = np.zeros(0, dtype=np.int32), []
    for at in range(gains.shape[0]):
        row = gains[[at]]
        columns = (first + row.indices).astype(np.int32)
        highs.changeColsCost(len(before), before, np.zeros(len(before)))
        highs.changeColsCost(len(columns), columns, row.data)
        before = columns
        highs.run()
        optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        values.append(highs.getInfo().objective_function_value + 0.0 if optimal else np.nan)
    return values


def _bare(problem: Problem) -> tuple[MatrixForm, Any]:
    """The form without criterion and policies, and the utilities as they are."""
    from .formulations import family_form
    from .utilities import utilities_of

    fairness = replace(problem.fairness or Fairness(), criterion=None, policies=(), normalised=False)
    bare = replace(problem, fairness=fairness)
    return family_form(bare), utilities_of(bare)
