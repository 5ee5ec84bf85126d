"""Where a run happens: the machine in general words, and the versions that decide a result."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...solvers.registry import BACKENDS
from .peers import PEERS

ALWAYS = ("allocare", "numpy", "pandas", "scipy")


@cache
def machine() -> dict[str, Any]:
    """Processor, cores that may be used, memory and system; nothing that names the machine or its owner.

    Examples
    --------
    >>> sorted(machine())
    ['cores', 'cpu', 'memory_mib', 'system']
    """
    return {
        "cpu": _processor(),
        "cores": _cores(),
        "memory_mib": _memory_mib(),
        "system": f"{platform.system()} {platform.machine()}",
    }


@cache
def versions() -> dict[str, str]:
    """Version of Python and of every package that a backend rests on.

    Examples
    --------
    >>> {"python", "allocare", "highspy"} <= set(versions())
    True
    """
    packages = [*ALWAYS, *(entry.package for entry in BACKENDS.values())]
    packages += [peer.package for peer in PEERS.values()]
    found = {package: _version(package) for package in dict.fromkeys(packages) if package}
    return {"python": platform.python_version()} | {
        package: number for package, number in found.items() if number is not None
    }


def versions_behind(backend: str) -> dict[str, str]:
    """Versions that a row on a backend rests on.

    Examples
    --------
    >>> "highspy" in versions_behind("highs"), "highspy" in versions_behind("cp-sat")
    (True, False)
    """
    known = versions()
    base, _, variant = backend.partition(":")
    if base == "auto":
        return known
    behind = [*ALWAYS]
    if base in BACKENDS:
        behind.append(BACKENDS[base].package)
    elif variant in PEERS:
        behind.append(PEERS[variant].package)
    if base == "pyomo":
        behind += ["pyscipopt"] if variant.startswith("scip") else ["highspy"]
    return {name: known[name] for name in ("python", *behind) if name in known}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _memory_mib() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (ValueError, OSError, AttributeError):
        return None
