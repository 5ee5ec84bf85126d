"""MPS and LP files: what is read is what the file says and HiGHS reads, and all reads back."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import saved
from scipy.optimize import linprog

from allocare.instances import mps
from allocare.instances.errors import InputError
from allocare.instances.linear import LinearProblem

if TYPE_CHECKING:
    from pathlib import Path

MPS = """\
* a comment
NAME          ward plan
OBJSENSE
    MAX
ROWS
 N  value
 N  unused
 L  most
 G  least
 E  exact
 E  down
 L  open
COLUMNS
    x  value  1.5  most  1
    x  least  1
* another
    M1 'MARKER' 'INTORG'
    y  value  -2   most  3
    y  exact  1    unused 9
    b  down   1
    M2 'MARKER' 'INTEND'
    z  down   1e-13  open 1
RHS
    RHS  value  -5  most  10
    RHS  least  2   exact 4
    RHS  down   6   open  1e30
RANGES
    RNG  most   4   least -3
    RNG  exact  2   down  -2
BOUNDS
 UP BND x 8
 LO BND y -3
 FR BND z
ENDATA
"""


def test_an_mps_file_is_read_as_it_says(tmp_path):
    problem = mps.read(saved(tmp_path, MPS, "ward.mps"))
    assert (problem.title, problem.sense, problem.offset) == ("ward plan", "max", 5)
    assert problem.columns.tolist() == ["x", "y", "b", "z"]
    assert problem.rows.tolist() == ["most", "least", "exact", "down", "open"]
    assert problem.objective.tolist() == [1.5, -2, 0, 0]
    assert problem.matrix.toarray().tolist() == [
        [1, 3, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1e-13], [0, 0, 0, 1],
    ]  # fmt: skip
    assert problem.row_lower.tolist() == [6, 2, 4, 4, -np.inf]
    assert problem.row_upper.tolist() == [10, 5, 6, 6, np.inf]
    assert problem.lower.tolist() == [0, -3, 0, -np.inf]
    assert problem.upper.tolist() == [8, np.inf, 1, np.inf]
    assert problem.whole.tolist() == [False, True, True, False]
    assert mps.read(tmp_path / "ward.mps", sense="min").sense == "min"


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (" UP B x 4", (0, 4, False)),
        (" LO B x -4", (-4, np.inf, False)),
        (" FX B x 4", (4, 4, False)),
        (" FR B x", (-np.inf, np.inf, False)),
        (" MI B x", (-np.inf, np.inf, False)),
        (" PL B x", (0, np.inf, False)),
        (" BV B x", (0, 1, True)),
        (" LI B x 2", (2, np.inf, True)),
        (" UI B x 7", (0, 7, True)),
        (" MI B x\n UP B x -4", (-np.inf, -4, False)),
        (" UP B x -4\n MI B x", (-np.inf, -4, False)),
        (" FR B x\n UP B x 3", (-np.inf, 3, False)),
        (" UP x 4", (0, 4, False)),
        (" FR x", (-np.inf, np.inf, False)),
        (" BV B x 1", (0, 1, True)),
        (" UP B x 1e30", (0, np.inf, False)),
        (" LO B x -Inf", (-np.inf, np.inf, False)),
    ],
)
def test_every_kind_of_mps_bound_has_its_meaning(tmp_path, bound, expected):
    text = f"ROWS\n N o\nCOLUMNS\n x o 1\nBOUNDS\n{bound}\nENDATA\n"
    problem = mps.read(saved(tmp_path, text, "b.mps"))
    assert (problem.lower[0], problem.upper[0], problem.whole[0]) == expected


LP = """\
\\ a comment with Bounds in it
Maximize
 value: 1.5 x - 2 y
   + 0 b + 5
Subject To
 most: 6 <= x + 3 y <= 10
 least: 5 >= x
        >= 2
 y >= 4 fixed: b + y + 1 = 7
 - x + b >= -inf
 x + x - y <= 3e1
Bounds
 x <= 8
 -3 <= y
 z2 free
 b = 1
General
 y
Binary
 z
