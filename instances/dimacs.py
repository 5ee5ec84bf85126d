"""DIMACS min-cost-flow files (``.min``, ``.dmx``): any network, or a transportation problem in one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .bipartite import network_of, transportation_of
from .errors import InputError
from .network_flow import NetworkFlowProblem
from .tokens import Text, decimal, read_text, write_whole
from .transportation import TransportationProblem

if TYPE_CHECKING:
    import os
    from typing import Any

    import numpy.typing as npt

    from .arrays import BoolArray, FloatArray
    from .tokens import Positions

_FIELDS = {
    "p": (4, "'p min NODES ARCS'"),
    "n": (3, "'n NODE SUPPLY'"),
    "a": (6, "'a TAIL HEAD LEAST CAPACITY COST'"),
}
_MOST = 2**31 - 1
_EXACT = 2.0**53


def read_min(path: str | os.PathLike[str]) -> NetworkFlowProblem:
    r"""Read a DIMACS min-cost-flow file; nodes are numbered from 1 and flows are whole.

    A capacity that is negative (the customary -1), ``inf`` or 2^53 and more means no limit.
    Supplies that do not add up to 0 are an infeasible problem, not a bad file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        Naming file and line of what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/two.min", "p min 2 1\nn 1 3\nn 2 -3\na 1 2 0 5 9\n")
    ...     network = read_min(f"{folder}/two.min")
    >>> network.balance.tolist(), network.cost.tolist()
    ([3.0, -3.0], [9.0])
    """
    text = read_text(path)
    initials = text.initials()
    nodes, arcs = _sizes(text, initials)
    balance = _balance(text, initials == ord("n"), nodes)
    lines = initials == ord("a")
    cells = text.only(lines, initials=False).numbers(infinite=True).reshape(-1, 5)
    if len(cells) != arcs:
        found = f"the file holds {len(cells)} arcs, its p line promises {arcs}; it may be cut short"
        raise InputError(found, text.name, text.last_line())
    tail, head, lower, capacity, cost = cells.T.copy()
    number = np.flatnonzero(lines)
    for ends, what in ((tail, "tail"), (head, "head")):
        _refuse(text, number, ends, _outside(ends, nodes), what, f"nodes are numbered 1 to {nodes}")
    _refuse(
        text, number, lower, ~_whole(lower) | (lower < 0), "least flow", "give a whole number of 0 or more"
    )
    capacity = np.where((capacity < 0) | (capacity >= _EXACT), np.inf, capacity)
    broken = np.isfinite(capacity) & ~_whole(capacity)
    _refuse(text, number, capacity, broken, "capacity", "give a whole number, or -1 where there is no limit")
    _refuse(text, number, cost, ~np.isfinite(cost), "cost", "give a finite number")
    crossed = lower > capacity
    if crossed.any():
        at = int(np.argmax(crossed))
        found = f"capacity {capacity[at]:g} is below the least flow {lower[at]:g}"
        raise InputError(f"{found}; give one that is not", text.name, f"line {number[at] + 1}")
    return NetworkFlowProblem(
        title=Path(path).stem,
        nodes=pd.RangeIndex(1, nodes + 1),
        balance=balance,
        tail=tail.astype(np.int32) - 1,
        head=head.astype(np.int32) - 1,
        cost=cost,
        lower=lower,
        capacity=capacity,
    )


def _sizes(text: Text, initials: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Check every line's letter and number of fields; return what the p line promises."""
    filled = text.counts > 0
    known = np.isin(initials, np.frombuffer(b"cpna", dtype=np.uint8))
    checked = filled & (initials != ord("c"))
    for initial, (fields, form) in _FIELDS.items():
        wrong = (initials == ord(initial)) & (text.counts != fields)
        _refuse_line(text, wrong, f"has {{}} fields where {form} has {fields}")
    glued = np.zeros(len(filled), dtype=bool)
    second = text.starts[text.first[:-1][checked]] + 1
    after = np.frombuffer(text.data + b"\n", dtype=np.uint8)[second]
    glued[checked] = after > 32
    _refuse_line(text, (filled & ~known) | glued, "starts with {!r}, where DIMACS has c, p, n or a")
    problem = np.flatnonzero(initials == ord("p"))
    data = np.flatnonzero((initials == ord("n")) | (initials == ord("a")))
    if not len(problem) or (len(data) and data[0] < problem[0]):
        place = f"line {data[0] + 1}" if len(data) else text.last_line()
        found = "there is no 'p min NODES ARCS' line before the first node or arc; put it first"
        raise InputError(found, text.name, place)
    if len(problem) > 1:
        raise InputError("this is a second p line; keep one", text.name, f"line {problem[1] + 1}")
    line = int(problem[0])
    kind = text.token(int(text.first[line]) + 1)
    if kind != "min":
        found = f"the problem is '{kind}'; only min-cost flow ('p min') is read"
        raise InputError(found, text.name, f"line {line + 1}")
    return _size(text, line, 2, "nodes"), _size(text, line, 3, "arcs")


