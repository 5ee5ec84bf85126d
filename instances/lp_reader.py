"""LP text (the CPLEX format) to a linear problem."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .errors import InputError
from .linear import LinearProblem
from .mps_reader import INFINITE

if TYPE_CHECKING:
    from .arrays import FloatArray
    from .problem import Sense
    from .tokens import Text

NAME = r"[A-Za-z_!\"#$%&(),;?@'`{}~|][\w!\"#$%&/,.;?@'`{}|~()\[\]]*|[^\W\d][\w!\"#$%&/,.;?@'`{}|~()\[\]]*"
_TOKEN = re.compile(
    r"[ \t\f\v]*(?:(?P<line>\n)|(?P<comment>\\[^\n]*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<relation><=|=<|>=|=>|<|>|=)|(?P<sign>[+-])|(?P<colon>:)"
    rf"|(?P<name>{NAME})|(?P<other>[^ \t\f\v]))"
)
_SECTION = re.compile(
    r"^[ \t]*(?:(?P<max>maximi[sz]e|max)|(?P<min>minimi[sz]e|min)"
    r"|(?P<rows>subject\s+to|such\s+that|s\.t\.|st\.?)|(?P<bounds>bounds?)"
    r"|(?P<refused>semi-?continuous|semis?|sos[12]?|lazy\s+constraints|user\s+cuts|general\s+constraints|pwlobj)"
    r"|(?P<whole>generals?|gen|integers?|int)|(?P<binary>binar(?:y|ies)|bin)"
    r"|(?P<end>end))(?=\s|\Z)(?![ \t]*[:<>=+*/^-])",
    re.IGNORECASE | re.MULTILINE,
)
_INFINITY = {"inf", "infinity"}
_RELATION = {"<": "<=", "=<": "<=", "<=": "<=", ">": ">=", "=>": ">=", ">=": ">=", "=": "="}
_TURNED = {"<=": ">=", ">=": "<=", "=": "="}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass
class _Section:
    """The tokens of one section and how far they are read."""

    file: str
    kind: str
    kinds: list[str]
    texts: list[str]
    lines: list[int]
    at: int = 0

    def token(self, place: int) -> _Token:
        place = min(place, len(self.kinds) - 1)
        return _Token(self.kinds[place], self.texts[place], self.lines[place])

    def peek(self, ahead: int = 0) -> _Token:
        return self.token(self.at + ahead)

    def take(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    @property
    def left(self) -> bool:
        return self.peek().kind != "end"

    def refuse(self, token: _Token, wanted: str) -> InputError:
        shown = "the section ends" if token.kind == "end" else f"{token.text!r} stands"
        hint = "; quadratic terms are not supported" if token.text in {"[", "^"} else ""
        return InputError(f"{shown} where {wanted} should{hint}", self.file, f"line {token.line}")

    def label(self) -> str | None:
        """Read ``name:`` where it stands."""
        if self.peek().kind in {"name", "number"} and self.peek(1).kind == "colon":
            name = self.take().text
            self.take()
            return name
        return None

    def sign(self) -> float:
        sign = 1.0
        while self.peek().kind == "sign":
            sign = -sign if self.take().text == "-" else sign
        return sign

    def limit(self) -> float:
        """Read a signed number, infinite from the size on that counts as infinite."""
        sign, token = self.sign(), self.take()
        if token.kind == "number":
            value = float(token.text)
            return sign * (value if value < INFINITE else np.inf)
        if token.text.lower() in _INFINITY:
            return sign * np.inf
        raise self.refuse(token, "a number")

    def relation(self) -> str:
        token = self.take()
        if token.kind != "relation":
            raise self.refuse(token, "a relation (<=, = or >=)")
        return _RELATION[token.text]

    def column(self, columns: dict[str, int]) -> int:
        token = self.take()
        if token.kind != "name":
            raise self.refuse(token, "a column")
        if token.text not in columns:
            found = f"column {token.text!r} is in no row and not in the objective"
            raise InputError(found, self.file, f"line {token.line}")
        return columns[token.text]


@dataclass
class _Terms:
    """Columns by first appearance, and the terms of all rows; row -1 is the objective."""

    columns: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def read(self, section: _Section, row: int) -> float:
        """Read a sum of terms into a row, and return the sum of its constants."""
        constant, at, kinds, texts = 0.0, section.at, section.kinds, section.texts
        # one pass for each term of the file: no calls but the lookup of the column
        while True:
            factor = 1.0
            while kinds[at] == "sign":
                factor = -factor if texts[at] == "-" else factor
                at += 1
            named = kinds[at] == "name"
            if kinds[at] == "number":
                factor *= float(texts[at])
                named = kinds[at + 1] == "name"
                at += named
            elif named and texts[at].lower() in _INFINITY:
                factor, named = factor * np.inf, False
            elif not named:
                raise section.refuse(section.token(at), "a term such as '3 x'")
            if named:
                self.rows.append(row)
                self.places.append(self.columns.setdefault(texts[at], len(self.columns)))
                self.values.append(factor)
            else:
                constant += factor
            at += 1
            section.at = at
            if kinds[at] != "sign":
                return constant


def parse_lp(text: Text, sense: Sense | None = None) -> LinearProblem:
    r"""Read LP text: objective, rows (also with a range), bounds, general and binary columns.

    Columns come in the order in which they appear; rows without a name are called ``R1``, ``R2`` ... by their
    position. Terms right of a relation, quadratic terms and logical sections are refused, and so is an upper
    bound below 0 without a lower bound, for programs differ on what it means.

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
    >>> problem = parse_lp(Text("beds.lp", b"min\n 2 x + 3 y\nst\n need: x + y >= 5\nend\n"))
    >>> problem.columns.tolist(), problem.row_lower.tolist()
    (['x', 'y'], [5.0])
    """
    objective, *sections = _sections(text)
    terms, offset = _Terms(), 0.0
    objective.label()
    if objective.left:
        offset = terms.read(objective, -1)
    if objective.left:
        raise objective.refuse(objective.peek(), "the objective's next sign or its end")
    rows: dict[str, tuple[float, float]] = {}
    for section in sections:
        while section.kind == "rows" and section.left:
            _read_row(section, terms, rows)
    size = len(terms.columns)
    lower, upper, whole = np.zeros(size), np.full(size, np.inf), np.zeros(size, dtype=bool)
    for section in sections:
        if section.kind == "bounds":
            _read_bounds(section, terms.columns, lower, upper)
        while section.kind in {"whole", "binary"} and section.left:
            at = section.column(terms.columns)
            whole[at] = True
            if section.kind == "binary":
                lower[at], upper[at] = 0.0, 1.0
    # the objective is row -1 of the terms: it goes first, and is then taken off
    shape = (len(rows) + 1, size)
    row, place = np.array(terms.rows, dtype=np.int64) + 1, np.array(terms.places, dtype=np.int64)
    matrix = sp.csr_array((np.array(terms.values, dtype=np.float64), (row, place)), shape=shape)
    limits = np.array(list(rows.values()), dtype=np.float64).reshape(-1, 2)
    return LinearProblem(
        columns=pd.Index(list(terms.columns), dtype=object),
        rows=pd.Index(list(rows), dtype=object),
        objective=matrix[[0]].toarray()[0],
        matrix=matrix[1:],
        row_lower=limits[:, 0],
        row_upper=limits[:, 1],
        lower=lower,
        upper=upper,
        whole=whole,
        offset=offset,
        sense=sense or ("max" if objective.kind == "max" else "min"),
    )


def _sections(text: Text) -> list[_Section]:
    """The sections up to ``End``, the objective first."""
    try:
        content = text.data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.data.count(b"\n", 0, error.start) + 1
        raise InputError("this is not UTF-8 text; save it as UTF-8", text.name, f"line {line}") from error
    marks = [(match.lastgroup or "", match) for match in _SECTION.finditer(content)]
    begin = re.compile(r"(?:\s|\\[^\n]*)*").match(content)
    first = begin.end() if begin else 0
    if not marks or marks[0][0] not in {"max", "min"} or marks[0][1].start() > first:
        line = content.count("\n", 0, first) + 1
        raise InputError("an LP file begins with Minimize or Maximize", text.name, f"line {line}")
    sections: list[_Section] = []
    for position, (kind, match) in enumerate(marks):
        line = content.count("\n", 0, match.start(match.lastgroup or 0)) + 1
        if kind == "end":
            return sections
        if position and kind in {"max", "min"}:
            raise InputError("this is a second objective; keep one", text.name, f"line {line}")
        stop = marks[position + 1][1].start() if position + 1 < len(marks) else len(content)
        section = _Section(text.name, kind, *_tokens(content, match.end(), stop, line))
        # some programs write every heading, whether or not anything follows
        if kind == "refused" and section.left:
            found = f"a section {match[0].strip()!r} is not supported; only linear rows and bounds are"
            raise InputError(found, text.name, f"line {line}")
        sections.append(section)
    raise InputError("the file ends without 'End'; it may be cut short", text.name, text.last_line())


def _tokens(content: str, start: int, stop: int, line: int) -> tuple[list[str], list[str], list[int]]:
    """Kinds, texts and lines of the tokens; the last is the section's end."""
    kinds: list[str] = []
    texts: list[str] = []
    lines: list[int] = []
    for match in _TOKEN.finditer(content, start, stop):
        kind = match.lastgroup or ""
        if kind == "line":
            line += 1
        elif kind != "comment":
            kinds.append(kind)
            texts.append(match[kind])
            lines.append(line)
    return [*kinds, "end"], [*texts, ""], [*lines, line]


