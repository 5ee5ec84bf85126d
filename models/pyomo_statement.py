"""What a matrix form has beyond another one, as Pyomo components of the same names and order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .matrix import Block, MatrixForm


def append_statement(model: Any, base: MatrixForm, form: MatrixForm) -> Any:
    """Add the blocks that `form` has beyond `base` to the model of `base`, and put its objective in place.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> from allocare.models.matrix import FormBuilder
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var([0, 1])
    >>> model.objective = pyo.Objective(expr=model.x[0])
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2)
    >>> base = build.finish(decisions="x")
    >>> worst = build.add_columns("worst", 1, cost=1.0)
    >>> model = append_statement(model, base, build.finish(decisions="x"))
    >>> print(model.objective.expr)
    worst
    """
    import pyomo.environ as pyo

    columns = [x for block in base.columns for x in model.component(block.name).values()]
    for block in form.columns[len(base.columns) :]:
        columns += _add_columns(model, form, block)
    for block in form.rows[len(base.rows) :]:
        _add_rows(model, form, block, columns)
    model.del_component("objective")
    sense = pyo.maximize if form.maximise else pyo.minimize
    model.objective = pyo.Objective(expr=_objective(form, columns), sense=sense)
    if form.stages:
        stages = {at: _linear(cost, columns) for at, cost in enumerate(form.stages)}
        if form.leading is not None:
            stages[form.leading] = model.objective.expr
        model.stage_value = pyo.Expression(list(stages), rule=stages)
    if form.tie_break:
        ties = {at: _linear(cost, columns) for at, cost in enumerate(form.tie_break)}
        model.tie_break = pyo.Expression(list(ties), rule=ties)
    return model


def _add_columns(model: Any, form: MatrixForm, block: Block) -> list[Any]:
    import pyomo.environ as pyo

    lower, upper = form.lower[block.slice].tolist(), form.upper[block.slice].tolist()
    domains = [pyo.Integers if whole else pyo.Reals for whole in form.whole[block.slice].tolist()]
    if block.keys is None and len(lower) == 1:
        variable = pyo.Var(domain=domains[0], bounds=(lower[0], upper[0]))
    else:
        index = range(len(lower)) if block.keys is None else block.keys.tolist()
        index = list(index)
        variable = pyo.Var(
            index,
            domain=dict(zip(index, domains, strict=True)),
            bounds=dict(zip(index, zip(lower, upper, strict=True), strict=True)),
        )
    model.add_component(block.name, variable)
    return list(variable.values())


def _add_rows(model: Any, form: MatrixForm, block: Block, columns: list[Any]) -> None:
    import pyomo.environ as pyo

    index = list(range(block.stop - block.start)) if block.keys is None else block.keys.tolist()
    rules = {}
    for key, row in zip(index, range(block.start, block.stop), strict=True):
        part = form.matrix[[row]]
        body = _sum(part.data, part.indices, columns)
        low, high = float(form.row_lower[row]), float(form.row_upper[row])
        if low == high:
            rules[key] = body == low
        else:
            rules[key] = pyo.inequality(
                low if np.isfinite(low) else None, body, high if np.isfinite(high) else None
            )
    if block.keys is None and len(index) == 1:
        model.add_component(block.name, pyo.Constraint(expr=rules[0]))
    else:
        model.add_component(block.name, pyo.Constraint(index, rule=rules))


def _objective(form: MatrixForm, columns: list[Any]) -> Any:
    value = _linear(form.cost, columns)
    if form.offset:
        value = value + form.offset
    if form.quadratic is not None:
        at = np.flatnonzero(form.quadratic)
        value = value + sum(form.quadratic[k] * columns[k] ** 2 for k in at.tolist())
    for curve in form.curves:
        value = value + sum(
            weight * _curve(curve.shape, curve.parameter, columns[k])
            for k, weight in zip(curve.columns.tolist(), curve.weight.tolist(), strict=True)
        )
    return value


def _curve(shape: str, parameter: float, x: Any) -> Any:
    import pyomo.environ as pyo

    if shape == "exponential":
        return (1 - pyo.exp(-parameter * x)) / parameter
    return pyo.log(x) if parameter == 1 else x ** (1 - parameter) / (1 - parameter)


def _linear(cost: Any, columns: list[Any]) -> Any:
    at = np.flatnonzero(cost)
    return _sum(cost[at], at, columns)


def _sum(coefficients: Any, at: Any, columns: list[Any]) -> Any:
    from pyomo.core.expr import LinearExpression

    chosen = [columns[k] for k in at.tolist()]
    if len(chosen) == 1 and coefficients[0] == 1:
        return chosen[0]
    return LinearExpression(linear_coefs=coefficients.tolist(), linear_vars=chosen)