def _size(text: Text, line: int, field: int, what: str) -> int:
    word = text.token(int(text.first[line]) + field)
    if not re.fullmatch(r"\d{1,10}", word) or int(word) > _MOST:
        found = f"the number of {what} is {word!r}; give a whole number of 0 or more"
        raise InputError(found, text.name, f"line {line + 1}")
    return int(word)


def _balance(text: Text, lines: BoolArray, nodes: int) -> FloatArray:
    cells = text.only(lines, initials=False).numbers(infinite=True).reshape(-1, 2)
    number = np.flatnonzero(lines)
    node, supply = cells[:, 0], cells[:, 1]
    _refuse(text, number, node, _outside(node, nodes), "node", f"nodes are numbered 1 to {nodes}")
    _refuse(text, number, supply, ~_whole(supply), "supply", "give a whole number below 2^53")
    again = pd.Series(node).duplicated().to_numpy()
    _refuse(text, number, node, again, "node", "its supply is given a second time; keep one line")
    balance = np.zeros(nodes)
    balance[node.astype(np.int64) - 1] = supply
    return balance


def _whole(values: FloatArray) -> BoolArray:
    whole: BoolArray = (np.abs(values) < _EXACT) & (values == np.rint(values))
    return whole


def _outside(node: FloatArray, nodes: int) -> BoolArray:
    return ~_whole(node) | (node < 1) | (node > nodes)


def _refuse(
    text: Text, number: Positions, values: FloatArray, wrong: BoolArray, what: str, mend: str
) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(f"{what} is {values[at]:.17g}; {mend}", text.name, f"line {number[at] + 1}")


def _refuse_line(text: Text, wrong: BoolArray, found: str) -> None:
    if wrong.any():
        line = int(np.argmax(wrong))
        shown = text.token(int(text.first[line])) if "{!r}" in found else int(text.counts[line])
        raise InputError(f"the line {found.format(shown)}", text.name, f"line {line + 1}")


def read_transportation(path: str | os.PathLike[str]) -> TransportationProblem:
    r"""Read a DIMACS min-cost-flow file that is a transportation problem, with or without a dummy node.

    Which node is read as a dummy is told by `allocare.instances.bipartite.transportation_of`.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        For a bad file, or a network of another kind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/two.min", "p min 2 1\nn 1 3\nn 2 -3\na 1 2 0 5 9\n")
    ...     problem = read_transportation(f"{folder}/two.min")
    >>> problem.supply.tolist(), problem.supply_rule
    ([3.0], 'exactly')
    """
    return transportation_of(read_min(path), str(path))


