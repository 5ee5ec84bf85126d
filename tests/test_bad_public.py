"""Bad files in public formats: one line that names file and line, says what was found, and what mends it."""

from __future__ import annotations

import gzip
import re

import pytest

from allocare.instances import dimacs, mps, orlib
from allocare.instances.errors import InputError

ASSIGNMENT = [
    ("an empty file", "", "line 1", "the file is empty"),
    ("only white space", " \n\n", "line 1", "the file is empty"),
    ("text in a number", "2\n1 2\n3 four\n", "line 3, number 2", "'four' is not a finite number"),
    ("a decimal comma", "2\n1,5 2\n3 4\n", "line 2, number 1", "'1,5' is not a finite number"),
    ("not a number", "2\n1 NaN\n3 4\n", "line 2, number 2", "'NaN' is not a finite number"),
    ("infinity", "2\n1 2\n-inf 4\n", "line 3, number 1", "'-inf' is not a finite number"),
    ("a Python separator", "2\n1 2\n1_000 4\n", "line 3, number 1", "'1_000' is not a finite number"),
    (
        "n that is no whole number",
        "2.5\n1 2\n3 4\n",
        "line 1, number 1",
        "columns) is 2.5; it must be a whole",
    ),
    ("n of zero", "0\n", "line 1, number 1", "columns) is 0; it must be a whole number of 1 or more"),
    ("a negative n", "-2\n1 2 3 4\n", "line 1, number 1", "columns) is -2"),
    ("an endless n", "1e300\n1 2 3\n", "line 1, number 1", "columns) is 1e300"),
    (
        "a matrix cut short",
        "3\n1 2 3\n4 5 6\n7 8\n",
        "line 4",
        "8 numbers follow n = 3, where a dense file has 9",
    ),
    ("a number too many", "2\n1 2\n3 4\n5\n", "line 4", "5 numbers follow n = 2"),
    ("n alone", "5\n", "line 1", "0 numbers follow n = 5"),
    ("a pair outside", "2\n1 1 5\n2 3 7\n", "line 3, number 2", "column 3 is not a whole number from 1 to 2"),
    ("a pair numbered from 0", "2\n0 1 5\n1 2 7\n", "line 2, number 1", "row 0 is not a whole number"),
    ("a pair twice", "4\n1 1 5\n2 2 6\n1 1 7\n", "line 4", "the pair 1 1 is given a second time"),
    ("a triple cut short", "4\n1 1 5\n2 2 6\n3 3\n", "line 4", "8 numbers follow n = 4"),
    ("a table", "state,beds\nHessen,4\n", "line 1, number 1", "'state,beds' is not a finite number"),
    ("bytes of another coding", b"2\n1 2\n3 \xff\n", "line 3, number 2", "is not a finite number"),
    ("a binary file", b"2\n1 2\n\x00\x01", "line 3", "this is a binary file"),
    ("a file in UTF-16", "2\n1 2\n3 4\n".encode("utf-16"), "line 1", "this is a binary file"),
]

GAP = [
    ("an empty file", "", "line 1", "the file is empty"),
    (
        "a file cut short",
        "2 2\n1 2 3 4\n1 1 1 1\n5\n",
        "line 4",
        "m = 2 agents and n = 2 tasks on line 1 need 10",
    ),
    (
        "a number too many",
        "1 2\n5 6\n1 1\n2\n9\n",
        "line 5",
        "need 5 numbers (costs, uses, capacities), but 6 follow",
    ),
    ("a negative use", "1 2\n5 6\n1 -1\n2\n", "line 3, number 2", "resource use is -1; it must be 0 or more"),
    (
        "a negative capacity",
        "1 2\n5 6\n1 1\n-2\n",
        "line 4, number 1",
        "capacity is -2; it must be 0 or more",
    ),
    ("text in a number", "1 2\n5 6\n1 x\n2\n", "line 3, number 2", "'x' is not a finite number"),
    ("m that is no whole number", "1.5 2\n5 6\n1 1\n2\n", "line 1, number 1", "m (agents) is 1.5"),
    ("n of zero", "1 0\n5\n", "line 1, number 2", "n (tasks) is 0"),
    ("m alone", "3\n", "line 1", "the file ends before n (tasks)"),
    ("the second problem cut short", "2\n1 1 7 1 2\n1 2 5 6 1 1\n", "line 3", "on line 3 need 5 numbers"),
    (
        "a problem that is missing",
        "3\n1 2\n5 6\n1 1\n2\n1 1\n7\n1\n2\n",
        "line 9",
        "ends before m of problem 3",
    ),
    (
        "more problems than promised",
        "1\n1 1\n7\n1\n2\n1 1\n7\n1\n2\n",
        "line 6, number 1",
        "5 numbers follow the last of 1",
    ),
    ("a broken size further on", "2\n1 1 7 1 2\n0 2 5\n", "line 3, number 1", "m of problem 2 is 0"),
]

