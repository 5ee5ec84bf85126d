"""Whether the machine itself changes: the same fixed piece of work, measured again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..isolation import memory_mib
from .clock import Clock
from .fingerprint import fingerprint
from .subjects import Subject
from .suites import DRIFT, Contestant, Limits, Run
from .trial import blank

if TYPE_CHECKING:
    from .suites import Key
    from .trial import Tell


@dataclass(frozen=True)
class Probe:
    """One measurement of the reference task; its row has the backend ``drift``."""

    suite: str
    repeat: int
    limits: Limits = field(default_factory=lambda: Limits(time_limit=None, wall_limit=60.0))

    @property
    def key(self) -> Key:
        """What tells its row from every other.

        Examples
        --------
        >>> Probe("core", 3).key
        ('core', 'drift', 'drift', 0, 3)
        """
        return self.suite, DRIFT, DRIFT, 0, self.repeat

    def blank(self) -> dict[str, Any]:
        """Its row before it is measured.

        Examples
        --------
        >>> Probe("core", 3).blank()["backend"]
        'drift'
        """
        nothing = Subject(DRIFT, "generator", DRIFT)
        return blank(Run(self.suite, nothing, Contestant(DRIFT, DRIFT), 0, self.repeat, self.limits))


def measure(probe: Probe, tell: Tell) -> dict[str, Any]:
    """Do the reference task in this process, and return its row.

    Examples
    --------
    >>> measure(Probe("core", 0), lambda *_: None)["wall_seconds"] > 0
    True
    """
    reference_task(20)  # imports are not the machine's speed
    row, clock = probe.blank(), Clock()
    objective = reference_task()
    row |= {"wall_seconds": clock.wall, "cpu_seconds": clock.cpu, "peak_mib": memory_mib("VmHWM")}
    conditions = {name: row[name] for name in ("versions", "machine", "threads")}
    return row | {
        "status": "feasible",
        "objective": objective,
        "maximise": False,
        "fingerprint": fingerprint(instance=DRIFT, **conditions),
    }


def reference_task(size: int = 500) -> float:
    """Sort, multiply and assign a fixed matrix: comparisons, floating point and memory, a fifth of a second.

    Examples
    --------
    >>> reference_task(20) == reference_task(20)
    True
    """
    from scipy.optimize import linear_sum_assignment

    cost = np.random.default_rng(0).random((size, size))
    for _ in range(4):
        cost = np.sort(cost @ cost.T, axis=None).reshape(cost.shape) % 1.0
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].sum())
