"""Plans on disk: what is written is read again, and what is wrong is named in one line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.plan_files import read_plan, write_plan
from allocare.instances.transportation import TransportationProblem
from allocare.models.check import check

PLAN = pd.DataFrame(
    {"source": ["Hessen", "Bayern"], "target": ["Jena", "Gera"], "quantity": [10.0, 0.1 + 0.2]}
)
NAMES = ["plan.csv", "plan.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_comes_back_as_it_was_written(tmp_path, name):
    write_plan(PLAN, tmp_path / name)
    pd.testing.assert_frame_equal(read_plan(tmp_path / name), PLAN)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@settings(deadline=None, max_examples=30)
@given(
    keys=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, unique=True
    ),
    data=st.data(),
)
def test_any_key_and_number_comes_back(tmp_path_factory, ending, keys, data):
    floats = st.floats(allow_nan=False, allow_infinity=False)
    numbers = data.draw(st.lists(floats, min_size=len(keys), max_size=len(keys)))
    path = tmp_path_factory.mktemp("plan") / f"plan{ending}"
    write_plan(pd.DataFrame({"column": keys, "value": numbers}), path)
    plan = read_plan(path)
    assert plan["column"].tolist() == keys
    assert plan["value"].tolist() == numbers


@pytest.mark.parametrize("name", NAMES)
def test_keys_that_are_numbers_come_as_text_and_match_again(tmp_path, name):
    problem = TransportationProblem(
        sources=[1, 2], targets=[7], lanes=Lanes.from_matrix([[1], [2]]), supply=[3, 4], demand=[5]
    )
    write_plan(problem.plan(np.array([3.0, 2.0])), tmp_path / name)
    plan = read_plan(tmp_path / name)
    assert plan["source"].tolist() == ["1", "2"]
    assert check(problem, plan).objective == 7


@pytest.mark.parametrize("name", NAMES)
def test_arcs_are_numbers(tmp_path, name):
    problem = NetworkFlowProblem(
        nodes=["a", "b"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5]
    )
    write_plan(problem.plan(np.array([3.0])), tmp_path / name)
    assert check(problem, read_plan(tmp_path / name)).objective == 6


@pytest.mark.parametrize("name", NAMES)
def test_a_header_alone_is_an_empty_plan(tmp_path, name):
    write_plan(PLAN.iloc[:0], tmp_path / name)
    plan = read_plan(tmp_path / name)
    assert list(plan.columns) == list(PLAN.columns) and len(plan) == 0
    problem = TransportationProblem(
        sources=["Hessen"], targets=["Jena"], lanes=Lanes.from_matrix([[1]]), supply=[3], demand=[3]
    )
    assert check(problem, plan).unmet == 3


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_spreadsheets_ways_of_writing_csv_are_read(tmp_path, separator, encoding, end):
    path = tmp_path / "plan.csv"
    rows = [["source", "target", "quantity"], ['"Baden, W."', "Thüringen", "3"]]
    path.write_bytes((end.join(separator.join(row) for row in rows) + end).encode(encoding))
    assert read_plan(path).to_dict("list") == {
        "source": ["Baden, W."],
        "target": ["Thüringen"],
        "quantity": [3.0],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"source,target,quantity\na,b\n", "row 2: the row has 2 values, the header names 3"),
        (b"source,target,quantity\na,b,1\na,b,1,2\n", "row 3: the row has 4 values"),
        (b"source,target,quantity\na,b,many\n", "row 2, column 'quantity': 'many' is not a number"),
        (b"source;target;quantity\na;b;2,5\n", "row 2, column 'quantity': '2,5' has a comma"),
        (b"source,target,quantity\na,b,\n", "row 2, column 'quantity': it is empty"),
        (b"source,target,quantity\na,b,inf\n", "row 2, column 'quantity': it is inf"),
        (b"source,source,quantity\na,b,1\n", "row 1: column 'source' appears twice"),
        (b"source,quantity,quantity\na,1,1\n", "row 1: column 'quantity' appears twice"),
        (b'source,target,quantity\n"a,b,1\n', "never closed"),
        (b"source,target,quantity\nM\xfcnchen,b,1\n", "row 2: byte 0xfc is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line_that_names_the_place(tmp_path, content, message):
    path = tmp_path / "plan.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_plan(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith("plan.csv")
    assert "\n" not in str(caught.value)


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "plan.parquet"
    write_plan(PLAN, path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"plan\.parquet: this is not a whole Parquet file"):
        read_plan(path)


def test_a_missing_file_and_another_kind_of_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_plan(tmp_path / "nowhere" / "plan.csv")
    (tmp_path / "plan.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"plan\.xlsx: a table ends in \.csv or \.parquet"):
        read_plan(tmp_path / "plan.xlsx")


def test_a_link_to_a_plan_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    write_plan(PLAN, tmp_path / "real" / "plan.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real" / "plan.csv")
    assert len(read_plan(tmp_path / "link.csv")) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_stands_for_its_plan(tmp_path, name):
    write_plan(PLAN, tmp_path / name)
    assert len(read_plan(tmp_path)) == 2


def test_of_two_plans_in_a_folder_the_one_on_record_is_read(tmp_path):
    write_plan(PLAN, tmp_path / "plan.csv")
    write_plan(PLAN.iloc[:1], tmp_path / "plan.parquet")
    with pytest.raises(InputError, match="two plans are here"):
        read_plan(tmp_path)
    (tmp_path / "solution.json").write_text(json.dumps({"plan_file": "plan.parquet"}))
    assert len(read_plan(tmp_path)) == 1


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "no plan is here"),
        ('{"plan_file": null}', "this solution holds no plan"),
        ('{"plan_file": "../plan.csv"}', "names the plan '../plan.csv'"),
        ('{"plan_file": "plan.csv"}', "there is no such file"),
        ("[1]", "cannot be read"),
        ("{", "cannot be read"),
    ],
)
def test_a_folder_without_a_plan_says_so(tmp_path, record, message):
    if record is not None:
        (tmp_path / "solution.json").write_text(record)
    with pytest.raises(InputError, match=message):
        read_plan(tmp_path)


def test_a_plan_goes_only_into_known_formats_and_places_that_exist(tmp_path):
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        write_plan(PLAN, tmp_path / "plan.json")
    with pytest.raises(InputError, match="cannot be written"):
        write_plan(PLAN, tmp_path / "nowhere" / "plan.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "method"), [("plan.csv", "to_csv"), ("plan.parquet", "to_parquet")])
def test_a_write_that_fails_leaves_the_old_plan_and_nothing_else(tmp_path, monkeypatch, name, method):
    write_plan(PLAN, tmp_path / name)

    def fail(_frame, path, **_options):
        path.write_bytes(b"source,tar")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, method, fail)
    with pytest.raises(InputError, match="No space left"):
        write_plan(PLAN.iloc[:1], tmp_path / name)
    assert len(read_plan(tmp_path / name)) == 2
    assert [file.name for file in tmp_path.iterdir()] == [name]
