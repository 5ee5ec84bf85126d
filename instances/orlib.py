"""OR-Library files of the assignment and the generalised assignment problem (J. E. Beasley)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from .assignment import AssignmentProblem
from .errors import InputError
from .lanes import Lanes
from .tokens import Text, decimal, read_text, write_whole

if TYPE_CHECKING:
    import os

    from .arrays import FloatArray
    from .problem import Sense

OrlibFormat = Literal["orlib-assignment", "orlib-gap"]

_MOST = 2**31 - 1


def read_assignment(path: str | os.PathLike[str], sense: Sense | None = None) -> AssignmentProblem:
    """Read an OR-Library assignment file, dense or sparse; rows are agents, columns tasks, both from 1.

    A dense file holds ``n`` and then n*n costs row by row, a sparse one ``n`` and then ``i j cost`` for
    each pair allowed, both broken into lines anywhere. n*n numbers are costs, unless n > 3 and they are
    pairs in strictly ascending order, which a matrix of that size is only by contrivance; at n = 3, where
    pairs would leave one assignment at most, costs win. Any other count must be of triples, either in
    ascending order or one a line.

    Parameters
    ----------
    path
        The file.
    sense
        Minimise cost (the default) or maximise weight; the file does not say.

    Raises
    ------
    InputError
        Naming file and line of what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/assign2.txt", "2 10 20 30 40")
    ...     problem = read_assignment(f"{folder}/assign2.txt")
    >>> problem.pairs.matrix().tolist()
    [[10.0, 20.0], [30.0, 40.0]]
    """
    text = read_text(path)
    values = text.numbers()
    n = _count(text, values, 0, "n (rows and columns)")
    numbers = values[1:]
    form = _form(numbers, n, bool(np.isin(text.counts[1:], (0, 3)).all()))
    if form == "dense":
        pairs = Lanes(n, n, numbers)
    elif form == "sparse":
        pairs = _triples(text, numbers.reshape(-1, 3), n)
    else:
        raise InputError(
            f"{len(numbers)} numbers follow n = {n}, where a dense file has {n * n} "
            "and a sparse one three for each pair (i j cost); the file may be cut short",
            text.name,
            text.last_line(),
        )
    keys = pd.RangeIndex(1, n + 1)
    return AssignmentProblem(
        title=Path(path).stem, agents=keys, tasks=keys, pairs=pairs, sense=sense or "min"
    )


def _form(numbers: FloatArray, n: int, triple_lines: bool) -> Literal["dense", "sparse"] | None:
    square = len(numbers) == n * n
    triples = len(numbers) > 0 and len(numbers) % 3 == 0
    if triples and (n > 3 or not square):
        rows, columns = numbers[0::3], numbers[1::3]
        ends = numbers.reshape(-1, 3)[:, :2]
        inside = bool(((ends == np.rint(ends)) & (ends >= 1) & (ends <= n)).all())
        ascending = bool((np.diff(rows * (n + 1.0) + columns) > 0).all())
        if inside and ascending:
            return "sparse"
        if not square and triple_lines:
            return "sparse"
    return "dense" if square else None


def _triples(text: Text, triples: FloatArray, n: int) -> Lanes:
    for column, what in enumerate(("row", "column")):
        ends = triples[:, column]
        wrong = (ends != np.rint(ends)) | (ends < 1) | (ends > n)
        if wrong.any():
            at = 1 + 3 * int(np.argmax(wrong)) + column
            found = f"{what} {text.token(at)} is not a whole number from 1 to {n}"
            raise InputError(found, *text.place(at))
    rows, columns = triples[:, 0].astype(np.int32) - 1, triples[:, 1].astype(np.int32) - 1
    again = pd.Series(rows.astype(np.int64) * n + columns).duplicated().to_numpy()
    if again.any():
        at = int(np.argmax(again))
        found = f"the pair {rows[at] + 1} {columns[at] + 1} is given a second time; keep one"
        raise InputError(found, *text.place(1 + 3 * at)[:2])
    return Lanes.from_table(n, n, rows, columns, triples[:, 2])


def read_gap(path: str | os.PathLike[str], sense: Sense | None = None) -> AssignmentProblem:
    r"""Read an OR-Library generalised assignment file; agents and tasks are numbered from 1.

    The file holds ``m n``, m*n costs agent by agent, m*n resource uses and m capacities, broken into
    lines anywhere; or first the number of such problems and then each of them, of which the path names
    one: ``gap1.txt#3``.

    Parameters
    ----------
    path
        The file, with ``#k`` at the end for the k-th of several problems.
    sense
        Minimise cost (the default) or maximise weight; the file does not say.

    Raises
    ------
    InputError
        Naming file and line of what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/gap", "1 2\n 5 6\n 1 1\n 2")
    ...     problem = read_gap(f"{folder}/gap")
    >>> problem.capacity.tolist(), problem.use.tolist()
    ([2.0], [1.0, 1.0])
    """
    place, chosen = split_fragment(path)
    text = read_text(place)
    values = text.numbers()
    starts = _problem_starts(text, values)
    if chosen is None and len(starts) > 1:
        found = f"the file holds {len(starts)} problems; name one, for example {place.name}#1"
        raise InputError(found, text.name, "line 1")
    if not 1 <= (chosen or 1) <= len(starts):
        raise InputError(f"there is no problem #{chosen}; the file holds {len(starts)}", text.name, "line 1")
    start = starts[(chosen or 1) - 1]
    agents, tasks = int(values[start]), int(values[start + 1])
    first, grid = start + 2, agents * tasks
    use = values[first + grid : first + 2 * grid]
    capacity = values[first + 2 * grid : first + 2 * grid + agents]
    for numbers, offset, what in ((use, grid, "resource use"), (capacity, 2 * grid, "capacity")):
        if (numbers < 0).any():
            at = first + offset + int(np.argmax(numbers < 0))
            raise InputError(f"{what} is {text.token(at)}; it must be 0 or more", *text.place(at))
    return AssignmentProblem(
        title=place.stem if chosen is None else f"{place.stem} #{chosen}",
        agents=pd.RangeIndex(1, agents + 1),
        tasks=pd.RangeIndex(1, tasks + 1),
        pairs=Lanes(agents, tasks, values[first : first + grid]),
        use=use,
        capacity=capacity,
        sense=sense or "min",
    )


def split_fragment(path: str | os.PathLike[str]) -> tuple[Path, int | None]:
    """Split ``gap1.txt#3`` into the file and the number of the problem in it, None where not given.

    Examples
    --------
    >>> split_fragment("gap1.txt#3")[1], split_fragment("gap1.txt")[1]
    (3, None)
    """
    place = Path(path)
    match = re.fullmatch(r"(.+)#(\d+)", place.name)
    if match is None or place.exists():
        return place, None
    return place.with_name(match[1]), int(match[2])


def _problem_starts(text: Text, values: FloatArray) -> list[int]:
    """Position of each problem's ``m n``."""
    single = len(values) > 1 and _gap_length(values[0], values[1]) == len(values)
    if text.counts[text.counts > 0][0] == 1 and len(values) > 1:
        try:
            return _several_starts(text, values)
        except InputError:
            # a single problem with one number a line
            if not single:
                raise
    _count(text, values, 0, "m (agents)")
    _count(text, values, 1, "n (tasks)")
    if not single:
        raise _gap_count(text, values, 0, len(values))
    return [0]


