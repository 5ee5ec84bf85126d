r"""The Gini mean difference in linear terms: a column and a row for each two agents.

.. math:: \sum_{i, j} \pi_i \pi_j |u_i - u_j|
          = \sum_{i < j} 2 \pi_i \pi_j \bigl( 2 v_{ij} - (u_i - u_j) \bigr),\quad
          v_{ij} \ge \max(u_i - u_j, 0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..instances.errors import InputError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .matrix import Block
    from .statement import Statement

MOST_PAIRS = 2_000_000
"""Pairs of agents beyond which they are not stated: one column and one row each."""


def add_pairs(
    statement: Statement, name: str, what: str, instead: str
) -> tuple[Block, FloatArray, FloatArray]:
    """Add a column for each two agents, at least how far the first is above the second.

    Returns
    -------
    block, weight, own
        The columns ``NAME_above``, and the coefficients of these and of the utilities whose sum is the Gini
        mean difference where the columns are as small as they can be.

    Raises
    ------
    InputError
        For more agents than can be compared two by two; `what` asks for it, and `instead` is a way out.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = allocare.example("sunray")
    >>> statement = Statement.over(problem, allocare.matrix_form(problem), utilities_of(problem))
    >>> add_pairs(statement, "gini", "", "")[1].round(3).tolist()
    [0.12, 0.12, 0.12, 0.36, 0.36, 0.36]
    """
    share = statement.agents.share
    count = len(share)
    pairs = count * (count - 1) // 2
    if pairs > MOST_PAIRS:
        raise InputError(
            f"{what} over {count} agents needs {pairs} pairs, at most {MOST_PAIRS} are stated; "
            f"use {instead}, or larger agents"
        )
    first, second = np.triu_indices(count, 1)
    above = statement.columns(f"{name}_above", pairs, lower=0.0)
    at, ones = np.arange(pairs), np.ones(pairs)
    difference = sp.csr_array(
        (np.concatenate([-ones, ones]), (np.tile(at, 2), np.concatenate([first, second]))),
        shape=(pairs, count),
    )
    statement.rows(f"{name}_pair", [(above, sp.eye_array(pairs)), (statement.utility, difference)], lower=0.0)
    weight = 2 * share[first] * share[second]
    own = np.bincount(second, weight, count) - np.bincount(first, weight, count)
    return above, 2 * weight, np.asarray(own, dtype=np.float64)