def write_min(problem: NetworkFlowProblem | TransportationProblem, path: str | os.PathLike[str]) -> None:
    """Write a network, or a transportation problem with a dummy node, as a DIMACS min-cost-flow file.

    The format holds whole numbers and no names (they go into comments). An arc without limit is written
    with a capacity that an optimal flow never exceeds. Divisible quantities are written where all limits are
    whole, for then a whole flow is as good as any.

    Parameters
    ----------
    problem
        The problem.
    path
        The file to write.

    Raises
    ------
    InputError
        For a problem that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> network = NetworkFlowProblem(
    ...     nodes=["a", "b"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_min(network, f"{folder}/two.min")
    ...     print(Path(f"{folder}/two.min").read_text(), end="")
    c node 1 is a
    c node 2 is b
    p min 2 1
    n 1 3
    n 2 -3
    a 1 2 0 5 2
    """
    if isinstance(problem, TransportationProblem):
        network = network_of(problem, str(path))
        names = [f"source {key}" for key in problem.sources] + [f"target {key}" for key in problem.targets]
        names += ["dummy"] * (len(network.nodes) - len(names))
    else:
        network = problem
        names = [] if _numbered(problem.nodes) else list(map(str, problem.nodes))
    balance, capacity = network.balance, _finite_capacity(network, str(path))
    for values, what in (
        (balance, "balance of node"),
        (network.lower, "least flow of arc"),
        (capacity, "capacity of arc"),
        (network.cost, "cost of arc"),
    ):
        broken = ~_whole(values)
        if broken.any():
            at = int(np.argmax(broken))
            found = f"the {what} {at + 1} is {values[at]:g}, but the format holds whole numbers only"
            raise InputError(f"{found}; round or scale first", str(path))
    heading = [problem.title] if problem.title else []
    heading += [f"node {number} is {name}" for number, name in enumerate(names, 1)]
    comments = [f"c {' '.join(line.split())}" for line in heading]
    supplied = np.flatnonzero(balance)
    lines = [
        *comments,
        f"p min {len(balance)} {network.size}",
        *_records("n", [supplied + 1.0, balance[supplied]]),
        *_records("a", [network.tail + 1.0, network.head + 1.0, network.lower, capacity, network.cost]),
        "",
    ]
    write_whole(path, "\n".join(lines))


def _numbered(nodes: pd.Index[Any]) -> bool:
    return nodes.equals(pd.RangeIndex(1, len(nodes) + 1))


def _finite_capacity(network: NetworkFlowProblem, name: str) -> FloatArray:
    unlimited = np.isinf(network.capacity)
    if not unlimited.any():
        return network.capacity
    if (network.cost < 0).any():
        at = int(np.argmax(unlimited))
        found = f"arc {at + 1} has no limit, which DIMACS cannot say where costs are negative"
        raise InputError(f"{found}; give it a capacity", name)
    # without negative costs an optimal flow is paths of supply and cycles forced by least flows
    most = network.balance.clip(min=0).sum() + network.lower.sum()
    return np.where(unlimited, most, network.capacity)


def _records(letter: str, columns: list[npt.NDArray[Any]]) -> list[str]:
    return list(
        map(f"{letter} {' '.join(['%s'] * len(columns))}".__mod__, zip(*map(decimal, columns), strict=True))
    )


def recognise(head: str, path: str | os.PathLike[str]) -> bool:
    r"""Tell whether a text file is a DIMACS min-cost-flow file, from its first kilobytes.

    Parameters
    ----------
    head
        The beginning of the file.
    path
        The file; where its comments fill the beginning, its extension tells.

    Examples
    --------
    >>> recognise("c beds\np min 2 1\n", "beds.txt"), recognise("p max 2 1\n", "flow.max")
    (True, False)
    """
    lines = [line.split() for line in head.splitlines() if line.strip()]
    told = [line for line in lines if not line[0].startswith("c")]
    if told:
        return told[0][:2] == ["p", "min"] or (told[0][0] in {"n", "a"} and _named(path))
    return bool(lines) and _named(path)


def _named(path: str | os.PathLike[str]) -> bool:
    return bool({suffix.lower() for suffix in Path(path).suffixes} & {".min", ".dmx"})