def _read_row(section: _Section, terms: _Terms, rows: dict[str, tuple[float, float]]) -> None:
    begin, row = section.peek(), len(rows)
    name = section.label() or f"R{row + 1}"
    if name in rows:
        raise InputError(f"row {name!r} is defined a second time", section.file, f"line {begin.line}")
    known = len(terms.rows)
    constant = terms.read(section, row)
    relation = section.relation()
    low, high = -np.inf, np.inf
    if len(terms.rows) == known:
        limit, constant = constant, terms.read(section, row)
        if len(terms.rows) == known:
            found = f"row {name!r} has no column; write '0 x' for an empty one"
            raise InputError(found, section.file, f"line {begin.line}")
        low, high = _narrowed(low, high, _TURNED[relation], limit)
        again = section.peek()
        if again.kind == "relation":
            second = section.relation()
            if second != relation or second == "=":
                raise section.refuse(again, f"a second {relation!r}, as a range needs,")
            low, high = _narrowed(low, high, second, section.limit())
    else:
        low, high = _narrowed(low, high, relation, section.limit())
    last, after = section.token(section.at - 1), section.peek()
    if section.left and after.line == last.line and section.peek(1).kind != "colon":
        found = f"{after.text!r} follows the end of row {name!r}; all terms go left of the relation"
        raise InputError(found, section.file, f"line {after.line}")
    if not np.isfinite(constant):
        raise InputError(f"row {name!r} adds infinity to its columns", section.file, f"line {begin.line}")
    rows[name] = (low - constant, high - constant)


