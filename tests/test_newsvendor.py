"""Stock levels in closed form: textbook newsvendors, and the linear program as a second opinion."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, ScenarioDemand
from allocare.instances.demand_marginals import NormalDemand, PoissonDemand
from allocare.solvers.newsvendor import newsvendor, shared_stock

from cases import uncertain

FEW = settings(max_examples=30, deadline=None, derandomize=True)


def test_the_textbook_newsvendor_with_normal_demand() -> None:
    # S. Nahmias, "Production and Operations Analysis", Mac's newsstand: a ratio of 0.77, so about 15 copies
    demand = NormalDemand([11.73], 4.74)
    prices = {"unmet_cost": 0.75, "leftover_cost": -0.10, "purchase_cost": 0.25}
    found = newsvendor(demand, **prices)
    ratio = 0.5 / 0.65
    assert newsvendor(demand, whole=True, **prices).stock.tolist() == [15]
    assert found.stock.item() == pytest.approx(scipy.stats.norm(11.73, 4.74).ppf(ratio), rel=1e-12)
    # at the optimum the cost is b mu + (p + h) sigma phi(z)
    cost = 0.25 * 11.73 + 0.65 * 4.74 * scipy.stats.norm.pdf(scipy.stats.norm.ppf(ratio))
    assert found.total_cost == pytest.approx(cost)


def test_poisson_stock_is_the_least_that_reaches_the_critical_ratio() -> None:
    found = newsvendor(PoissonDemand([4.0, 25.0]), unmet_cost=9, leftover_cost=1)
    assert found.stock.tolist() == scipy.stats.poisson([4.0, 25.0]).ppf(0.9).tolist()


@given(st.integers(0, 10**6), st.booleans())
@FEW
def test_closed_forms_cost_no_more_than_any_other_stock(seed: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    demand = [
        NormalDemand(rng.integers(5, 40, 3), rng.integers(0, 9, 3)),
        PoissonDemand(rng.random(3) * 20),
        ScenarioDemand(rng.integers(0, 30, (6, 3)) / (1 if whole else 4), rng.dirichlet(np.ones(6))),
    ][seed % 3]
    prices = {
        "unmet_cost": rng.integers(4, 20, 3),
        "leftover_cost": rng.integers(-1, 3, 3),
        "purchase_cost": rng.integers(2, 4, 3),
    }
    found = newsvendor(demand, whole=whole, **prices)
    for stock in np.arange(0, 45, 1.0 if whole else 0.25):
        level = np.full(3, stock)
        short = demand.expected_unmet(level)
        over = level - demand.mean + short
        cost = prices["purchase_cost"] * level + prices["unmet_cost"] * short + prices["leftover_cost"] * over
        assert (found.cost <= cost + 1e-9).all()


@pytest.mark.parametrize("make", [lambda m: NormalDemand(m, 6), PoissonDemand])
def test_expected_unmet_demand_is_the_integral_of_the_tail(make: type[PoissonDemand]) -> None:
    mean = np.array([12.0, 30.0])
    law = (
        scipy.stats.norm(mean, 6) if not isinstance(make(mean), PoissonDemand) else scipy.stats.poisson(mean)
    )
    stock = np.array([9.0, 33.0])
    found = make(mean).expected_unmet(stock)
    if isinstance(make(mean), PoissonDemand):
        counts = np.arange(200)[:, np.newaxis]
        exact = (law.pmf(counts) * np.maximum(counts - stock, 0)).sum(axis=0)
    else:
        grid = np.linspace(0, 200, 200_001)[:, np.newaxis]
        exact = np.trapezoid(law.sf(stock + grid), grid, axis=0)
    np.testing.assert_allclose(found, exact, rtol=1e-7)


@given(st.integers(0, 10**6))
@FEW
def test_the_linear_program_of_a_newsvendor_has_the_closed_forms_cost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    demand = ScenarioDemand(rng.integers(0, 30, (7, 3)), rng.dirichlet(np.ones(7)))
    unmet, leftover, purchase = rng.integers(4, 20, 3), rng.integers(-1, 3, 3), int(rng.integers(2, 6))
    closed = newsvendor(demand, unmet_cost=unmet, leftover_cost=leftover, purchase_cost=purchase)
    problem = uncertain(
        [[0, 0, 0]], None, demand, unmet_cost=unmet, leftover_cost=leftover, purchase_cost=[purchase]
    )
    assert allocare.solve(problem, "highs").objective == pytest.approx(closed.total_cost, rel=1e-7)


@given(st.integers(0, 10**6), st.integers(0, 60))
@FEW
def test_units_shared_one_by_one_cost_what_the_linear_program_finds(seed: int, total: int) -> None:
    rng = np.random.default_rng(seed)
    demand = ScenarioDemand(rng.integers(0, 20, (5, 4)), rng.dirichlet(np.ones(5)))
    unmet, leftover, lane = rng.integers(4, 20, 4), rng.integers(0, 3, 4), rng.integers(1, 6, 4)
    shared = shared_stock(demand, total, unmet_cost=unmet, leftover_cost=leftover, purchase_cost=lane)
    assert shared.stock.sum() <= total
    problem = uncertain(
        [lane.astype(float)], [total], demand, unmet_cost=unmet, leftover_cost=leftover, whole=True
    )
    assert allocare.solve(problem, "highs").objective == pytest.approx(shared.total_cost, rel=1e-7, abs=1e-7)


def test_what_is_not_worth_its_price_is_not_bought() -> None:
    assert newsvendor(PoissonDemand([5.0]), unmet_cost=3, purchase_cost=4).stock.tolist() == [0]


def test_a_unit_too_many_must_cost_something() -> None:
    with pytest.raises(
        InputError, match=r"a unit too many of entry 2 costs nothing: bought for 1, left over"
    ):
        newsvendor(PoissonDemand([5.0, 5.0]), unmet_cost=3, purchase_cost=1, leftover_cost=[0, -1])


def test_a_shared_stock_is_a_whole_number() -> None:
    with pytest.raises(InputError, match=r"total of entry 1 is 2\.5; whole quantities"):
        shared_stock(PoissonDemand([5.0]), 2.5, unmet_cost=3, purchase_cost=1)  # type: ignore[arg-type]
