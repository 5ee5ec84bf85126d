"""MPS text to a linear problem, whole sections at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from .errors import InputError
from .linear import LinearProblem

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray
    from .problem import Sense
    from .tokens import Positions, Text

#: bounds and right-hand sides of this size and more mean infinity, in MPS and LP files alike
INFINITE = 1e20

_DATA = {"ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS"}
_REFUSED = {
    "QUADOBJ": "a quadratic objective",
    "QMATRIX": "a quadratic objective",
    "QSECTION": "a quadratic objective",
    "QCMATRIX": "quadratic rows",
    "SOS": "special ordered sets",
    "SOS1": "special ordered sets",
    "SOS2": "special ordered sets",
    "INDICATORS": "indicator rows",
    "GENCONS": "general constraints",
    "PWLOBJ": "a piecewise linear objective",
    "CSECTION": "cones",
    "LAZYCONS": "lazy rows",
    "USERCUTS": "user cuts",
    "OBJSECT": "an OBJSECT section",
    "OBJNAME": "an OBJNAME section",
}
_SENSES: dict[str, Sense] = {
    "MIN": "min", "MINIMIZE": "min", "MINIMISE": "min", "MAX": "max", "MAXIMIZE": "max", "MAXIMISE": "max",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Section:
    """The lines of one section that hold data: where each begins among the words, and how many it has."""

    text: Text
    words: npt.NDArray[Any]
    first: Positions
    counts: Positions

    def values(self, places: Positions, *, infinite: bool = False) -> FloatArray:
        """Read the words at these places as numbers."""
        try:
            values = np.fromiter(map(float, self.words[places]), dtype=np.float64, count=len(places))
        except ValueError:
            values = np.array([_number(word) for word in self.words[places]])
        wrong = np.isnan(values) if infinite else ~np.isfinite(values)
        self.refuse(places, wrong, "{!r} is not a finite number")
        return values

    def find(self, places: Positions, keys: pd.Index[Any], what: str) -> Positions:
        """Position of each of these words among the keys."""
        found = keys.get_indexer(pd.Index(self.words[places], dtype=object)).astype(np.int64)
        self.refuse(places, found < 0, f"{what} {{!r}} is not defined")
        return found

    def refuse(self, places: Positions, wrong: BoolArray, found: str) -> None:
        """Refuse the first wrong place, in the file's order."""
        if wrong.any():
            place = int(places[wrong].min())
            raise InputError(found.format(self.text.token(place)), *self.text.place(place)[:2])

    def require(self, allowed: tuple[int, ...], form: str) -> None:
        """Refuse the first line with another number of fields."""
        wrong = ~np.isin(self.counts, allowed)
        if wrong.any():
            line = int(np.argmax(wrong))
            found = f"the line has {self.counts[line]} fields where the section has '{form}'"
            raise InputError(found, *self.text.place(int(self.first[line]))[:2])

    def entries(self, row: Positions) -> tuple[Positions, Positions]:
        """Places of the row names, of which each line holds one or two with their values, and their lines."""
        pairs = (self.counts - (row - self.first)) // 2
        line = np.repeat(np.arange(len(row)), pairs)
        second = np.arange(len(line)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
        return row[line] + 2 * second, line


def _number(word: bytes) -> float:
    try:
        return float(word) if b"_" not in word else np.nan
    except ValueError:
        return np.nan


def parse_mps(text: Text, sense: Sense | None = None) -> LinearProblem:
    r"""Read MPS, free format, or fixed format with names without spaces.

    Rows of type N after the first are left out. A right-hand side of the objective is taken off as its
    constant. Whole columns without bounds lie in [0, 1], as the format has it. An upper bound below 0 without
    a lower bound is refused, for programs differ on what it means.

    Parameters
    ----------
    text
        The file.
    sense
        Minimise or maximise, whatever the file says.

    Raises
    ------
    InputError
        Naming file and line of what is wrong.

    Examples
    --------
    >>> from allocare.instances.tokens import Text
    >>> problem = parse_mps(Text("beds.mps", b'''NAME beds
    ... ROWS
    ...  N cost
    ...  G need
    ... COLUMNS
    ...  x cost 2 need 1
    ... RHS
    ...  RHS need 5
    ... ENDATA'''))
    >>> problem.row_lower.tolist(), problem.objective.tolist()
    ([5.0], [2.0])
    """
    comment = (text.initials() == ord("*")) & _flush(text)
    text = text.only(~comment) if comment.any() else text
    title, stated, sections = _sections(text)
    row_names, kinds, objective_row = _rows(sections["ROWS"])
    row_keys = pd.Index(row_names, dtype=object)
    columns, whole, at_row, at_column, value = _columns(sections["COLUMNS"], row_keys)
    column_keys = pd.Index(columns, dtype=object)

    right, offset = np.zeros(len(row_keys)), 0.0
    if "RHS" in sections:
        rows, values, _ = _vector(sections["RHS"], row_keys, "RHS")
        right[rows] = values
        if objective_row is not None:
            offset = -float(right[objective_row])
    row_lower = np.where(kinds == ord("L"), -np.inf, right)
    row_upper = np.where(kinds == ord("G"), np.inf, right)
    if "RANGES" in sections:
        rows, values, places = _vector(sections["RANGES"], row_keys, "RANGES")
        sections["RANGES"].refuse(places, kinds[rows] == ord("N"), "a range on {!r}, which is a free row")
        spread = np.abs(values)
        down = (kinds[rows] == ord("L")) | ((kinds[rows] == ord("E")) & (values < 0))
        row_lower[rows] = np.where(down, right[rows] - spread, right[rows])
        row_upper[rows] = np.where(down, right[rows], right[rows] + spread)
    lower, upper = _bounds(sections.get("BOUNDS"), column_keys, whole)

    kept = kinds != ord("N")
    place = np.cumsum(kept) - 1
    objective = np.zeros(len(column_keys))
    if objective_row is not None:
        cost = at_row == objective_row
        objective[at_column[cost]] = value[cost]
    inside = kept[at_row]
    shape = (int(kept.sum()), len(column_keys))
    return LinearProblem(
        title=title,
        columns=pd.Index(_names(column_keys), dtype=object),
        rows=pd.Index(_names(row_keys[kept]), dtype=object),
        objective=objective,
        matrix=sp.csr_array((value[inside], (place[at_row[inside]], at_column[inside])), shape=shape),
        row_lower=_open(row_lower[kept]),
        row_upper=_open(row_upper[kept]),
        lower=_open(lower),
        upper=_open(upper),
        whole=whole,
        offset=offset + 0.0,
        sense=sense or stated,
    )


def _flush(text: Text) -> BoolArray:
    """Lines whose first token stands at the very beginning."""
    flush = np.zeros(len(text.counts), dtype=bool)
    filled = text.counts > 0
    flush[filled] = text.starts[text.first[:-1][filled]] == text.line_starts[filled]
    return flush


def _names(keys: pd.Index[Any]) -> list[str]:
    return [key.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode() for key in keys]


def _open(values: FloatArray) -> FloatArray:
    return np.where(np.abs(values) >= INFINITE, np.copysign(np.inf, values), values)


def _sections(text: Text) -> tuple[str, Sense, dict[str, _Section]]:
    """Title, sense, and the sections of data by name."""
    headers = _headers(text)
    names = [name for name, _, _ in headers]
    if names[-1:] != ["ENDATA"]:
        raise InputError("the file ends without ENDATA; it may be cut short", text.name, text.last_line())
    if [name for name in names if name in _DATA][:2] != ["ROWS", "COLUMNS"]:
        found = "a ROWS and then a COLUMNS section must come first among the sections of data"
        raise InputError(found, text.name, f"line {headers[0][1] + 1}")
    title = ""
    sense: Sense = "min"
    sections: dict[str, _Section] = {}
    words = np.array(text.data.split(), dtype=object)
    filled = np.flatnonzero(text.counts)
    for (name, line, rest), (_, following, _) in pairwise(headers):
        lines = filled[(filled > line) & (filled < following)]
        if name in _DATA:
            sections[name] = _Section(text, words, text.first[lines], text.counts[lines])
        elif name == "NAME":
            title = rest
        else:
            rest = rest or (text.token(int(text.first[lines[0]])) if len(lines) else "")
            if rest.upper() not in _SENSES:
                found = f"the sense is {rest!r}; write MIN or MAX"
                raise InputError(found, text.name, f"line {line + 1}")
            sense = _SENSES[rest.upper()]
    return title, sense, sections


def _headers(text: Text) -> list[tuple[str, int, str]]:
    """Name, line and further words of each section's first line, up to ENDATA."""
    headers: list[tuple[str, int, str]] = []
    seen = set()
    # data lines stand in from the margin; those that do not are told by their further words
    for line in np.flatnonzero(_flush(text)).tolist():
        word = text.token(int(text.first[line])).upper()
        alone = text.counts[line] == 1
        place = (text.name, f"line {line + 1}")
        if word in _REFUSED:
            raise InputError(f"the file has {_REFUSED[word]}, which is not supported", *place)
        if not (alone or word in {"NAME", "OBJSENSE"}):
            continue
        if word not in _DATA | {"NAME", "OBJSENSE", "ENDATA"}:
            shown = text.token(int(text.first[line]))
            raise InputError(f"{shown!r} is no section of an MPS file", *place)
        if word in seen:
            raise InputError(f"this is a second {word} section; keep one", *place)
        seen.add(word)
        words = text.data[text.line_starts[line] :].split(b"\n", 1)[0].decode("utf-8", "replace")
        headers.append((word, line, " ".join(words.split()[1:])))
        if word == "ENDATA":
            break
    filled = np.flatnonzero(text.counts)
    if not headers or filled[0] < headers[0][1]:
        found = "the file does not begin with a section of an MPS file (NAME or ROWS)"
        raise InputError(found, text.name, f"line {filled[0] + 1}")
    return headers


def _rows(section: _Section) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8], int | None]:
    """Names, kinds (N, L, G, E) and the position of the objective."""
    section.require((2,), "KIND ROW")
    kind = section.words[section.first]
    kinds = np.frombuffer(b"".join(word[:1] for word in kind).upper(), dtype=np.uint8)
    known = np.isin(kinds, np.frombuffer(b"NLGE", dtype=np.uint8)) & np.array(
        [len(w) == 1 for w in kind], dtype=bool
    )
    section.refuse(section.first, ~known, "the row's kind is {!r}; it must be N, L, G or E")
    names = section.words[section.first + 1]
    again = pd.Series(names, dtype=object).duplicated().to_numpy()
    section.refuse(section.first + 1, again, "row {!r} is defined a second time")
    free = np.flatnonzero(kinds == ord("N"))
    return names, kinds, int(free[0]) if len(free) else None


