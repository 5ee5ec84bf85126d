r"""From any linear Pyomo model, a user's extension included, to the matrix form.

Pyomo's linear walker compiles each constraint body into coefficients and a constant. Columns and rows keep
the order in which the model declares them, one block a component, so that the compiled form of a family's
own model is that family's matrix form. Range constraints stay one row, constraints without any variable
stay (an empty row that its bounds may make infeasible), and every variable keeps its column even where
nothing uses it.
"""

from __future__ import annotations

from array import array
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..instances.errors import CapabilityError, InputError
from .formulations import matrix_form
from .matrix import Block, MatrixForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..instances.arrays import FloatArray

_ELSEWHERE = "the backends that work on arrays cannot take it; use pyomo:NAME with a solver that can"


def matrix_form_of(model: Any) -> MatrixForm:
    """Compile a Pyomo model with linear constraints and a linear or diagonal quadratic objective.

    A fixed variable is a column whose bounds are its value; its terms move into the constants.
    Deactivated constraints are left out. Where the model is a family's own (`allocare_problem`), its
    first variable holds the decisions, and priority classes, a criterion's stages and its tie-break stay.

    Raises
    ------
    InputError
        For a model without exactly one active objective, or one that lost the family's decisions.
    CapabilityError
        Naming the constraint or objective that is not linear, or a component of another kind.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.beds = pyo.Var(["Jena", "Gera"], bounds=(0, 8))
    >>> model.staff = pyo.Constraint(expr=(2, model.beds["Jena"] + 3 * model.beds["Gera"], 12))
    >>> model.objective = pyo.Objective(expr=model.beds["Gera"] + 1, sense=pyo.maximize)
    >>> form = matrix_form_of(model)
    >>> form.matrix.toarray().tolist(), form.row_lower.tolist(), form.row_upper.tolist()
    ([[1.0, 3.0]], [2.0], [12.0])
    >>> [block.name for block in form.columns], form.cost.tolist(), form.offset
    (['beds'], [0.0, 1.0], 1.0)
    """
    from pyomo.common.gc_manager import PauseGC

    _refuse_other_components(model)
    with PauseGC():
        variables = columns_of(model)
        walker = _Walker(variables)
        lower, upper = _bounds(variables)
        matrix, row_lower, row_upper, rows = _compile_rows(model, walker)
        cost, quadratic, offset, maximise = _compile_objective(model, walker)
        columns = _blocks([(component, list(component.keys())) for component in _variables(model)])
    return MatrixForm(
        cost=cost,
        matrix=matrix,
        row_lower=row_lower,
        row_upper=row_upper,
        lower=lower,
        upper=upper,
        whole=np.array([variable.is_integer() for variable in variables], dtype=bool),
        quadratic=quadratic,
        offset=offset,
        maximise=maximise,
        columns=columns,
        rows=rows,
        decisions=_decisions(model, columns),
        **_in_stages(model, variables, columns, cost),
    )


def columns_of(model: Any) -> list[Any]:
    """Variables of a model in the column order of `matrix_form_of`.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var([1, 2])
    >>> model.y = pyo.Var()
    >>> [column.name for column in columns_of(model)]
    ['x[1]', 'x[2]', 'y']
    """
    return [variable for component in _variables(model) for variable in component.values()]