End
""".replace("b + y + 1", "b + y + z + z2 + 1")


def test_an_lp_file_is_read_as_it_says(tmp_path):
    problem = mps.read(saved(tmp_path, LP, "ward.lp"))
    assert (problem.sense, problem.offset) == ("max", 5)
    assert problem.columns.tolist() == ["x", "y", "b", "z", "z2"]
    assert problem.rows.tolist() == ["most", "least", "R3", "fixed", "R5", "R6"]
    assert problem.objective.tolist() == [1.5, -2, 0, 0, 0]
    assert problem.matrix.toarray().tolist() == [
        [1, 3, 0, 0, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0],
        [0, 1, 1, 1, 1], [-1, 0, 1, 0, 0], [2, -1, 0, 0, 0],
    ]  # fmt: skip
    assert problem.row_lower.tolist() == [6, 2, 4, 6, -np.inf, -np.inf]
    assert problem.row_upper.tolist() == [10, 5, np.inf, 6, np.inf, 30]
    assert problem.lower.tolist() == [0, -3, 1, 0, -np.inf]
    assert problem.upper.tolist() == [8, np.inf, 1, 1, np.inf]
    assert problem.whole.tolist() == [False, True, False, True, False]


def same_linear(one: LinearProblem, other: LinearProblem) -> bool:
    arrays = ("objective", "row_lower", "row_upper", "lower", "upper", "whole")
    return (
        one.columns.tolist() == other.columns.tolist()
        and one.rows.tolist() == other.rows.tolist()
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and np.array_equal(one.matrix.toarray(), other.matrix.toarray())
        and (one.offset, one.sense) == (other.offset, other.sense)
    )


@pytest.mark.parametrize(("text", "name"), [(MPS, "ward.mps"), (LP, "ward.lp")])
@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_a_linear_problem_crosses_between_both_formats_unchanged(tmp_path, text, name, suffix):
    problem = mps.read(saved(tmp_path, text, name))
    mps.write(problem, tmp_path / f"again{suffix}")
    assert same_linear(mps.read(tmp_path / f"again{suffix}"), problem)


coefficients = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: value + 0.0)
limit_pairs = st.tuples(
    coefficients | st.sampled_from([-np.inf, 0.0]), coefficients | st.sampled_from([np.inf, 0.0])
).map(lambda pair: pair if pair[0] <= pair[1] else pair[::-1])


@st.composite
def linear_problems(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(0, 4))
    cells = draw(st.lists(st.just(0.0) | coefficients, min_size=m * n, max_size=m * n))
    bounds = np.array(draw(st.lists(limit_pairs, min_size=n, max_size=n))).reshape(n, 2)
    limits = np.array(draw(st.lists(limit_pairs, min_size=m, max_size=m))).reshape(m, 2)
    return LinearProblem(
        columns=[f"x{j}" for j in range(n)],
        rows=[f"r{i}" for i in range(m)],
        objective=draw(st.lists(st.just(0.0) | coefficients, min_size=n, max_size=n)),
        matrix=sp.csr_array(np.array(cells).reshape(m, n)),
        row_lower=limits[:, 0],
        row_upper=limits[:, 1],
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        whole=draw(st.lists(st.booleans(), min_size=n, max_size=n)),
        offset=draw(st.just(0.0) | coefficients),
        sense=draw(st.sampled_from(["min", "max"])),
    )


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@settings(deadline=None, max_examples=80)
@given(problem=linear_problems())
def test_a_linear_problem_reads_back_to_the_last_digit(tmp_path_factory, problem, suffix):
    path = tmp_path_factory.mktemp("linear") / f"p{suffix}"
    try:
        mps.write(problem, path)
    except InputError as error:
        assert "cannot be written exactly" in str(error)
        assert suffix == ".mps"
        return
    assert same_linear(mps.read(path), problem)


def highs_reads(path: Path) -> LinearProblem:
    solver = highspy.Highs()
    solver.silent()
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    model = solver.getLp()
    matrix = model.a_matrix_
    shape = (model.num_row_, model.num_col_)
    whole = [kind == highspy.HighsVarType.kInteger for kind in model.integrality_] or False
    return LinearProblem(
        columns=pd.Index(list(model.col_names_), dtype=object),
        rows=pd.Index(list(model.row_names_), dtype=object),
        objective=model.col_cost_,
        matrix=sp.csc_array((matrix.value_, matrix.index_, matrix.start_), shape=shape),
        row_lower=model.row_lower_,
        row_upper=model.row_upper_,
        lower=model.col_lower_,
        upper=model.col_upper_,
        whole=whole,
        offset=model.offset_,
        sense="max" if model.sense_ == highspy.ObjSense.kMaximize else "min",
    )


def test_highs_reads_the_hand_written_mps_file_as_we_do(tmp_path):
    path = saved(
        tmp_path, MPS.replace("1e-13", "2").replace(" N  unused\n", "").replace("unused 9", ""), "w.mps"
    )
    assert same_linear(highs_reads(path), mps.read(path))


@settings(deadline=None, max_examples=30)
@given(problem=linear_problems())
def test_highs_reads_what_we_write(tmp_path_factory, problem):
    whole_numbers = {
        name: np.clip(np.rint(getattr(problem, name)), -1e6, 1e6)
        for name in ("objective", "row_lower", "row_upper", "lower", "upper")
    }
    for low, high in (("row_lower", "row_upper"), ("lower", "upper")):
        whole_numbers[low] = np.where(np.isinf(getattr(problem, low)), -np.inf, whole_numbers[low])
        whole_numbers[high] = np.where(np.isinf(getattr(problem, high)), np.inf, whole_numbers[high])
    matrix = problem.matrix.copy()
    matrix.data = np.clip(np.rint(matrix.data), -1e6, 1e6)
    matrix.eliminate_zeros()
    small = LinearProblem(
        columns=problem.columns, rows=problem.rows, matrix=matrix, whole=problem.whole, sense=problem.sense,
        offset=float(np.rint(problem.offset) % 1000), **whole_numbers,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("linear") / "p.mps"
    mps.write(small, path)
    assert same_linear(highs_reads(path), mps.read(path))
    assert same_linear(mps.read(path), small)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_files_that_highs_writes_are_read_as_highs_reads_them(tmp_path, suffix):
    text = MPS.replace("1e-13", "2").replace(" N  unused\n", "").replace("unused 9", "").replace("1e30", "3")
    source = saved(tmp_path, text, "source.mps")
    solver = highspy.Highs()
    solver.silent()
    solver.readModel(str(source))
    solver.writeModel(str(tmp_path / f"highs{suffix}"))
    assert same_linear(mps.read(tmp_path / f"highs{suffix}"), highs_reads(tmp_path / f"highs{suffix}"))


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_files_that_pyomo_writes_are_read(tmp_path, suffix):
    model = pyo.ConcreteModel()
    model.beds = pyo.Var(["a", "b"], domain=pyo.NonNegativeIntegers, bounds=(0, 7))
    model.extra = pyo.Var(bounds=(None, 3))
    model.cost = pyo.Objective(expr=2 * model.beds["a"] + 3 * model.beds["b"] - model.extra + 4)
    model.need = pyo.Constraint(expr=(2, model.beds["a"] + model.beds["b"], 5))
    model.tie = pyo.Constraint(expr=model.beds["a"] - model.extra == 1)
    path = tmp_path / f"pyomo{suffix}"
    model.write(str(path), io_options={"symbolic_solver_labels": True})
    problem = mps.read(path)
    constraints = (problem.matrix.toarray(), problem.row_lower, problem.row_upper)
    bounds = np.column_stack([problem.lower, problem.upper])
    assert int(problem.whole.sum()) == 2
    assert float(problem.objective.sum() + problem.offset) == 2 + 3 - 1 + 4
    upper = linprog(
        problem.objective,
        A_ub=np.vstack([constraints[0], -constraints[0]]),
        b_ub=np.nan_to_num(np.concatenate([constraints[2], -constraints[1]]), posinf=1e9),
        bounds=bounds,
        integrality=problem.whole,
    )
    # extra = a - 1, so the cost is a + 3 b + 5 with a + b at least 2: a = 2, b = 0
    assert upper.fun + problem.offset == pytest.approx(7)


def test_a_compressed_mps_file_is_read(tmp_path):
    path = tmp_path / "ward.mps.gz"
    path.write_bytes(gzip.compress(MPS.encode()))
    assert mps.read(path).title == "ward plan"


@pytest.mark.parametrize(
    ("column", "suffix", "why"),
    [
        ("bed 1", ".mps", "the name 'bed 1' of a column cannot stand in an MPS file"),
        ("", ".mps", "the name '' of a column"),
        ("2beds", ".lp", "the name '2beds' of a column cannot stand in an LP file"),
        ("free", ".lp", "the name 'free' of a column"),
        ("e5", ".lp", "the name 'e5' of a column"),
        ("x^2", ".lp", "'x^2'"),
        ("x", ".xls", "write .mps or .lp"),
    ],
)
def test_what_a_format_would_misread_is_refused_and_nothing_is_written(tmp_path, column, suffix, why):
    problem = LinearProblem(
        columns=[column], rows=["r"], objective=[1], matrix=[[1]], row_lower=[0], row_upper=[1], lower=[0],
        upper=[1],
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        mps.write(problem, tmp_path / f"p{suffix}")
    assert why in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (MPS, "x", "mps"),
        (LP, "x", "lp"),
        ("ROWS\n N o\n", "x", "mps"),
        ("* comment", "x.mps.gz", "mps"),
        ("\\ comment", "x.lp", "lp"),
        ("minimum,3\n", "x.csv", None),
        ("1 2 3", "x.txt", None),
        ("", "x", None),
    ],
)
def test_mps_and_lp_are_told_by_how_they_begin(text, name, told):
    assert mps.recognise(text, name) == told
