"""How a suite goes on, in a terminal: what runs, what is done, what went wrong, how long it will take."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Self

from .runner import Watcher
from .suites import DRIFT

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, Group
    from rich.live import Live

    from .drift import Probe
    from .suites import Run, Suite

LAST = 8
BAD = ("failed", "crashed", "refuted")


class Progress(Watcher):
    """A live table on a terminal; elsewhere a line for what went wrong, and nothing else.

    Parameters
    ----------
    console
        Where to; standard error.

    Examples
    --------
    >>> with Progress() as progress:
    ...     progress.waiting()
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console as RichConsole

        self._console = console or RichConsole(stderr=True)
        self._statuses: Counter[str] = Counter()
        self._last: deque[dict[str, Any]] = deque(maxlen=LAST)
        self._running: dict[Any, float] = {}
        self._total = self._done = 0
        self._title, self._began = "", time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.live import Live as RichLive

            self._live = RichLive(self._shown(), console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def opened(self, suite: Suite, rows: list[dict[str, Any]], runs: int) -> None:
        """Count what is to be done, and what is done already."""
        self._title, self._total, self._began = suite.title, runs, time.monotonic()
        self._statuses.update(row["status"] for row in rows if row["backend"] != DRIFT)
        self._refresh()

    def started(self, request: Run | Probe) -> None:
        """Show it as running."""
        self._running[request.key] = time.monotonic()
        self._refresh()

    def done(self, request: Run | Probe, row: dict[str, Any]) -> None:
        """Show its outcome."""
        self._running.pop(request.key, None)
        if row["backend"] != DRIFT:
            self._done += 1
            self._statuses[row["status"]] += 1
            self._last.append(row)
        if self._live is None and (row["status"] in BAD or row["claim"] == "wrong"):
            self._console.print(
                f"{_name(row)}: {row['status']}: {row['note']}", markup=False, highlight=False
            )
        self._refresh()

    def waiting(self) -> None:
        """Let the clocks go on."""
        self._refresh()

    def _refresh(self) -> None:
        if self._live is not None:
            self._live.update(self._shown(), refresh=True)

    def _shown(self) -> Group:
        from rich.console import Group
        from rich.markup import escape
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table(header_style="bold", box=None)
        for name, side in (
            ("instance", "left"),
            ("backend", "left"),
            ("status", "left"),
            ("seconds", "right"),
        ):
            table.add_column(name, justify=side, overflow="ellipsis", no_wrap=True)  # type: ignore[arg-type]
        for row in self._last:
            style = "red" if row["status"] in BAD or row["claim"] == "wrong" else ""
            seconds = f"{row['wall_seconds'] or 0:.2f}"
            table.add_row(
                *map(escape, (row["instance"], row["backend"], row["status"], seconds)), style=style
            )
        for (_, instance, backend, _, _), began in self._running.items():
            seconds = f"{time.monotonic() - began:.1f}"
            table.add_row(*map(escape, (instance, backend, "runs", seconds)), style="dim")
        counts = ", ".join(f"{count} {status}" for status, count in self._statuses.most_common())
        bar = ProgressBar(total=max(1, self._total), completed=self._done, width=40)
        head = f"{self._title}: {self._done} of {self._total}{self._remaining()}"
        return Group(escape(head), bar, escape(counts), table)

    def _remaining(self) -> str:
        if not self._done:
            return ""
        seconds = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        return f", about {seconds / 60:.0f} min to go" if seconds >= 90 else f", about {seconds:.0f} s to go"


def _name(row: dict[str, Any]) -> str:
    return f"{row['backend']} on {row['instance']}"
