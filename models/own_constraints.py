"""The check of a model that a user extended: every active constraint, evaluated by Pyomo itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .standard_form import active_constraints, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..instances.arrays import FloatArray

RELATIVE = 1e-6


class BrokenConstraint(NamedTuple):
    """A constraint, bound or whole-number rule that the values break, and by how much."""

    name: str
    amount: float


class _Excess(NamedTuple):
    name: str
    amount: float
    limit: float
    body: Any = None


def hold_values(model: Any, values: FloatArray) -> None:
    """Put column values, in the order of `matrix_form_of`, into the model's variables.

    Examples
    --------
    >>> import numpy as np, pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.beds = pyo.Var(["Jena", "Gera"], bounds=(0, 8))
    >>> hold_values(model, np.array([7.0, 6.0]))
    >>> model.beds["Gera"].value
    6.0
    """
    for column, value in zip(columns_of(model), values.tolist(), strict=True):
        column.set_value(value, skip_validation=True)


def objective_of(model: Any) -> float:
    """Evaluate the model's active objective at the values its variables hold.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.beds = pyo.Var(initialize=3)
    >>> model.most = pyo.Objective(expr=2 * model.beds + 1, sense=pyo.maximize)
    >>> objective_of(model)
    7.0
    """
    import pyomo.environ as pyo

    return float(pyo.value(next(model.component_data_objects(pyo.Objective, active=True))))


def violations_of(model: Any, values: FloatArray | None = None) -> list[BrokenConstraint]:
    r"""Evaluate every active constraint and every variable of a Pyomo model.

    The bodies are evaluated as the model states them, without the compiled matrix, so that this is
    independent of it. A rule is broken where it is off by more than

    .. math:: 10^{-6} \max(|b|, a) + 10^{-6} \min(1, q)

    Where
        - :math:`b` is the limit, :math:`a` the sum of the body's absolute terms where it is linear
        - :math:`q` is the largest absolute value of a variable

    Parameters
    ----------
    model
        Any Pyomo model, also one with constraints that are not linear.
    values
        Value of each column, in the order of `matrix_form_of`; the model's own values are put back
        afterwards. None stands for the values that the model holds.

    Returns
    -------
    list of BrokenConstraint
        Worst first, those that have no value before all; empty where every rule is kept.

    Examples
    --------
    >>> import numpy as np, pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.beds = pyo.Var(["Jena", "Gera"], bounds=(0, 8))
    >>> model.together = pyo.Constraint(expr=model.beds["Jena"] + model.beds["Gera"] <= 10)
    >>> violations_of(model, np.array([7.0, 6.0]))
    [BrokenConstraint(name='together', amount=3.0)]
    """
    columns = columns_of(model)
    before = [(column.value, column.stale) for column in columns]
    try:
        if values is not None:
            hold_values(model, values)
        fixed = [(column, value) for column, (value, _) in zip(columns, before, strict=True) if column.fixed]
        excesses = [*_columns_beyond(columns), *_fixed_beyond(fixed), *_rows_beyond(model)]
        size = max((abs(column.value) for column in columns if column.value is not None), default=0.0)
        floor = 1e-6 * min(1.0, size)
        broken = [BrokenConstraint(e.name, e.amount) for e in excesses if _counts(e, floor)]
    finally:
        for column, (value, stale) in zip(columns, before, strict=True):
            column.set_value(value, skip_validation=True)
            column.stale = stale
    return sorted(broken, key=lambda rule: -np.inf if np.isnan(rule.amount) else -rule.amount)


def _counts(excess: _Excess, floor: float) -> bool:
    """Whether an excess is more than rounding; what is not a number counts."""
    if np.isnan(excess.amount):
        return True
    if excess.amount <= RELATIVE * abs(excess.limit) + floor:
        return False
    return excess.amount > RELATIVE * _gross(excess.body) + floor


def _gross(body: Any) -> float:
    """Sum of the absolute terms of a linear body, 0 for another."""
    from pyomo.environ import value
    from pyomo.repn import generate_standard_repn

    terms = generate_standard_repn(body, compute_values=True, quadratic=False) if body is not None else None
    if terms is None or not terms.is_linear():
        return 0.0
    pairs = zip(terms.linear_coefs, terms.linear_vars, strict=True)
    return float(abs(terms.constant) + sum(abs(c * value(x)) for c, x in pairs))


def _rows_beyond(model: Any) -> Iterator[_Excess]:
    """Constraints whose body is beyond a limit, or has no value."""
    from pyomo.environ import value

    for _, rows in active_constraints(model):
        for row in rows:
            lower, body, upper = row.to_bounded_expression(evaluate_bounds=True)
            found = value(body, exception=False)
            yield from _beyond(row.name, np.nan if found is None else found, lower, upper, body)


def _columns_beyond(columns: list[Any]) -> Iterator[_Excess]:
    """Variables beyond a bound of their declaration or domain, or between whole numbers."""
    for column in columns:
        if column.value is not None:
            yield from _beyond(f"bound of {column.name}", column.value, *column.bounds)
            if column.is_integer():
                yield _Excess(f"whole {column.name}", abs(column.value - float(np.rint(column.value))), 0.0)


def _fixed_beyond(fixed: list[tuple[Any, float | None]]) -> Iterator[_Excess]:
    """Fixed variables that have moved."""
    for column, value in fixed:
        if value is not None:
            yield _Excess(f"fixed value of {column.name}", abs(column.value - value), value)


def _beyond(
    name: str, found: float, lower: float | None, upper: float | None, body: Any = None
) -> Iterator[_Excess]:
    if lower is not None and not found >= lower:
        yield _Excess(name, lower - found, lower, body)
    if upper is not None and not found <= upper:
        yield _Excess(name, found - upper, upper, body)
