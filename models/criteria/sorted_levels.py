r"""Sums of the smallest utilities, without sorting: what leximin, OWA and the conditional mean are made of.

.. math:: \sum_{j \le k} u_{\langle j \rangle} = \max_t\; k t - \sum_i (t - u_i)^+, \qquad
          L(p) = \int_0^p u(q)\,dq = \max_t\; p t - \sum_i \pi_i (t - u_i)^+

where :math:`u(q)` is the utility of the person at share q from the worst-off, :math:`\pi_i` the share of
people behind agent i and L the absolute Lorenz curve. The maximum is at the level t = u(p).

References
----------
Ogryczak, W., & Śliwiński, T. (2006). On direct methods for lexicographic min-max optimization.
*Computational Science and Its Applications*, LNCS 3982, 802-811.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ..matrix import Block
    from ..statement import Statement


class Levels(NamedTuple):
    """Columns and rows of levels, and of how far below each of them each agent is."""

    level: Block
    """t, shape (levels,)."""
    below: Block
    """At least :math:`(t_k - u_i)^+`, shape (levels * agents,) by level."""
    rows: Block


def add_levels(statement: Statement, count: int, name: str) -> Levels:
    r"""Add levels, with rows :math:`t_k - d_{ik} \le u_i` and :math:`d_{ik} \ge 0`.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = allocare.example("sunray")
    >>> statement = Statement.over(problem, allocare.matrix_form(problem), utilities_of(problem))
    >>> add_levels(statement, 2, "level").below.slice
    slice(18, 26, None)
    """
    agents = len(statement.agents)
    level = statement.columns(name, count)
    below = statement.columns(f"below_{name}", count * agents, lower=0.0)
    each = sp.eye_array(count * agents, format="csr")
    rows = statement.rows(
        f"below_{name}_of",
        [
            (level, sp.csr_array(sp.kron(sp.eye_array(count), np.ones((agents, 1)), format="csr"))),
            (below, -each),
            (statement.utility, -sp.csr_array(sp.vstack([sp.eye_array(agents)] * count, format="csr"))),
        ],
        upper=0.0,
    )
    return Levels(level, below, rows)


def absolute_lorenz(utility: FloatArray, size: FloatArray, at: npt.ArrayLike) -> FloatArray:
    """Absolute Lorenz curve at shares of people, by sorting.

    Examples
    --------
    >>> values = np.array([4.0, 7, 1, 3, 9, 2])
    >>> (6 * absolute_lorenz(values, np.ones(6), np.arange(1, 7) / 6)).round(9).tolist()
    [1.0, 3.0, 6.0, 10.0, 17.0, 26.0]
    """
    order = np.argsort(utility)
    share = size[order] / size.sum()
    people = np.concatenate([[0.0], np.cumsum(share)])
    value = np.concatenate([[0.0], np.cumsum(share * utility[order])])
    return np.asarray(np.interp(np.asarray(at, dtype=np.float64), people, value))
