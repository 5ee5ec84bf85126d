"""SCIP through Pyomo, telling of every better plan it finds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def telling_scip(listener: Callable[[float, float, float | None], None]) -> Any:
    """Pyomo's direct interface to SCIP with an event handler that tells of better plans.

    Pyomo offers no callback of its own there, so the handler is added as soon as SCIP's model is made.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var(range(2), domain=pyo.NonNegativeIntegers)
    >>> model.need = pyo.Constraint(expr=2 * model.x[0] + 3 * model.x[1] >= 7)
    >>> model.objective = pyo.Objective(expr=3 * model.x[0] + 4 * model.x[1])
    >>> heard = []
    >>> _ = telling_scip(lambda *told: heard.append(told)).solve(model, load_solutions=False)
    >>> heard[-1][1]
    10.0
    """
    from pyomo.contrib.solver.solvers.scip.scip_direct import ScipDirect
    from pyscipopt import SCIP_EVENTTYPE, Eventhdlr  # type: ignore[attr-defined]

    began = time.perf_counter()

    class Telling(Eventhdlr):
        def eventinit(self) -> None:
            self.model.catchEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexit(self) -> None:
            self.model.dropEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexec(self, event: Any) -> None:
            objective = float(self.model.getSolObjVal(self.model.getBestSol()))
            bound = float(self.model.getDualbound())
            known = abs(bound) < self.model.infinity()
            listener(time.perf_counter() - began, objective, bound if known else None)

    class TellingScip(ScipDirect):  # type: ignore[misc]  # Pyomo has no types
        def _create_solver_model(self, model: Any, config: Any) -> Any:
            made = super()._create_solver_model(model, config)
            made[0].includeEventhdlr(Telling(), "telling", "tells of every better plan")
            return made

    return TellingScip()
