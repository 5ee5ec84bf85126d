"""Why a choice of programmes is impossible: costs are never negative, so only what is required can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..checks.lane_sums import sums_at
from .wording import falls_short, figure, named, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.programmes import ProgrammeProblem


def causes(problem: ProgrammeProblem) -> Iterator[str]:
    """Yield each certain cause, the plainest first.

    Examples
    --------
    >>> from allocare.instances.programmes import ProgrammeProblem
    >>> problem = ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], programmes=["hip", "valve"], group=[0, 1],
    ...     benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]], lower=1,
    ...     units={"cost": "k£"})
    >>> next(causes(problem))
    "what is required costs 70 k£ of budget 'money', which has 60 (10 short); require less, or raise it"
    """
    if problem.one_each:
        required = sums_at(problem.group, problem.lower, len(problem.groups))
        at = worst(falls_short(1.0, required), required)
        if at is not None:
            yield (
                f"group {named(problem.groups, at)} may get 1 programme, "
                f"and {figure(required[at])} are required for it"
            )
    asked = problem.spending @ problem.lower
    limit = problem.budget_limit
    at = worst(falls_short(limit, asked), asked - limit)
    if at is not None:
        cost = f"{figure(asked[at])} {problem.unit('cost')}".rstrip()
        yield (
            f"what is required costs {cost} of budget {named(problem.budgets, at)}, which has "
            f"{figure(limit[at])} ({figure(asked[at] - limit[at])} short); require less, or raise it"
        )
