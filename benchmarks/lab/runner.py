"""From a suite to its rows: what is not there yet is run, each row is written as it comes."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from ..results import key_of
from .bundled import read_suite
from .drift import Probe
from .environment import versions
from .ledger import Ledger
from .processes import Processes
from .suites import DRIFT
from .worker import packed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    import pandas as pd

    from .bundled import Given
    from .suites import Run, Suite

PATIENCE_SECONDS = 0.5
"""How long is waited for a row before the watcher is told that time passes."""


class Executor(Protocol):
    """Does runs somewhere, several at a time."""

    @property
    def full(self) -> bool:
        """Whether another run has to wait."""

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""

    def start(self, request: Run | Probe) -> None:
        """Start a run."""

    def finished(self, patience: float | None = None) -> Iterable[tuple[Run | Probe, dict[str, Any]]]:
        """Wait for rows, at most so many seconds; give those that are done."""


class Watcher:
    """Hears how a suite goes on; this one says nothing."""

    def opened(self, suite: Suite, rows: list[dict[str, Any]], runs: int) -> None:
        """So many runs are to be done; these rows were there before."""

    def started(self, request: Run | Probe) -> None:
        """A run was started."""

    def done(self, request: Run | Probe, row: dict[str, Any]) -> None:
        """A run's row is written."""

    def waiting(self) -> None:
        """Time passes."""


def run(
    suite: Given,
    out: str | os.PathLike[str] | None = None,
    *,
    resume: bool = False,
    jobs: int = 1,
    scheduler: str | None = None,
    data: str | os.PathLike[str] | None = None,
    watcher: Watcher | None = None,
) -> pd.DataFrame:
    """Run a suite and return its rows.

    Every run is a process of its own, ended where it breaks its wall limit or memory cap. A crash, a limit,
    a refuted claim is a row. Rows are on the disk before the next is waited for, so that a runner that is
    killed loses none, and goes on with `resume`.

    Parameters
    ----------
    suite
        A bundled suite's name, a TOML file, or what such a file would hold.
    out
        Folder of results; None keeps none.
    resume
        Whether to go on with results that are in the folder already.
    jobs
        Runs at a time on this machine; more than one disturb each other's times.
    scheduler
        Address of a Dask scheduler that runs the suite on its workers, such as ``tcp://HOST:PORT``.
    data
        The data folder, for suites whose files lie there; None takes ``ALLOCARE_DATA``.
    watcher
        Hears how it goes on.

    Raises
    ------
    InputError
        For a suite that cannot be run as it stands, a folder that cannot be written or holds something
        else, a scheduler that does not answer.

    Examples
    --------
    >>> table = run({"name": "tiny", "group": [
    ...     {"instances": [{"example": "sunray"}], "backends": ["highs", "greedy:north-west"]}]})
    >>> table[["backend", "status", "objective", "gap_to_reference"]].round(3).values.tolist()
    [['highs', 'optimal', 435.0, 0.0], ['greedy:north-west', 'feasible', 520.0, 0.195]]
    """
    resolved = read_suite(suite, data)
    if out is None:
        with tempfile.TemporaryDirectory() as folder:
            return _run(resolved, folder, False, jobs, scheduler, watcher or Watcher())
    return _run(resolved, out, resume, jobs, scheduler, watcher or Watcher())


def _run(
    suite: Suite,
    out: str | os.PathLike[str],
    resume: bool,
    jobs: int,
    scheduler: str | None,
    watcher: Watcher,
) -> pd.DataFrame:
    with Ledger(out, suite, versions(), resume=resume) as ledger:
        there = {key_of(row) for row in ledger.rows}
        missing = [run for run in suite.runs if run.key not in there]
        watcher.opened(suite, ledger.rows, len(missing))
        if missing:
            probes = sum(row["backend"] == DRIFT for row in ledger.rows)
            with _executor(suite, jobs, scheduler) as executor:
                for request, row in _rows(suite, missing, executor, probes, watcher):
                    ledger.append(row)
                    watcher.done(request, row)
        return ledger.finish()


def _executor(suite: Suite, jobs: int, scheduler: str | None) -> AbstractContextManager[Executor]:
    executor: AbstractContextManager[Executor]
    if scheduler is not None:
        from .cluster import Cluster

        executor = Cluster(scheduler, packed(), backends_of(suite), threads_of(suite))
    else:
        executor = Processes(jobs, packed(), backends_of(suite), threads_of(suite))
    return executor


def backends_of(suite: Suite) -> tuple[str, ...]:
    """Backends that a suite names, each once.

    Examples
    --------
    >>> "cp-sat" in backends_of(read_suite("smoke"))
    True
    """
    return tuple(dict.fromkeys(run.contestant.backend for run in suite.runs))


def threads_of(suite: Suite) -> int | None:
    """Most threads that a run of the suite may use; None where one may use all.

    Examples
    --------
    >>> threads_of(read_suite("smoke"))
    1
    """
    threads = [run.limits.threads for run in suite.runs]
    return None if None in threads else max(filter(None, threads), default=None)


def _rows(
    suite: Suite, runs: list[Run], executor: Executor, probes: int, watcher: Watcher
) -> Iterator[tuple[Run | Probe, dict[str, Any]]]:
    """Start what is missing as there is room, and give the rows as they come."""
    waiting = deque(runs)
    request: Run | Probe | None = None
    due = time.monotonic()
    while waiting or executor.busy:
        while waiting and not executor.full:
            # never two in a row: however slow the machine is, the suite goes on
            probe = not isinstance(request, Probe) and time.monotonic() >= due
            if suite.drift_minutes is not None and probe:
                request, probes = Probe(suite.name, probes), probes + 1
                due = time.monotonic() + 60 * suite.drift_minutes
            else:
                request = waiting.popleft()
            executor.start(request)
            watcher.started(request)
        found = False
        for finished, row in executor.finished(PATIENCE_SECONDS):
            found = True
            yield finished, row
        if not found:
            watcher.waiting()
