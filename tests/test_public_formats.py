"""OR-Library files: what is read is what the file says, and what is written reads back."""

from __future__ import annotations

import csv
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import DATA, head, needs_data, public, saved
from scipy.optimize import linear_sum_assignment

from allocare.instances import dimacs, mps, orlib
from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.tokens import decimal, read_text, write_whole


@pytest.mark.parametrize(
    ("name", "n", "pairs", "optimum"),
    public(
        ("assign100", 100, 100**2, 305),
        ("assign200", 200, 200**2, 475),
        ("assign300", 300, 300**2, 626),
        ("assign400", 400, 400**2, 804),
        ("assignp800", 800, 100_057, 2239),
    ),
)
def test_public_assignment_files_are_recognised_and_reach_their_optimum(name, n, pairs, optimum):
    path = DATA / "assignment" / f"{name}.txt"
    assert orlib.recognise(head(path), path) == "orlib-assignment"
    assert not dimacs.recognise(head(path), path)
    assert mps.recognise(head(path), path) is None
    problem = orlib.read_assignment(path)
    assert (len(problem.agents), len(problem.tasks), problem.sense) == (n, n, "min")
    assert len(problem.pairs) == pairs
    rows, columns = linear_sum_assignment(np.nan_to_num(problem.pairs.matrix(), nan=1e6))
    assert problem.pairs.matrix()[rows, columns].sum() == optimum


@needs_data[0]
@needs_data[1]
def test_every_public_gap_file_is_recognised_and_has_the_size_that_is_listed():
    with (DATA / "gap" / "optima.csv").open() as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == 42
    for row in listed:
        path = DATA / "gap" / row["file"]
        assert orlib.recognise(head(path), path) == "orlib-gap", path
        problem = orlib.read_gap(path)
        assert (len(problem.tasks), len(problem.agents)) == (int(row["items"]), int(row["agents"])), path
        # the three blocks in their order: costs, uses and capacities together are all numbers of the file
        numbers = np.concatenate([problem.pairs.cost, problem.use, problem.capacity])
        assert numbers.tolist() == read_text(path).numbers()[2:].tolist(), path


@pytest.mark.parametrize(
    ("name", "sense", "optimum"),
    public(("gap1-0", "min", 261), ("gap1-0", "max", 336), ("gap4-0", "min", 423), ("gap4-0", "max", 656)),
)
def test_a_public_gap_file_reaches_its_optimum_in_both_senses(name, sense, optimum):
    problem = orlib.read_gap(DATA / "gap" / name, sense)
    size, agents = problem.size, len(problem.agents)
    sign = -1.0 if sense == "max" else 1.0
    h = highspy.Highs()
    h.silent()
    x = [h.addBinary(obj=sign * cost) for cost in problem.pairs.cost]
    for agent in range(agents):
        own = np.flatnonzero(problem.pairs.source == agent)
        h.addConstr(sum(problem.use[k] * x[k] for k in own) <= problem.capacity[agent])
    for task in range(size // agents):
        h.addConstr(sum(x[k] for k in np.flatnonzero(problem.pairs.target == task)) == 1)
    h.run()
    assert sign * h.getObjectiveValue() == pytest.approx(optimum)


@pytest.mark.parametrize(
    "text", ["2\n1 2\n3 4\n", "2 1 2 3 4", "\ufeff2\r\n1\r\n2 3\r\n4", " 2 \n\n1 2 3\n 4"]
)
def test_a_dense_assignment_file_may_be_wrapped_anywhere(tmp_path, text):
    path = saved(tmp_path, text)
    assert orlib.recognise(text.removeprefix("\ufeff"), path) == "orlib-assignment"
    assert orlib.read_assignment(path).pairs.matrix().tolist() == [[1, 2], [3, 4]]


def test_a_sparse_assignment_file_leaves_pairs_out(tmp_path):
    problem = orlib.read_assignment(saved(tmp_path, "3\n1 1 5\n2 3 -7\n3 2 1.5\n1 2 0\n"), sense="max")
    assert problem.pairs.matrix(missing=-99).tolist() == [[5, 0, -99], [-99, -99, -7], [-99, 1.5, -99]]
    assert problem.sense == "max"
    assert problem.agents.tolist() == problem.tasks.tolist() == [1, 2, 3]


def test_nine_numbers_after_a_three_are_a_matrix_even_where_they_look_like_pairs(tmp_path):
    problem = orlib.read_assignment(saved(tmp_path, "3\n1 1 5\n2 2 6\n3 3 7\n"))
    assert problem.pairs.complete
    assert problem.pairs.matrix().tolist() == [[1, 1, 5], [2, 2, 6], [3, 3, 7]]


def test_thirty_six_numbers_after_a_six_are_pairs_only_in_ascending_order(tmp_path):
    pairs = [(1, 1), (1, 2), (2, 2), (2, 4), (3, 3), (3, 5), (4, 1), (4, 4), (5, 5), (5, 6), (6, 2), (6, 6)]
    lines = [f"{i} {j} {10 * i + j}" for i, j in pairs]
    sparse = orlib.read_assignment(saved(tmp_path, "\n".join(["6", *lines])))
    assert len(sparse.pairs) == 12
    dense = orlib.read_assignment(saved(tmp_path, "\n".join(["6", *reversed(lines)])))
    assert dense.pairs.complete


def test_a_gap_file_of_several_problems_is_read_by_the_number_in_the_path(tmp_path):
    path = saved(tmp_path, "2\n1 2\n5 6\n1 1\n2\n2 1\n7\n8\n1\n2\n3\n4\n")
    assert orlib.recognise(path.read_text(), path) == "orlib-gap"
    assert orlib.recognise(path.read_text(), f"{path}#2") == "orlib-gap"
    first, second = orlib.read_gap(f"{path}#1"), orlib.read_gap(f"{path}#2", "max")
    assert (first.pairs.cost.tolist(), first.use.tolist(), first.capacity.tolist()) == ([5, 6], [1, 1], [2])
    assert (second.pairs.cost.tolist(), second.use.tolist()) == ([7, 8], [1, 2])
    assert (second.capacity.tolist(), second.sense) == ([3, 4], "max")
    with pytest.raises(InputError, match=r"holds 2 problems; name one, for example file.txt#1"):
        orlib.read_gap(path)
    with pytest.raises(InputError, match="there is no problem #3; the file holds 2"):
        orlib.read_gap(f"{path}#3")


def test_the_only_problem_of_a_gap_file_needs_no_number(tmp_path):
    text = "1\n1 2\n5 6\n1 1\n2\n"
    assert orlib.read_gap(saved(tmp_path, text)).pairs.cost.tolist() == [5, 6]
    assert orlib.read_gap(saved(tmp_path, "1 2 5 6 1 1 2", "plain")).capacity.tolist() == [2]
    assert orlib.read_gap(saved(tmp_path, "1 2 5 6 1 1 2".replace(" ", "\n"), "tall")).use.tolist() == [1, 1]


def test_a_file_whose_own_name_ends_in_a_number_sign_is_that_file(tmp_path):
    assert orlib.read_gap(saved(tmp_path, "1 1 7 1 2", "gap#3")).pairs.cost.tolist() == [7]


@pytest.mark.parametrize("text", ["", "a b", "1,2,3", "1 2 3\n4 5 6\n", "p min 1 0", "NAME x"])
def test_other_texts_are_no_orlib_files(tmp_path, text):
    assert orlib.recognise(text, saved(tmp_path, text)) is None


costs = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: value + 0.0) | st.integers(-99, 99).map(float)