def active_constraints(model: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Constraint components of a model with their active entries, in the row order of `matrix_form_of`.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var([1, 2])
    >>> model.floor = pyo.Constraint([1, 2], rule=lambda m, k: m.x[k] >= k)
    >>> model.floor[1].deactivate()
    >>> [(block.name, [row.name for row in rows]) for block, rows in active_constraints(model)]
    [('floor', ['floor[2]'])]
    """
    from pyomo.environ import Constraint

    for component in model.component_objects(Constraint, active=True):
        if not component.is_reference():
            yield component, [row for row in component.values() if row.active]


def _variables(model: Any) -> list[Any]:
    """Variable components, those of deactivated blocks included: active constraints may use them."""
    from pyomo.environ import Block as PyomoBlock
    from pyomo.environ import Var
    from pyomo.gdp import Disjunct

    components = model.component_objects(Var, descend_into=(PyomoBlock, Disjunct))
    return [component for component in components if not component.is_reference()]


def _refuse_other_components(model: Any) -> None:
    """Refuse what is neither linear rows nor mere data: SOS sets, disjunctions, complementarities ..."""
    import pyomo.environ as pyo
    from pyomo.core.base.external import ExternalFunction
    from pyomo.network import Port

    known = {
        pyo.Block,
        pyo.Constraint,
        pyo.Var,
        pyo.Objective,
        pyo.Param,
        pyo.Expression,
        pyo.Set,
        pyo.RangeSet,
        pyo.Suffix,
        pyo.BooleanVar,
        pyo.BuildAction,
        pyo.BuildCheck,
        ExternalFunction,
        Port,
    }
    for component in model.component_objects(active=True):
        if component.ctype not in known:
            kind = component.ctype.__name__
            raise CapabilityError(f"the model's {component.name!r} is of kind {kind}; {_ELSEWHERE}")


class _Walker:
    """Pyomo's walker, set up for one model: from an expression to coefficients by column position."""

    def __init__(self, variables: list[Any]) -> None:
        from pyomo.core.base.enums import SortComponents
        from pyomo.repn.quadratic import QuadraticRepnVisitor
        from pyomo.repn.util import OrderedVarRecorder

        self.place = {id(variable): k for k, variable in enumerate(variables)}
        unfixed = {id(variable): variable for variable in variables if not variable.fixed}
        order = {identity: k for k, identity in enumerate(unfixed)}
        recorder = OrderedVarRecorder(unfixed, order, SortComponents.UNSORTED)
        self.visitor = QuadraticRepnVisitor({}, var_recorder=recorder)

    def terms(
        self, expression: Any, what: str
    ) -> tuple[dict[int, float], dict[tuple[int, int], float], float]:
        """Linear coefficients, coefficients of products, and the constant."""
        from pyomo.repn.util import InvalidNumber

        found = self.visitor.walk_expression(expression)
        if found.nonlinear is not None:
            raise CapabilityError(f"{what} is not linear; {_ELSEWHERE}")
        products = found.quadratic or {}
        total = sum(products.values(), sum(found.linear.values(), found.constant))
        if isinstance(total, InvalidNumber) or not isfinite(total):
            raise InputError(f"{what} has a term that is not a finite number; correct its coefficients")
        try:
            linear = dict(zip(map(self.place.__getitem__, found.linear), found.linear.values(), strict=True))
            pairs = {(self.place[k], self.place[o]): c for (k, o), c in products.items()}
        except KeyError as error:
            stranger = self.visitor.var_map[error.args[0]].name
            raise InputError(f"{what} uses the variable {stranger!r}, which is not in the model") from error
        return linear, pairs, float(found.constant)


def _compile_rows(
    model: Any, walker: _Walker
) -> tuple[sp.csr_array, FloatArray, FloatArray, tuple[Block, ...]]:
    """Coefficients and limits of every active constraint, and the blocks of rows."""
    coefficients, columns, starts = array("d"), array("i"), array("q", [0])
    lower, upper = array("d"), array("d")
    entries = []
    for component, rows in active_constraints(model):
        for row in rows:
            least, body, most = row.to_bounded_expression(evaluate_bounds=True)
            linear, products, constant = walker.terms(body, f"the constraint {row.name!r}")
            if products:
                raise CapabilityError(f"the constraint {row.name!r} is quadratic; {_ELSEWHERE}")
            coefficients.extend(linear.values())
            columns.extend(linear)
            starts.append(len(columns))
            lower.append(-np.inf if least is None else least - constant)
            upper.append(np.inf if most is None else most - constant)
        entries.append((component, [row.index() for row in rows]))
    matrix = sp.csr_array(
        (np.array(coefficients), np.array(columns, dtype=np.int32), np.array(starts, dtype=np.int64)),
        shape=(len(lower), len(walker.place)),
    )
    matrix.sort_indices()
    return matrix, np.array(lower), np.array(upper), _blocks(entries)


def _compile_objective(model: Any, walker: _Walker) -> tuple[FloatArray, FloatArray | None, float, bool]:
    """Cost, diagonal quadratic, offset, and whether it is maximised."""
    from pyomo.environ import Objective, maximize

    objectives = list(model.component_data_objects(Objective, active=True))
    if len(objectives) != 1:
        names = ", ".join(objective.name for objective in objectives) or "none"
        raise InputError(f"the model has {len(objectives)} active objectives ({names}); keep exactly one")
    objective, size = objectives[0], len(walker.place)
    what = f"the objective {objective.name!r}"
    linear, products, offset = walker.terms(objective.expr, what)
    maximise = objective.sense == maximize
    mixed = [pair for pair in products if pair[0] != pair[1]]
    if mixed:
        raise CapabilityError(f"{what} multiplies two variables with each other; {_ELSEWHERE}")
    quadratic = _vector({k: c for (k, _), c in products.items()}, size)
    if ((quadratic > 0) if maximise else (quadratic < 0)).any():
        raise CapabilityError(f"{what} is not {'concave' if maximise else 'convex'}; {_ELSEWHERE}")
    return _vector(linear, size), quadratic if products else None, offset, maximise


def _vector(entries: dict[int, float], size: int) -> FloatArray:
    vector = np.zeros(size)
    vector[list(entries)] = list(entries.values())
    return vector


def _bounds(variables: list[Any]) -> tuple[FloatArray, FloatArray]:
    """Bounds of declaration and domain together; a fixed variable's are its value."""
    from pyomo.environ import value

    lower, upper = np.full(len(variables), -np.inf), np.full(len(variables), np.inf)
    for k, variable in enumerate(variables):
        if variable.fixed and variable.value is None:
            raise InputError(f"the variable {variable.name!r} is fixed but has no value; give it one")
        least, most = (value(variable),) * 2 if variable.fixed else variable.bounds
        lower[k] = -np.inf if least is None else least
        upper[k] = np.inf if most is None else most
    return lower, upper


def _blocks(components: list[tuple[Any, list[Any]]]) -> tuple[Block, ...]:
    """One block a component, with the keys of its entries."""
    blocks, start = [], 0
    for component, keys in components:
        stop = start + len(keys)
        index = pd.Index(keys) if component.is_indexed() else None
        blocks.append(Block(component.name, start, stop, index))
        start = stop
    return tuple(blocks)


def _decisions(model: Any, columns: tuple[Block, ...]) -> str:
    """Name of the block of the family's decisions: the first variable of its model."""
    problem = getattr(model, "allocare_problem", None)
    if problem is None:
        return ""
    if not columns or columns[0].stop != problem.size:
        raise InputError(f"the model no longer starts with the {problem.size} decisions of its problem")
    return columns[0].name


def _in_stages(
    model: Any, variables: list[Any], columns: tuple[Block, ...], cost: FloatArray
) -> dict[str, Any]:
    """Stages and tie-break of the family's own form, as long as the model still has its objective."""
    problem = getattr(model, "allocare_problem", None)
    if problem is None:
        return {}
    form = matrix_form(problem)
    if not form.in_stages:
        return {}
    place = {block.name: block.slice for block in columns}

    def widened(own: FloatArray) -> FloatArray:
        wide = np.zeros(len(variables))
        for block in form.columns:
            wide[place[block.name]] = own[block.slice]
        return wide

    stages = tuple(widened(stage) for stage in form.stages)
    objective = widened(form.cost) if form.leading is not None or not stages else np.sum(stages, axis=0)
    free = np.array([not variable.fixed for variable in variables], dtype=bool)
    if not np.allclose(objective[free], cost[free], rtol=1e-9, atol=0):
        return {}
    tie_break = tuple(widened(own) for own in form.tie_break)
    return {"stages": stages, "leading": form.leading, "tie_break": tie_break}
