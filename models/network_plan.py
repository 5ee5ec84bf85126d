r"""The multi-period network plan: who is treated where, what goes where, day by day, at the least total cost.

.. math::
    \min\; & \sum_{\ell c t} c_\ell p_{\ell ct} + \sum_{\ell t} c_\ell v_{\ell t} + \sum_{irt} h_{ir} g_{irt}
      + \sum_{ict} \pi_c m_{ict} + \sum_{ict} \omega_c w_{ict} \\
      & + \sum_{\ell t} f_\ell y_{\ell t} + \sum_{ir} F_{ir} o_{ir}
      + \sum_{\ell t} \gamma_\ell \delta_{\ell t} + \sum_{irt} \Gamma_r \Delta_{irt}

.. math::
    a_{ict} + \sum_{\ell \in \text{out}(i)} p_{\ell ct} + m_{ict} + w_{ict} - w_{ic,t-1} &= D_{ict}
        && \text{(demand)} \\
    A_{ict} = a_{ict} + \sum_{\ell \in \text{in}(i)} p_{\ell c, t - \tau_\ell} &&& \text{(admission)} \\
    n_{ict} = N_{ict} + \sum_{s \le t} S_c(t - s) A_{ics} &&& \text{(care)} \\
    x_{irt} - x_{ir,t-1} + \sum_{\text{out}} v_{\ell t} - \sum_{\text{in}} v_{\ell, t - \tau_\ell}
        - [r \in R^-] (g_{irt} - U_{irt}) &= Q_{irt} && \text{(stock_balance)} \\
    x_{irt} &\ge 0 && \text{(stock_floor)} \\
    U_{irt} = \sum_c u_{cr} n_{ict} + e_{cr} A_{ict} &\le (1 - \rho_r)(x_{irt} + g_{irt}) && r \in R^+
        \; \text{(use_limit)} \\
    \mu_\ell y_{\ell t} \le \textstyle\sum_c p_{\ell ct} \text{ or } v_{\ell t} &\le M_{\ell t} y_{\ell t}
        && \text{(lane_minimum, lane_open)} \\
    p_{\ell ct} &\le D_{ict}\, y_{\ell t} + w_{ic,t-1} && D_{ict} < M_{\ell t} \; \text{(lane_share)} \\
    g_{irt} &\le G_{ir} o_{ir} && \text{(surge_limit)} \\
    \pm \bigl(q_{\ell t} - q_{\ell,t-1}\bigr) \le \delta_{\ell t}, \quad
    \pm \bigl(x_{irt} - x_{ir,t-1}\bigr) &\le \Delta_{irt}
        && \text{(lane_rise, lane_fall, stock_rise, stock_fall)} \\
    \sum_{it} \bigl(a_{ict} + \textstyle\sum_{\ell \in \text{out}(i)} p_{\ell ct}\bigr)
        \ge \phi_c \sum_{it} D_{ict},
    \quad \sum_{ct} (\ldots) &\ge \phi_i \sum_{ct} D_{ict} && \text{(class_floor, site_floor)}

Where
    - `quantity` holds the decisions: :math:`a` patients treated where they are, :math:`p` sent on a lane,
      :math:`m` turned away, :math:`v` resources moved, :math:`g` surge in use; at least 0, whole where asked
    - :math:`w` (`waiting`) are patients who wait for the next day, of classes that may; nobody on the last
    - :math:`A` (`admitted`), :math:`n` (`in_care`), :math:`x` (`stock`) follow: admissions, patients in care
      (:math:`S_c(k)` of those admitted after k days, :math:`N` since the start), and units held
    - :math:`D, Q` are what arrives (the first day's Q has the stock at the start), :math:`\tau` delays,
      :math:`u, e` what a patient takes each day and at admission, :math:`\rho` what is kept free
    - :math:`R^+` are reusable resources, :math:`R^-` consumables, for which surge is bought for good
    - :math:`y, o` (`lane_used`, `surge_opened`) are 0 or 1; :math:`M` as in `network_plan_limits`
    - :math:`q_{\ell t}` is all that a lane carries; :math:`\delta, \Delta` (`lane_change`, `stock_change`)
      say how much it, or a stock, differs from the day before

Whoever is sent must arrive before the plan ends. Without switches and divisible it is a linear program. The
rows (lane_share) say nothing that the others do not, for whole switches; they bring the relaxation closer.

References
----------
F. Parker, H. Sawczuk, F. Ganjkhanloo, F. Ahmadi, K. Ghobadi, "Optimal Resource and Demand Redistribution for
Healthcare Systems Under Stress from COVID-19", arXiv:2011.03528, 2020; Y. Pochet, L. A. Wolsey, "Production
Planning by Mixed Integer Programming", Springer, 2006.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .matrix import FormBuilder
from .network_plan_rows import add_rows

if TYPE_CHECKING:
    from ..instances.network_plan import NetworkPlanProblem
    from .matrix import MatrixForm


def matrix_form(problem: NetworkPlanProblem) -> MatrixForm:
    """Render the formulation as arrays.

    Examples
    --------
    >>> import allocare
    >>> form = matrix_form(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1))
    >>> [block.name for block in form.columns][:5]
    ['quantity', 'waiting', 'admitted', 'in_care', 'stock']
    """
    build = FormBuilder()
    add_rows(build, problem)
    return build.finish(decisions="quantity")


def pyomo_model(problem: NetworkPlanProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> import allocare
    >>> model = pyomo_model(allocare.generate("network-plan", n_sites=3, n_days=2, seed=1))
    >>> print(model.admission["hospital 1", "intensive", "day 1"].body)  # doctest: +ELLIPSIS
    admitted[hospital 1,intensive,day 1] - (quantity[treat,intensive,hospital 1,hospital 1,day 1]...
    """
    import pyomo.environ as pyo

    from .network_plan_pyomo import add_constraints, add_variables

    model = pyo.ConcreteModel(name=problem.kind)
    cost = add_variables(model, problem)
    add_constraints(model, problem)
    model.objective = pyo.Objective(expr=cost)
    return model
