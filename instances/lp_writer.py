"""A linear problem as LP text (the CPLEX format) whose numbers read back exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import InputError
from .lp_reader import NAME
from .tokens import decimal

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray
    from .linear import LinearProblem

_RESERVED = re.compile(
    r"max|min|(maxi|mini)mi[sz]e|st\.?|s\.t\.|subject|such|bounds?|free|inf|infinity|generals?|gen|integers?|int"
    r"|binar(y|ies)|bin|semi(s|-?continuous)?|sos[12]?|lazy|user|pwlobj|end|e\d*",
    re.IGNORECASE,
)
_WIDTH = 8


def format_lp(problem: LinearProblem, name: str = "") -> str:
    """Write LP text; all columns stand in the objective, so that they keep their order.

    Parameters
    ----------
    problem
        The problem; names that the format would misread are refused.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        For names that the format cannot hold, or rows without any column.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x"], rows=["need"], objective=[2], matrix=[[1]], row_lower=[5], row_upper=[9],
    ...     lower=[0], upper=[np.inf])
    >>> print(format_lp(problem).replace(chr(10), "|"))
    Minimize| obj:| +2 x|Subject To| need: 5 <=| +1 x| <= 9|End|
    """
    columns, rows = (
        _checked(keys, what, name) for keys, what in ((problem.columns, "column"), (problem.rows, "row"))
    )
    if rows and not columns:
        raise InputError("an LP file cannot hold rows without columns; write .mps instead", name)
    heads = np.array(columns, dtype=object)
    lines = ["Maximize" if problem.maximise else "Minimize", " obj:"]
    lines += _wrapped(_terms(problem.objective, heads))
    if problem.offset:
        lines.append(f" {_signed(np.array([problem.offset]))[0]}")
    lines.append("Subject To")
    matrix = problem.matrix
    terms = _terms(matrix.data, heads[matrix.indices])
    low, high = decimal(problem.row_lower), decimal(problem.row_upper)
    equal = problem.row_lower == problem.row_upper
    ranged = np.isfinite(problem.row_lower) & np.isfinite(problem.row_upper) & ~equal
    for row, key in enumerate(rows):
        inside = terms[matrix.indptr[row] : matrix.indptr[row + 1]] or [f"+0 {columns[0]}"]
        relation = "=" if equal[row] else "<=" if np.isinf(problem.row_lower[row]) else ">="
        if ranged[row]:
            lines += [f" {key}: {low[row]} <=", *_wrapped(inside), f" <= {high[row]}"]
        else:
            right = high[row] if relation == "<=" else low[row]
            lines += [f" {key}:", *_wrapped(inside), f" {relation} {right}"]
    lines += _bounds(problem, columns)
    if problem.whole.any():
        lines += ["General", *(f" {column}" for column in heads[problem.whole])]
    return "\n".join([*lines, "End", ""])


def _checked(keys: pd.Index[Any], what: str, name: str) -> list[str]:
    names = list(map(str, keys))
    for key in names:
        if not re.fullmatch(NAME, key) or _RESERVED.fullmatch(key):
            found = f"the name {key!r} of a {what} cannot stand in an LP file; rename it or write .mps"
            raise InputError(found, name)
    repeated = pd.Series(names, dtype=object).duplicated().to_numpy()
    if repeated.any():
        raise InputError(
            f"two {what}s are both written {names[int(np.argmax(repeated))]!r}; rename one", name
        )
    return names


def _signed(values: FloatArray) -> list[str]:
    return [word if word.startswith("-") else f"+{word}" for word in decimal(values)]


def _terms(values: FloatArray, names: npt.NDArray[Any]) -> list[str]:
    return list(map("%s %s".__mod__, zip(_signed(values), names, strict=True)))


def _wrapped(terms: list[str]) -> list[str]:
    return [f" {' '.join(terms[start : start + _WIDTH])}" for start in range(0, len(terms), _WIDTH)]


def _bounds(problem: LinearProblem, columns: list[str]) -> list[str]:
    lower, upper = problem.lower, problem.upper
    given = np.flatnonzero((lower != 0) | np.isfinite(upper))
    low, high = decimal(lower[given]), decimal(upper[given])
    lines = []
    for at, below, above in zip(given.tolist(), low, high, strict=True):
        if below == "-inf" and above == "inf":
            lines.append(f" {columns[at]} free")
        else:
            lines.append(f" {below} <= {columns[at]} <= {above}")
    return ["Bounds", *lines] if lines else []
