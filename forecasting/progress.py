"""A progress bar on standard error, where somebody watches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_bar(what: str, total: int, shown: bool = True) -> Iterator[Callable[[str], None]]:
    """Show how much of something is done; silent where it is not shown or nobody watches.

    Yields a function to call after each part, with what that part was.

    Examples
    --------
    >>> with progress_bar("back-test", 2, shown=False) as done:
    ...     done("last-value")
    """
    if not shown:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda part: progress.update(task, advance=1, description=f"{what}: {part}")
