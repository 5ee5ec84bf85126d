"""The package as a whole: rooms, doctests, imports."""

from __future__ import annotations

import ast
import doctest
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import allocare

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = [
    entry
    for entry in SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    if (ROOT / entry).is_dir()
]
MODULES = [
    ".".join(("allocare", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if path.stem != "__main__"
]
WITHOUT_EXAMPLE = {"refusal", "solve"}
"""The two functions of every backend module, shown by the examples of ``allocare.solve``."""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_every_room_is_linked_for_editable_installs_and_in_the_wheel() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    links = {path.name for path in (ROOT / ".editable" / "allocare").iterdir() if path.is_symlink()}
    assert rooms == set(ROOMS)
    assert links == rooms | {"__init__.py", "py.typed"}


def test_every_public_name_resolves() -> None:
    assert all(getattr(allocare, name) is not None for name in allocare.__all__)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'solv'"):
        allocare.solv  # noqa: B018


@pytest.mark.parametrize("room", ["instances", "forecasting", "models", "solvers", "evaluation", "reports"])
def test_public_functions_show_an_example(room: str) -> None:
    lacking = []
    for path in sorted((ROOT / room).rglob("*.py")):
        backend_module = room == "solvers" and path.stem.endswith("_")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if not public or (backend_module and node.name in WITHOUT_EXAMPLE):
                continue
            if ">>>" not in (ast.get_docstring(node) or ""):
                lacking.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert lacking == []


FLOORS = [
    {"instances"},
    {"forecasting"},
    {"models"},
    {"solvers"},
    {"evaluation"},
    {"benchmarks", "monitoring"},
    {"reports"},
    {"cli"},
]


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_what_stands_below_them(room: str) -> None:
    level = next(k for k, floor in enumerate(FLOORS) if room in floor)
    allowed = {room}.union(*FLOORS[:level])
    for path in (ROOT / room).rglob("*.py"):
        depth = len(path.relative_to(ROOT).parts) - 1
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > depth and node.module:
                assert node.module.split(".")[0] in allowed, f"{path} imports {node.module}"


@pytest.mark.parametrize(
    "order", ["highspy, ortools.linear_solver.pywraplp", "ortools.linear_solver.pywraplp, highspy"]
)
def test_highspy_and_ortools_import_in_one_interpreter_in_both_orders(order: str) -> None:
    result = run_python(
        f"import {order}\n"
        "import allocare\n"
        "names = 'highs cp-sat min-cost-flow network-simplex networkx pyomo:highs'.split()\n"
        "for name in names:\n"
        "    assert allocare.solve(allocare.example('sunray'), name).objective == 435, name\n"
        "assert abs(allocare.solve(allocare.example('trnsport'), 'clarabel').objective - 153.675) < 1e-6\n"
    )
    assert result.returncode == 0, result.stderr


def test_importing_allocare_imports_no_solver_and_no_pandas() -> None:
    result = run_python(
        "import sys, allocare\n"
        "heavy = {'pandas', 'numpy', 'pyomo', 'highspy', 'ortools', 'ot', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    assert result.returncode == 0, result.stderr
