"""Solving a changed problem from an earlier solution, by what of it still holds; exact, and checked anew."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..instances.errors import InputError
from .backend import Outcome
from .price_certificates import transportation_prices
from .registry import backend as entry_of
from .solution import Status, StopReason
from .solve import as_options, as_task, refusal, solve, solve_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.transportation import TransportationProblem
    from ..models.proofs import Prices
    from .backend import Options, Task
    from .priced_lanes import Repriced
    from .solution import Solution

KEPT = ("time_limit", "gap", "threads", "seed", "log", "native")
"""Options of the earlier solve that hold for the next."""


class Way(Protocol):
    """One way to re-solve: an outcome and how it was found, or None and why not."""

    def __call__(self, solution: Solution, task: Task, options: Options) -> tuple[Outcome | None, str]:
        """Solve a task from an earlier solution."""


def resolve(solution: Solution, problem: Any, **options: Any) -> Solution:
    """Solve a changed problem from the solution of an earlier one.

    Sources, targets and lanes are matched by their keys, so that some may be gone or new. What is taken over
    changes the time and never the optimum:

    - on the network simplex and the min-cost flow, for transportation, the prices: only lanes of small
      reduced cost are looked at, and all are priced at the end (see `allocare.solvers.priced_lanes`);
    - on HiGHS, for a linear program of the same shape, the plan's basis; for a mixed-integer one the plan as
      a start;
    - else nothing: the problem is solved anew, and `reason` says why.

    Parameters
    ----------
    solution
        What `allocare.solve` or an earlier `resolve` returned.
    problem
        The changed problem; of the same family if anything is to be taken over.
    options
        As for `allocare.solve`. What is not given is as in the earlier solve, the backend too unless it
        cannot take the changed problem.

    Returns
    -------
    Solution
        As `solve` returns it; `reason` tells how it was re-solved.

    Examples
    --------
    >>> import allocare
    >>> from dataclasses import replace
    >>> from allocare.solvers.resolve import resolve
    >>> problem = allocare.example("sunray")
    >>> solution = allocare.solve(problem, "network-simplex")
    >>> dearer = replace(problem, lanes=replace(problem.lanes, cost=problem.lanes.cost + 1))
    >>> again = resolve(solution, dearer)
    >>> again.objective, again.reason
    (485.0, 'solved anew on the same backend: there are few lanes')
    """
    kept = {name: solution.options[name] for name in KEPT if name in solution.options}
    settings = kept | {name: value for name, value in options.items() if name != "backend"}
    task, name = as_task(problem), options.get("backend") or solution.backend
    given = as_options(**settings)
    if name == "auto":
        return solve(problem, "auto", **settings)
    refused = refusal(task, name, given)
    found, reason = None, _nothing_kept(solution, task) or refused
    if not reason:
        way = _WAYS.get(entry_of(name).name)
        reason = f"nothing can be taken over on {name}"
        if way is not None:
            found, reason = _timed(way, solution, task, given)
    if found is None:
        if "backend" not in options and refused is not None:
            anew = solve(problem, "auto", **settings)
            reason = f"solved anew, as {name} does not take the changed problem: {anew.reason}"
            return replace(anew, reason=reason)
        reason = f"solved anew on the same backend: {reason}"
    return solve_task(task, name, reason, given, found)


def _nothing_kept(solution: Solution, task: Task) -> str:
    if solution.kind != task.problem.kind:
        return f"the earlier problem was of another family ({solution.kind})"
    if solution.allocation is None:
        return f"the earlier solution is {solution.status} and holds no plan"
    if task.extended:
        return "the model has constraints of its own"
    if task.problem.asks_fairness:
        return "there is a criterion or policy"
    return "" if task.problem.size else "there is nothing to decide"


def _timed(way: Way, solution: Solution, task: Task, options: Options) -> tuple[Outcome | None, str]:
    started = perf_counter()
    try:
        found, reason = way(solution, task, options)
    except KeyboardInterrupt:
        found, reason = Outcome(status=Status.UNKNOWN, stop_reason=StopReason.INTERRUPTED), "interrupted"
    if found is not None:
        found = replace(found, build_seconds=0.0, solve_seconds=perf_counter() - started)
    return found, reason


def _by_prices(solution: Solution, task: Task, options: Options) -> tuple[Outcome | None, str]:
    from .priced_lanes import solve_on_few_lanes

    return _priced(solve_on_few_lanes, solution, task, options)


def _by_flow(solution: Solution, task: Task, options: Options) -> tuple[Outcome | None, str]:
    from .priced_network import flow_on_few_lanes

    if task.problem.kind != "transportation":
        return None, "a min-cost flow takes nothing over but the prices of a transportation problem"
    return _priced(flow_on_few_lanes, solution, task, options)


def _priced(
    on_few_lanes: Callable[[TransportationProblem, Prices, Options], Repriced],
    solution: Solution,
    task: Task,
    options: Options,
) -> tuple[Outcome | None, str]:
    problem = cast("TransportationProblem", task.problem)
    if not solution.duals:
        return None, "the earlier solution has no prices"
    repriced = on_few_lanes(problem, transportation_prices(problem, solution.duals), options)
    times = "once" if repriced.rounds == 1 else f"in {repriced.rounds} rounds"
    return repriced.outcome, repriced.why_not or (
        f"re-solved on {repriced.share:.1%} of the lanes under the old prices, all lanes priced {times}"
    )


def _by_plan(solution: Solution, task: Task, options: Options) -> tuple[Outcome | None, str]:
    from .form_result import solve_rendering
    from .warm_basis import solver_from, start_refusal

    why_not = start_refusal(task.matrix_form)
    if why_not is not None:
        return None, why_not
    assert solution.allocation is not None
    try:
        decisions = task.problem.decisions(solution.allocation)
    except InputError as error:
        return None, f"the earlier plan does not fit: {error}"
    whole = bool(task.matrix_form.whole.any())
    outcome = solve_rendering(task, options, solver_from(decisions, solution.duals))
    return outcome, f"re-solved from the earlier plan as {'a start' if whole else 'a basis'}"


_WAYS: dict[str, Way] = {
    "network-simplex": _by_prices,
    "min-cost-flow": _by_flow,
    "highs": _by_plan,
}
"""What each backend can take over."""
