"""The check's door: any plan, any claim, nothing to decide, and nothing shared with what it checks."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import allocare
from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.check import check, check_decisions

UNITS = {"quantity": "patients", "cost": "km"}
SCALES = [1e-6, 1.0, 1e9]


def transport(**changes):
    data = {
        "sources": ["Hessen", "Bayern"],
        "targets": ["Jena", "Gera"],
        "lanes": Lanes.from_matrix([[1, 2], [3, 4]]),
        "supply": [12, 8],
        "demand": [10, 5],
        "units": UNITS,
        "whole": True,
    } | changes
    return TransportationProblem(**data)


def rules(report):
    return [violation.rule for violation in report.violations]


@pytest.mark.parametrize("scale", SCALES)
def test_false_claims_are_refuted_at_every_magnitude(scale):
    problem = transport(supply=np.array([12, 8]) * scale, demand=np.array([10, 5]) * scale, whole=False)
    report = check_decisions(problem, np.array([10, 0, 0, 5]) * scale)
    assert report.agrees(30 * scale) and report.agrees(30 * scale * (1 + 1e-7))
    assert not report.agrees(30 * scale * (1 + 1e-5))
    assert not report.agrees(0.0)
    assert not report.agrees(float("nan"))


def test_a_plan_made_elsewhere_needs_only_its_keys_and_numbers():
    plan = pd.DataFrame({"target": ["Gera", "Jena"], "source": ["Bayern", "Hessen"], "quantity": ["5", "10"]})
    assert check(transport(), plan).objective == 30
    assert allocare.check(transport(), plan).feasible


def test_an_unknown_key_in_a_plan_is_named_with_its_row():
    plan = pd.DataFrame({"source": ["Hessen", "Hesse"], "target": ["Jena", "Gera"], "quantity": [1, 2]})
    with pytest.raises(InputError, match="row 3, column 'source': 'Hesse' is not a source"):
        check(transport(), plan)


def test_the_empty_plan_leaves_everything_out_and_breaks_no_limit():
    empty = pd.DataFrame({"source": [], "target": [], "quantity": []})
    report = check(transport(), empty)
    assert (report.feasible, report.within_limits, report.unmet) == (False, True, 15)


@pytest.mark.parametrize(
    "problem",
    [
        TransportationProblem(
            sources=[], targets=[], lanes=Lanes.from_matrix(np.zeros((0, 0))), supply=[], demand=[]
        ),
        AssignmentProblem(agents=[], tasks=[], pairs=Lanes.from_matrix(np.zeros((0, 0))), capacity=[]),
        AssignmentProblem(agents=["a"], tasks=[], pairs=Lanes.from_matrix(np.zeros((1, 0)))),
        FairAllocationProblem(
            sources=["a"], targets=[], lanes=Lanes.from_matrix(np.zeros((1, 0))), supply=[3], demand=[]
        ),
        NetworkFlowProblem(nodes=["a"], balance=[0], tail=[], head=[], cost=[], lower=[], capacity=[]),
        LinearProblem(
            columns=[],
            rows=[],
            objective=[],
            matrix=np.zeros((0, 0)),
            row_lower=[],
            row_upper=[],
            lower=[],
            upper=[],
        ),
    ],
    ids=lambda problem: problem.kind,
)
def test_nothing_to_decide_is_a_plan(problem):
    report = check_decisions(problem, np.zeros(0))
    assert report.feasible and report.objective == 0


def test_demand_that_nothing_can_reach_is_not_forgotten():
    problem = TransportationProblem(
        sources=[], targets=["Jena"], lanes=Lanes.from_matrix(np.zeros((0, 1))), supply=[], demand=[3]
    )
    assert rules(check_decisions(problem, np.zeros(0))) == ["unmet demand"]
    stuck = NetworkFlowProblem(nodes=["a"], balance=[2], tail=[], head=[], cost=[], lower=[], capacity=[])
    assert rules(check_decisions(stuck, np.zeros(0))) == ["conservation"]


def test_the_check_shares_no_code_with_formulations_or_solvers():
    models = Path(allocare.__file__).parent / "models"
    files = [models / "check.py", *sorted((models / "checks").glob("*.py"))]
    assert len(files) > 5
    allowed = ("allocare.instances.", "allocare.models.checks", "numpy", "pandas", "scipy")
    standard = {"__future__", "typing", "dataclasses", "functools", "collections.abc"}
    for file in files:
        package = ["allocare", "models", "checks"][: 3 if file.parent.name == "checks" else 2]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) + 1 - node.level] if node.level else []
                names = [".".join([*base, node.module or ""])]
            # definitions and judgements stand beside, and share nothing with, what a rule states
            judges = (
                "allocare.models.criteria",
                "allocare.models.policies",
                "allocare.models.references",
                "allocare.models.levelling_down",
            )
            known = allowed + judges if file.name == "fairness.py" else allowed
            for name in names:
                assert name in standard or name.startswith(known), f"{file.name} imports {name}"