def _columns(
    section: _Section, rows: pd.Index[Any]
) -> tuple[npt.NDArray[Any], BoolArray, Positions, Positions, FloatArray]:
    """Names, whole columns, and the entries as rows, columns and values."""
    section.require((3, 5), "COLUMN ROW VALUE [ROW VALUE]")
    marker = section.words[section.first + 1] == b"'MARKER'"
    whole_lines = np.zeros(len(marker), dtype=bool)
    if marker.any():
        places = section.first[marker] + 2
        opens, closes = (section.words[places] == word for word in (b"'INTORG'", b"'INTEND'"))
        section.refuse(places, ~(opens | closes), "the marker {!r} is neither 'INTORG' nor 'INTEND'")
        section.refuse(
            places, opens != (np.arange(len(places)) % 2 == 0), "the marker {!r} does not alternate"
        )
        step = np.zeros(len(marker), dtype=np.int64)
        step[marker] = np.where(opens, 1, -1)
        whole_lines = np.cumsum(step) > 0
    lines = _Section(section.text, section.words, section.first[~marker], section.counts[~marker])
    codes, names = pd.factorize(lines.words[lines.first])
    place, line = lines.entries(lines.first + 1)
    at_row = lines.find(place, rows, "row")
    value = lines.values(place + 1)
    at_column = codes[line].astype(np.int64)
    again = pd.Series(at_column * max(len(rows), 1) + at_row).duplicated().to_numpy()
    lines.refuse(place, again, "the column has a second entry in row {!r}")
    whole = np.zeros(len(names), dtype=bool)
    whole[codes[whole_lines[~marker]]] = True
    return names, whole, at_row, at_column, value


