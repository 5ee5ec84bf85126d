"""Memory that a run's processes hold, seen from outside."""

from __future__ import annotations

import os
from pathlib import Path

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.0


def resident_mib(process: int) -> float | None:
    """Memory of a process and of those that it started; None where the system does not tell.

    Examples
    --------
    >>> held = resident_mib(os.getpid())
    >>> held is None or held > 1
    True
    """
    folder = Path(f"/proc/{process}")
    try:
        pages = int((folder / "statm").read_text().split()[1])
        children = (folder / "task" / str(process) / "children").read_text().split()
    except (OSError, IndexError, ValueError):
        return None
    return pages * _PAGE_MIB + sum(resident_mib(int(child)) or 0.0 for child in children)
