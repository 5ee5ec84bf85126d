"""The native format: what is written is read back the same, in every form and for every kind."""

from __future__ import annotations

import gzip
import json
import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare.instances.native_writing as native_writing
from allocare.instances.assignment import AssignmentProblem
from allocare.instances.demand_marginals import NormalDemand, PoissonDemand
from allocare.instances.errors import InputError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.formats import FORMATS, load, write
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.manifest import MANIFESTS, parse_manifest, schema
from allocare.instances.native import read_native
from allocare.instances.native_writing import write_native
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.problem import Provenance
from allocare.instances.programmes import ProgrammeProblem
from allocare.instances.transportation import TransportationProblem
from allocare.instances.uncertain_demand import IntervalDemand, PointDemand, QuantileDemand, ScenarioDemand
from allocare.instances.uncertain_transportation import UncertainTransportationProblem

if TYPE_CHECKING:
    from pathlib import Path

    from allocare.instances.problem import Problem

nan, inf = np.nan, np.inf
DESCRIBED: dict[str, Any] = {
    "title": 'Beds, "all" of them',
    "provenance": Provenance("DIVI/RKI", "CC-BY-4.0"),
    "units": {"quantity": "patients", "cost": "km"},
}
DENSE = Lanes.from_matrix([[1, 2.5, 3], [0.1, 1e-6, 1e9]])
SPARSE = Lanes.from_table(2, 3, [1, 0, 1], [2, 1, 0], [5, 0.3, -7], [inf, 4, 2])

