"""Wall and processor time of a stretch of work, with pauses."""

from __future__ import annotations

import resource
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """Runs from when it is made.

    Examples
    --------
    >>> clock = Clock()
    >>> with clock.paused():
    ...     time.sleep(0.2)
    >>> clock.wall < 0.2
    True
    """

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _processor_seconds()

    @property
    def wall(self) -> float:
        """Seconds that passed."""
        return time.perf_counter() - self._wall

    @property
    def cpu(self) -> float:
        """Seconds on the processor, of this process and of the ended ones that it started."""
        return _processor_seconds() - self._cpu

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what is done meanwhile."""
        wall, cpu = self.wall, self.cpu
        yield
        self._wall, self._cpu = time.perf_counter() - wall, _processor_seconds() - cpu


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)
