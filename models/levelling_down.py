"""The guard against criteria that would rather nobody had anything than that some had more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..instances.errors import InputError

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .criteria.criterion import Criterion

EFFICIENCY_FLOOR = "efficiency-floor"


def refuse_levelling_down(problem: Problem, criterion: Criterion) -> None:
    """Refuse a criterion that levels down where nothing keeps the total up.

    Raises
    ------
    InputError
        Saying what keeps it from levelling down.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.criteria.min_range import MinRange
    >>> refuse_levelling_down(allocare.example("ventilator-sharing"), MinRange())
    >>> try:
    ...     refuse_levelling_down(allocare.example("sunray"), MinRange())
    ... except InputError as error:
    ...     print(str(error)[:35])
    criterion 'min-range' levels down:
    """
    if not criterion.levels_down or getattr(problem, "efficiency_loss", None) is not None:
        return
    policies = () if problem.fairness is None else problem.fairness.policies
    if any(policy.name == EFFICIENCY_FLOOR for policy in policies):
        return
    weight = ", or give it a weight above 0 and at most 1" if criterion.bounded_by_weight else ""
    raise InputError(
        f"criterion {criterion.name!r} levels down: taking from the well-off and giving to nobody would "
        f"count as better; add the policy {EFFICIENCY_FLOOR!r}{weight}"
    )
