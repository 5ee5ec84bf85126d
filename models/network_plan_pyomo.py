"""A network plan in Pyomo, one function a family of constraints, as the formulation states them."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..instances.transfer_lanes import PATIENTS_NAME
from .network_plan_columns import columns_of
from .network_plan_limits import lane_days, surge_limits, switch_limits

if TYPE_CHECKING:
    from ..instances.network_plan import NetworkPlanProblem

Sums: TypeAlias = "defaultdict[Any, Any]"


def add_variables(model: Any, problem: NetworkPlanProblem) -> Any:
    """Add the sets and variables; return the total cost.

    Examples
    --------
    >>> import allocare, pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> _ = add_variables(model, allocare.generate("network-plan", n_sites=3, n_days=2, seed=1))
    >>> len(model.stock)
    24
    """
    import pyomo.environ as pyo

    for name in ("sites", "classes", "resources", "days"):
        model.add_component(name, pyo.Set(initialize=getattr(problem, name).tolist()))
    total = []
    for block in columns_of(problem):
        keys = block.keys.tolist()
        upper, cost = (np.broadcast_to(each, (len(keys),)).tolist() for each in (block.upper, block.cost))
        variable = pyo.Var(
            keys,
            domain=pyo.Integers if block.whole else pyo.Reals,
            bounds={key: (block.lower, most) for key, most in zip(keys, upper, strict=True)},
        )
        model.add_component(block.name, variable)
        total += [price * x for price, x in zip(cost, variable.values(), strict=True) if price]
    return pyo.quicksum(total)


def add_constraints(model: Any, problem: NetworkPlanProblem) -> None:
    """Add every family of constraints, in order.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=2, seed=1)
    >>> model = allocare.pyomo_model(problem)
    >>> print(model.stock_balance["hospital 1", "beds", "day 2"].body)
    stock[hospital 1,beds,day 2] - stock[hospital 1,beds,day 1]
    """
    _Constraints(model, problem).add()


class _Constraints:
    """The constraints of one model; sums over decisions are gathered once."""

    def __init__(self, model: Any, problem: NetworkPlanProblem) -> None:
        self.model, self.problem = model, problem
        self.days = problem.days.tolist()
        self.waiting = dict(model.waiting.items())
        self.before = dict(zip(self.days[1:], self.days, strict=False))
        self.leave, self.come, self.moved = _sums(), _sums(), _sums()
        self.surge, self.carried, self.served, self.own = _sums(), _sums(), _sums(), _sums()
        lanes, sites = problem.lanes, problem.sites.tolist()
        names = [*problem.resources.tolist(), PATIENTS_NAME]
        ends = zip(lanes.carries.tolist(), lanes.source.tolist(), lanes.target.tolist(), strict=True)
        self.lane = {(names[what], sites[i], sites[j]): at for at, (what, i, j) in enumerate(ends)}
        for (decision, what, origin, target, day), x in model.quantity.items():
            self._gather(decision, what, origin, target, day, x)

    def _gather(self, decision: str, what: Any, origin: Any, target: Any, day: Any, x: Any) -> None:
        match decision:
            case "treat":
                self.leave[origin, what, day] += x
                self.come[target, what, day] += x
            case "send":
                lane = (PATIENTS_NAME, origin, target)
                self.leave[origin, what, day] += x
                self.come[target, what, self._arrival(lane, day)] += x
                self.carried[*lane, day] += x
            case "turn away":
                self.leave[origin, what, day] += x
            case "move":
                lane = (what, origin, target)
                self.moved[origin, what, day] += x
                self.moved[target, what, self._arrival(lane, day)] -= x
                self.carried[*lane, day] += x
            case "surge":
                self.surge[target, what, day] += x
        if decision in ("treat", "send"):
            self.served[what] += x
            self.own[origin] += x

    def _arrival(self, lane: Any, day: Any) -> Any:
        return self.days[self.days.index(day) + int(self.problem.lanes.delay[self.lane[lane]])]

    def add(self) -> None:
        import pyomo.environ as pyo

        for family in (
            self.demand,
            self.admission,
            self.care,
            self.stock_balance,
            self.stock_floor,
            self.use_limit,
            self.lane_capacity,
            self.lane_open,
            self.lane_minimum,
            self.lane_share,
            self.surge_limit,
            self.lane_rise,
            self.lane_fall,
            self.stock_rise,
            self.stock_fall,
            self.class_floor,
            self.site_floor,
        ):
            rows = family()
            self.model.add_component(family.__name__, pyo.Constraint(list(rows), rule=rows))

    def _table(self, name: str, *keys: str) -> dict[Any, float]:
        """An array of the problem by the user's keys."""
        index = [getattr(self.problem, key).tolist() for key in keys]
        values = np.asarray(getattr(self.problem, name))
        return {
            tuple(keys[at] for keys, at in zip(index, place, strict=True)): value
            for place, value in np.ndenumerate(values)
        }

    def demand(self) -> dict[Any, Any]:
        """Row: a + sum p + m + w_t - w_(t-1) = D."""
        waiting = self.waiting
        return {
            (i, c, t): self.leave[i, c, t]
            + waiting.get((i, c, t), 0.0)
            - waiting.get((i, c, self.before.get(t)), 0.0)
            == arriving
            for (i, c, t), arriving in self._table("arriving", "sites", "classes", "days").items()
        }

    def admission(self) -> dict[Any, Any]:
        """A = a + sum p that arrive."""
        return {at: admitted - self.come[at] == 0 for at, admitted in self.model.admitted.items()}

    def care(self) -> dict[Any, Any]:
        """n_t = N_t + sum_(s <= t) S(t - s) A_s."""
        admitted, days = self.model.admitted, self.days
        share = dict(zip(self.problem.classes.tolist(), self.problem.still_in_care.tolist(), strict=True))
        present = self._table("present_in_care", "sites", "classes", "days")
        return {
            (i, c, t): n
            - sum(
                share[c][days.index(t) - s] * admitted[i, c, day]
                for s, day in enumerate(days[: days.index(t) + 1])
                if share[c][days.index(t) - s]
            )
            == present[i, c, t]
            for (i, c, t), n in self.model.in_care.items()
        }

    def _used(self, i: Any, r: Any, t: Any) -> Any:
        """U = sum_c u_cr n + e_cr A."""
        use, at_admission = self._use
        return sum(
            use[c, r] * self.model.in_care[i, c, t] + at_admission[c, r] * self.model.admitted[i, c, t]
            for c in self.model.classes
            if use[c, r] or at_admission[c, r]
        )

    @cached_property
    def _use(self) -> tuple[dict[Any, float], dict[Any, float]]:
        return (
            self._table("use", "classes", "resources"),
            self._table("admission_use", "classes", "resources"),
        )

    def stock_balance(self) -> dict[Any, Any]:
        """x_t - x_(t-1) + out - in - (g - U where consumed) = Q."""
        start, stock = self._table("stock", "sites", "resources"), self.model.stock
        reusable = dict(zip(self.problem.resources.tolist(), self.problem.reusable.tolist(), strict=True))
        rows = {}
        for (i, r, t), delivered in self._table("deliveries", "sites", "resources", "days").items():
            held = stock[i, r, self.before[t]] if t in self.before else 0
            came = delivered + (0 if t in self.before else start[i, r])
            consumed = 0 if reusable[r] else self._used(i, r, t) - self.surge[i, r, t]
            rows[i, r, t] = stock[i, r, t] - held + self.moved[i, r, t] + consumed == came
        return rows

    def stock_floor(self) -> dict[Any, Any]:
        """Row: x >= 0."""
        return {key: stock >= 0 for key, stock in self.model.stock.items()}

    def use_limit(self) -> dict[Any, Any]:
        """U <= (1 - rho)(x + g)."""
        problem, (use, at_admission) = self.problem, self._use
        kept = dict(zip(problem.resources.tolist(), (1 - problem.cushion).tolist(), strict=True))
        limited = [
            r
            for r, reusable in zip(problem.resources.tolist(), problem.reusable.tolist(), strict=True)
            if reusable and any(use[c, r] or at_admission[c, r] for c in problem.classes)
        ]
        return {
            (i, r, t): self._used(i, r, t) - kept[r] * (stock + self.surge[i, r, t]) <= 0
            for (i, r, t), stock in self.model.stock.items()
            if r in limited
        }

    def _lane(self, key: Any, name: str) -> float:
        return float(getattr(self.problem.lanes, name)[self.lane[key[:3]]])

    def lane_capacity(self) -> dict[Any, Any]:
        """sum_c p <= K where no switch says so."""
        return {
            key: total <= self._lane(key, "capacity")
            for key, total in sorted(self.carried.items(), key=self._lane_order)
            if key[0] == PATIENTS_NAME
            and np.isfinite(self._lane(key, "capacity"))
            and not self.problem.lanes.switched[self.lane[key[:3]]]
        }

    def _lane_order(self, item: Any) -> Any:
        return self.lane[item[0][:3]], self.days.index(item[0][3])

    def lane_open(self) -> dict[Any, Any]:
        """Row: q <= M y."""
        used = zip(self.model.lane_used.items(), self._most.tolist(), strict=True)
        return {key: self.carried[key] - limit * y <= 0 for (key, y), limit in used}

    def lane_minimum(self) -> dict[Any, Any]:
        """Row: q >= mu y."""
        used = list(self.model.lane_used.items())
        least = {key: self._lane(key, "minimum") for key, _ in used}
        return {key: self.carried[key] - least[key] * y >= 0 for key, y in used if least[key]}

    def lane_share(self) -> dict[Any, Any]:
        """p_c <= D_c y + w_(c, t-1), where D_c is less than M."""
        most = dict(zip(self.model.lane_used, self._most.tolist(), strict=True))
        arriving = self._table("arriving", "sites", "classes", "days")
        used, waiting, rows = self.model.lane_used, self.waiting, {}
        for key, sent in self.model.quantity.items():
            decision, c, i, j, t = key
            lane = (PATIENTS_NAME, i, j, t)
            if decision == "send" and lane in used and arriving[i, c, t] < most[lane]:
                waited = (i, c, self.before.get(t))
                rows[key] = sent - arriving[i, c, t] * used[lane] - waiting.get(waited, 0.0) <= 0
        return rows

    @cached_property
    def _most(self) -> Any:
        return switch_limits(self.problem, lane_days(self.problem, self.problem.lanes.switched))

    def surge_limit(self) -> dict[Any, Any]:
        """Row: g <= G o."""
        sites, resources = self.problem.sites.tolist(), self.problem.resources.tolist()
        most, opened = surge_limits(self.problem), self.model.surge_opened
        return {
            (i, r, t): g - float(most[sites.index(i), resources.index(r)]) * opened[i, r] <= 0
            for (i, r, t), g in self.surge.items()
            if (i, r) in opened
        }

    def lane_rise(self) -> dict[Any, Any]:
        """q_t - q_(t-1) <= delta."""
        return self._lane_changes(1)

    def lane_fall(self) -> dict[Any, Any]:
        """q_(t-1) - q_t <= delta."""
        return self._lane_changes(-1)

    def _lane_changes(self, sign: int) -> dict[Any, Any]:
        return {
            key: sign * (self.carried[key] - self.carried.get((*key[:3], self.before.get(key[3])), 0.0))
            - change
            <= 0
            for key, change in self.model.lane_change.items()
        }

    def stock_rise(self) -> dict[Any, Any]:
        """x_t - x_(t-1) <= Delta."""
        return self._stock_changes(1)

    def stock_fall(self) -> dict[Any, Any]:
        """x_(t-1) - x_t <= Delta."""
        return self._stock_changes(-1)

    def _stock_changes(self, sign: int) -> dict[Any, Any]:
        stock = self.model.stock
        return {
            (i, r, t): sign * (stock[i, r, t] - stock[i, r, self.before[t]]) - change <= 0
            for (i, r, t), change in self.model.stock_change.items()
        }

    def class_floor(self) -> dict[Any, Any]:
        """Treated of a class >= phi of those who arrive."""
        return self._floors("classes", "minimum_service", self.served, (0, 2))

    def site_floor(self) -> dict[Any, Any]:
        """Treated of a site's patients >= phi of those who arrive."""
        return self._floors("sites", "site_minimum_service", self.own, (1, 2))

    def _floors(self, keys: str, name: str, served: Sums, axes: tuple[int, int]) -> dict[Any, Any]:
        arriving = self.problem.arriving.sum(axis=axes).tolist()
        shares = getattr(self.problem, name).tolist()
        rows = zip(getattr(self.problem, keys).tolist(), shares, arriving, strict=True)
        return {key: served[key] >= share * total for key, share, total in rows if share}


def _sums() -> Sums:
    return defaultdict(float)
