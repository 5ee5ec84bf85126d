"""How a study was computed: solvers, gaps, proofs, seed and versions."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ..solvers.solution import Status
from .plans import is_baseline
from .tables import Table, table

if TYPE_CHECKING:
    from .wording import Wording

SHOWN = ("allocare", "numpy", "pandas", "scipy", "highspy", "ortools", "clarabel", "pyomo", "matplotlib")


def statement(words: Wording) -> list[str]:
    """Sentences about gaps, checks, seed and versions.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> statement(words)[0]
    'Every plan by a criterion is optimal to a gap of 0; fairness stages are solved at gap 1e-9.'
    """
    study, text = words.study, words.texts
    solved = [plan for plan in study.plans if plan.solution is not None and not is_baseline(plan)]
    ended = [plan.name for plan in solved if plan.solution and plan.solution.status is not Status.OPTIMAL]
    if ended:
        stages = text("statement.stages_not", plans=text.listed([words.plan(name) for name in ended]))
    else:
        gap = max((plan.solution.gap or 0.0) for plan in solved if plan.solution)
        stages = text("statement.stages_exact", gap=words.gap(gap))
    key = "statement.seed" if study.bootstrap else "statement.no_bootstrap"
    values = {"seed": study.seed, "bootstrap": study.bootstrap, "seconds": words.number(study.seconds)}
    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    return [
        stages,
        text("statement.checked"),
        text("statement.limits", **asdict(study.limits)),
        text(key, **values),
        text("statement.versions", versions=found),
    ]


def versions() -> dict[str, str]:
    """Versions of what computes and draws.

    Examples
    --------
    >>> "numpy" in versions()
    True
    """
    found = {"Python": platform.python_version()}
    for name in SHOWN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            # run from a checkout, or an extra that is not installed
            continue
    return found


def solve_table(words: Wording) -> Table:
    """One row a plan: which solver, what it claims, and what that rests on.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> solve_table(words).rows[1][:2]
    ('maximin', 'optimal')
    """
    return table(
        words,
        words.texts("caption.statement"),
        words.study.summary,
        [
            ("plan", "plan", words.plan, False),
            ("status", "status", words.status, False),
            ("backend", "backend", lambda value: words.absent_or(value, str), False),
            ("gap", "solver_gap", words.gap, True),
            ("proved_by", "proved_by", words.proof, False),
            ("seconds", "seconds", words.short, True),
        ],
    )


def solver_notes(words: Wording) -> list[tuple[str, str]]:
    """Notes that solvers left, as they wrote them, by plan.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> solver_notes(words)[-1][0]
    'greedy (cheapest-lane)'
    """
    rows = words.study.summary.itertuples()
    return [(words.plan(str(row.plan)), str(row.note)) for row in rows if row.note]
