r"""The price of fairness: how much of the greatest total a criterion or policy gives up.

.. math:: \mathrm{POF} = \frac{\mathrm{SYSTEM} - \mathrm{FAIR}}{\mathrm{SYSTEM}}

Where SYSTEM is the greatest total utility :math:`\max \sum_i n_i u_i` within the problem's own rules and FAIR
the total of the fair plan. For divisible plans of equal sizes the price is bounded whatever the instance
(Bertsimas, Farias and Trichakis 2011), with :math:`u^*_i` the most that agent i could have:

.. math::
    \text{proportional} &\le 1 - \frac{2\sqrt n - 1}{n} \frac{\min u^*}{\max u^*} - \frac 1 n
        + \frac{\min u^*}{\sum_i u^*_i} \\
    \text{maximin} &\le 1 - \frac{4n}{(n+1)^2} \frac{\tfrac 1 n \sum_i u^*_i}{\max u^*} \\
    \alpha\text{-fair, equal } u^* &\le
        1 - \min_{1 \le x \le n} \frac{x^{1+1/\alpha} + n - x}{x^{1+1/\alpha} + (n-x) x}

References
----------
D. Bertsimas, V. F. Farias, N. Trichakis, "The price of fairness", Operations Research 59 (2011), 17-31, and
"On the efficiency-fairness trade-off", Management Science 58 (2012), 2234-2250.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.fairness import Rule, with_fairness
from ..models.references import best_total, ideal_point
from ..solvers.solve import solve
from .judged import judge, rules_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem

COLUMNS = (
    "rules",
    "status",
    "system",
    "fair",
    "price_percent",
    "bound_percent",
    "worst",
    "value",
    "gap",
    "seconds",
    "backend",
    "proved_by",
    "note",
)


def price_of_fairness(
    problem: Problem,
    criteria: Iterable[str | Rule] = (),
    policies: Iterable[str | Rule] = (),
    **options: Any,
) -> pd.DataFrame:
    """Price every criterion and every policy, one row each.

    Parameters
    ----------
    problem
        What is to be decided; what its `fairness` says of utility, agents and size is kept.
    criteria
        Each is priced alone.
    policies
        Each is priced alone, by the greatest total that keeps it.
    options
        Passed on to `allocare.solve`.

    Returns
    -------
    pandas.DataFrame
        SYSTEM, FAIR and the price in percent, with the theoretical bound where its assumptions hold; the
        worst-off's utility, the criterion's value, and how it was solved. A rule that cannot be kept is a row
        too, its status and note saying why.

    Raises
    ------
    InputError
        For a rule that does not exist or cannot be about this problem.

    Examples
    --------
    >>> import allocare
    >>> table = price_of_fairness(allocare.example("sunray"), ["maximin"], ["floor:value=0.5"])
    >>> table[["rules", "price_percent"]].to_dict("list")
    {'rules': ['maximin', 'utilitarian, floor:value=0.5'], 'price_percent': [0.0, 0.0]}
    """
    asked = [(rule, ()) for rule in criteria] + [("utilitarian", (rule,)) for rule in policies]
    system = best_total(problem)
    rows = []
    for criterion, kept in asked:
        posed = with_fairness(problem, criterion, kept)
        rows.append(_row(posed, system, options))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def price(system: float, fair: float) -> float | None:
    """Price of fairness as a share of SYSTEM; None where SYSTEM is not above 0 and a share has no meaning.

    Examples
    --------
    >>> price(200.0, 150.0), price(0.0, 0.0)
    (0.25, None)
    """
    if system <= 0:
        return None
    share = (system - fair) / system
    # both totals are optima found to the solvers' tolerance
    return 0.0 if abs(share) <= 1e-8 else share


def price_bound(problem: Problem) -> float | None:
    """Largest price that a problem's criterion can have by theory, or None where no bound is known to hold.

    The bounds are for divisible plans, agents of equal size and utilities of 0 or more, by which the feasible
    utilities are convex and contain what each could have alone.

    Examples
    --------
    >>> import allocare
    >>> from dataclasses import replace
    >>> problem = replace(allocare.example("sunray"), whole=False)
    >>> problem = allocare.with_fairness(problem, "maximin", utility="benefit")
    >>> price_bound(problem) is None
    True
    """
    fairness = problem.fairness
    if fairness is None or fairness.criterion is None or fairness.policies:
        return None
    from ..models.formulations import family_form
    from ..models.utilities import utilities_of

    utilities = utilities_of(problem)
    size = utilities.agents.size
    if not np.allclose(size, size[0]) or (utilities.constant < 0).any() or family_form(problem).whole.any():
        return None
    if not _every_part_can_be_given_up(problem):
        return None
    most = np.ones(len(size)) if utilities.agents.normalised else ideal_point(problem)
    return bound_of(fairness.criterion, most)


def bound_of(criterion: Rule, most: FloatArray) -> float | None:
    """Bound on the price of a criterion by what each agent could have alone; None where none is known.

    Examples
    --------
    >>> from allocare.instances.fairness import Rule
    >>> bound_of(Rule("proportional"), np.ones(4)), round(bound_of(Rule("maximin"), np.ones(3)), 12)
    (0.25, 0.25)
    """
    count, largest = len(most), most.max()
    if (most <= 0).any():
        return None
    alpha = {"utilitarian": 0.0, "proportional": 1.0, "nash": 1.0, "maximin": np.inf}.get(criterion.name)
    if criterion.name == "alpha-fair":
        alpha = float(criterion.parameters["alpha"])
    if alpha is None:
        return None
    if alpha == 0:
        return 0.0
    if np.isinf(alpha):
        return float(1 - 4 * count / (count + 1) ** 2 * most.mean() / largest)
    if alpha == 1:
        least = most.min() / largest
        return float(1 - (2 * np.sqrt(count) - 1) / count * least - 1 / count + most.min() / most.sum())
    return _alpha_bound(alpha, count) if np.allclose(most, largest) else None


def _alpha_bound(alpha: float, count: int) -> float:
    from scipy.optimize import minimize_scalar

    def ratio(x: float) -> float:
        power = float(x ** (1 + 1 / alpha))
        return (power + count - x) / (power + (count - x) * x)

    # quasiconvex on the interval: a grid finds the valley, a bounded search its bottom
    grid = np.linspace(1.0, count, 200)
    at = int(np.argmin([ratio(x) for x in grid]))
    ends = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    found = minimize_scalar(ratio, bounds=ends, method="bounded", options={"xatol": 1e-12})
    return float(1 - min(found.fun, ratio(grid[at])))


def _every_part_can_be_given_up(problem: Problem) -> bool:
    """Whether giving nothing at all is a plan, so that with any utilities all smaller mixes are there too."""
    from ..models.formulations import family_form
    from ..solvers.backend import Options
    from ..solvers.highs_ import solve_form

    form = family_form(problem)
    place = form.column_block(form.decisions).slice
    if (form.lower[place] > 0).any() or (form.upper[place] < 0).any():
        return False
    lower, upper = form.lower.copy(), form.upper.copy()
    lower[place] = upper[place] = 0.0
    # what is left are columns such as unmet demand, which may stand for what is not given
    nothing = replace(
        form, lower=lower, upper=upper, cost=np.zeros_like(form.cost), stages=(), quadratic=None
    )
    return solve_form(nothing, Options()).values is not None


def _row(posed: Problem, system: float, options: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {"rules": rules_in_words(posed), "system": system}
    solution = solve(posed, **options)
    row |= {
        "status": solution.status.value,
        "value": solution.objective,
        "gap": solution.gap,
        "seconds": solution.seconds,
        "backend": solution.backend,
        "proved_by": solution.proved_by,
        "note": "; ".join(solution.notes),
    }
    if solution.allocation is None:
        return row
    plan = judge(posed, solution)
    bound, paid = price_bound(posed), price(system, plan.total)
    return row | {
        "fair": plan.total,
        "price_percent": None if paid is None else 100 * paid,
        "bound_percent": None if bound is None else 100 * bound,
        "worst": plan.worst,
    }
