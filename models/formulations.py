"""The table of families: which module formulates which kind of problem."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .matrix import MatrixForm

FAMILIES = {
    "transportation": "transportation",
    "assignment": "assignment",
    "fair-allocation": "fair_allocation",
    "network-flow": "network_flow",
    "linear": "linear",
    "programmes": "programmes",
    "uncertain-transportation": "uncertain_transportation",
    "network-plan": "network_plan",
}


def matrix_form(problem: Problem) -> MatrixForm:
    """Render a problem's formulation as arrays, for scale, with its criterion and policies.

    Examples
    --------
    >>> import allocare
    >>> allocare.matrix_form(allocare.example("article-minimum")).matrix.shape
    (4, 9)
    """
    form = family_form(problem)
    if not problem.asks_fairness:
        return form
    from .welfare import with_statements

    return with_statements(problem, form)


def family_form(problem: Problem) -> MatrixForm:
    """Render a problem's formulation as arrays without its criterion and policies.

    Examples
    --------
    >>> import allocare
    >>> family_form(allocare.example("article-minimum")).maximise
    False
    """
    form: MatrixForm = _module(problem).matrix_form(problem)
    return form


def pyomo_model(problem: Problem) -> Any:
    """Render a problem's formulation as a Pyomo model, to read and to extend.

    Constraints added to the model are kept by ``allocare.solve(model)``.

    Examples
    --------
    >>> import allocare
    >>> model = allocare.pyomo_model(allocare.example("article-minimum"))
    >>> len(model.flow)
    9
    """
    model = _module(problem).pyomo_model(problem)
    if problem.asks_fairness:
        from .welfare import add_statements

        model = add_statements(problem, model, family_form(problem))
    model.allocare_problem = problem
    return model


def _module(problem: Problem) -> Any:
    return import_module(f".{FAMILIES[problem.kind]}", __package__)