def _several_starts(text: Text, values: FloatArray) -> list[int]:
    starts, start = [], 1
    for number in range(1, _count(text, values, 0, "the number of problems") + 1):
        _count(text, values, start, f"m of problem {number}")
        _count(text, values, start + 1, f"n of problem {number}")
        length = _gap_length(values[start], values[start + 1])
        if start + length > len(values):
            raise _gap_count(text, values, start, len(values) - start)
        starts.append(start)
        start += int(length)
    if start < len(values):
        found = f"{len(values) - start} numbers follow the last of {len(starts)} problems; mend the count"
        raise InputError(found, *text.place(start))
    return starts


def _gap_length(agents: float, tasks: float) -> float:
    return 2 + 2 * agents * tasks + agents


def _gap_count(text: Text, values: FloatArray, start: int, held: int) -> InputError:
    agents, tasks = int(values[start]), int(values[start + 1])
    return InputError(
        f"m = {agents} agents and n = {tasks} tasks on line {text.line(start)} need "
        f"{2 * agents * tasks + agents} numbers (costs, uses, capacities), but {held - 2} follow; "
        "the file may be cut short",
        text.name,
        text.last_line(),
    )


def _count(text: Text, values: FloatArray, position: int, what: str) -> int:
    if position >= len(values):
        raise InputError(f"the file ends before {what}; it may be cut short", text.name, text.last_line())
    value = values[position]
    if value != np.rint(value) or not 1 <= value <= _MOST:
        found = f"{what} is {text.token(position)}; it must be a whole number of 1 or more"
        raise InputError(found, *text.place(position))
    return int(value)


