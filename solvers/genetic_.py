"""Genetic search on pymoo, with a decoder that repairs whatever breaks a limit.

Assignment: the genes are the places of the tasks. Transportation: they are potentials by which lanes are put
in order. The best greedy plan, randomised ones among them, is held from the first moment on, every better one
is told of, and the best is kept when the time limit or the user ends the search. The same seed and number of
generations give the same plan. What cannot be placed is left out, as little as the search can find.

Native options: ``population`` (60), ``generations`` and ``patience``, the generations without a better plan
after which it ends (100 and 20 without a time limit, none with one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.assignment import AssignmentProblem
from .rules import misfit_of, plan, rules_for
from .rules.randomised import RESTARTS, noisy_plan
from .search import places
from .search.best import Best, only_options, whole_option
from .search.place_genes import PlaceGenes
from .search.places import Places
from .search.potential_genes import PotentialGenes
from .solution import StopReason

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .backend import Options, Outcome, Task

POPULATION, GENERATIONS, PATIENCE, WITHOUT_END = 60, 100, 20, 2**62


def refusal(task: Task, options: Options) -> str | None:
    """Refuse constraints that the genes do not show, and tables too large."""
    if options.variant:
        return f"it has no variants, and {options.variant!r} was asked for"
    if task.extended:
        return "its genes do not see constraints added to the model"
    return places.misfit(task.problem) if isinstance(task.problem, AssignmentProblem) else None


def solve(task: Task, options: Options) -> Outcome:
    """Search until the generations, the time limit, or the user ends it.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> sunray = allocare.example("sunray")
    >>> solve(Task(sunray), Options(native={"generations": 20})).objective
    435.0
    """
    only_options(options, ("population", "generations", "patience"))
    size = whole_option(options, "population", POPULATION)
    limited = options.time_limit is not None
    generations = whole_option(options, "generations", WITHOUT_END if limited else GENERATIONS)
    patience = whole_option(options, "patience", WITHOUT_END if limited else PATIENCE)
    best, stopped = Best(task.problem, options), StopReason.RULE
    try:
        _offer_greedy(task.problem, best, options.seed)
        stopped = _evolve(task.problem, best, options.seed, size, generations, patience)
    except KeyboardInterrupt:
        if best.decisions is None:
            raise
        stopped = StopReason.INTERRUPTED
    greedy = "" if best.origin == "genetic" else f"; none better than the greedy rule {best.origin} was found"
    return best.outcome(f"genetic search with repair; it leaves out what finds no room{greedy}", stopped)


def _offer_greedy(problem: Problem, best: Best, seed: int) -> None:
    """Offer the plan of every greedy rule, and of as many turns of randomised greedy as time allows."""
    for rule in rules_for(problem.kind):
        if misfit_of(problem, rule) is None:
            best.offer(plan(problem, rule), rule)
    random = np.random.default_rng(seed)
    for turn in range(RESTARTS):
        if not best.in_time:
            return
        best.offer(noisy_plan(problem, turn, random), "randomised")


def _evolve(problem: Any, best: Best, seed: int, size: int, generations: int, patience: int) -> StopReason:
    """Let generations follow one another, and say why they ended."""
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import Problem as Evaluation
    from pymoo.core.repair import Repair
    from pymoo.operators.crossover.ux import UniformCrossover

    random = np.random.default_rng(seed)
    by_place = isinstance(problem, AssignmentProblem)
    coding: Any = PlaceGenes(Places.of(problem)) if by_place else PotentialGenes(problem)

    class Repaired(Repair):  # type: ignore[misc]  # pymoo has no types
        def _do(self, problem: Any, X: Any, **_: Any) -> Any:
            return coding.repaired(X, random)

    class Mutated(Mutation):  # type: ignore[misc]
        def _do(self, problem: Any, X: Any, *_: Any, **__: Any) -> Any:
            return coding.mutated(X, random)

    class Costs(Evaluation):  # type: ignore[misc]
        def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:
            costs = coding.cost(x)
            out["F"] = costs.reshape(-1, 1)
            best.offer(coding.decisions(x[int(costs.argmin())]), "genetic")

    algorithm = GA(
        pop_size=size,
        sampling=coding.initial(size, random),
        crossover=UniformCrossover(),
        mutation=Mutated(),
        repair=Repaired(),
        eliminate_duplicates=True,
    )
    evaluation = Costs(n_var=coding.length, n_obj=1, xl=coding.lowest, xu=coding.highest)
    algorithm.setup(evaluation, termination=("n_gen", generations), seed=seed, verbose=False)
    waited = 0
    while algorithm.has_next() and waited < patience:
        if not best.in_time:
            return StopReason.TIME_LIMIT
        held = best.decisions
        algorithm.next()
        waited = waited + 1 if best.decisions is held else 0
    return StopReason.RULE