def _narrowed(low: float, high: float, relation: str, limit: float) -> tuple[float, float]:
    limit = limit if abs(limit) < INFINITE else float(np.copysign(np.inf, limit))
    return (low if relation == "<=" else limit), (high if relation == ">=" else limit)


def _read_bounds(section: _Section, columns: dict[str, int], lower: FloatArray, upper: FloatArray) -> None:
    bounded: set[int] = set()
    capped: dict[int, _Token] = {}

    def apply(at: int, relation: str, limit: float, token: _Token) -> None:
        lower[at], upper[at] = _narrowed(lower[at], upper[at], relation, limit)
        if relation == "<=":
            capped[at] = token
        else:
            bounded.add(at)

    while section.left:
        left: tuple[str, float] | None = None
        if section.peek().kind in {"sign", "number"} or section.peek().text.lower() in _INFINITY:
            limit = section.limit()
            left = (_TURNED[section.relation()], limit)
        token = section.peek()
        at = section.column(columns)
        if left:
            apply(at, *left, token)
        if section.peek().kind == "relation":
            apply(at, section.relation(), section.limit(), token)
        elif not left:
            if section.take().text.lower() != "free":
                raise section.refuse(section.token(section.at - 1), "a relation or 'free'")
            lower[at], upper[at] = -np.inf, np.inf
            bounded.add(at)
    for at, token in capped.items():
        if upper[at] < 0 and at not in bounded:
            found = (
                f"column {token.text!r} has an upper bound below 0 and no lower bound; add one (or -inf <=)"
            )
            raise InputError(found, section.file, f"line {token.line}")