def _vector(section: _Section, rows: pd.Index[Any], name: str) -> tuple[Positions, FloatArray, Positions]:
    """Rows, values and places of a section of right-hand sides or ranges, with or without the set's name."""
    section.require((2, 3, 4, 5), f"[{name}] ROW VALUE [ROW VALUE]")
    named = section.counts % 2
    sets = section.first[named == 1]
    other = section.words[sets] != (section.words[sets[0]] if len(sets) else None)
    section.refuse(sets, np.asarray(other, dtype=bool), f"{{!r}} is a second set of {name}; keep one")
    place, _ = section.entries(section.first + named)
    at_row = section.find(place, rows, "row")
    section.refuse(
        place, pd.Series(at_row).duplicated().to_numpy(), f"row {{!r}} has a second entry in {name}"
    )
    return at_row, section.values(place + 1, infinite=True), place


def _bounds(
    section: _Section | None, columns: pd.Index[Any], whole: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds; marks the columns that a bound makes whole."""
    lower, upper = np.zeros(len(columns)), np.where(whole, 1.0, np.inf)
    if section is None or not len(section.first):
        return lower, upper
    section.require((2, 3, 4), "KIND [BOUND] COLUMN [VALUE]")
    kind = pd.Series(section.words[section.first]).str.decode("utf-8", "replace").str.upper().to_numpy()
    if (kind == "SC").any():
        section.refuse(
            section.first, kind == "SC", "{!r} is a semi-continuous column, which is not supported"
        )
    valued = np.isin(kind, ["UP", "LO", "FX", "LI", "UI"])
    known = valued | np.isin(kind, ["FR", "MI", "PL", "BV"])
    section.refuse(section.first, ~known, "{!r} is no kind of bound (UP LO FX FR MI PL BV LI UI)")
    short = section.first + 1
    section.refuse(section.first, valued & (section.counts < 3), "the bound {!r} needs a column and a value")
    named = np.where(valued, section.counts == 4, section.counts >= 3)
    # "FR x 0" without a bound set's name: the second field is the column
    loose = ~valued & (section.counts == 3)
    loose[loose] = columns.get_indexer(pd.Index(section.words[short[loose] + 1], dtype=object)) < 0
    place = short + (named & ~loose)
    sets = short[named & ~loose]
    other = section.words[sets] != (section.words[sets[0]] if len(sets) else None)
    section.refuse(sets, np.asarray(other, dtype=bool), "{!r} is a second set of bounds; keep one")
    at = section.find(place, columns, "column")
    again = pd.DataFrame({"at": at, "kind": kind}).duplicated().to_numpy()
    section.refuse(place, again, "column {!r} has a second bound of the same kind")
    value = np.zeros(len(at))
    value[valued] = section.values(place[valued] + 1, infinite=True)
    upper[at] = np.inf
    below, above = (
        np.isin(kind, ["LO", "FX", "LI", "FR", "MI", "BV"]),
        np.isin(kind, ["UP", "FX", "UI", "FR", "PL", "BV"]),
    )
    low = np.where(np.isin(kind, ["FR", "MI"]), -np.inf, value)
    high = np.select([np.isin(kind, ["FR", "PL"]), kind == "BV"], [np.inf, 1.0], value)
    lower[at[below]], upper[at[above]] = low[below], high[above]
    bounded = np.zeros(len(columns), dtype=bool)
    bounded[at[below]] = True
    unclear = np.isin(kind, ["UP", "UI"]) & (value < 0) & ~bounded[at]
    section.refuse(place, unclear, "column {!r} has an upper bound below 0 and no lower bound; add MI or LO")
    whole[at[np.isin(kind, ["BV", "LI", "UI"])]] = True
    return lower, upper
