"""Measurements that can be repeated with one command, and the lab that compares methods.

Names are handed on from the lab and imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lab.bundled import read_suite, suites
    from .lab.own import backend
    from .lab.runner import run
    from .results import load

_HOMES = {
    "backend": "lab.own",
    "load": "results",
    "read_suite": "lab.bundled",
    "run": "lab.runner",
    "suites": "lab.bundled",
}

__all__ = ["backend", "load", "read_suite", "run", "suites"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
