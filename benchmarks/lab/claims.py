"""What a solver claims, held against the independent check and the known optimum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from .references import TOLERANCE

if TYPE_CHECKING:
    from ...solvers.solution import Solution

Claim: TypeAlias = Literal["right", "wrong", "none"]

_NO_PLAN = frozenset({"infeasible", "infeasible-or-unbounded", "unbounded"})


def judged(
    solution: Solution, maximise: bool, reference: float | None, tolerance: float = 0.0
) -> tuple[Claim, str]:
    """Judge what a solution claims, with a line on what is wrong with it.

    A plan's objective is always checked: a backend whose figure differs never comes this far. With a known
    optimum a bound beyond it is wrong, and so is that there is no plan, and that a plan is optimal which is
    not. Where nothing is held and nothing proved, nothing is claimed.

    Parameters
    ----------
    solution
        Checked.
    maximise
        The problem's sense.
    reference
        Objective of an optimal plan, or None.
    tolerance
        Most by which the reference may be off, absolute.

    Examples
    --------
    >>> import allocare
    >>> solution = allocare.solve(allocare.example("sunray"))
    >>> judged(solution, False, 435.0)
    ('right', '')
    >>> judged(solution, False, 430.0)
    ('wrong', 'claims the bound 435, the optimum is 430')
    """
    claims_none = solution.status in _NO_PLAN
    if reference is not None and claims_none:
        return "wrong", f"claims {solution.status}, the optimum is {reference:.12g}"
    if solution.objective is None:
        # that there is no plan is proved, but by the solver's word alone
        return "none", ""
    if not solution.checked:
        return "none", ""
    if reference is None:
        return "right", ""
    sign = -1.0 if maximise else 1.0
    allowed = tolerance + TOLERANCE * max(1.0, abs(reference))
    if solution.bound is not None and sign * (solution.bound - reference) > allowed:
        return "wrong", f"claims the bound {solution.bound:.12g}, the optimum is {reference:.12g}"
    if solution.status == "optimal" and abs(solution.objective - reference) > allowed:
        return "wrong", f"claims {solution.objective:.12g} optimal, the optimum is {reference:.12g}"
    if solution.status != "incomplete" and sign * (reference - solution.objective) > allowed:
        return "right", f"better than the reference {reference:.12g}, which is then not the optimum"
    return "right", ""
