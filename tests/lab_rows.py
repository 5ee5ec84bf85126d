"""Made-up rows of the benchmark lab: what every figure must be is known before it is computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

MACHINE = {"cpu": "made up", "cores": 2, "memory": "8 GiB", "system": "Linux"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def row(instance: str, backend: str, objective: float | None = 100.0, **changes: Any) -> dict[str, Any]:
    """One row as the runner writes it, optimal unless told otherwise."""
    held = objective is not None
    made: dict[str, Any] = {
        "suite": "made-up", "instance": instance, "backend": backend, "seed": 0, "repeat": 0,
        "family": "transportation", "size": 100,
        "instance_hash": f"hash of {instance}", "schema_version": 1,
        "fingerprint": f"{instance}-{backend}",
        "options": {"time_limit": 60.0}, "versions": {"allocare": "0"},
        "machine": MACHINE, "threads": 1, "started_at": START.isoformat(),
        "status": "optimal" if held else "unknown", "stop_reason": "proved" if held else "time-limit",
        "objective": objective, "bound": objective, "gap": 0.0 if held else None, "checked": held,
        "proved_by": "prices" if held else "", "served": None, "unmet": None, "note": "", "reason": "",
        "maximise": False, "reference": None, "reference_kind": None, "gap_to_reference": None,
        "claim": "right" if held else "none", "load_seconds": 0.0, "build_seconds": 0.0, "solve_seconds": 1.0,
        "check_seconds": 0.0, "wall_seconds": 1.1, "cpu_seconds": 1.0, "peak_mib": 100.0, "incumbents": [],
        "primal_integral": None, "left_out": None, "optimal_by": None,
    }  # fmt: skip
    unknown = set(changes) - set(made)
    assert not unknown, unknown
    return made | changes


def probe(minutes: float, seconds: float) -> dict[str, Any]:
    """One row of the drift probe."""
    return row("probe", "drift", None, status="done", wall_seconds=seconds, repeat=int(minutes)) | {
        "started_at": (START + timedelta(minutes=minutes)).isoformat()
    }


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


def many_rows(count: int, seed: int = 0, slower: float = 1.0) -> pd.DataFrame:
    """Rows of four families on ten backends with incumbents, in which times grow as powers of the size.

    Exact backends k have exponent 1 + 0.1 k; greedy leaves something out on a tenth of its runs.
    """
    random = np.random.default_rng(seed)
    families = ("transportation", "assignment", "fair-allocation", "programmes")
    exact = ("auto", "highs", "cp-sat", "min-cost-flow", "pyomo:scip")
    rules = ("greedy:nearest", "greedy:regret", "priority", "local-search", "genetic")
    backends = (*exact, *rules)
    rows: list[dict[str, Any]] = []
    at = 0
    while len(rows) < count:
        family, size = families[at % 4], int(10 ** (2 + (at // 4) % 4))
        best = float(random.integers(1000, 5000))
        for place, backend in enumerate(backends):
            seconds = slower * 1e-4 * size ** (0.6 + 0.05 * place) * float(random.lognormal(0, 0.2))
            if backend in exact:
                made = row(f"{family}:number={at}", backend, best, solve_seconds=seconds)
                made["incumbents"] = [
                    [seconds * k / 10, best * (2 - k / 10), best * k / 10] for k in range(1, 11)
                ]
            else:
                worse = best * (1 + float(random.exponential(0.05 * (place - 4))))
                status = "incomplete" if random.random() < 0.1 else "feasible"
                made = row(f"{family}:number={at}", backend, worse, status=status, bound=None)
                made["solve_seconds"] = seconds / 10
                made["left_out"] = 3.0 if status == "incomplete" else None
            made |= {"family": family, "size": size, "wall_seconds": seconds + 0.1}
            rows.append(made)
        at += 1
    rows = rows[:count]
    return frame(*rows, *(probe(minutes, slower * (1 + 0.01 * (minutes % 3))) for minutes in range(0, 60, 5)))
