r"""Any function of the utilities as linear terms, where each agent takes at most one yes/no option.

.. math:: f(u_i) = f(\bar u_i) + \sum_j \bigl( f(\bar u_i + U_{ij}) - f(\bar u_i) \bigr) x_{ij}

holds exactly, whatever f is, for :math:`\sum_j x_{ij} \le 1` with x_ij in {0, 1}. Where f is minus infinity
for having no option, or for one of them, rows rule that out:

.. math::
    \sum_{j:\, f(\bar u_i + U_{ij}) > -\infty} x_{ij} &\ge 1 &&
        \forall i: f(\bar u_i) = -\infty && \text{(something)} \\
    \sum_{j:\, f(\bar u_i + U_{ij}) = -\infty} x_{ij} &\le 0 &&
        \forall i: f(\bar u_i) > -\infty && \text{(no\_worse)}

and the first counts :math:`f(\bar u_i)` as 0.

References
----------
The idea for one function: Horton, Logan, Murrell, Skipper, Speakman, "A scalable approach to equitable
facility location", arXiv 2401.15452.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .statement import Goal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import BoolArray, FloatArray
    from .statement import Statement


def goal_of_options(
    statement: Statement, each: Callable[[FloatArray], FloatArray], without: FloatArray
) -> Goal:
    """State the greatest sum, over people, of a function of their utilities, linear in the decisions.

    Parameters
    ----------
    statement
        Of a problem whose utilities are of `single` options.
    each
        The function, for an array of utilities; minus infinity outside its domain.
    without
        What it is applied to where an agent has no option.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> from allocare.models.curves import concave
    >>> from allocare.models.formulations import family_form
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = with_fairness(allocare.example("chores-3x3"), utility="coverage", agents="tasks")
    >>> statement = Statement.over(problem, family_form(problem), utilities_of(problem))
    >>> goal = goal_of_options(statement, np.sqrt, np.zeros(3))
    >>> goal.terms[0][1].tolist(), goal.offset
    ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 0.0)
    """
    size, options = statement.agents.size, statement.utilities.matrix.tocoo()
    agent, at = options.coords
    worth, base = each(without[agent] + options.data), each(without)
    allowed, needy = np.isfinite(worth), ~np.isfinite(base)
    base = np.where(needy, 0.0, base)
    gain = np.zeros(options.shape[1])
    gain[at[allowed]] = (size[agent] * (worth - base[agent]))[allowed]

    def rows(name: str, who: BoolArray, entries: BoolArray, lower: float, upper: float) -> None:
        if not who.any():
            return
        chosen = sp.csr_array((entries.astype(np.float64), (agent, at)), shape=options.shape)
        chosen.eliminate_zeros()
        statement.rows(
            name,
            [(statement.decisions, chosen[np.flatnonzero(who)])],
            lower=lower,
            upper=upper,
            keys=statement.agents.keys[who],
        )

    rows("something", needy, allowed, 1.0, np.inf)
    worse = ~allowed & ~needy[agent]
    rows("no_worse", np.bincount(agent[worse], minlength=len(size)) > 0, worse, -np.inf, 0.0)
    return Goal([(statement.decisions, gain)], offset=float(size @ base))
