"""The tables of a study: plans side by side, by agent, by group, by measure, by policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..models.policies import policy_of
from ..models.references import best_total
from .by_group import by_group
from .explanation import binding_policies, gains, gains_by_group
from .inequality import inequality_table
from .judged import notes_in_words, without_dust
from .lorenz import dominance, generalised_lorenz_curve, lorenz_curve
from .price_of_fairness import price, price_bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..instances.fairness import Rule
    from ..instances.problem import Problem
    from ..solvers.solution import Solution
    from .judged import Judged

REFERENCE = "utilitarian"
"""The plan that every other is compared with: the greatest total, no policies."""


def plan_tables(
    bare: Problem,
    plans: list[Judged],
    policies: tuple[Rule, ...],
    loose: pd.DataFrame,
    *,
    groups: Sequence[str] = (),
    rank: str | None = None,
    bootstrap: int = 0,
    seed: int = 0,
    **options: Any,
) -> dict[str, pd.DataFrame]:
    """Lay out judged plans as the frames of a `Study` that are made of them alone.

    Parameters
    ----------
    bare
        The problem without criterion and policies.
    plans
        The reference first.
    policies
        Judged on every plan.
    loose
        Whether each plan is the only one: columns ``plan``, ``unique``, ``message``.
    groups, rank, bootstrap, seed
        As in `study`.
    options
        For the solves without each policy, as in `allocare.solve`.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.judged import judge
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "utilitarian")
    >>> plans = [judge(problem, allocare.solve(problem), "utilitarian")]
    >>> loose = pd.DataFrame({"plan": ["utilitarian"], "unique": [True], "message": [""]})
    >>> plan_tables(problem, plans, (), loose)["summary"]["total"].tolist()
    [50.0]
    """
    return {
        "summary": _summary(bare, plans, loose),
        "agents": _agents(plans),
        "groups": _groups(plans, groups, bootstrap, seed),
        "winners": _winners(plans, groups),
        "measures": _measures(plans, rank),
        "verdicts": _verdicts(plans, policies),
        "binding": _binding(plans, options),
        "lorenz": _lorenz(plans),
        "dominance": _dominance(plans),
    }


def _summary(bare: Problem, plans: list[Judged], loose: pd.DataFrame) -> pd.DataFrame:
    system = best_total(bare)
    unique = dict(zip(loose["plan"], loose["unique"], strict=True))
    rows = []
    for plan in plans:
        paid = price(system, plan.total)
        bound = price_bound(plan.problem) if plan.solution is not None else None
        sizes, values = plan.plan.agents.size, without_dust(plan.plan.utility)
        table = inequality_table(values, sizes, ["mean", "gini"] if (values >= 0).all() else ["mean"])
        found = dict(zip(table["name"], table["value"], strict=True))
        rows.append(
            {
                "plan": plan.name,
                "status": "given" if plan.solution is None else plan.solution.status.value,
                "total": plan.total,
                "price_percent": None if paid is None else 100 * paid,
                "bound_percent": None if bound is None else 100 * bound,
                "mean": found["mean"],
                "worst": plan.worst,
                "gini": found.get("gini"),
                **_how(plan.solution),
                "unique": unique.get(plan.name),
            }
        )
    return pd.DataFrame(rows)


def _how(solution: Solution | None) -> dict[str, Any]:
    if solution is None:
        return dict.fromkeys(("value", "gap", "seconds", "backend", "proved_by", "note"))
    return {
        "value": solution.objective,
        "gap": solution.gap,
        "seconds": solution.seconds,
        "backend": solution.backend,
        "proved_by": solution.proved_by,
        "note": notes_in_words(solution),
    }


def _agents(plans: list[Judged]) -> pd.DataFrame:
    frames = []
    for plan in plans:
        agents = plan.plan.agents
        frame = pd.DataFrame(
            {
                "plan": plan.name,
                "agent": agents.keys,
                "size": agents.size,
                "need": np.nan if agents.need is None else agents.need,
                "served": np.nan if plan.plan.served is None else plan.plan.served,
                "utility": plan.plan.utility,
            }
        )
        for name in agents.attributes.columns:
            frame[str(name)] = agents.attributes[name].to_numpy()
        for reference in _references(plan, plans):
            each = gains(plan, reference)
            frame[f"change against {reference.name}"] = each["change"].to_numpy()
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _references(plan: Judged, plans: list[Judged]) -> list[Judged]:
    """The plans that another is compared with: the reference, the baselines, the status quo."""
    return [
        other
        for other in plans
        if other is not plan
        and (other.name == REFERENCE or other.solution is None or other.solution.bound is None)
    ]


def _groups(plans: list[Judged], groups: Sequence[str], bootstrap: int, seed: int) -> pd.DataFrame:
    frames = []
    for plan in plans:
        agents = plan.plan.agents
        for name in groups:
            sorted_in = agents.groups(name)
            label = np.asarray(sorted_in.labels, dtype=object)[sorted_in.member]
            table = by_group(
                plan.plan.utility,
                agents.size,
                label,
                need=agents.need,
                served=plan.plan.served,
                bootstrap=bootstrap,
                seed=seed,
            )
            table = table.rename_axis("group").reset_index()
            table.insert(0, "attribute", name)
            table.insert(0, "plan", plan.name)
            frames.append(table)
    return stacked(frames, "plan", "attribute", "group")


def _winners(plans: list[Judged], groups: Sequence[str]) -> pd.DataFrame:
    frames = []
    for plan in plans:
        for reference in _references(plan, plans):
            for name in groups:
                table = gains_by_group(plan, reference, name).rename_axis("group").reset_index()
                table.insert(0, "attribute", name)
                table.insert(0, "against", reference.name)
                table.insert(0, "plan", plan.name)
                frames.append(table)
    return stacked(frames, "plan", "against", "attribute", "group")


def _measures(plans: list[Judged], rank: str | None) -> pd.DataFrame:
    frames = []
    for plan in plans:
        agents = plan.plan.agents
        order = None if rank is None else agents.measure(rank)
        table = inequality_table(without_dust(plan.plan.utility), agents.size, rank=order)
        table.insert(0, "plan", plan.name)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _verdicts(plans: list[Judged], policies: tuple[Rule, ...]) -> pd.DataFrame:
    rows = []
    for plan in plans:
        for rule in policies:
            verdict = policy_of(rule).judge(plan.plan)
            rows.append((plan.name, str(rule), verdict.holds, verdict.excess, verdict.where, verdict.message))
    return pd.DataFrame(rows, columns=["plan", "policy", "holds", "excess", "where", "message"])


def _binding(plans: list[Judged], options: dict[str, Any]) -> pd.DataFrame:
    frames = []
    for plan in plans:
        fairness = plan.problem.fairness
        if plan.solution is not None and fairness is not None and fairness.policies:
            table = binding_policies(plan, **options)
            table.insert(0, "plan", plan.name)
            frames.append(table)
    return stacked(frames, "plan", "policy", "binds")


def _lorenz(plans: list[Judged]) -> pd.DataFrame:
    frames = []
    for plan in plans:
        values, sizes = without_dust(plan.plan.utility), plan.plan.agents.size
        if (values < 0).any() or not (values > 0).any():
            continue
        curve, general = lorenz_curve(values, sizes), generalised_lorenz_curve(values, sizes)
        curve = curve.assign(generalised=general.iloc[:, -1].to_numpy())
        curve.insert(0, "plan", plan.name)
        frames.append(curve)
    return stacked(frames, "plan")


def stacked(frames: list[pd.DataFrame], *columns: str) -> pd.DataFrame:
    """Put frames below each other; without any, an empty one with the columns that name its rows.

    Examples
    --------
    >>> stacked([], "plan", "group").columns.tolist()
    ['plan', 'group']
    """
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))


def _dominance(plans: list[Judged]) -> pd.DataFrame:
    reference, rows = plans[0], []
    usual = without_dust(reference.plan.utility), reference.plan.agents.size
    for plan in plans[1:]:
        values, sizes = without_dust(plan.plan.utility), plan.plan.agents.size
        if (values < 0).any() or (usual[0] < 0).any():
            continue
        found = dominance((values, sizes), usual)
        rows.append((plan.name, reference.name, found.verdict.value))
    return pd.DataFrame(rows, columns=["plan", "against", "verdict"])
