"""A linear problem as MPS text whose numbers read back exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import InputError
from .tokens import decimal

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray
    from .linear import LinearProblem


def format_mps(problem: LinearProblem, name: str = "") -> str:
    """Write free MPS whose numbers read back exactly.

    Parameters
    ----------
    problem
        The problem; names with white space are refused.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        For names or numbers that the format cannot hold.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x"], rows=["need"], objective=[2], matrix=[[1]], row_lower=[5], row_upper=[np.inf],
    ...     lower=[0], upper=[np.inf])
    >>> print(format_mps(problem).replace(chr(10), "|"))
    NAME|ROWS| N obj| G need|COLUMNS| x obj 2| x need 1|RHS| RHS need 5|ENDATA|
    """
    columns, rows = (
        _checked(keys, what, name) for keys, what in ((problem.columns, "column"), (problem.rows, "row"))
    )
    objective = "obj"
    while objective in rows:
        objective += "_"
    lower, upper = problem.row_lower, problem.row_upper
    kinds = np.select([lower == upper, np.isinf(upper) & np.isfinite(lower)], ["E", "G"], "L")
    ranged = np.isfinite(lower) & np.isfinite(upper) & (lower != upper)
    kinds[ranged & (np.abs(upper) >= np.abs(lower))] = "G"
    right = np.where(kinds == "L", upper, lower)
    right = np.where(np.isinf(right), 1e30, right)
    title = " ".join(problem.title.split())
    lines = [f"NAME {title}".rstrip()]
    if problem.maximise:
        lines += ["OBJSENSE", " MAX"]
    lines += ["ROWS", f" N {objective}", *map(" %s %s".__mod__, zip(kinds, rows, strict=True)), "COLUMNS"]
    lines += _column_lines(problem, columns, rows, objective)
    given = np.flatnonzero(right)
    lines += ["RHS"]
    if problem.offset:
        lines += [f" RHS {objective} {decimal(np.array([-problem.offset]))[0]}"]
    lines += map(
        " RHS %s %s".__mod__, zip(np.array(rows, dtype=object)[given], decimal(right[given]), strict=True)
    )
    if ranged.any():
        spread = _spread(lower[ranged], upper[ranged], kinds[ranged] == "G")
        if np.isnan(spread).any():
            row = np.flatnonzero(ranged)[int(np.argmax(np.isnan(spread)))]
            raise InputError(
                f"the range of row {rows[row]!r} cannot be written exactly; write .lp instead", name
            )
        names = np.array(rows, dtype=object)[ranged]
        lines += ["RANGES", *map(" RNG %s %s".__mod__, zip(names, decimal(spread), strict=True))]
    bounds = _bound_lines(problem, columns)
    return "\n".join([*lines, *(["BOUNDS", *bounds] if bounds else []), "ENDATA", ""])


def _checked(keys: pd.Index[Any], what: str, name: str) -> list[str]:
    names = list(map(str, keys))
    for key in names:
        if key.split() != [key] or key[0] in "*$":
            found = f"the name {key!r} of a {what} cannot stand in an MPS file; rename it without white space"
            raise InputError(found, name)
    repeated = pd.Series(names, dtype=object).duplicated().to_numpy()
    if repeated.any():
        raise InputError(
            f"two {what}s are both written {names[int(np.argmax(repeated))]!r}; rename one", name
        )
    return names


def _column_lines(problem: LinearProblem, columns: list[str], rows: list[str], objective: str) -> list[str]:
    entries = problem.matrix.tocoo()
    kept = entries.data != 0
    row, column, value = entries.coords[0][kept] + 1, entries.coords[1][kept], entries.data[kept]
    priced = problem.objective != 0
    priced |= np.bincount(column, minlength=len(columns)) == 0
    row = np.concatenate([np.zeros(priced.sum(), dtype=np.int64), row])
    column = np.concatenate([np.flatnonzero(priced), column])
    value = np.concatenate([problem.objective[priced], value])
    order = np.lexsort((row, column))
    names = np.array([objective, *rows], dtype=object)
    heads = np.array(columns, dtype=object)
    words = zip(heads[column[order]], names[row[order]], decimal(value[order]), strict=True)
    lines = list(map(" %s %s %s".__mod__, words))
    turns = np.flatnonzero(np.diff(problem.whole.astype(int), prepend=0, append=0))
    cuts = np.searchsorted(column[order], turns)
    written, last = [], 0
    for number, cut in enumerate(cuts.tolist()):
        written += lines[last:cut]
        written.append(f" MARKER{number} 'MARKER' {chr(39)}{'INTEND' if number % 2 else 'INTORG'}{chr(39)}")
        last = cut
    return written + lines[last:]


def _spread(lower: FloatArray, upper: FloatArray, upward: BoolArray) -> FloatArray:
    """Ranges that give the other end back exactly, NaN where there is none."""
    spread = np.full(len(lower), np.nan)
    near = upper - lower
    for guess in (near, np.nextafter(near, 0), np.nextafter(near, np.inf)):
        exact = np.where(upward, lower + guess == upper, upper - guess == lower)
        spread = np.where(np.isnan(spread) & exact, guess, spread)
    return spread


def _bound_lines(problem: LinearProblem, columns: list[str]) -> list[str]:
    lower, upper, names = problem.lower, problem.upper, np.array(columns, dtype=object)
    fixed, free = lower == upper, np.isinf(lower) & np.isinf(upper)
    other = ~fixed & ~free
    parts = (
        ("FX", fixed, lower),
        ("FR", free, None),
        ("MI", other & np.isinf(lower), None),
        ("LO", other & np.isfinite(lower) & (lower != 0), lower),
        ("UP", other & np.isfinite(upper), upper),
        ("PL", other & problem.whole & (lower == 0) & np.isinf(upper), None),
    )
    lines: list[str] = []
    for kind, chosen, values in parts:
        words = (
            [" "] * int(chosen.sum()) if values is None else [f" {word}" for word in decimal(values[chosen])]
        )
        pairs = zip(names[chosen], words, strict=True)
        lines += [f" {kind} BND {column}{word}".rstrip() for column, word in pairs]
    return lines
