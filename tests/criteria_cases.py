"""Problems of the published figures for criteria, and plain ones to make more of."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from allocare import LinearProblem

FIGURES = tomllib.loads((Path(__file__).parent / "criteria_figures.toml").read_text(encoding="utf-8"))


def shared_items(values, *, whole=True, all_given=False, burden=False) -> LinearProblem:
    """Items to agents who value them differently; each item at most once, or exactly."""
    values = np.asarray(values, dtype=float)
    agents, items = values.shape
    columns = [f"{agent}:{item}" for agent in range(agents) for item in range(items)]
    return LinearProblem(
        columns=columns,
        rows=[f"item {item}" for item in range(items)],
        objective=np.zeros(len(columns)),
        matrix=sp.csr_array(sp.kron(np.ones((1, agents)), sp.eye_array(items))),
        row_lower=np.ones(items) if all_given else np.full(items, -np.inf),
        row_upper=np.ones(items),
        lower=np.zeros(len(columns)),
        upper=np.ones(len(columns)),
        whole=whole,
        agents=[f"agent {agent}" for agent in range(agents)],
        utility=sp.block_diag([values[[agent]] for agent in range(agents)], format="csr"),
        sense="max" if not burden else "min",
    )


def utilities_of_plan(problem, solution) -> np.ndarray:
    """Utilities of a solution's plan in a linear problem."""
    return problem.utility @ solution.allocation["value"].to_numpy()