PROBLEMS: dict[str, Problem] = {
    "dense transportation": TransportationProblem(
        sources=["Köln", "a,b"], targets=["x", "source", '"quoted"'], lanes=DENSE, supply=[3, 4.5],
        demand=[1, 1, 1], unmet_cost=[9, 9.5, 1e7], minimum_service=[0, 0.5, 1], **DESCRIBED),
    "sparse transportation": TransportationProblem(
        sources=[" lead", "trail "], targets=["NA", "null", "a\rb"], lanes=SPARSE, supply=[3, 4],
        supply_rule="exactly", demand_rule="none", total=7, whole=True, sense="max"),
    "transportation with lane capacities": TransportationProblem(
        sources=["a", "b"], targets=["c", "d", "e"],
        lanes=Lanes(2, 3, DENSE.cost, capacity=[1, inf, 3, 0, 2.5, 4]),
        supply_rule="none", demand=[1, 2, 3], demand_rule="at-least"),
    "one-to-one assignment": AssignmentProblem(
        agents=["bed 1", "bed 2"], tasks=["Ada", "Bo", "Cy"], pairs=DENSE, task_rule="at-most-once",
        left_out_cost=[1, 2, 3.5], priority=[2, 1, 1], sense="max", **DESCRIBED),
    "generalised assignment": AssignmentProblem(
        agents=["n", "m"], tasks=["1", "2", "3"], pairs=Lanes.from_matrix([[1, nan, 2], [nan, 5, 6]]),
        capacity=[8, 2.5], use=[1, 2, 3, 4.25], units={"use": "hours"}),
    "generalised assignment on all pairs": AssignmentProblem(
        agents=["n", "m"], tasks=["1", "2", "3"], pairs=DENSE, capacity=[8, 2], use=[1, 2, 3, 4, 5, 6.5]),
    "minimum variance": FairAllocationProblem(
        sources=["d"], targets=["n", "s"], lanes=Lanes(1, 2, [1, 2], capacity=[3, 4]), supply=[6],
        demand=[4, 8], efficiency_loss=0.125, cost_budget=17.5, whole=True, **DESCRIBED),
    "need deviation on sparse lanes": FairAllocationProblem(
        sources=["d", "e"], targets=["n", "s", "t"], lanes=SPARSE, supply=[6, 1], demand=[4, 8, 0],
        criterion="need-deviation", need=[0.5, 2, 3]),
    "need deviation on all lanes": FairAllocationProblem(
        sources=["d", "e"], targets=["n", "s", "t"], lanes=DENSE, supply=[6, 1], demand=[4, 8, 0],
        criterion="need-deviation", need=[0.5, 2, 3, 4, 5, 6], efficiency_loss=0.0),
    "network flow with parallel arcs": NetworkFlowProblem(
        nodes=["a", "b", "c"], balance=[3, 0, -3], tail=[0, 0, 1, 1], head=[1, 1, 2, 1], cost=[1, -2, 0.5, 0],
        lower=[0, 1, 0, 0], capacity=[5, 2, inf, 0], **DESCRIBED),
    "divisible network flow": NetworkFlowProblem(
        nodes=["a", "b"], balance=[0.5, -0.5], tail=[0], head=[1], cost=[2], lower=[0.25], capacity=[inf],
        whole=False),
    "linear": LinearProblem(
        columns=["x", "y", "z"], rows=["staff", "money"], objective=[1, -2, 0.1],
        matrix=[[1, 0, 2], [0, 3.5, 0]], row_lower=[-inf, 1], row_upper=[10, 1], lower=[-inf, 0, 1],
        upper=[inf, 1, 2], whole=[False, True, False], offset=-2.5, sense="max", **DESCRIBED),
    "linear without rows": LinearProblem(
        columns=["x"], rows=[], objective=[1], matrix=np.zeros((0, 1)), row_lower=[], row_upper=[],
        lower=[0], upper=[1]),
    "linear with empty rows": LinearProblem(
        columns=["x"], rows=["r"], objective=[1], matrix=np.zeros((1, 1)), row_lower=[0], row_upper=[1],
        lower=[0], upper=[1]),
    "programmes under several budgets": ProgrammeProblem(
        groups=["hip", "a,b"], group_size=[40, 2.5], baseline=[4, 0.1], programmes=["x", '"y"', "z"],
        group=[1, 0, 1], benefit=[2, -0.5, 3], budgets=["money", "staff"], budget_limit=[60, 7.5],
        cost=[[1, 0, 2], [0, 0.25, 0]], cost_per="programme", lower=[0, 1, 0], upper=[1, 1, 0], one_each=True,
        **DESCRIBED),
    "programmes under one budget": ProgrammeProblem(
        groups=["hip"], group_size=[40], programmes=["x", "y"], group=[0, 0], benefit=[2, 3],
        budgets=["total"], budget_limit=[60], cost=[0, 1.5], lower=[0.25, 0], whole=False),
    "programmes without costs": ProgrammeProblem(
        groups=["hip"], group_size=[40], programmes=["x"], group=[0], benefit=[2], budgets=["beds"],
        budget_limit=[6], cost=[0]),
    "scenarios and recourse lanes": UncertainTransportationProblem(
        sources=["A"], targets=["scenario", "x, y", "z"], lanes=Lanes.from_matrix([[1, nan, 2.5]]),
        supply=[9.5], purchase_cost=[0.1], demand=ScenarioDemand(
            [[1, 2, 0.5], [4, 0, 6]], [0.3, 0.7], ["calm", "wave 2"]), unmet_cost=[3, 4, 5.5],
        leftover_cost=[1, -2, 0], recourse=Lanes.from_matrix([[nan, 1, nan], [2, nan, 3], [nan, 0, nan]],
        [[nan, 4, nan], [inf, nan, 1], [nan, 0, nan]]), measure="cvar", tail_level=0.75, tail_weight=0.4,
        **DESCRIBED),
    "quantile of scenarios": UncertainTransportationProblem(
        sources=["A"], targets=["x"], lanes=Lanes.from_matrix([[1]]), unmet_cost=3, whole=True,
        demand=QuantileDemand(0.8, ScenarioDemand([[1], [4]]))),
    "quantile of a normal demand": UncertainTransportationProblem(
        sources=["A"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 2]]), unmet_cost=3,
        demand=QuantileDemand(0.95, NormalDemand([10, 4.5], [2, 0]))),
    "quantile of a Poisson demand": UncertainTransportationProblem(
        sources=["A"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 2]]), unmet_cost=3,
        demand=QuantileDemand(0.5, PoissonDemand([10, 4.5]))),
    "point demand": UncertainTransportationProblem(
        sources=["A"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 2]]), unmet_cost=3,
        demand=PointDemand([4, 0]), measure="worst-case"),
    "interval of demand": UncertainTransportationProblem(
        sources=["A"], targets=["x", "y"], lanes=Lanes.from_matrix([[1, 2]]), unmet_cost=3,
        demand=IntervalDemand([4, 3], [1, 0], [2, 5.5], 1.25)),
    "programmes without budgets": ProgrammeProblem(
        groups=["hip"], group_size=[40], programmes=["x"], group=[0], benefit=[2], budgets=[],
        budget_limit=[], cost=np.zeros((0, 1))),
}  # fmt: skip


