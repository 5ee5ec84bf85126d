"""A run in its process, seen from the runner: what it told so far, and how it ended."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

from .memory import resident_mib

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from typing import BinaryIO

    from .suites import Limits

_TAIL = 4096


class Active:
    """A process that does a request, and what it told.

    Parameters
    ----------
    row
        What is known of its row before it starts.
    limits
        What it may take.
    process
        The number of its process, which leads a group of its own.
    channel
        Where it tells; closed by the system when it ends.
    log
        What it and its libraries print.
    """

    def __init__(
        self, row: dict[str, Any], limits: Limits, process: int, channel: Connection, log: BinaryIO
    ) -> None:
        self.row, self.limits, self.process, self.channel, self.log = row, limits, process, channel, log
        self.started = time.monotonic()
        self.answer: dict[str, Any] | None = None
        self.peak_mib = 0.0
        self._ended = False

    @property
    def seconds(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.started

    def listen(self) -> bool:
        """Take in everything that it told; whether that is all there will be."""
        try:
            while self.answer is None and self.channel.poll():
                self._hear(*self.channel.recv())
        except (EOFError, OSError):
            self._ended = True
        return self._ended or self.answer is not None

    def _hear(self, what: str, content: Any) -> None:
        if what == "row":
            self.answer = content
        elif what == "raised":
            self.answer = self.row | {"status": "failed", "note": content}
        elif what == "known":
            self.row |= content
        elif what == "incumbent":
            self.row["incumbents"].append(content)

    def broken_limit(self) -> dict[str, Any] | None:
        """The part of its row that says which limit it broke, or None."""
        limits = self.limits
        if limits.wall_limit is not None and self.seconds > limits.wall_limit:
            return {
                "status": "killed",
                "stop_reason": "time-limit",
                "note": f"ended after {self.seconds:.1f} s, the wall limit is {limits.wall_limit:g} s",
            }
        held = resident_mib(self.process) or 0.0
        self.peak_mib = max(self.peak_mib, held)
        if limits.memory_mib is not None and held > limits.memory_mib:
            return {
                "status": "out of memory",
                "stop_reason": "iteration-limit",
                "note": f"ended at {held:.0f} MiB, the cap is {limits.memory_mib:g} MiB",
            }
        return None

    def kill(self) -> None:
        """End it and everything that it started; its process stays to be reaped."""
        try:
            os.killpg(self.process, signal.SIGKILL)
        except ProcessLookupError:
            # it had not come to lead its group yet, or is gone
            try:
                os.kill(self.process, signal.SIGKILL)
            except ProcessLookupError:
                return

    def ended_row(self, why: dict[str, Any] | None, code: int, processor_seconds: float) -> dict[str, Any]:
        """Its row: its own, or, where it could tell none, what was heard of it until it ended."""
        if self.answer is not None:
            return self.answer
        best = self.row["incumbents"][-1] if self.row["incumbents"] else None
        held = {} if best is None else {"objective": best[1], "bound": best[2], "solve_seconds": best[0]}
        measured = {
            "wall_seconds": self.seconds,
            "cpu_seconds": processor_seconds,
            "peak_mib": self.peak_mib or None,
        }
        return self.row | held | measured | (why or {"status": "crashed", "note": self._last_words(code)})

    def _last_words(self, code: int) -> str:
        if code >= 0:
            how = f"the process ended by itself with exit code {code}"
        else:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
            how = f"the process ended by signal {-code} ({name})"
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - _TAIL))
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return f"{how}: {lines[-1].strip()}" if lines else how

    def close(self) -> None:
        """Let go of its channel and log."""
        self.channel.close()
        self.log.close()