DIMACS = [
    ("an empty file", "", "line 1", "the file is empty"),
    ("only comments", "c beds\nc more\n", "line 2", "there is no 'p min NODES ARCS' line"),
    ("no p line", "c beds\nn 1 3\na 1 2 0 1 1\n", "line 2", "there is no 'p min NODES ARCS' line"),
    ("an arc before the p line", "a 1 2 0 1 1\np min 2 1\n", "line 1", "line before the first node or arc"),
    ("a second p line", "p min 2 0\np min 2 0\n", "line 2", "this is a second p line"),
    ("another problem", "p max 2 0\n", "line 1", "the problem is 'max'; only min-cost flow"),
    ("a p line cut short", "p min 2\n", "line 1", "the line has 3 fields where 'p min NODES ARCS' has 4"),
    ("arcs that are no count", "p min 2 1.5\n", "line 1", "the number of arcs is '1.5'"),
    ("negative nodes", "p min -2 1\n", "line 1", "the number of nodes is '-2'"),
    ("too many nodes", "p min 99999999999 1\n", "line 1", "the number of nodes is '99999999999'"),
    ("fewer arcs", "p min 2 2\na 1 2 0 1 1\n", "line 2", "holds 1 arcs, its p line promises 2"),
    ("more arcs", "p min 2 1\na 1 2 0 1 1\na 1 2 0 1 1\n", "line 3", "holds 2 arcs, its p line promises 1"),
    ("an arc cut short", "p min 2 1\na 1 2 0 1\n", "line 2", "the line has 5 fields where 'a TAIL HEAD"),
    ("an unknown line", "p min 2 1\nx 1 2\na 1 2 0 1 1\n", "line 2", "the line starts with 'x'"),
    ("a letter stuck to its number", "p min 2 1\na1 2 0 1 1 9\n", "line 2", "the line starts with 'a1'"),
    ("a head out of range", "p min 2 1\n\na 1 3 0 1 1\n", "line 3", "head is 3; nodes are numbered 1 to 2"),
    ("a tail of zero", "p min 2 1\na 0 2 0 1 1\n", "line 2", "tail is 0; nodes are numbered 1 to 2"),
    ("a node out of range", "p min 2 0\nn 3 1\n", "line 2", "node is 3; nodes are numbered 1 to 2"),
    ("half a node", "p min 2 0\nn 1.5 1\n", "line 2", "node is 1.5"),
    ("a node twice", "p min 2 0\nn 1 1\nn 1 1\n", "line 3", "node is 1; its supply is given a second time"),
    ("text in a supply", "p min 2 0\nn 1 many\n", "line 2, number 2", "'many' is not a finite number"),
    ("half a unit of supply", "p min 2 0\nn 1 0.5\n", "line 2", "supply is 0.5; give a whole number"),
    ("endless supply", "p min 2 0\nn 1 inf\n", "line 2", "supply is inf; give a whole number"),
    ("supply beyond what is exact", "p min 2 0\nn 1 9007199254740993\n", "line 2", "whole number below 2^53"),
    ("a negative least flow", "p min 2 1\na 1 2 -1 1 1\n", "line 2", "least flow is -1"),
    (
        "a capacity below the least flow",
        "p min 2 1\na 1 2 3 2 1\n",
        "line 2",
        "capacity 2 is below the least flow 3",
    ),
    ("half a unit of capacity", "p min 2 1\na 1 2 0 2.5 1\n", "line 2", "capacity is 2.5"),
    ("an infinite cost", "p min 2 1\na 1 2 0 2 inf\n", "line 2", "cost is inf; give a finite number"),
    ("not a number", "p min 2 1\na 1 2 0 nan 1\n", "line 2, number 4", "'nan' is not a finite number"),
    ("a binary file", b"p min 2 1\na \x00", "line 2", "this is a binary file"),
]

