"""Strict reading of CSV and Parquet tables: every error names the file, the row and the column.

Rows are counted as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .errors import InputError
from .hints import nearest

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import BoolArray, FloatArray, IndexArray

_NUMBER = r"(?i)^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?|nan)$"
_DECIMAL_COMMA = r"^[+-]?[0-9]*(,[0-9]+)+$"
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its file: names, and columns of text (CSV) or typed values (Parquet).

    Parameters
    ----------
    name
        The file's name in errors.
    header
        Names of the columns.
    columns
        The columns' cells.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    _place: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", {name: at for at, name in enumerate(self.header)})

    def __len__(self) -> int:
        return len(self.columns[0])

    def error(self, found: str, row: int | None = None, column: str | None = None) -> InputError:
        """Build the error for a place in this table; `row` counts the data rows from 0."""
        return InputError(
            found,
            self.name,
            "" if row is None else f"row {row + 2}",
            "" if column is None else f"column {column!r}",
        )

    def keys(self, column: str, what: str) -> pd.Index[Any]:
        """Read the column that names the rows: text, none empty, none repeated.

        Examples
        --------
        >>> Table("a.csv", ("who",), (pa.array(["Ada", "Bo"]),)).keys("who", "nurse").tolist()
        ['Ada', 'Bo']
        """
        index: pd.Index[Any] = pd.Index(self._text(column, what).to_pylist())
        repeated = index.duplicated()
        if repeated.any():
            row = int(np.argmax(repeated))
            first = int(np.argmax(index == index[row])) + 2
            raise self.error(
                f"the {what} {index[row]!r} appears twice (first in row {first}); keys must be unique",
                row,
                column,
            )
        return index

    def names(self, column: str, what: str) -> pd.Index[Any]:
        """Different texts of a column, none empty, in the order of their first appearance.

        Examples
        --------
        >>> Table("a.csv", ("day",), (pa.array(["b", "a", "b"]),)).names("day", "day").tolist()
        ['b', 'a']
        """
        index: pd.Index[Any] = pd.Index(self._text(column, what).unique().to_pylist())
        return index

    def members(self, column: str, keys: pd.Index[Any], what: str) -> IndexArray:
        """Read a column of keys of another table as positions among them.

        Examples
        --------
        >>> table = Table("a.csv", ("to",), (pa.array(["Bo", "Ada"]),))
        >>> table.members("to", pd.Index(["Ada", "Bo"]), "nurse").tolist()
        [1, 0]
        """
        coded = self._text(column, what).dictionary_encode()
        names = coded.dictionary.to_pylist()
        known = keys.get_indexer(pd.Index(names, dtype=keys.dtype))
        place = known[coded.indices.to_numpy(zero_copy_only=False)].astype(np.int32)
        if (place < 0).any():
            row = int(np.argmax(place < 0))
            name = coded[row].as_py()
            raise self.error(f"{name!r} is not {_a(what)}; {nearest(name, keys)}", row, column)
        return np.asarray(place, dtype=np.int32)

    def numbers(
        self,
        column: str,
        *,
        lowest: float = -np.inf,
        highest: float = np.inf,
        infinite: bool = False,
        whole: bool = False,
    ) -> FloatArray:
        """Read a column of numbers, each in the range and whole where asked.

        Examples
        --------
        >>> Table("a.csv", ("beds",), (pa.array(["3", "4.5"]),)).numbers("beds").tolist()
        [3.0, 4.5]
        """
        at = self._at(column)
        values = self._floats(at, empty=False)
        self._demand(values, at, lowest, highest, infinite, whole)
        return values

    def matrix(
        self,
        keys: pd.Index[Any],
        column_keys: pd.Index[Any],
        what: tuple[str, str],
        *,
        lowest: float = -np.inf,
        infinite: bool = False,
        whole: bool = False,
    ) -> FloatArray:
        """Read the whole table as a matrix: first column the row keys, header the column keys.

        Rows and columns may come in any order; an empty cell is NaN.

        Examples
        --------
        >>> cells = [["B", "A"], ["1", ""], ["2", "3"]]
        >>> table = Table("a.csv", ("", "x", "y"), tuple(map(pa.array, cells)))
        >>> table.matrix(pd.Index(["A", "B"]), pd.Index(["x", "y"]), ("row", "column")).tolist()
        [[nan, 3.0], [1.0, 2.0]]
        """
        names = pd.Index(self.header[1:])
        repeated = names.duplicated()
        if repeated.any():
            raise self._head_error(f"the {what[1]} {names[int(np.argmax(repeated))]!r} has two columns")
        place = column_keys.get_indexer(names)
        if (place < 0).any():
            name = names[int(np.argmax(place < 0))]
            raise self._head_error(f"column {name!r} is not {_a(what[1])}; {nearest(name, column_keys)}")
        if len(names) < len(column_keys):
            missing = column_keys.difference(names, sort=False)[0]
            raise self._head_error(f"there is no column for the {what[1]} {missing!r}")
        rows = self._matrix_rows(keys, what[0])
        cells = np.empty((len(keys), len(column_keys)))
        for at, target in enumerate(place, start=1):
            values = self._floats(at, empty=True)
            self._demand(values, at, lowest, np.inf, infinite, whole, gaps=True)
            cells[rows, target] = values
        return cells

    def _matrix_rows(self, keys: pd.Index[Any], what: str) -> IndexArray:
        names = self.header[0]
        listed = Table(self.name, (names,), self.columns[:1])
        found = listed.keys(names, what)
        rows = listed.members(names, keys, what)
        if len(found) < len(keys):
            raise self.error(f"there is no row for the {what} {keys.difference(found, sort=False)[0]!r}")
        return rows

    def refuse_repeated(self, place: npt.NDArray[np.int64], what: str) -> npt.NDArray[np.int64]:
        """Refuse two rows with the same place; return the rows in the order of their places.

        Examples
        --------
        >>> Table("a.csv", ("k",), (pa.array(["x", "y"]),)).refuse_repeated(np.array([7, 3]), "lane").tolist()
        [1, 0]
        """
        order = np.argsort(place, kind="stable")
        repeated = np.flatnonzero(np.diff(place[order]) == 0)
        if len(repeated):
            at = repeated[np.argmin(order[repeated + 1])]
            first, row = int(order[at]), int(order[at + 1])
            raise self.error(f"this {what} is given twice (first in row {first + 2}); keep one", row)
        return order

    def flags(self, column: str) -> BoolArray:
        """Read a column of true and false (or 1 and 0, yes and no).

        Examples
        --------
        >>> Table("a.csv", ("open",), (pa.array(["yes", "no"]),)).flags("open").tolist()
        [True, False]
        """
        return np.array([_FLAGS[word] for word in _FLAGS])[self.choices(column, tuple(_FLAGS))]

    def choices(self, column: str, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
        """Read a column of fixed words as their positions among `words`; case does not matter.

        Examples
        --------
        >>> Table("a.csv", ("r",), (pa.array(["<=", "="]),)).choices("r", ("<=", "=", ">=")).tolist()
        [0, 1]
        """
        text = pc.utf8_lower(pc.utf8_trim_whitespace(self._text(column, "value")))
        place = pc.index_in(text, pa.array(words)).fill_null(-1).to_numpy(zero_copy_only=False)
        if (place < 0).any():
            row = int(np.argmax(place < 0))
            raise self.error(f"{text[row].as_py()!r} is not one of {', '.join(words)}", row, column)
        return np.asarray(place, dtype=np.int64)

    def _at(self, column: str) -> int:
        if column not in self._place:
            raise self._head_error(f"there is no column {column!r}; {nearest(column, self.header)}")
        if self.header.count(column) > 1:
            raise self._head_error(f"column {column!r} appears twice; give each column its own name")
        return self._place[column]

    def _head_error(self, found: str) -> InputError:
        return InputError(found, self.name, "row 1")

    def _text(self, column: str, what: str) -> pa.Array:
        cells = self.columns[self._at(column)]
        if not pa.types.is_string(cells.type):
            cells = self._as_text(cells, column)
        empty = pc.equal(cells, "").fill_null(True)
        if pc.any(empty).as_py():
            raise self.error(f"it is empty; give {_a(what)}", pc.index(empty, True).as_py(), column)
        return cells

    def _as_text(self, cells: pa.Array, column: str) -> pa.Array:
        try:
            return cells.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise self.error(f"it holds {cells.type}; give text or numbers", column=column) from error

    def _floats(self, at: int, *, empty: bool) -> FloatArray:
        """Cells of a column as numbers, NaN where one is empty and may be."""
        cells, column = self.columns[at], self.header[at]
        kind = cells.type
        try:
            if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
                values = cells.cast(pa.float64())
            else:
                cells = pc.utf8_trim_whitespace(
                    cells if pa.types.is_string(kind) else self._as_text(cells, column)
                )
                blank = pc.equal(cells, "")
                if empty and pc.any(blank).as_py():
                    cells = pc.if_else(blank, pa.scalar(None, pa.string()), cells)
                values = cells.cast(pa.float64())
        except pa.ArrowInvalid as error:
            raise self._not_a_number(cells, column) from error
        if values.null_count and not empty:
            raise self.error("it is empty; give a number", pc.index(values.is_null(), True).as_py(), column)
        nan = pc.any(pc.is_nan(values)).as_py()
        if nan:
            raise self.error("it is nan; give a number", pc.index(pc.is_nan(values), True).as_py(), column)
        numbers: FloatArray = values.to_numpy(zero_copy_only=False)
        return numbers

    def _not_a_number(self, cells: pa.Array, column: str) -> InputError:
        if not pa.types.is_string(cells.type):
            return self.error(f"a number of type {cells.type} is too long to be held exactly", column=column)
        good = pc.match_substring_regex(cells, _NUMBER).fill_null(True)
        row = pc.index(good, False).as_py()
        text = cells[row].as_py()
        if not text:
            found = "it is empty; give a number"
        elif pc.match_substring_regex(pa.array([text]), _DECIMAL_COMMA)[0].as_py():
            found = f"{text!r} has a comma; write a decimal point, and nothing between thousands"
        else:
            found = f"{text!r} is not a number"
        return self.error(found, row, column)

    def _demand(
        self,
        values: FloatArray,
        at: int,
        lowest: float,
        highest: float,
        infinite: bool,
        whole: bool,
        gaps: bool = False,
    ) -> None:
        def refuse(wrong: BoolArray, mend: str) -> None:
            if wrong.any():
                row = int(np.argmax(wrong))
                raise self.error(f"it is {values[row]:.12g}; {mend}", row, self.header[at])

        if not infinite:
            refuse(np.isinf(values), "give a finite number")
        refuse(values < lowest, f"it must be {lowest:g} or more")
        refuse(values > highest, f"it must be {highest:g} or less")
        if whole:
            broken = np.isfinite(values) & (values != np.rint(values)) & ~(gaps & np.isnan(values))
            refuse(broken, "whole quantities need a whole number here")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
