"""A problem's formulation with its criterion and policies stated in it, in both renderings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .criteria import criterion_of
from .levelling_down import refuse_levelling_down
from .policies import policy_of
from .pyomo_statement import append_statement
from .statement import Statement
from .utilities import utilities_of

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .matrix import MatrixForm


def with_statements(problem: Problem, form: MatrixForm) -> MatrixForm:
    """Add a problem's policies and criterion to the matrix form of its family.

    Raises
    ------
    InputError
        For a criterion, policy, group or utility that the problem cannot have.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> problem = with_fairness(allocare.example("sunray"), "utilitarian", ["floor:value=0.5"])
    >>> [block.name for block in allocare.matrix_form(problem).rows]
    ['supply_limit', 'demand_balance', 'utility_of', 'floor']
    """
    assert problem.fairness is not None
    statement = Statement.over(problem, form, utilities_of(problem))
    before, names = [], policy_names(problem)
    for name, rule in zip(names, problem.fairness.policies, strict=True):
        policy = policy_of(rule)
        policy.state(statement, name)
        before += policy.before(statement)
    if problem.fairness.criterion is None:
        return statement.finish(form, None, before)
    criterion = criterion_of(problem.fairness.criterion)
    refuse_levelling_down(problem, criterion)
    return statement.finish(form, criterion.state(statement), before)


def add_statements(problem: Problem, model: Any, form: MatrixForm) -> Any:
    """Add the same to the Pyomo model of its family, component by component as in the matrix form.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> problem = with_fairness(allocare.example("sunray"), "maximin")
    >>> print(allocare.pyomo_model(problem).objective.expr)
    worst
    """
    return append_statement(model, form, with_statements(problem, form))


def policy_names(problem: Problem) -> list[str]:
    """Names of the policies' row blocks: their own, numbered from the second of a name on.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> policies = ["rate-gap:group=a:at_most=1", "floor:value=0", "floor:value=1"]
    >>> policy_names(with_fairness(allocare.example("sunray"), None, policies))
    ['rate_gap', 'floor', 'floor_2']
    """
    assert problem.fairness is not None
    names: list[str] = []
    for rule in problem.fairness.policies:
        plain = rule.name.replace("-", "_")
        count = sum(name.rpartition("_")[0] == plain or name == plain for name in names)
        names.append(f"{plain}_{count + 1}" if count else plain)
    return names


def maximises(problem: Problem) -> bool:
    """Whether a larger objective is better: by the criterion in force, or else the problem's own.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.fairness import with_fairness
    >>> problem = allocare.example("sunray")
    >>> maximises(problem), maximises(with_fairness(problem, "maximin"))
    (False, True)
    """
    if problem.fairness is None or problem.fairness.criterion is None:
        return problem.maximise
    return criterion_of(problem.fairness.criterion).maximise
