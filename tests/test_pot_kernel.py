"""POT's compiled kernel: loaded alone, the same module as POT's own, and as exact."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import allocare
from allocare.instances.lanes import Lanes
from allocare.instances.transportation import TransportationProblem
from allocare.solvers import network_simplex_
from allocare.solvers.backend import Options, Task

if TYPE_CHECKING:
    from pathlib import Path

SOLVE = "assert allocare.solve(allocare.example('sunray'), 'network-simplex').objective == 435\n"
SAME = (
    "assert sys.modules['ot.lp.emd_wrap'] is kernel and ot.lp._network_simplex.emd_c is kernel.emd_c\n"
    "from ot.lp import emd_wrap\n"
    "assert emd_wrap is kernel\n"
    "assert ot.emd([1, 2], [2, 1], [[0, 1], [5, 2]]).tolist() == [[1, 0], [1, 1]]\n"
    "import numpy as np\n"
    "assert ot.emd2_1d(np.array([0.0, 3.0]), np.array([1.0, 2.0]), metric='euclidean') == 1\n"
)


def run_python(code: str, *path: str) -> subprocess.CompletedProcess[str]:
    setup = f"import sys\nsys.path[:0] = {list(path)!r}\n"
    return subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=False)


def test_solving_leaves_the_package_around_the_kernel_alone() -> None:
    result = run_python(
        f"import allocare\n{SOLVE}"
        "assert [name for name in sys.modules if name.split('.')[0] == 'ot'] == ['ot.lp.emd_wrap']\n"
        "assert not {'sklearn', 'scipy.stats', 'scipy.optimize', 'ortools'} & set(sys.modules)\n"
    )
    assert result.returncode == 0, result.stderr


def test_the_package_imported_later_finds_the_same_kernel() -> None:
    result = run_python(
        f"import allocare\n{SOLVE}kernel = sys.modules['ot.lp.emd_wrap']\nimport ot\n{SAME}{SOLVE}"
    )
    assert result.returncode == 0, result.stderr


def test_the_package_imported_first_lends_its_kernel() -> None:
    result = run_python(
        f"import ot, allocare\n{SOLVE}"
        f"from allocare.solvers.pot_kernel import pot_kernel\nkernel = pot_kernel()\n{SAME}"
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("needs", "imported"),
    [("from ..utils import dist", "['ot.lp.emd_wrap']"), ("from ..utils import other", "['ot', 'ot.lp', ")],
)
def test_a_kernel_that_needs_more_of_its_package_gets_it(tmp_path: Path, needs: str, imported: str) -> None:
    package = tmp_path / "ot" / "lp"
    package.mkdir(parents=True)
    (tmp_path / "ot" / "__init__.py").write_text("from . import lp\n")
    (tmp_path / "ot" / "utils.py").write_text("def dist(): return 1\ndef other(): return 2\n")
    (package / "__init__.py").write_text("")
    (package / "emd_wrap.py").write_text(f"{needs} as helper\nanswer = 42\n")
    result = run_python(
        "from allocare.solvers.pot_kernel import pot_kernel\n"
        "assert pot_kernel().answer == 42 and pot_kernel() is sys.modules['ot.lp.emd_wrap']\n"
        "found = str(sorted(name for name in sys.modules if name.split('.')[0] == 'ot'))\n"
        f"assert found.startswith({imported!r}), found\n"
        "import ot.utils\n"
        "assert ot.utils.dist() + ot.utils.other() == 3\n"
        "assert pot_kernel().helper() in (1, 2)\n",
        str(tmp_path),
    )
    assert result.returncode == 0, result.stderr


def test_the_kernel_takes_its_arguments_as_they_are_called_here() -> None:
    from inspect import signature

    from allocare.solvers.pot_kernel import pot_kernel

    dense, listed = (
        list(signature(function).parameters) for function in (pot_kernel().emd_c, pot_kernel().emd_c_sparse)
    )
    assert dense[:5] == ["a", "b", "M", "max_iter", "numThreads"]
    assert listed[:6] == ["a", "b", "edge_sources", "edge_targets", "edge_costs", "max_iter"]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_whole_masses_too_large_to_be_rescaled_stay_exact(seed: int, complete: bool) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(5, 30, 2)
    cost = rng.integers(0, 100, (m, n)).astype(float)
    if not complete:
        cost[1:][rng.random((m - 1, n)) < 0.4] = np.nan
    supply = rng.integers(0, 10**12, m)
    demand = rng.integers(0, 10**12, n)
    supply[0] += max(demand.sum() - supply.sum() // 2, 0)
    problem = TransportationProblem(
        sources=range(m), targets=range(n), lanes=Lanes.from_matrix(cost), supply=supply, demand=demand,
        demand_rule=str(rng.choice(["exactly", "at-least"])), whole=True,
    )  # fmt: skip
    solution = allocare.solve(problem, "network-simplex")
    assert solution.status == "optimal" and solution.proved_by == "prices"
    assert solution.objective == allocare.solve(problem, "min-cost-flow").objective


@pytest.mark.parametrize(("digits", "taken"), [(0, True), (6, True), (9, False), (17, True)])
def test_decimals_finer_than_the_kernel_tells_apart_go_elsewhere(digits: int, taken: bool) -> None:
    rng = np.random.default_rng(4)
    cost = rng.uniform(0, 1e4, (40, 40)).round(digits)
    problem = TransportationProblem(
        sources=range(40), targets=range(40), lanes=Lanes.from_matrix(cost),
        supply=np.full(40, 6), demand=rng.integers(0, 6, 40),
    )  # fmt: skip
    assert (network_simplex_.refusal(Task(problem), Options()) is None) == taken
    solution = allocare.solve(problem)
    assert solution.status == "optimal" and solution.proved_by == "prices"
    assert solution.backend == ("network-simplex" if taken else "min-cost-flow")


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1e9, 1e300])
def test_the_size_of_real_costs_does_not_matter(size: float) -> None:
    rng = np.random.default_rng(4)
    cost, demand = rng.random((9, 8)), rng.integers(0, 6, 8)

    def optimum(costs: np.ndarray) -> float:
        problem = TransportationProblem(
            sources=range(9), targets=range(8), lanes=Lanes.from_matrix(costs), supply=np.full(9, 6),
            demand=demand,
        )  # fmt: skip
        assert network_simplex_.refusal(Task(problem), Options()) is None
        return network_simplex_.solve(Task(problem), Options()).objective

    assert optimum(cost * size) / size == pytest.approx(optimum(cost), rel=1e-9)
