"""A suite on a Dask cluster: the same runs, each still in a process of its own, on the cluster's workers.

A worker that goes away takes nothing along: its runs are done by another, and a row is written once, when it
arrives. The instances' files must be reachable on the workers under the same paths.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from ...instances.errors import AllocareError, InputError
from .drift import Probe
from .processes import Processes
from .trial import blank

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from .suites import Run

PATIENCE_SECONDS = 10.0
"""How long a scheduler may take to answer at first."""

POLL_SECONDS = 0.01

AHEAD = 2
"""Runs handed over for each thread of the workers, so that none waits for the runner."""


class Cluster:
    """Runs on the workers of a Dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.5:8786``.
    own
        The user's own backends, as `worker.packed` wrote them.
    backends, threads
        As `Processes` takes them.

    Raises
    ------
    InputError
        Where the package ``distributed`` is missing, or no scheduler answers.
    """

    def __init__(
        self, address: str, own: bytes = b"", backends: tuple[str, ...] = (), threads: int | None = None
    ) -> None:
        try:
            from importlib import import_module

            # its types are incomplete, and it is an extra
            distributed: Any = import_module("distributed")
        except ImportError as error:
            raise InputError(
                "a cluster needs the package distributed: pip install 'allocare[dask]'"
            ) from error
        self._settings = (own, backends, threads)
        try:
            self._client = distributed.Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no Dask scheduler answers ({type(error).__name__}); start one with 'dask scheduler'",
                address,
            ) from error
        self._futures: dict[Any, Run | Probe] = {}
        self._killed = distributed.KilledWorker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.cancel(list(self._futures))
        self._client.close()

    @property
    def full(self) -> bool:
        """Whether another run has to wait.

        Raises
        ------
        AllocareError
            Where the scheduler went away.
        """
        try:
            threads: int = sum(self._client.nthreads().values())
        except OSError as error:
            raise AllocareError(f"the scheduler went away ({error}); go on with --resume") from error
        return len(self._futures) >= max(1, AHEAD * threads)

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return bool(self._futures)

    def start(self, request: Run | Probe) -> None:
        """Hand a run over; the scheduler chooses a worker."""
        # two runs are never one, even where everything about them is the same
        future = self._client.submit(run_on_worker, request, *self._settings, pure=False)
        self._futures[future] = request

    def finished(self, patience: float | None = None) -> Iterator[tuple[Run | Probe, dict[str, Any]]]:
        """Wait until a run is done, at most so many seconds; give each that is, with its row.

        Raises
        ------
        AllocareError
            Where the scheduler went away, or a worker cannot do runs at all.
        """
        until = float("inf") if patience is None else time.monotonic() + patience
        while self._futures:
            done = [future for future in self._futures if future.done()]
            for future in done:
                request = self._futures.pop(future)
                yield request, self._row(request, future)
            if done or time.monotonic() >= until:
                return
            time.sleep(POLL_SECONDS)

    def _row(self, request: Run | Probe, future: Any) -> dict[str, Any]:
        if future.status == "finished":
            row: dict[str, Any] = future.result()
            return row
        if future.status != "error":
            raise AllocareError(f"the scheduler went away (a run is {future.status}); go on with --resume")
        why = future.exception()
        if not isinstance(why, self._killed):
            raise AllocareError(f"a worker cannot do runs: {type(why).__name__}: {why}")
        row = request.blank() if isinstance(request, Probe) else blank(request)
        return row | {"status": "crashed", "note": f"every worker that tried it went away: {why}"}


_local = threading.local()


def run_on_worker(
    request: Run | Probe, own: bytes, backends: tuple[str, ...], threads: int | None
) -> dict[str, Any]:
    """Do a run on a worker, in a process of its own; what starts those is kept from run to run.

    Examples
    --------
    >>> run_on_worker(Probe("core", 0), b"", (), None)["backend"]
    'drift'
    """
    settings = (own, backends, threads)
    if getattr(_local, "settings", None) != settings:
        if hasattr(_local, "processes"):
            _local.processes.__exit__(None, None, None)
        _local.processes = Processes(1, *settings).__enter__()
        _local.settings = settings
    processes: Processes = _local.processes
    processes.start(request)
    row: dict[str, Any] = next(iter(processes.finished()))[1]
    return row
