r"""The hunt: explore a generator's space evenly, then look closely around the worst cases found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...instances.errors import CapabilityError, InputError
from ...instances.generators import generate
from ...models.welfare import maximises
from ...solvers.registry import BACKENDS
from ...solvers.solution import Status
from ...solvers.solve import solve
from .shape import shape
from .spaces import options_at, space_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from .spaces import Axis

MEASURED = ("measured", "at least")
ELITE = 6
"""Worst cases around which the hunt looks closely."""
SEEDS = 2**31
NO_SCALE = 1e-3
"""Share of the rule's objective below which the best one's is no scale for a gap."""
PATIENCE = 10
"""Refusals in a row, from the first trial on, after which the rule is taken not to fit the generator."""


@dataclass(frozen=True, eq=False)
class Hunt:
    """What a hunt found.

    Parameters
    ----------
    rule, generator
        What was hunted for, and where.
    seed, budget
        Of the hunt.
    searched
        The options that were searched.
    trials
        One line an instance: ``trial, phase`` (``explore`` or ``refine``), the options, ``generator_seed``,
        the figures of `shape`, ``outcome``, ``rule_objective``, ``best_objective``, ``gap``, ``note``.
    """

    rule: str
    generator: str
    seed: int
    budget: int
    searched: tuple[str, ...]
    trials: pd.DataFrame

    @property
    def worst(self) -> pd.Series[Any] | None:
        """The trial with the largest gap, or None where none was measured."""
        measured = self.trials[self.trials["outcome"].isin(MEASURED)]
        return None if measured.empty else measured.iloc[int(measured["gap"].argmax())]

    def instance(self, trial: int) -> Problem:
        """Generate a trial's instance again.

        Examples
        --------
        >>> found = hunt("greedy:vogel", "transportation", 2, fixed={"n_sources": 3, "n_targets": 4})
        >>> len(found.instance(0).targets)
        4
        """
        line = self.trials[self.trials["trial"] == trial].iloc[0]
        options = {name: _plain(line[name]) for name in self.searched}
        return generate(self.generator, seed=int(line["generator_seed"]), **options)


def hunt(
    rule: str,
    generator: str,
    budget: int = 200,
    seed: int = 0,
    *,
    fixed: Mapping[str, Any] | None = None,
    ranges: Mapping[str, Axis] | None = None,
    time_limit: float = 10.0,
    on_trial: Callable[[dict[str, Any]], None] | None = None,
) -> Hunt:
    r"""Search for the instances of a generator on which a rule does worst.

    The gap is how much worse the rule's plan is than the best one, :math:`\pm (z_{rule} - z^*) / |z^*|`. Half
    of the budget explores the space evenly (a Latin hypercube, each instance with a seed of its own); the
    other half starts from the worst cases so far and moves some of their options, in steps that become
    smaller, with the same or another seed of the generator. A trial's outcome is

    ``measured``
        both plans are complete and the best one is proved optimal;
    ``at least``
        the best plan is not proved within the time limit: the true gap is at least this one;
    ``incomplete``
        the rule leaves out something that the problem requires, so there is no gap to measure;
    ``no plan``, ``no scale``, ``refused``, ``not capable``
        no plan exists or none was found; the optimum is zero or nearly so; the options make no instance; the
        rule does not take it.

    Parameters
    ----------
    rule
        A backend, or a greedy rule by its bare name.
    generator
        A kind that `allocare.generate` knows.
    budget, seed
        Number of instances, and the seed of the search.
    fixed, ranges
        Options held at a value, or searched over a range other than the generator's usual one.
    time_limit
        Seconds for each exact solve.
    on_trial
        Called with each trial, to show progress.

    Raises
    ------
    InputError
        For an unknown rule, generator or option, or a budget below 1.
    CapabilityError
        Where the rule takes none of the generator's instances.

    Examples
    --------
    >>> found = hunt("north-west", "transportation", 12, seed=1, fixed={"n_sources": 4, "n_targets": 5})
    >>> found.rule, len(found.trials), bool(found.worst["gap"] > 0.2)
    ('greedy:north-west', 12, True)
    """
    if budget < 1:
        raise InputError(f"the budget is {budget}; give a whole number of 1 or more")
    name = rule_name(rule)
    space = space_of(generator, fixed, ranges)
    random = np.random.default_rng(seed)
    explored = max(1, (budget + 1) // 2)
    points = _latin_hypercube(explored, len(space), random)
    seeds = random.integers(SEEDS, size=explored)
    trials: list[dict[str, Any]] = []
    gaps: list[float] = []
    tried: set[tuple[Any, ...]] = set()
    for trial in range(budget):
        if trial >= explored:
            point, generator_seed = _near_the_worst(points, seeds, gaps, trial / budget, random)
            points, seeds = np.vstack([points, point]), np.append(seeds, generator_seed)
        options = options_at(space, points[trial])
        if (*options.values(), int(seeds[trial])) in tried:
            # the move was too small to change an option: look at another instance of the same ones
            seeds[trial] = random.integers(SEEDS)
        tried.add((*options.values(), int(seeds[trial])))
        line = {"trial": trial, "phase": "explore" if trial < explored else "refine"} | options
        line |= {"generator_seed": int(seeds[trial])}
        line |= _trial(name, generator, int(seeds[trial]), options, time_limit)
        trials.append(line)
        gaps.append(line["gap"] if line["outcome"] in MEASURED else -np.inf)
        if len(trials) == min(PATIENCE, budget) and all(each["outcome"] == "not capable" for each in trials):
            raise CapabilityError(f"{name!r} takes none of the instances of {generator!r}: {line['note']}")
        if on_trial is not None:
            on_trial(line)
    return Hunt(name, generator, seed, budget, tuple(space), pd.DataFrame(trials))


def rule_name(rule: str) -> str:
    """Name the backend of a rule: itself, or ``greedy:RULE`` for a greedy rule's bare name.

    Examples
    --------
    >>> rule_name("vogel"), rule_name("priority")
    ('greedy:vogel', 'priority')
    """
    base = rule.partition(":")[0]
    if base not in BACKENDS and rule in BACKENDS["greedy"].variants:
        return f"greedy:{rule}"
    if base not in BACKENDS:
        from ...instances.hints import nearest

        known = [*BACKENDS["greedy"].variants, *BACKENDS]
        raise InputError(f"there is no rule or backend {rule!r}; {nearest(rule, known)}", "hunt")
    return rule


def _trial(rule: str, generator: str, seed: int, options: Mapping[str, Any], limit: float) -> dict[str, Any]:
    line: dict[str, Any] = {
        "outcome": "",
        "rule_objective": None,
        "best_objective": None,
        "gap": None,
        "note": "",
    }
    try:
        problem = generate(generator, seed=seed, **options)
    except InputError as error:
        return line | {"outcome": "refused", "note": str(error)}
    line = dict(shape(problem)) | line
    try:
        plan = solve(problem, rule, time_limit=limit)
    except CapabilityError as error:
        return line | {"outcome": "not capable", "note": str(error)}
    line |= {"rule_objective": plan.objective, "note": "; ".join(plan.notes)}
    if plan.status is Status.INCOMPLETE:
        return line | {"outcome": "incomplete"}
    best = solve(problem, "auto", time_limit=limit)
    line["best_objective"] = best.objective
    if plan.objective is None or best.objective is None:
        return line | {"outcome": "no plan"}
    worse = (plan.objective - best.objective) * (-1.0 if maximises(problem) else 1.0)
    if worse == 0.0:
        return line | {"outcome": _certainty(best.status), "gap": 0.0}
    if abs(best.objective) <= NO_SCALE * abs(plan.objective):
        return line | {"outcome": "no scale"}
    return line | {"outcome": _certainty(best.status), "gap": worse / abs(best.objective)}


def _certainty(status: Status) -> str:
    return "measured" if status is Status.OPTIMAL else "at least"


def _latin_hypercube(count: int, dimensions: int, random: np.random.Generator) -> FloatArray:
    from scipy.stats.qmc import LatinHypercube

    points: FloatArray = LatinHypercube(dimensions, rng=random).random(count)
    return points


def _near_the_worst(
    points: FloatArray, seeds: Any, gaps: list[float], progress: float, random: np.random.Generator
) -> tuple[Any, int]:
    """Move some options of one of the worst cases; anywhere, as long as nothing was measured."""
    order = np.argsort(gaps)[::-1][:ELITE]
    order = order[np.isfinite(np.array(gaps)[order])]
    if not len(order):
        return random.random(points.shape[1]), int(random.integers(SEEDS))
    # the worst is chosen most often
    parent = order[int(len(order) * random.random() ** 2)]
    step = 0.3 * (1.0 - progress) + 0.02
    moved = random.random(points.shape[1]) < max(0.4, 1.0 / points.shape[1])
    point = points[parent] + moved * random.normal(0.0, step, points.shape[1])
    # reflected at the walls of the cube
    inside = 1.0 - np.abs(1.0 - np.abs(point) % 2.0)
    return inside, int(seeds[parent] if random.random() < 0.5 else random.integers(SEEDS))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