GOOD_MPS = (
    "NAME t\nROWS\n N o\n L r\nCOLUMNS\n x o 1 r 2\nRHS\n S r 5\nRANGES\n S r 1\nBOUNDS\n UP B x 4\nENDATA\n"
)


def changed(old: str, new: str) -> str:
    assert GOOD_MPS.count(old) == 1, old
    return GOOD_MPS.replace(old, new)


BAD_MPS = [
    ("an empty file", "", "line 1", "the file is empty"),
    ("a file cut short", GOOD_MPS[:40], "line 6", "the file ends without ENDATA"),
    ("a file without its end", changed("ENDATA\n", ""), "line 12", "the file ends without ENDATA"),
    ("a binary file", b"NAME\n\x00", "line 2", "this is a binary file"),
    ("another text", "hello\nworld\nENDATA\n", "line 1", "'hello' is no section of an MPS file"),
    ("data before all sections", " x o 1\n" + GOOD_MPS, "line 1", "does not begin with a section"),
    ("no rows", "NAME t\nENDATA\n", "line 1", "a ROWS and then a COLUMNS section must come first"),
    ("a section twice", changed("BOUNDS", "ROWS"), "line 11", "this is a second ROWS section"),
    (
        "quadratic terms",
        changed("BOUNDS", "QUADOBJ"),
        "line 11",
        "a quadratic objective, which is not supported",
    ),
    ("ordered sets", changed("BOUNDS", "SOS"), "line 11", "special ordered sets"),
    (
        "a sense that is none",
        changed("NAME t", "OBJSENSE UP"),
        "line 1",
        "the sense is 'UP'; write MIN or MAX",
    ),
    ("a row of no kind", changed(" L r", " Q r"), "line 4", "the row's kind is 'Q'"),
    ("a row twice", changed(" L r", " L r\n G r"), "line 5", "row 'r' is defined a second time"),
    ("an unknown row", changed("x o 1 r 2", "x o 1 s 2"), "line 6", "row 's' is not defined"),
    ("text in a coefficient", changed("x o 1 r 2", "x o 1 r two"), "line 6", "'two' is not a finite number"),
    (
        "an infinite coefficient",
        changed("x o 1 r 2", "x o 1 r inf"),
        "line 6",
        "'inf' is not a finite number",
    ),
    ("not a number", changed("x o 1 r 2", "x o nan r 2"), "line 6", "'nan' is not a finite number"),
    ("a line cut short", changed("x o 1 r 2", "x o 1 r"), "line 6", "the line has 4 fields"),
    ("an entry twice", changed("x o 1 r 2", "x o 1 r 2\n x r 3"), "line 7", "a second entry in row 'r'"),
    ("a marker of no kind", changed(" x o", " M 'MARKER' 'ORG'\n x o"), "line 6", "the marker \"'ORG'\""),
    ("a marker out of turn", changed(" x o", " M 'MARKER' 'INTEND'\n x o"), "line 6", "does not alternate"),
    ("a right-hand side elsewhere", changed(" S r 5", " S q 5"), "line 8", "row 'q' is not defined"),
    ("two right-hand sides", changed(" S r 5", " S r 5\n T r 6"), "line 9", "'T' is a second set of RHS"),
    (
        "a right-hand side twice",
        changed(" S r 5", " S r 5\n S r 6"),
        "line 9",
        "row 'r' has a second entry in RHS",
    ),
    (
        "a range on the objective",
        changed(" S r 1", " S o 1"),
        "line 10",
        "a range on 'o', which is a free row",
    ),
    ("a bound on no column", changed("UP B x 4", "UP B y 4"), "line 12", "column 'y' is not defined"),
    ("a bound of no kind", changed("UP B x 4", "XX B x 4"), "line 12", "'XX' is no kind of bound"),
    ("a bound without its value", changed("UP B x 4", "UP x"), "line 12", "'UP' needs a column and a value"),
    (
        "a bound twice",
        changed("UP B x 4", "UP B x 4\n UP B x 5"),
        "line 13",
        "a second bound of the same kind",
    ),
    ("a negative bound alone", changed("UP B x 4", "UP B x -4"), "line 12", "add MI or LO"),
    ("a semi-continuous column", changed("UP B x 4", "SC B x 4"), "line 12", "semi-continuous"),
]