DEMANDS = (PointDemand, QuantileDemand, ScenarioDemand, IntervalDemand, NormalDemand, PoissonDemand)


def assert_same(read: object, written: object) -> None:
    """Every field of both problems (or demands) is equal; keys as text."""
    assert type(read) is type(written)
    for name, value in vars(written).items():
        other = getattr(read, name)
        if isinstance(value, Lanes):
            assert (other.n_sources, other.n_targets, len(other)) == (
                value.n_sources, value.n_targets, len(value))  # fmt: skip
            for part in ("source", "target", "cost", "capacity"):
                np.testing.assert_array_equal(getattr(other, part), getattr(value, part), name)
        elif isinstance(value, DEMANDS):
            assert_same(other, value)
        elif isinstance(value, pd.Index):
            assert other.tolist() == [str(key) for key in value], name
        elif sp.issparse(value):
            assert (other.indptr.tolist(), other.indices.tolist(), other.data.tolist()) == (
                value.indptr.tolist(), value.indices.tolist(), value.data.tolist())  # fmt: skip
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(other, value, name)
        else:
            assert other == value, name


def folder_of(tmp_path: Path, manifest: str, **tables: str) -> Path:
    """Write an instance by hand; tables by their file's stem."""
    (tmp_path / "m.toml").write_text(f"schema_version = 1\n{manifest}")
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path / "m.toml"


TRANSPORTATION = """kind = "transportation"
[sources]
file = "rooms.csv"
key = "state"
supply = "places"
[targets]
file = "patients.csv"
key = "state"
demand = "patients"
[lanes]
"""
ROOMS = "state,places,lat,lon\nBremen,4,53.0793,8.8017\nBerlin,9,52.52,13.405\n"
PATIENTS = "state,patients,lat,lon\nHamburg,5,53.5511,9.9937\nPotsdam,3,52.3906,13.0645\n"


