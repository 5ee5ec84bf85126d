"""Policies that cannot all be kept: which ones conflict, and what it would take to keep them nearly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..instances.errors import InputError, UndecidedError
from ..models.formulations import matrix_form
from ..models.matrix import FormBuilder
from ..models.welfare import policy_names
from .backend import Options
from .highs_ import solve_form
from .solution import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..instances.fairness import Rule
    from ..instances.problem import Problem
    from ..models.matrix import MatrixForm

NOTHING = 1e-9
"""Amount of relaxation that counts as none."""


@dataclass(frozen=True, eq=False)
class Conflict:
    """Why a set of policies has no plan.

    Parameters
    ----------
    policies
        An irreducible set: together they have no plan, without any one of them they have. Empty where the
        problem's own rules alone have none.
    message
        The same in one line.
    """

    policies: tuple[Rule, ...]
    message: str


def conflict(problem: Problem, **options: Any) -> Conflict | None:
    """Find policies that cannot be kept together, by leaving them out one by one; None where all can be.

    Exact for linear and mixed-integer formulations alike, since whole policies are left out and every step is
    decided by a solve.

    Parameters
    ----------
    problem
        With policies in force; its criterion does not count.
    options
        As in `Options`: ``time_limit`` for each solve.

    Raises
    ------
    UndecidedError
        Where a solve ends at its limit before that is known.

    Examples
    --------
    >>> import allocare
    >>> policies = ["floor:value=0.5", "cap:value=0.9", "floor:value=0.95"]
    >>> conflict(allocare.with_fairness(allocare.example("sunray"), None, policies)).message
    'cap:value=0.9 has no plan within the rules of the problem'
    """
    fairness = problem.fairness
    if fairness is None or not fairness.policies:
        return None
    if _feasible(problem, fairness.policies, options):
        return None
    if not _feasible(problem, (), options):
        return Conflict((), "the problem's own rules have no plan, before any policy")
    kept = list(fairness.policies)
    for policy in fairness.policies:
        without = [other for other in kept if other is not policy]
        if not _feasible(problem, tuple(without), options):
            kept = without
    names = " and ".join(map(str, kept))
    if len(kept) > 1:
        return Conflict(tuple(kept), f"{names} have no plan together, though they do without any one of them")
    return Conflict(tuple(kept), f"{names} has no plan within the rules of the problem")


def cheapest_relaxation(
    problem: Problem, weights: Mapping[str, float] | None = None, **options: Any
) -> pd.DataFrame:
    r"""Find the cheapest way to relax the policies so that a plan keeps them all.

    .. math:: \min \sum_p w_p e_p \quad\text{s.t.}\quad r^-_k - e_p \le (A x)_k \le r^+_k + e_p \;
              \forall k \in p,\quad e_p \ge 0

    Where :math:`e_p` is one amount by which all rows of policy p may be off, in the units of those rows
    (utility, rate, cost), and :math:`w_p` its weight.

    Parameters
    ----------
    problem
        With policies in force; its criterion does not count.
    weights
        Weight of each policy by its text or its name, 1 where none is given.
    options
        As in `Options`.

    Returns
    -------
    pandas.DataFrame
        One row a policy: ``policy``, ``weight``, ``relaxed_by``, ``where`` (the row that needs it).

    Raises
    ------
    InputError
        Where the problem's own rules have no plan, or a policy is not one that can be relaxed.

    Examples
    --------
    >>> import allocare
    >>> policies = ["cap:value=0.9", "floor:value=0.5"]
    >>> problem = allocare.with_fairness(allocare.example("sunray"), None, policies)
    >>> cheapest_relaxation(problem)["relaxed_by"].round(6).tolist()
    [0.1, 0.0]
    """
    assert problem.fairness is not None
    policies, names = problem.fairness.policies, policy_names(problem)
    form = _without_objective(problem)
    build = FormBuilder.of(form)
    slack, members = [], _rows_of(form, names)
    weight = [_weight(rule, weights or {}) for rule in policies]
    lower, upper = form.row_lower.copy(), form.row_upper.copy()
    for name, price, rows in zip(names, weight, members, strict=True):
        column = build.add_columns(f"relaxed_{name}", 1, cost=price, upper=np.inf if len(rows) else 0.0)
        slack.append(column)
        for side, limits, sign in (("below", form.row_lower, 1.0), ("above", form.row_upper, -1.0)):
            held = rows[np.isfinite(limits[rows])]
            if not len(held):
                continue
            parts = [
                (_all_columns(form), form.matrix[held]),
                (column, sp.csr_array(np.full((len(held), 1), sign))),
            ]
            bounds = {"lower": limits[held]} if sign > 0 else {"upper": limits[held]}
            build.add_rows(f"{name}_{side}", parts, **bounds)
        lower[rows], upper[rows] = -np.inf, np.inf
    relaxed = build.finish(decisions=form.decisions)
    height = len(lower)
    relaxed = replace(
        relaxed,
        row_lower=np.concatenate([lower, relaxed.row_lower[height:]]),
        row_upper=np.concatenate([upper, relaxed.row_upper[height:]]),
    )
    found = solve_form(relaxed, Options(**options))
    if found.values is None:
        raise InputError("relaxing the policies does not help: the problem's own rules have no plan")
    amounts = np.array([found.values[column.start] for column in slack])
    amounts = np.where(amounts < NOTHING, 0.0, amounts)
    values = found.values[: len(form.cost)]
    where = [_tightest(form, rows, values) for rows in members]
    return pd.DataFrame(
        {
            "policy": [str(rule) for rule in policies],
            "weight": weight,
            "relaxed_by": amounts,
            "where": np.where(amounts > 0, where, ""),
        }
    )


def _weight(rule: Rule, weights: Mapping[str, float]) -> float:
    weight = float(weights.get(str(rule), weights.get(rule.name, 1.0)))
    if not weight > 0:
        raise InputError(f"the weight of {str(rule)!r} is {weight:g}; give a number above 0")
    return weight


def _feasible(problem: Problem, policies: tuple[Rule, ...], options: dict[str, Any]) -> bool:
    assert problem.fairness is not None
    fairness = replace(problem.fairness, policies=policies)
    found = solve_form(_without_objective(replace(problem, fairness=fairness)), Options(**options))
    if found.values is not None:
        return True
    if found.status is Status.INFEASIBLE:
        return False
    raise UndecidedError(
        f"whether {', '.join(map(str, policies)) or 'the rules'} can be kept was not decided: "
        f"{found.stop_reason.value}; give more time"
    )


def _without_objective(problem: Problem) -> MatrixForm:
    """Rows and columns of a problem with its policies, nothing to be made better."""
    assert problem.fairness is not None
    form = matrix_form(replace(problem, fairness=replace(problem.fairness, criterion=None)))
    nothing = np.zeros_like(form.cost)
    return replace(form, cost=nothing, quadratic=None, offset=0.0, maximise=False, stages=(), curves=())


def _rows_of(form: MatrixForm, names: list[str]) -> list[Any]:
    """Rows of each policy's limit: the block of its own name; other blocks only define what it is about."""
    blocks = {block.name: block for block in form.rows}
    return [
        np.arange(blocks[name].start, blocks[name].stop) if name in blocks else np.zeros(0, dtype=int)
        for name in names
    ]


def _all_columns(form: MatrixForm) -> Any:
    from ..models.matrix import Block

    return Block("all", 0, len(form.cost))


def _tightest(form: MatrixForm, rows: Any, values: Any) -> str:
    """Key of the row that is farthest off."""
    if not len(rows):
        return ""
    activity = form.matrix[rows] @ values
    off = np.maximum(form.row_lower[rows] - activity, activity - form.row_upper[rows])
    row = int(rows[int(np.argmax(off))])
    block = next(block for block in form.rows if block.start <= row < block.stop)
    return "" if block.keys is None else str(block.keys[row - block.start])