@st.composite
def square_lanes(draw):
    n = draw(st.integers(1, 6))
    cells = draw(st.lists(costs, min_size=n * n, max_size=n * n))
    kept = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n).filter(any))
    matrix = np.where(kept if draw(st.booleans()) else True, cells, np.nan).reshape(n, n)
    return Lanes.from_matrix(matrix)


@settings(deadline=None, max_examples=80)
@given(pairs=square_lanes())
def test_an_assignment_reads_back_exactly_or_is_refused(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("assignment") / "a.txt"
    keys = [f"k{number}" for number in range(pairs.n_sources)]
    problem = AssignmentProblem(agents=keys, tasks=keys, pairs=pairs)
    try:
        orlib.write_assignment(problem, path)
    except InputError as error:
        assert "could be misread" in str(error)
        assert len(pairs) * 3 == pairs.n_sources**2
        assert not path.exists()
        return
    again = orlib.read_assignment(path)
    np.testing.assert_array_equal(again.pairs.matrix(), pairs.matrix())
    assert orlib.recognise(path.read_text(), path) == "orlib-assignment"


@settings(deadline=None, max_examples=40)
@given(data=st.data(), agents=st.integers(1, 4), tasks=st.integers(1, 5))
def test_a_gap_reads_back_exactly(tmp_path_factory, data, agents, tasks):
    path = tmp_path_factory.mktemp("gap") / "g.txt"
    grid = st.lists(costs, min_size=agents * tasks, max_size=agents * tasks)
    cost, use = data.draw(grid), np.abs(data.draw(grid))
    capacity = np.abs(data.draw(st.lists(costs, min_size=agents, max_size=agents)))
    problem = AssignmentProblem(
        agents=range(agents), tasks=range(tasks), pairs=Lanes(agents, tasks, cost), use=use, capacity=capacity
    )
    orlib.write_gap(problem, path)
    again = orlib.read_gap(path)
    assert again.pairs.cost.tolist() == problem.pairs.cost.tolist()
    assert again.use.tolist() == problem.use.tolist()
    assert again.capacity.tolist() == problem.capacity.tolist()
    assert orlib.recognise(path.read_text(), path) == "orlib-gap"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0), max_size=20))
def test_decimal_text_reads_back_to_the_last_bit(values):
    assert [float(word) for word in decimal(np.array(values, dtype=float))] == values


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = saved(tmp_path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        write_whole(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]
    assert path.read_text() == "old"
