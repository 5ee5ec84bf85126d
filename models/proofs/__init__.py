r"""Proofs of optimality: from the problem, a plan and a certificate to a bound that no plan passes.

A certificate is a claim like any other. A proof reads the problem alone, and its bound holds whatever the
certificate says: by weak duality every set of prices bounds every plan. A good certificate makes the bound
meet the plan, which proves it optimal; a wrong one leaves a gap, and its weakest place is named.

Proofs share no code with the formulations or the solvers. Data that are whole numbers or decimals are
computed with exactly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ...instances.errors import InputError
from ..check import check_decisions
from .certificates import NodePotentials, Prices, RowPrices
from .proof import Proof

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from ..check import CheckReport
    from .exchange import Exchange
    from .levels import Levels

    Certificate: TypeAlias = Prices | NodePotentials | RowPrices | Levels | Exchange

__all__ = ["NodePotentials", "Prices", "Proof", "RowPrices", "prove"]

_PROOFS = {
    "Prices": "prices",
    "NodePotentials": "potentials",
    "RowPrices": "rows",
    "Levels": "levels",
    "Exchange": "exchange",
}
"""Module of each certificate's proof, a function ``prove(problem, decisions, certificate, report)``."""


def prove(
    problem: Problem,
    decisions: FloatArray,
    certificate: Certificate,
    report: CheckReport | None = None,
) -> Proof:
    """Prove a plan optimal, or say how far the certificate bounds every plan.

    Parameters
    ----------
    problem
        What was to be decided.
    decisions
        The plan, shape (problem.size,).
    certificate
        What is said to prove it.
    report
        The plan's check, where it is at hand.

    Raises
    ------
    InputError
        For a certificate that does not fit the problem.

    Examples
    --------
    >>> import numpy as np
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8])
    >>> proof = prove(problem, np.array([5.0, 3.0]), Prices(np.array([-30.0, 0.0]), np.array([70.0])))
    >>> proof.bound, proof.proved
    (410.0, True)
    >>> prove(problem, np.array([5.0, 3.0]), Prices(np.array([-30.0, 0.0]), np.array([71.0]))).weakness
    "lane from 'Gera' to 'Erfurt': reduced cost -1, carries 3 of 8"
    """
    checked = check_decisions(problem, decisions) if report is None else report
    values = np.asarray(decisions, dtype=np.float64)
    proof: Proof = _module(certificate).prove(problem, values, certificate, checked)
    if proof.proved and not checked.feasible:
        return Proof(proof.bound, False, f"the plan breaks a rule: {checked.violations[0].message}")
    return proof


def _module(certificate: Certificate) -> Any:
    name = type(certificate).__name__
    if name not in _PROOFS:
        raise InputError(f"a {name} is no certificate; give one of {', '.join(_PROOFS)}")
    return import_module(f".{_PROOFS[name]}", __name__)
