"""Runs on this machine, a process each: started, watched, and ended where they break a limit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pipe, reduction
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self

from ...instances.errors import AllocareError
from .active import Active
from .drift import Probe
from .scouting import Scout
from .suites import Limits, Run
from .trial import blank

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from types import TracebackType

    from .worker import Request

POLL_SECONDS = 0.05
"""How often limits are looked at."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
WORKER = "allocare.benchmarks.lab.worker"
_SERVER_GONE = "the process that starts the runs has ended; go on with --resume"
_SERVE = (
    "import sys; sys.path[:] = {path!r}; from allocare.benchmarks.lab.fork_server import main; main({fd})"
)


class Processes:
    """Processes for runs, `jobs` at a time.

    Parameters
    ----------
    jobs
        Runs at a time; with more than one they disturb each other's times.
    own
        The user's own backends, as `worker.packed` wrote them.
    backends
        Backends whose imports are to be done before the first run.
    threads
        Threads that numerical libraries may use.

    Examples
    --------
    >>> from allocare.benchmarks.lab.subjects import Subject
    >>> from allocare.benchmarks.lab.suites import Contestant
    >>> with Processes() as processes:
    ...     processes.start(Run("s", Subject("sunray", "example", "sunray"), Contestant("h", "highs")))
    ...     [(run.key[1], row["objective"]) for run, row in processes.finished()]
    [('sunray', 435.0)]
    """

    def __init__(
        self, jobs: int = 1, own: bytes = b"", backends: tuple[str, ...] = (), threads: int | None = None
    ) -> None:
        self.jobs, self._own, self._backends, self._threads = jobs, own, backends, threads
        self._active: dict[Connection, tuple[Run | Probe, Active]] = {}
        self._server: subprocess.Popen[bytes] | None = None
        self._control: Connection

    def __enter__(self) -> Self:
        self._start_server()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, active in self._active.values():
            active.kill()
            active.close()
        self._active.clear()
        self._control.close()
        if self._server is not None:
            self._server.wait()

    @property
    def full(self) -> bool:
        """Whether another run has to wait."""
        return len(self._active) >= self.jobs

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return bool(self._active)

    def start(self, request: Run | Probe) -> None:
        """Start a run in a process of its own."""
        row = request.blank() if isinstance(request, Probe) else blank(request)
        active = self._forked(request, row, request.limits)
        self._active[active.channel] = request, active

    def finished(self, patience: float | None = None) -> Iterator[tuple[Run | Probe, dict[str, Any]]]:
        """Wait until a run is done, at most so many seconds; give each that is, with its row."""
        until = float("inf") if patience is None else time.monotonic() + patience
        found = False
        while self._active and not found:
            wait(list(self._active), min(POLL_SECONDS, max(0.0, until - time.monotonic())))
            for request, active in list(self._active.values()):
                why = None
                if not active.listen():
                    why = active.broken_limit()
                    if why is None:
                        continue
                    active.listen()  # what it told in the last moment is kept
                del self._active[active.channel]
                found = True
                yield request, self._over(active, why)
            if time.monotonic() >= until:
                return

    def _forked(self, request: Request, row: dict[str, Any], limits: Limits) -> Active:
        ours, theirs = Pipe(duplex=False)
        log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the run
        assert self._server is not None
        self._ask("run", request)
        for descriptor in (theirs.fileno(), log.fileno()):
            reduction.send_handle(self._control, descriptor, self._server.pid)
        theirs.close()
        return Active(row, limits, self._reply(), ours, log)

    def _over(self, active: Active, why: dict[str, Any] | None) -> dict[str, Any]:
        """End a run that told its row or broke a limit, and give the row."""
        active.kill()
        self._ask("reap", active.process)
        code, processor_seconds = self._reply()
        row = active.ended_row(why, code, processor_seconds)
        active.close()
        return row

    def _start_server(self) -> None:
        ours, theirs = Pipe()
        environment = dict(os.environ)
        if self._threads is not None:
            environment |= dict.fromkeys(THREAD_VARIABLES, str(self._threads))
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVE.format(path=sys.path, fd=theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            # an interruption from the keyboard is for the runner to act on
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        self._ask("own", self._own)
        self._ask("import", [WORKER])
        if self._backends:
            self._ask("import", self._scouted())

    def _scouted(self) -> list[str]:
        """Modules that the backends import, as a process of its own found out; none where it fails."""
        scout = self._forked(Scout(self._backends), {"incumbents": []}, Limits(wall_limit=120.0))
        why = None
        while not scout.listen() and why is None:
            wait([scout.channel], POLL_SECONDS)
            why = scout.broken_limit()
        found: list[str] = self._over(scout, why).get("modules", [])
        return found

    def _ask(self, what: str, content: Any) -> None:
        try:
            self._control.send((what, content))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise AllocareError(_SERVER_GONE) from error

    def _reply(self) -> Any:
        try:
            return self._control.recv()
        except (EOFError, ConnectionResetError) as error:
            raise AllocareError(_SERVER_GONE) from error
