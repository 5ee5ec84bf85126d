"""Local search: tabu search with shifts, swaps and ejections for assignment within capacities.

It holds a plan from its first moment on, tells of every better one, and keeps the best when the time limit
or the user ends it. Without a time limit it ends after a number of moves without a better plan. The same
seed and number of moves give the same plan. What cannot be placed is left out, as few tasks as it can find.

Native options: ``moves``, after which it ends in any case; ``patience``, the moves without a better plan
after which it ends (without a time limit 100 for each agent and task, from 1,000 to 20,000; with one, none).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .search.best import Best, only_options, whole_option
from .search.places import Places, misfit
from .search.tabu import improving_plans
from .solution import StopReason

if TYPE_CHECKING:
    from ..instances.assignment import AssignmentProblem
    from .backend import Options, Outcome, Task

WITHOUT_END = 2**62
RULE = "tabu search by shifts, swaps and ejections; as few tasks as it can find are left out"


def refusal(task: Task, options: Options) -> str | None:
    """Refuse constraints that the tables do not show, and tables too large."""
    if options.variant:
        return f"it has no variants, and {options.variant!r} was asked for"
    if task.extended:
        return "its moves do not see constraints added to the model"
    return misfit(task.problem)  # type: ignore[arg-type]  # the registry names assignment alone


def solve(task: Task, options: Options) -> Outcome:
    """Search until the time limit, the patience, or the user ends it.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> problem = allocare.generate("gap", seed=1, type="c", n_agents=3, n_tasks=12)
    >>> solve(Task(problem), Options(native={"moves": 300})).objective == allocare.solve(problem).objective
    True
    """
    problem: AssignmentProblem = task.problem  # type: ignore[assignment]
    only_options(options, ("moves", "patience"))
    moves = whole_option(options, "moves", WITHOUT_END)
    usual = min(max(100 * (len(problem.agents) + len(problem.tasks)), 1000), 20_000)
    patience = whole_option(options, "patience", usual if options.time_limit is None else WITHOUT_END)
    best = Best(problem, options)
    places = Places.of(problem)
    stopped, waited = StopReason.RULE, 0
    try:
        for done, (plan, _, better) in enumerate(improving_plans(places, options.seed)):
            if better:
                best.offer(places.decisions(plan))
                waited = 0
            waited += 1
            if done >= moves or waited > patience:
                break
            if not best.in_time:
                stopped = StopReason.TIME_LIMIT
                break
    except KeyboardInterrupt:
        if best.decisions is None:
            raise
        stopped = StopReason.INTERRUPTED
    return best.outcome(RULE, stopped)