def recognise(head: str, path: str | os.PathLike[str]) -> OrlibFormat | None:
    """Tell which OR-Library format a text file is in, from its first kilobytes and its count of numbers.

    A file whose count fits one format exactly is that; a damaged one is told by its first line: ``n`` alone
    (assignment), ``m n`` (generalised assignment), or the number of problems above an ``m n``.

    Parameters
    ----------
    head
        The beginning of the file.
    path
        The file.

    Examples
    --------
    >>> recognise("a 1 2 0 4 5", "flow.min") is None
    True
    """
    tokens = head.split()
    if not tokens or not all(map(_NUMBER.fullmatch, tokens[:-1] or tokens)):
        return None
    widths = [len(line.split()) for line in head.splitlines() if line.strip()]
    alone = widths[0] == 1 and len(widths) > 1 and widths[1] > 1
    count = len(read_text(split_fragment(path)[0]).starts)
    first, second = (float(token) for token in (tokens * 2)[:2])
    # an n alone above longer lines is no "m n", whatever its count fits by chance
    if not alone and first >= 1 and second >= 1 and _gap_length(first, second) == count:
        return "orlib-gap"
    if first * first + 1 == count:
        return "orlib-assignment"
    if alone:
        return "orlib-gap" if widths[1] == 2 else "orlib-assignment"
    return "orlib-gap" if widths[0] == 2 else None


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def write_assignment(problem: AssignmentProblem, path: str | os.PathLike[str]) -> None:
    """Write a one-to-one assignment problem as an OR-Library file, sparse where pairs are missing.

    The file holds neither keys nor sense.

    Raises
    ------
    InputError
        For a problem that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> problem = AssignmentProblem(agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[7]]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_assignment(problem, f"{folder}/one.txt")
    ...     print(Path(f"{folder}/one.txt").read_text().split())
    ['1', '7']
    """
    _refuse_extras(problem, path, "assignment")
    n, pairs = len(problem.agents), problem.pairs
    if len(problem.tasks) != n or n == 0:
        found = f"an OR-Library assignment file is square, this has {n} agents and {len(problem.tasks)} tasks"
        raise InputError(found, str(path))
    if problem.use is not None or not (np.floor(problem.capacity) == 1).all():
        raise InputError("agents take more or less than one task; write orlib-gap instead", str(path))
    ends = np.column_stack([pairs.source + 1.0, pairs.target + 1.0, pairs.cost])
    form = "dense" if pairs.complete else "sparse"
    if _form(pairs.cost if pairs.complete else ends.ravel(), n, True) != form:
        found = (
            f"{len(pairs)} pairs of {n} x {n} could be misread in an OR-Library file; write native instead"
        )
        raise InputError(found, str(path))
    lines = _rows(pairs.cost, n) if pairs.complete else _rows(ends.ravel(), 3)
    write_whole(path, "\n".join([str(n), *lines, ""]))


def write_gap(problem: AssignmentProblem, path: str | os.PathLike[str]) -> None:
    """Write an assignment problem as an OR-Library generalised assignment file.

    The file holds neither keys nor sense.

    Raises
    ------
    InputError
        For a problem that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> problem = AssignmentProblem(agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[7]]), capacity=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_gap(problem, f"{folder}/gap")
    ...     print(Path(f"{folder}/gap").read_text().split())
    ['1', '1', '7', '1', '2']
    """
    _refuse_extras(problem, path, "generalised assignment")
    pairs, agents, tasks = problem.pairs, len(problem.agents), len(problem.tasks)
    if not pairs.complete or not len(pairs):
        found = f"the format holds a cost for every pair, this has {len(pairs)} of {agents * tasks}"
        raise InputError(f"{found}; write native instead", str(path))
    use = np.ones(len(pairs)) if problem.use is None else problem.use
    lines = [*_rows(pairs.cost, tasks), *_rows(use, tasks), *_rows(problem.capacity, agents)]
    write_whole(path, "\n".join([f"{agents} {tasks}", *lines, ""]))


def _refuse_extras(problem: AssignmentProblem, path: str | os.PathLike[str], what: str) -> None:
    for present, name in (
        (problem.task_rule != "exactly-once", "tasks that may be left out"),
        (problem.priority is not None, "priority classes"),
    ):
        if present:
            found = f"an OR-Library {what} file cannot hold {name}; write native instead"
            raise InputError(found, str(path))


def _rows(values: FloatArray, width: int) -> list[str]:
    words = decimal(values)
    return [" ".join(words[start : start + width]) for start in range(0, len(words), width)]
