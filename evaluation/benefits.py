"""What a choice of programmes brings to each group, and what it takes of each budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.programmes import ProgrammeProblem


def benefit_table(problem: ProgrammeProblem, decisions: FloatArray) -> pd.DataFrame:
    r"""Utility of each group under these shares of the programmes.

    Returns
    -------
    pandas.DataFrame
        One row a group, in the user's keys and order: ``size`` (:math:`n_i`), ``baseline``
        (:math:`\alpha_i`), ``gain`` (:math:`\sum_p q_p x_p`) and ``utility`` (:math:`u_i`, their sum).

    Raises
    ------
    InputError
        For decisions of another shape.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("health-budget")
    >>> table = benefit_table(problem, np.ones(33))
    >>> table.loc["Hip C"].to_dict()
    {'size': 45.0, 'baseline': 5.0, 'gain': 8.0, 'utility': 13.0}
    """
    share = _shares(problem, decisions)
    gain = problem.gain @ share
    return pd.DataFrame(
        {
            "size": problem.group_size,
            "baseline": problem.baseline,
            "gain": gain,
            "utility": problem.baseline + gain,
        },
        index=problem.groups.rename("group"),
    )


def budget_table(problem: ProgrammeProblem, decisions: FloatArray) -> pd.DataFrame:
    """What these shares of the programmes take of each budget.

    Returns
    -------
    pandas.DataFrame
        One row a budget: ``limit``, ``spent``, ``left`` and ``everything``, the cost of all programmes.

    Raises
    ------
    InputError
        For decisions of another shape.

    Examples
    --------
    >>> import allocare
    >>> budget_table(allocare.example("health-budget"), np.zeros(33)).to_dict("index")
    {'total': {'limit': 3000000.0, 'spent': 0.0, 'left': 3000000.0, 'everything': 4353500.0}}
    """
    share = _shares(problem, decisions)
    spent = problem.spending @ share
    return pd.DataFrame(
        {
            "limit": problem.budget_limit,
            "spent": spent,
            "left": problem.budget_limit - spent,
            "everything": problem.spending @ np.ones(problem.size),
        },
        index=problem.budgets.rename("budget"),
    )


def _shares(problem: ProgrammeProblem, decisions: FloatArray) -> FloatArray:
    share = np.asarray(decisions, dtype=np.float64)
    if share.shape != (problem.size,):
        raise InputError(f"the plan has {share.size} decisions, the problem {problem.size}")
    return share
