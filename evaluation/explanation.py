"""Who gains and who loses by a plan, beside another one; which policies bind, and what each costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..models.formulations import matrix_form
from ..models.policies import policy_of
from ..models.welfare import maximises, policy_names
from ..solvers.solution import Status
from ..solvers.solve import solve

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .judged import Judged

CHANGED = 1e-6
"""Change of a utility, as a share of the largest, from which an agent gains or loses."""


def gains(plan: Judged, reference: Judged) -> pd.DataFrame:
    """Compare what each agent has by a plan with what it has by another.

    Returns
    -------
    pandas.DataFrame
        One row an agent, in order: ``size``, ``reference``, ``utility``, ``change`` (a head),
        ``total_change`` (all its people), ``verdict`` (``gains``, ``loses`` or ``same``).

    Raises
    ------
    InputError
        For plans of different agents.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.judged import judge, judge_plan
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "maximin")
    >>> best = judge(problem, allocare.solve(problem))
    >>> nothing = judge_plan(problem, best.solution.allocation.iloc[:0])
    >>> gains(best, nothing)["verdict"].tolist()
    ['gains', 'gains', 'gains', 'gains']
    """
    agents = plan.plan.agents
    if not agents.keys.equals(reference.plan.agents.keys):
        raise InputError(f"{plan.name!r} and {reference.name!r} are about different agents")
    now, before = plan.plan.utility, reference.plan.utility
    change = now - before
    least = CHANGED * max(abs(now).max(initial=0.0), abs(before).max(initial=0.0), 1e-12)
    verdict = np.where(change > least, "gains", np.where(change < -least, "loses", "same"))
    return pd.DataFrame(
        {
            "size": agents.size,
            "reference": before,
            "utility": now,
            "change": change,
            "total_change": agents.size * change,
            "verdict": verdict,
        },
        index=agents.keys,
    )


def gains_by_group(plan: Judged, reference: Judged, group: str) -> pd.DataFrame:
    """Compare the same by groups of an attribute.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``size``, ``reference`` and ``utility`` a head, ``change``, ``total_change``, and how
        many of its agents ``gain`` and ``lose``.

    Examples
    --------
    >>> import allocare, pandas as pd
    >>> from dataclasses import replace
    >>> from allocare.evaluation.judged import judge, judge_plan
    >>> start = allocare.example("sunray")
    >>> sides = pd.DataFrame({"bank": ["left", "left", "right", "right"]}, index=start.targets)
    >>> problem = allocare.with_fairness(replace(start, attributes={"targets": sides}), "maximin")
    >>> best = judge(problem, allocare.solve(problem))
    >>> nothing = judge_plan(problem, best.solution.allocation.iloc[:0])
    >>> gains_by_group(best, nothing, "bank")["gain"].to_dict()
    {'left': 2, 'right': 2}
    """
    each = gains(plan, reference)
    groups = plan.plan.agents.groups(group)
    label = np.asarray(groups.labels, dtype=object)[groups.member]
    each = each.assign(
        before=each["size"] * each["reference"],
        now=each["size"] * each["utility"],
        gain=each["verdict"] == "gains",
        lose=each["verdict"] == "loses",
    )
    sums = each.groupby(label, sort=True)[["size", "before", "now", "total_change", "gain", "lose"]].sum()
    return pd.DataFrame(
        {
            "size": sums["size"],
            "reference": sums["before"] / sums["size"],
            "utility": sums["now"] / sums["size"],
            "change": sums["total_change"] / sums["size"],
            "total_change": sums["total_change"],
            "gain": sums["gain"].astype(int),
            "lose": sums["lose"].astype(int),
        }
    ).rename_axis(group)


def binding_policies(plan: Judged, *, resolve: bool = True, **options: Any) -> pd.DataFrame:
    """Say of every policy in force whether it binds, and what it costs.

    Parameters
    ----------
    plan
        Solved under policies.
    resolve
        Whether to solve again without each policy; exact on whole numbers too, where there are no duals. On
        divisible quantities a limit that does not bind costs nothing, so that no solve is needed.
    options
        Passed on to `allocare.solve`.

    Returns
    -------
    pandas.DataFrame
        One row a policy: whether it ``binds`` (nothing is to spare, or it costs something), how much is
        ``to_spare`` and ``where``; ``shadow_price``, improvement of the objective per unit by which all its
        limits are loosened (missing without duals); ``without``, the objective without it, and ``cost`` of
        keeping it (what the objective would improve by without it),
        both missing where one of the two was not solved to its end or there is none without the policy.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.judged import judge
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "utilitarian", ["floor:value=0.2"])
    >>> binding_policies(judge(problem, allocare.solve(problem)))[["binds", "cost"]].values.tolist()
    [[False, 0.0]]
    """
    problem, fairness = plan.problem, plan.problem.fairness
    if fairness is None or plan.solution is None:
        raise InputError("only a plan that was solved under policies has binding ones")
    sign = 1.0 if maximises(problem) else -1.0
    now = plan.solution.objective
    convex = not matrix_form(problem).whole.any()
    rows = []
    for at, (rule, name) in enumerate(zip(fairness.policies, policy_names(problem), strict=True)):
        policy = policy_of(rule)
        verdict = policy.judge(plan.plan)
        dual = plan.solution.duals.get(name)
        row: dict[str, Any] = {
            "policy": str(rule),
            "binds": verdict.excess >= -CHANGED,
            "to_spare": max(-verdict.excess, 0.0),
            "where": verdict.where,
            "shadow_price": None if dual is None else float(dual.abs().sum()),
            "without": None,
            "cost": None,
        }
        if resolve and now is not None and plan.solution.status is Status.OPTIMAL:
            idle = convex and not row["binds"] and policy.only_limits
            others = (*fairness.policies[:at], *fairness.policies[at + 1 :])
            free = replace(problem, fairness=replace(fairness, policies=others))
            without = now if idle else _best(free, options)
            if without is not None:
                gain = sign * (without - now)
                scale = max(abs(now), abs(without))
                cost = 0.0 if abs(gain) <= 1e-9 * scale else gain
                # whole plans may have something to spare and still be held back
                row |= {"without": without, "cost": cost, "binds": row["binds"] or cost > 0}
        rows.append(row)
    columns = ["policy", "binds", "to_spare", "where", "shadow_price", "without", "cost"]
    return pd.DataFrame(rows, columns=columns)


def _best(problem: Problem, options: dict[str, Any]) -> float | None:
    """Objective of a problem where it is solved to its end; without a policy it may even be one to refuse."""
    try:
        found = solve(problem, **options)
    except InputError:
        return None
    return found.objective if found.status is Status.OPTIMAL else None
