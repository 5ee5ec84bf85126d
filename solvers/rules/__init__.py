"""Baseline rules by family: each says who is served next, and a pass does it.

Each family's module holds its own table, `RULES`; a rule's docstring opens with what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import assignment, fair_allocation, network_plan, programmes, transportation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem

FAMILIES: dict[str, Any] = {
    "transportation": transportation,
    "assignment": assignment,
    "fair-allocation": fair_allocation,
    "programmes": programmes,
    "network-plan": network_plan,
}

_DEFAULTS = {
    "fair-allocation": "marginal-gain",
    "programmes": "benefit-per-cost",
    "network-plan": "nearest-room",
}


def rules_for(kind: str) -> tuple[str, ...]:
    """Names of the rules of a family.

    Examples
    --------
    >>> rules_for("fair-allocation")
    ('marginal-gain', 'nearest', 'largest-need', 'first-come', 'proportional-share')
    """
    return tuple(FAMILIES[kind].RULES) if kind in FAMILIES else ()


def chosen(problem: Problem, variant: str) -> str:
    """Name of the rule that a variant stands for: itself, or the family's default.

    Examples
    --------
    >>> import allocare
    >>> chosen(allocare.example("article-minimum"), ""), chosen(allocare.example("article-maximum"), "")
    ('cheapest-lane', 'best-weight')
    """
    if variant not in {"", "default"}:
        return variant
    if problem.kind in _DEFAULTS:
        return _DEFAULTS[problem.kind]
    return "best-weight" if problem.maximise else "cheapest-lane"


def refusal(problem: Problem, rule: str) -> str | None:
    """Say why a rule does not fit a problem, naming those that do, or None.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> refusal(AssignmentProblem(agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[1]])), "vogel")
    "assignment has no rule 'vogel'; its rules: nearest, cheapest-lane, largest-need, first-come, regret"
    """
    names = [name for name in rules_for(problem.kind) if misfit_of(problem, name) is None]
    if rule not in rules_for(problem.kind):
        return f"{problem.kind} has no rule {rule!r}; its rules: {', '.join(names)}"
    misfit = misfit_of(problem, rule)
    return None if misfit is None else f"rule {rule!r} {misfit}; rules that fit: {', '.join(names)}"


def plan(problem: Problem, rule: str) -> FloatArray:
    """Decisions by a rule that fits, in the problem's order.

    Examples
    --------
    >>> import allocare
    >>> sunray = allocare.example("sunray")
    >>> [float(sunray.lanes.cost @ plan(sunray, rule)) for rule in ("north-west", "vogel")]
    [520.0, 475.0]
    """
    family = FAMILIES[problem.kind]
    decisions: FloatArray = family.plan(problem, family.RULES[rule])
    return decisions


def describe(problem: Problem, rule: str) -> str:
    """Return the rule in a line, from its own docstring.

    Examples
    --------
    >>> import allocare
    >>> describe(allocare.example("sunray"), "north-west")
    'Cells row by row from the upper left; a missing lane is passed over'
    """
    documentation: str = FAMILIES[problem.kind].RULES[rule].__doc__
    return documentation.strip().partition("\n")[0].rstrip(".")


def misfit_of(problem: Problem, rule: str) -> str | None:
    """Say what about a problem one of its family's rules cannot take, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit_of(allocare.example("sunray"), "best-weight")
    'is for weights to be maximised, and this problem minimises'
    """
    if rule == "best-weight" and not problem.maximise:
        return "is for weights to be maximised, and this problem minimises"
    if rule == "cheapest-lane" and problem.maximise:
        return "is for costs to be minimised, and this problem maximises"
    family_misfit: str | None = FAMILIES[problem.kind].misfit(problem, rule)
    return family_misfit
