"""Randomised greedy: the family's rules again and again on costs with noise, the best plan kept.

The first turns go by the true costs, so that the result is never worse than the rules themselves. Noise is
normal, its size drawn anew for each turn: from a hundredth to half of the costs' standard deviation. Where
pairs use capacity differently, each turn also draws a price of using it, or none: from 0 to 3 standard
deviations of the costs for one of the uses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.programmes import ProgrammeProblem
from ..search.best import Best, only_options, whole_option
from ..solution import StopReason
from . import FAMILIES, misfit_of

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from ..backend import Options, Outcome

BASES = {
    "assignment": ("cheapest-lane", "best-weight", "regret", "largest-need"),
    "transportation": ("cheapest-lane", "best-weight", "regret"),
    "programmes": ("benefit-per-cost",),
}
"""The rules that take turns, by family."""

RESTARTS = 100
NOISE = (0.01, 0.5)
DEAREST_USE = 3.0
WITHOUT_END = 2**62


def refusal(problem: Problem) -> str | None:
    """Say why a problem is beyond it, or None.

    Examples
    --------
    >>> import allocare
    >>> refusal(allocare.example("ventilator-sharing"))
    'fair-allocation has no randomised greedy; it is for assignment, transportation, programmes'
    """
    if problem.kind in BASES:
        return None
    return f"{problem.kind} has no randomised greedy; it is for {', '.join(BASES)}"


def solve(problem: Problem, options: Options) -> Outcome:
    """Plan until the restarts, the time limit, or the user ends it.

    Native option: ``restarts``, 100 where neither it nor a time limit is given.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options
    >>> solve(allocare.example("sunray"), Options(native={"restarts": 50})).objective
    460.0
    """
    only_options(options, ("restarts",))
    usual = RESTARTS if options.time_limit is None else WITHOUT_END
    restarts = whole_option(options, "restarts", usual)
    bases = bases_for(problem)
    random, best = np.random.default_rng(options.seed), Best(problem, options)
    stopped, done = StopReason.RULE, 0
    try:
        while done < restarts and best.in_time:
            rule = bases[done % len(bases)]
            guide = problem if done < len(bases) else _with_noise(problem, random)
            best.offer(_plan(guide, rule), rule)
            done += 1
        if done < restarts:
            stopped = StopReason.TIME_LIMIT
    except KeyboardInterrupt:
        if best.decisions is None:
            raise
        stopped = StopReason.INTERRUPTED
    found = f"best of {done:,} turns of {', '.join(bases)} on noisy costs, by {best.origin}"
    return best.outcome(f"randomised ({found}; each leaves out what finds no room)", stopped)


def bases_for(problem: Problem) -> list[str]:
    """Return the rules that take turns on a problem.

    Examples
    --------
    >>> import allocare
    >>> bases_for(allocare.example("sunray"))
    ['cheapest-lane', 'regret']
    """
    return [rule for rule in BASES[problem.kind] if misfit_of(problem, rule) is None]


def noisy_plan(problem: Problem, turn: int, random: np.random.Generator) -> FloatArray:
    """Plan of one turn on noisy costs.

    Examples
    --------
    >>> import allocare
    >>> float(noisy_plan(allocare.example("sunray"), 1, np.random.default_rng(0)).sum())
    50.0
    """
    bases = bases_for(problem)
    return _plan(_with_noise(problem, random), bases[turn % len(bases)])


def _plan(guide: Problem, rule: str) -> FloatArray:
    family = FAMILIES[guide.kind]
    decisions: FloatArray = family.plan(guide, family.RULES[rule])
    return decisions


def _with_noise(problem: Any, random: np.random.Generator) -> Any:
    """The same problem with other costs, or benefits, for a rule to go by."""
    share = random.uniform(*NOISE)
    if isinstance(problem, ProgrammeProblem):
        return replace(
            problem, benefit=problem.benefit * np.exp(share * random.standard_normal(problem.size))
        )
    name = "pairs" if problem.kind == "assignment" else "lanes"
    lanes = getattr(problem, name)
    spread = float(lanes.cost.std())
    change: FloatArray = share * spread * random.standard_normal(len(lanes))
    use = getattr(problem, "use", None)
    if use is not None and float(use.std()) > 0:
        dear = max(random.uniform(-1.0, DEAREST_USE), 0.0) * spread / float(use.std())
        change += dear * (use - use.min()) * (-1.0 if problem.maximise else 1.0)
    return replace(problem, **{name: replace(lanes, cost=lanes.cost + change)})
