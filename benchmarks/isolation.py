"""Each measurement in a process of its own: timed inside, with the peak memory of the timed call."""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1024


class Answer(NamedTuple):
    """What a contestant found: its objective (None where it gives none), and figures of its own."""

    objective: float | None
    parts: dict[str, float] = {}  # noqa: RUF012  # never written to


class Unavailable(Exception):  # a state of the installation, not an error
    """Why a contestant cannot take part here."""


def measured(prepare: Callable[[], Callable[[], Answer]]) -> dict[str, Any]:
    """Prepare outside the clock, run once inside it; seconds, peak memory and the answer.

    Examples
    --------
    >>> measured(lambda: lambda: Answer(3.0))["objective"]
    3.0
    """
    try:
        run = prepare()
    except Unavailable as reason:
        return {"unavailable": str(reason)}
    gc.collect()
    forget_peak()
    before = memory_mib("VmRSS")
    worked, started = time.process_time(), time.perf_counter()
    answer = run()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    peak = memory_mib("VmHWM")
    return {
        "seconds": seconds,
        "cpu": cpu,
        "objective": answer.objective,
        "peak_mib": peak,
        "before_mib": before,
        "parts": answer.parts,
    }


def run_alone(module: str, arguments: list[str], timeout: float) -> dict[str, Any]:
    """Run ``python -m module`` with the arguments; its last line of output is a JSON object.

    What fails is returned as ``failed``, what takes too long as ``unavailable``, each with a line on it.
    """
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"unavailable": f"not done within {timeout:g} s", "more_than": timeout}
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def forget_peak() -> None:
    """Give freed memory back and start the peak anew (Linux; elsewhere the peak is unknown).

    Examples
    --------
    >>> forget_peak()
    """
    if not sys.platform.startswith("linux"):
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def memory_mib(field: str) -> float | None:
    """Memory of this process alone by its name in Linux's ``/proc``; None elsewhere.

    What ``getrusage`` gives would include the parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / MIB for line in lines if line.startswith(field + ":")), None)
