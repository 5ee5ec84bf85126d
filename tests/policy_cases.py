"""A small region to hold policies against, and what tests of policies share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy.optimize import linprog

from allocare import Lanes, TransportationProblem
from allocare.models.formulations import family_form, matrix_form, pyomo_model
from allocare.models.standard_form import matrix_form_of

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

DIVISIBLE = [
    "floor:value=0.3",
    "floor:value=0.4:group=side:label=west",
    "cap:value=0.8",
    "rate-gap:group=side:at_most=0.1",
    "rate-gap:group=index/2:at_most=0.05",
    "rate-ratio:group=side",
    "equal-opportunity:group=side:need=ill:at_most=0.2",
    "equal-opportunity:group=side:need=need:at_most=0.2",
    "share-guarantee:group=side:loss=0.2",
    "share-guarantee:group=side:claim=ill",
    "gini-cap:at_most=0.2",
    "hoover-cap:at_most=0.15",
    "max-gap:at_most=0.4",
    "efficiency-floor:loss=0.1",
    "cost-budget:at_most=25",
]


def region(draw: Any = None) -> TransportationProblem:
    """Four counties on two sides of a river and two depots, with needs drawn where asked."""
    need = [4, 6, 7, 3] if draw is None else draw(st.lists(st.integers(1, 9), min_size=4, max_size=4))
    return TransportationProblem(
        sources=["depot", "store"],
        targets=list("abcd"),
        lanes=Lanes.from_matrix([[1, 2, 4, np.nan], [np.nan, np.nan, 1, 2]]),
        supply=[8, 6],
        demand=need,
        unmet_cost=100,
        attributes={
            "targets": pd.DataFrame(
                {
                    "side": ["east", "east", "west", "west"],
                    "nation": ["x"] * 4,
                    "ill": [2, 0, 0, 2],
                    "none": [1, 1, 0, 0],
                    "index": [0.1, 0.7, 0.4, 0.9],
                },
                index=list("abcd"),
            )
        },
    )


def feasible_rows(problem: Problem, decisions: np.ndarray) -> bool:
    """Whether further columns exist with which these decisions keep the rows beyond the family's own."""
    base, form = family_form(problem), matrix_form(problem)
    block = form.column_block(form.decisions)
    rows = slice(len(base.row_lower), None)
    free = np.arange(len(base.cost), len(form.cost))
    shift = form.matrix[rows][:, block.slice] @ decisions
    matrix = form.matrix[rows][:, free]
    lower, upper = form.row_lower[rows] - shift, form.row_upper[rows] - shift
    sides = [(matrix, upper, np.isfinite(upper)), (-matrix, -lower, np.isfinite(lower))]
    found = linprog(
        np.zeros(len(free)),
        A_ub=np.vstack([part[held].toarray() for part, _, held in sides]),
        b_ub=np.concatenate([limit[held] for _, limit, held in sides]),
        bounds=list(zip(form.lower[free], form.upper[free], strict=True)),
    )
    assert found.status in (0, 2)
    return bool(found.status == 0)


def same_renderings(problem: Problem) -> None:
    """Assert that the matrix form and the Pyomo model state the same, coefficient by coefficient."""
    ours, theirs = matrix_form(problem), matrix_form_of(pyomo_model(problem))
    assert [block.name for block in ours.columns] == [block.name for block in theirs.columns]
    assert (abs(ours.matrix - theirs.matrix) > 1e-12).nnz == 0
    for field in ("cost", "lower", "upper", "row_lower", "row_upper"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field))
    assert ours.maximise == theirs.maximise
