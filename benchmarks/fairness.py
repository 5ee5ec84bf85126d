"""Every criterion and policy on the public intensive-care instances: time, value, price, proof, one row each.

Run it with ``python -m allocare.benchmarks.fairness`` where ``ALLOCARE_DATA`` names the folder with the
public instances. Counties are the agents, coverage is their utility, quartiles of the Social Vulnerability
Index their groups. Every plan is checked against the problem; a second backend solves what it can, and the
table says how far apart the two are.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import allocare
from allocare.evaluation.judged import judge
from allocare.evaluation.price_of_fairness import price
from allocare.models.references import best_total
from allocare.solvers.registry import BACKENDS

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

CRITERIA: tuple[tuple[str, ...], ...] = (
    ("utilitarian",),
    ("maximin",),
    ("leximin",),
    ("proportional",),
    ("alpha-fair:alpha=2",),
    ("kolm-pollak:kappa=1",),
    ("cvar-share:beta=0.2",),
    ("equity-threshold:delta=0.1",),
    ("kalai-smorodinsky",),
    ("generalised-gini:aversion=2",),
    ("min-variance", "efficiency-floor:loss=0"),
    ("min-gini", "efficiency-floor:loss=0.05"),
    ("min-mad", "efficiency-floor:loss=0.05"),
    ("min-range", "efficiency-floor:loss=0.05"),
)
POLICIES: tuple[tuple[str, ...], ...] = (
    ("own objective", "rate-gap:group=svi/4:at_most=0.1"),
    ("own objective", "rate-gap:group=svi/4:at_most=0.05"),
    ("own objective", "rate-ratio:group=svi/4:at_least=0.8"),
    ("leximin", "rate-gap:group=svi/4:at_most=0.05"),
)
COLUMNS = (
    "instance",
    "rules",
    "status",
    "value",
    "price_percent",
    "worst",
    "seconds",
    "backend",
    "proved_by",
    "second_backend",
    "apart",
)


def main() -> None:
    """Solve everything and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--instances", nargs="+", default=["icu_fl", "icu_ga"])
    parser.add_argument("--whole", action="store_true", help="whole patients too")
    parser.add_argument("--second", action="store_true", help="solve on a second backend too, where one can")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each solve")
    parser.add_argument("--json", action="store_true", help="print rows as JSON lines instead of a table")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.instances:
        for whole in (False, True) if arguments.whole else (False,):
            start = replace(_instance(name), whole=whole)
            for rules in (*CRITERIA, *POLICIES):
                label = f"{name}, {'whole' if whole else 'divisible'}"
                row = dict.fromkeys(COLUMNS) | {"instance": label, "rules": ", ".join(rules)}
                rows.append(row | _solved(start, rules, arguments.time_limit, arguments.second))
                sys.stderr.write(f"{label}: {', '.join(rules)}\n")
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    text = table.to_json(orient="records", lines=True) if arguments.json else table.to_string(index=False)
    sys.stdout.write(f"{text}\n")


def _instance(name: str) -> Any:
    folder = os.environ.get("ALLOCARE_DATA")
    if folder is None:
        sys.exit("ALLOCARE_DATA does not name the folder with the public instances")
    transport = Path(folder) / "transport"
    problem = allocare.load(transport / f"{name}.min", "dimacs-transportation")
    return allocare.with_attributes(problem, transport / f"{name}_counties.csv", "node")


def _solved(start: Problem, rules: tuple[str, ...], limit: float, second: bool) -> dict[str, Any]:
    criterion = None if rules[0] == "own objective" else rules[0]
    posed = allocare.with_fairness(start, criterion, rules[1:])
    try:
        solution = allocare.solve(posed, time_limit=limit)
    except allocare.AllocareError as error:
        return {"status": f"failed: {error}"}
    row: dict[str, Any] = {
        "status": solution.status.value,
        "value": solution.objective,
        "seconds": round(solution.seconds, 3),
        "backend": solution.backend,
        "proved_by": solution.proved_by,
    }
    if solution.allocation is None:
        return row
    plan = judge(posed, solution)
    paid = price(best_total(start), plan.total)
    row |= {"price_percent": None if paid is None else round(100 * paid, 4), "worst": round(plan.worst, 6)}
    return row | (_confirmed(posed, solution, limit) if second else {})


def _confirmed(posed: Problem, solution: allocare.Solution, limit: float) -> dict[str, Any]:
    """Solve the same on another exact backend, the first that can."""
    for name, entry in BACKENDS.items():
        if not entry.exact or name == solution.backend or entry.keeps == "":
            continue
        try:
            other = allocare.solve(posed, name, time_limit=limit)
        except allocare.AllocareError:
            continue
        if other.objective is None or solution.objective is None or other.status.value != "optimal":
            continue
        # dispersions near 0 are compared with utilities, which are about 1
        scale = max(abs(other.objective), abs(solution.objective), 1.0)
        return {"second_backend": name, "apart": abs(other.objective - solution.objective) / scale}
    return {}


if __name__ == "__main__":
    main()