BAD_LP = [
    ("an empty file", "", "line 1", "the file is empty"),
    ("another text", "hello world\n", "line 1", "an LP file begins with Minimize or Maximize"),
    ("a file cut short", "min\n x\nst\n r: x <=", "line 4", "the file ends without 'End'"),
    ("a missing limit", "min\n x\nst\n r: x <=\nend\n", "line 5", "the section ends where a number should"),
    ("text in a limit", "min\n x\nst\n r: x <= y\nend\n", "line 4", "'y' stands where a number should"),
    ("terms on the right", "min\n x\nst\n r: x <= 2 y\nend\n", "line 4", "'y' follows the end of row 'r'"),
    ("a missing sign", "min\n x\nst\n r: x y <= 2\nend\n", "line 4", "'y' stands where a relation"),
    ("a row without columns", "min\n x\nst\n r: 2 <= 3\nend\n", "line 4", "row 'r' has no column"),
    (
        "a row twice",
        "min\n x\nst\n r: x <= 2\n r: x >= 1\nend\n",
        "line 5",
        "row 'r' is defined a second time",
    ),
    (
        "a twisted range",
        "min\n x\nst\n r: 1 <= x >= 0\nend\n",
        "line 4",
        "where a second '<=', as a range needs",
    ),
    ("a bound on no column", "min\n x\nst\nbounds\n y <= 3\nend\n", "line 5", "column 'y' is in no row"),
    (
        "a bound of no kind",
        "min\n x\nst\nbounds\n x fre\nend\n",
        "line 5",
        "'fre' stands where a relation or 'free'",
    ),
    ("a negative bound alone", "min\n x\nst\nbounds\n x <= -3\nend\n", "line 5", "no lower bound; add one"),
    ("a whole column elsewhere", "min\n x\nst\ngeneral\n y\nend\n", "line 5", "column 'y' is in no row"),
    ("quadratic terms", "min\n [ x ^ 2 ]\nst\nend\n", "line 2", "quadratic terms are not supported"),
    ("ordered sets", "min\n x\nst\nsos1\n s: x:1\nend\n", "line 4", "a section 'sos1' is not supported"),
    ("a second objective", "min\n x\nst\n x >= 1\nmax\n x\nend\n", "line 5", "this is a second objective"),
    (
        "crossed bounds",
        "min\n x\nst\nbounds\n 3 <= x <= 2\nend\n",
        "",
        "column 'x' is at least 3 but at most 2",
    ),
    ("bytes of another coding", b"min\n x\nst\n \xff <= 2\nend\n", "line 4", "this is not UTF-8 text"),
]


def cases(bad, read, suffix):
    return [pytest.param(read, suffix, *case[1:], id=f"{suffix}: {case[0]}") for case in bad]


@pytest.mark.parametrize(
    ("read", "suffix", "content", "place", "found"),
    [
        *cases(ASSIGNMENT, orlib.read_assignment, ".txt"),
        *cases(GAP, orlib.read_gap, ".gap"),
        *cases(DIMACS, dimacs.read_min, ".min"),
        *cases(DIMACS, dimacs.read_transportation, ".dmx"),
        *cases(BAD_MPS, mps.read, ".mps"),
        *cases(BAD_LP, mps.read, ".lp"),
    ],
)
def test_a_bad_file_is_one_line_that_names_file_line_and_fault(tmp_path, read, suffix, content, place, found):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    where = f"{path}, {place}: " if place else f"{path}: "
    assert message.startswith(where), message
    assert found in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("read", [orlib.read_assignment, orlib.read_gap, dimacs.read_min, mps.read])
def test_what_is_no_readable_file_is_said_to_be_so(tmp_path, read):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'absent.lp'}: there is no such file")):
        read(tmp_path / "absent.lp")
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: this is a folder; name a file")):
        read(tmp_path)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"p min 2 0\n" * 99)[:-9])
    with pytest.raises(
        InputError, match=r"cut.gz: the compressed file is damaged or cut short .*; fetch it again"
    ):
        read(cut)


def test_a_file_that_is_neither_mps_nor_lp_is_said_to_be_neither(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text("1 2 3\n")
    with pytest.raises(InputError, match="line 1: this is neither an MPS file"):
        mps.read(path)


def test_a_wrong_number_late_in_a_large_file_is_found_on_its_line(tmp_path):
    path = tmp_path / "large.min"
    lines = ["p min 9 50000", *["a 1 9 0 5 7"] * 50_000]
    lines[40_000] = "a 1 9 0 5 seven"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"large.min, line 40001, number 5: 'seven' is not a finite number"):
        dimacs.read_min(path)