@pytest.mark.parametrize("tables", ["csv", "parquet"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_is_read_back_as_it_was_written(
    name: str, tables: native_writing.TableFormat, tmp_path: Path
) -> None:
    manifest = write_native(PROBLEMS[name], tmp_path / "written", tables=tables)
    assert {file.suffix for file in manifest.parent.iterdir()} == {".toml", f".{tables}"}
    assert_same(read_native(manifest), PROBLEMS[name])


keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
quantities = st.floats(0, 1e12) | st.integers(0, 10**9).map(float)
costs = st.floats(-1e12, 1e12)


@st.composite
def transportation_problems(draw: st.DrawFn) -> TransportationProblem:
    sources = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    targets = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    cells = st.lists(costs | st.just(nan), min_size=len(targets), max_size=len(targets))
    matrix = np.array(draw(st.lists(cells, min_size=len(sources), max_size=len(sources))))
    limits = draw(st.none() | st.just(np.round(np.abs(matrix))))
    if np.isnan(matrix).all():
        matrix[0, 0] = 1.0
        limits = None
    demand = draw(st.lists(quantities, min_size=len(targets), max_size=len(targets)))
    return TransportationProblem(
        sources=sources,
        targets=targets,
        lanes=Lanes.from_matrix(matrix, limits),
        supply=draw(st.lists(quantities, min_size=len(sources), max_size=len(sources))),
        demand=demand,
        supply_rule=draw(st.sampled_from(["at-most", "exactly"])),
        demand_rule=draw(st.sampled_from(["exactly", "at-least"])),
        total=draw(st.none() | quantities),
        unmet_cost=draw(st.none() | st.just(np.sqrt(demand))),
        sense=draw(st.sampled_from(["min", "max"])),
        title=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    )


@settings(deadline=None, max_examples=60)
@given(problem=transportation_problems(), tables=st.sampled_from(["csv", "parquet"]))
def test_any_transportation_problem_is_read_back_as_it_was_written(
    problem: TransportationProblem,
    tables: native_writing.TableFormat,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any") / "problem"
    assert_same(read_native(write_native(problem, folder, tables=tables)), problem)


def test_integer_keys_come_back_as_text(tmp_path: Path) -> None:
    problem = NetworkFlowProblem(
        nodes=[7, 3], balance=[1, -1], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])  # fmt: skip
    assert_same(load(write(problem, tmp_path / "flow")), problem)


def test_sparse_lanes_are_ordered_by_source_and_target_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        """kind = "fair-allocation"
objective.criterion = "need-deviation"
sources = {file = "s.csv", key = "k", supply = "a"}
targets = {file = "t.csv", key = "k", demand = "a"}
lanes = {form = "table", file = "l.csv", source = "from", target = "to", need = "want", capacity = "most"}
""",
        s="k,a\np,1\nq,2\n",
        t="k,a\nx,1\ny,2\n",
        l="to,want,from,most,cost,remark\ny,1,q,inf,10,far\nx,2,q,5,20,\ny,3,p,6,30,near\n",
    )
    problem = load(manifest)
    assert isinstance(problem, FairAllocationProblem)
    assert problem.plan(np.array([1.0, 2, 3]))[["source", "target"]].to_numpy().tolist() == [
        ["p", "y"], ["q", "x"], ["q", "y"]]  # fmt: skip
    assert problem.lanes.cost.tolist() == [30, 20, 10]
    assert problem.need is not None and problem.need.tolist() == [3, 2, 1]
    assert problem.lanes.capacity is not None and problem.lanes.capacity.tolist() == [6, 5, inf]


def test_a_matrix_may_list_sources_and_targets_in_any_order(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        TRANSPORTATION + 'form = "matrix"\nfile = "km.csv"\n',
        rooms=ROOMS,
        patients=PATIENTS,
        km=",Potsdam,Hamburg\nBerlin,4,\nBremen,2,1\n",
    )
    np.testing.assert_array_equal(load(manifest).lanes.matrix(), [[1, 2], [nan, 4]])


def test_great_circle_lanes_are_priced_by_whole_km_within_the_maximum(tmp_path: Path) -> None:
    places = TRANSPORTATION.replace("supply =", 'latitude = "lat"\nlongitude = "lon"\nsupply =')
    places = places.replace("demand =", 'latitude = "lat"\nlongitude = "lon"\ndemand =')
    manifest = folder_of(
        tmp_path,
        places + 'form = "great-circle"\nround = true\nmaximum_km = 255.2\ncost_per_km = 2.0\n',
        rooms=ROOMS,
        patients=PATIENTS,
    )
    np.testing.assert_array_equal(load(manifest).lanes.matrix(), [[190, nan], [nan, 54]])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_read_where_the_manifest_names_it(tmp_path: Path, separator: str) -> None:
    manifest = folder_of(
        tmp_path,
        TRANSPORTATION.replace("[targets]", f"separator = {json.dumps(separator)}\n[targets]")
        + 'form = "table"\nfile = "km.csv"\n',
        rooms=ROOMS.replace(",", separator),
        patients=PATIENTS,
        km="source,target,cost\nBerlin,Hamburg,255\n",
    )
    assert load(manifest).supply.tolist() == [4, 9]


def test_byte_order_marks_quoted_names_and_line_ends_of_spreadsheets_are_read(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        TRANSPORTATION + 'form = "table"\nfile = "km.csv"\n',
        patients=PATIENTS,
        km='"source","target","cost"\n"Frankfurt, \n""Oder""",Hamburg, 400 \n',
    )
    (tmp_path / "rooms.csv").write_bytes(
        b'\xef\xbb\xbf"state","places"\r\n"Frankfurt, \n""Oder""",+4\r\nBerlin,9e0\r\n\r\n'
    )
    manifest.write_bytes(b"\xef\xbb\xbf" + manifest.read_bytes().replace(b"\n", b"\r\n"))
    problem = load(manifest)
    assert problem.sources.tolist() == ['Frankfurt, \n"Oder"', "Berlin"]
    assert problem.supply.tolist() == [4, 9]
    assert problem.lanes.cost.tolist() == [400]


def test_parquet_tables_may_hold_whole_numbers_text_and_categories(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        TRANSPORTATION.replace("rooms.csv", "rooms.parquet") + 'form = "table"\nfile = "km.csv"\n',
        patients=PATIENTS,
        km="source,target,cost\n7,Hamburg,255\n",
    )
    rooms = pd.DataFrame({"state": [7, 8], "places": pd.Categorical(["4", "9"])})
    rooms.to_parquet(tmp_path / "rooms.parquet")
    problem = load(manifest)
    assert (problem.sources.tolist(), problem.supply.tolist()) == (["7", "8"], [4, 9])


def test_rows_of_a_linear_problem_may_be_relations(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        """kind = "linear"
objective.sense = "max"
columns = {file = "c.csv", key = "name", objective = "profit", whole = "integer"}
rows = {file = "r.csv", key = "name", relation = "is", right_hand_side = "limit"}
entries = {file = "e.csv"}
""",
        c="name,profit,integer\nx,1,yes\ny,2,FALSE\n",
        r="name,is,limit\na,<=,10\nb,=,3\nc,>=,1\n",
        e="row,column,value\na,x,1\nc,y,2\nb,x,3\n",
    )
    problem = load(manifest)
    assert isinstance(problem, LinearProblem)
    assert (problem.row_lower.tolist(), problem.row_upper.tolist()) == ([-inf, 3, 1], [10, 3, inf])
    assert (problem.lower.tolist(), problem.upper.tolist()) == ([0, 0], [inf, inf])
    assert problem.whole.tolist() == [True, False]
    assert problem.matrix.toarray().tolist() == [[1, 0], [3, 0], [0, 2]]


def test_one_number_in_the_options_stands_for_all_keys(tmp_path: Path) -> None:
    manifest = folder_of(
        tmp_path,
        "[options]\nunmet_cost = 100\nminimum_service = 0.5\n".join(TRANSPORTATION.partition("\n")[::2])
        + 'form = "table"\nfile = "km.csv"\n',
        rooms=ROOMS,
        patients=PATIENTS,
        km="source,target,cost\nBerlin,Hamburg,255\n",
    )
    text = manifest.read_text().replace('"transportation"[', '"transportation"\n[')
    manifest.write_text(text)
    problem = load(manifest)
    assert (problem.unmet_cost.tolist(), problem.minimum_service.tolist()) == ([100, 100], [0.5, 0.5])


@pytest.mark.parametrize("kind", MANIFESTS)
def test_the_schema_of_every_kind_is_json_and_names_every_table(kind: str) -> None:
    described = json.loads(json.dumps(schema(kind)))
    assert described["additionalProperties"] is False
    assert described["properties"]["kind"]["const"] == kind
    assert set(described["properties"]) == set(MANIFESTS[kind].model_fields)
    for section in described["$defs"].values():
        for name, field in section["properties"].items():
            assert field.get("description") or "const" in field or name == "form", name


def test_what_is_written_keeps_to_its_manifest(tmp_path: Path) -> None:
    for name, problem in PROBLEMS.items():
        manifest = write_native(problem, tmp_path / name)
        parse_manifest(tomllib.loads(manifest.read_text()), name)


def test_a_manifest_and_its_tables_share_a_folder_with_others(tmp_path: Path) -> None:
    first = write(PROBLEMS["dense transportation"], tmp_path / "a.toml")
    second = write(PROBLEMS["linear"], tmp_path / "b.toml")
    assert (first.name, second.name) == ("a.toml", "b.toml")
    assert_same(load(first), PROBLEMS["dense transportation"])
    assert_same(load(second), PROBLEMS["linear"])


def test_a_folder_with_one_manifest_is_loaded(tmp_path: Path) -> None:
    write(PROBLEMS["linear"], tmp_path / "diet")
    assert_same(load(tmp_path / "diet"), PROBLEMS["linear"])
    assert_same(load(str(tmp_path / "diet"), "native"), PROBLEMS["linear"])


def test_writing_again_replaces_what_was_there(tmp_path: Path) -> None:
    write(PROBLEMS["dense transportation"], tmp_path / "p")
    (tmp_path / "p" / "notes.txt").write_text("mine")
    write(PROBLEMS["sparse transportation"], tmp_path / "p")
    assert_same(load(tmp_path / "p"), PROBLEMS["sparse transportation"])
    assert (tmp_path / "p" / "notes.txt").read_text() == "mine"
    assert not [file for file in (tmp_path / "p").iterdir() if file.name.startswith(".")]


def test_nothing_is_left_when_writing_a_new_folder_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(frame: pd.DataFrame, path: Path, draft: object) -> None:
        path.write_text("half")
        if path.name == "targets.csv":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(native_writing, "_write_frame", full)
    with pytest.raises(InputError, match=r"p: it cannot be written: No space left on device"):
        write(PROBLEMS["dense transportation"], tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


def test_the_old_files_are_back_when_replacing_them_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write(PROBLEMS["sparse transportation"], tmp_path / "p").parent
    before = {file.name: file.read_bytes() for file in written.iterdir() if file.is_file()}
    move = type(tmp_path).rename

    def refuse(file: Path, to: Path) -> Path:
        if file.name == "problem.toml" and to.parent == written and file.parent.name != "kept":
            raise PermissionError(13, "Permission denied")
        return move(file, to)

    monkeypatch.setattr(type(tmp_path), "rename", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        write(PROBLEMS["dense transportation"], written)
    assert {file.name: file.read_bytes() for file in written.iterdir() if file.is_file()} == before


def test_every_format_has_its_reader_and_its_recogniser(tmp_path: Path) -> None:
    for name, form in FORMATS.items():
        with pytest.raises(InputError, match="nowhere"):
            form.read(tmp_path / "nowhere", None)
        assert form.name == name
        assert not form.recognise("Dear Sir or Madam", tmp_path / "letter")


def test_a_format_is_recognised_by_content_where_the_extension_says_nothing(tmp_path: Path) -> None:
    contents = {
        "native": "schema_version = 3",
        "dimacs-min": "c a comment\np min 2 1\nn 1 3\nn 2 -3\na 1 2 0 5 2\n",
        "orlib-assignment": "2\n1 2\n3 4\n",
        "orlib-gap": "1 2\n5 6\n1 1\n2\n",
        "mps": "NAME test\nROWS\n N cost\n L r\nCOLUMNS\n x cost 1 r 1\nRHS\n RHS r 4\nENDATA\n",
        "lp": "Minimize\n obj: x\nSubject To\n r: x >= 1\nEnd\n",
    }
    for name, content in contents.items():
        (tmp_path / "file").write_text(content)
        assert [form.name for form in FORMATS.values() if form.recognise(content, tmp_path / "file")] == [
            name
        ]
        if name != "native":
            assert load(tmp_path / "file").size >= 1


def test_one_of_several_problems_in_a_file_is_named_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "gap.txt").write_text("3\n1 2\n5 6\n1 1\n2\n1 1\n7\n1\n1\n1 1\n8\n1\n1\n")
    assert [load(tmp_path / f"gap.txt#{k}", sense="max").size for k in (1, 2)] == [2, 1]
    (tmp_path / "gap.txt.gz").write_bytes(gzip.compress((tmp_path / "gap.txt").read_bytes()))
    assert load(tmp_path / "gap.txt.gz#2", "orlib-gap").size == 1


def test_a_folder_of_a_tables_name_is_neither_replaced_nor_lost(tmp_path: Path) -> None:
    (tmp_path / "p" / "lanes.csv").mkdir(parents=True)
    with pytest.raises(InputError, match=r"lanes\.csv: there is a folder of this name"):
        write(PROBLEMS["sparse transportation"], tmp_path / "p")
    assert [file.name for file in (tmp_path / "p").iterdir()] == ["lanes.csv"]
