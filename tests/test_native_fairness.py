"""Criteria, policies and attributes in the native format: read, written, refused clearly, joined."""

from __future__ import annotations

import dataclasses
import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from policy_cases import region

import allocare
from allocare import InputError, LinearProblem, with_attributes, with_fairness
from allocare.instances.agents import agents_of
from allocare.instances.manifest import schema
from allocare.instances.native import read_native
from allocare.instances.native_writing import write_native

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
schema_version = 1
kind = "transportation"
[sources]
file = "depots.csv"
key = "depot"
supply = "supply"
[targets]
file = "counties.csv"
key = "county"
demand = "need"
unmet_cost = "price"
[lanes]
form = "matrix"
file = "costs.csv"
[fairness]
criterion = "maximin"
size = "people"
[[policies]]
name = "rate-gap"
group = "region"
at_most = 0.1
"""
TABLES = {
    "depots.csv": "depot,supply\nd,6\n",
    "counties.csv": "county,need,price,people,region,code\nx,4,9,100,north,06\ny,8,9,300,south,\n",
    "costs.csv": "d,x,y\nd,1,2\n",
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "problem.toml").write_text(MANIFEST)
    return tmp_path / "problem.toml"


def test_columns_without_another_meaning_are_attributes(manifest):
    attributes = read_native(manifest).attributes["targets"]
    assert attributes.columns.tolist() == ["people", "region", "code"]
    assert attributes.index.tolist() == ["x", "y"]
    # a code keeps its zeros, an empty cell is missing
    assert attributes["code"].iloc[0] == "06" and attributes["code"].isna().iloc[1]


def test_a_manifest_names_criterion_and_policies(manifest):
    problem = read_native(manifest)
    assert str(problem.fairness.criterion) == "maximin"
    assert [str(rule) for rule in problem.fairness.policies] == ["rate-gap:group=region:at_most=0.1"]
    assert agents_of(problem).size.tolist() == [100.0, 300.0]
    assert allocare.solve(problem).checked


def with_everything() -> dict[str, Any]:
    plain = with_fairness(
        region(),
        {"name": "alpha-fair", "alpha": 2},
        [{"name": "floor", "value": 0.25}, {"name": "reserve", "categories": [{"name": "a", "units": 2}]}],
        utility="benefit",
        normalised=True,
        size="ill",
    )
    clash = pd.DataFrame({"demand": list("uvwx"), "target": [1.5, np.nan, 2, 3]}, index=list("dcba"))
    linear = LinearProblem(
        columns=["x", "y"],
        rows=["r"],
        objective=[1, 2],
        matrix=[[1, 1]],
        row_lower=[0],
        row_upper=[3],
        lower=[0, 0],
        upper=[2, 2],
        sense="max",
        attributes={"agents": pd.DataFrame({"who": ["a", "b"]}, index=["x", "y"])},
    )
    gaps = pd.DataFrame({"region": ["n", None, "s\rt", "n"]}, index=list("abcd"))
    return {
        "everything": plain,
        "attributes with gaps": dataclasses.replace(region(), attributes={"targets": gaps}),
        "names that the format uses itself": dataclasses.replace(region(), attributes={"targets": clash}),
        "columns as agents": linear,
        "agents of their own": dataclasses.replace(
            linear,
            agents=["p", "q", "s"],
            utility=[[1, 0], [0.5, 2], [0, 0]],
            attributes={"agents": pd.DataFrame({"who": ["a", "b", "c"]}, index=["p", "q", "s"])},
        ),
    }


@pytest.mark.parametrize("name", with_everything())
@pytest.mark.parametrize("tables", ["csv", "parquet"])
@pytest.mark.parametrize("place", ["folder", "single.toml"])
def test_what_is_written_is_read_back_the_same(name, tables, place, tmp_path):
    problem = with_everything()[name]
    read = read_native(write_native(problem, tmp_path / place, tables=tables))
    if problem.fairness is None:
        assert read.fairness is None
    else:
        for field in dataclasses.fields(problem.fairness):
            assert getattr(read.fairness, field.name) == getattr(problem.fairness, field.name)
    for side, frame in problem.attributes.items():
        expected = frame.reindex(read.attributes[side].index)
        assert read.attributes[side].columns.tolist() == frame.columns.tolist()
        for column in frame:
            values = read.attributes[side][column]
            if frame[column].dtype.kind == "f":
                values = pd.to_numeric(values)
                np.testing.assert_array_equal(values, expected[column])
            else:
                assert values.isna().tolist() == expected[column].isna().tolist()
                assert values.dropna().map(str).tolist() == expected[column].dropna().map(str).tolist()
    if isinstance(problem, LinearProblem):
        assert read.agents.tolist() == problem.agents.tolist()
        assert (read.utility is None) == (problem.utility is None)
        if problem.utility is not None:
            np.testing.assert_array_equal(read.utility.toarray(), problem.utility.toarray())
    np.testing.assert_array_equal(
        getattr(read, "demand", np.zeros(0)), getattr(problem, "demand", np.zeros(0))
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('criterion = "maximin"', "criterion = 3"),
            "field 'criterion': it must be a name",
        ),
        (('criterion = "maximin"', 'criterian = "x"'), "no such field; did you mean 'criterion'?"),
        (('size = "people"', 'utility = "cover"'), "field 'utility': 'cover' is not one of"),
        (('name = "rate-gap"', ""), "table [policies], field 'name': it is missing"),
        (('name = "rate-gap"', "name = 4"), "table [policies], field 'name': it must be text"),
        (("[[policies]]", "[policies]"), "it must be a list of tables; write [[policies]]"),
        (('size = "people"', 'normalised = "yes"'), "field 'normalised': it must be true or false"),
    ],
)
def test_a_mistake_in_the_manifest_is_one_clear_line(change, message, manifest):
    manifest.write_text(MANIFEST.replace(*change))
    with pytest.raises(InputError) as caught:
        read_native(manifest)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_agents_of_a_linear_problem_come_with_their_utility(tmp_path):
    manifest = write_native(with_everything()["agents of their own"], tmp_path / "linear")
    told = tomllib.loads(manifest.read_text())
    assert told["utility"]["agent"] == "agent"
    text = manifest.read_text()
    manifest.write_text(text[: text.index("[utility]")])
    with pytest.raises(InputError, match=r"belong together; add the table \[utility\]"):
        read_native(manifest)


def test_the_schema_tells_of_fairness_and_policies():
    for kind in ("transportation", "assignment", "fair-allocation", "linear"):
        properties = schema(kind)["properties"]
        assert {"fairness", "policies"} <= set(properties)


def test_a_table_joins_by_key_whatever_the_order_and_type(tmp_path):
    file = tmp_path / "counties.csv"
    file.write_text("svi;node\n0.9;d\n0.1;a\n0.5;zz\n0.2;b\n0.3;c\n")
    problem = with_attributes(region(), file, "node")
    frame = problem.attributes["targets"]
    assert frame["svi"].tolist() == ["0.1", "0.2", "0.3", "0.9"]
    assert frame["side"].tolist() == ["east", "east", "west", "west"]
    assert agents_of(problem).groups("svi/2").member.tolist() == [0, 0, 1, 1]


def test_numbers_as_keys_match_their_text():
    problem = dataclasses.replace(region(), targets=[1, 2, 3, 4], attributes={})
    table = pd.DataFrame({"node": ["2", "1", "4", "3"], "x": [20, 10, 40, 30]})
    assert with_attributes(problem, table, "node").attributes["targets"]["x"].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        ({"node": list("abc"), "x": [1, 2, 3]}, "node", "there is no row for 'd' of the targets"),
        ({"node": list("abcda"), "x": [1] * 5}, "node", "the key 'a' appears twice"),
        ({"node": list("abcd")}, "nod", "there is no column 'nod'; did you mean 'node'?"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, key, message):
    with pytest.raises(InputError) as caught:
        with_attributes(region(), pd.DataFrame(table), key)
    assert message in str(caught.value)


def test_a_table_needs_a_file_and_a_side(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        with_attributes(region(), tmp_path / "none.csv", "node")
    with pytest.raises(InputError, match="has no 'target'; did you mean 'targets'"):
        with_attributes(region(), pd.DataFrame(), side="target")
