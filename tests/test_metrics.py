"""Service levels and the figures made of them."""

from __future__ import annotations

import numpy as np
import pytest

from allocare import InputError
from allocare.evaluation.metrics import service_table, summary_metrics

from cases import assignment, fair, linear, network, transportation


def test_service_table_has_one_row_a_recipient_in_the_users_keys() -> None:
    problem = transportation([[1, 2, 3], [4, 5, 6]], [9, 9], [4, 8, 0], unmet_cost=[7, 7, 7])
    table = service_table(problem, np.array([1.0, 2, 0, 2, 0, 0]))
    assert table.index.tolist() == ["t1", "t2", "t3"]
    assert table["demand"].tolist() == [4, 8, 0]
    assert table["received"].tolist() == [3, 2, 0]
    assert table["unmet"].tolist() == [1, 6, 0]
    assert table["service_level"].tolist()[:2] == [0.75, 0.25]
    assert np.isnan(table["service_level"]["t3"])


def test_tasks_of_an_assignment_need_one_each() -> None:
    problem = assignment([[1, 2], [3, 4]], capacity=[5, 5], use=[1, 2, 3, 4], task_rule="at-most-once")
    taken = np.array([0.0, 1, 0, 0])
    assert service_table(problem, taken)["service_level"].tolist() == [0, 1]
    figures = summary_metrics(problem, taken)
    assert (figures["served"], figures["unmet"], figures["utilisation"]) == (1, 1, 0.2)


def test_nodes_that_flow_leaves_are_the_recipients_of_a_network() -> None:
    problem = network([4, 0, -4], [(1, 2, 0, 4, 2), (2, 3, 0, 3, 1), (1, 3, 0, 5, 2)])
    table = service_table(problem, np.array([2.0, 2, 1]))
    assert table.to_dict("index") == {
        3: {"demand": 4.0, "received": 3.0, "unmet": 1.0, "service_level": 0.75}
    }
    assert summary_metrics(problem, np.array([2.0, 2, 1]))["utilisation"] == 0.75


def test_figures_of_a_plan_computed_by_hand() -> None:
    problem = fair([[1, 1, 1]], [20], [2, 4, 4])
    figures = summary_metrics(problem, np.array([2.0, 1, 3]))
    mean = 0.2 * 1 + 0.4 * 0.25 + 0.4 * 0.75
    variance = 0.2 * (1 - mean) ** 2 + 0.4 * (0.25 - mean) ** 2 + 0.4 * (0.75 - mean) ** 2
    differences = 2 * (0.2 * 0.4 * 0.75 + 0.2 * 0.4 * 0.25 + 0.4 * 0.4 * 0.5)
    assert figures == pytest.approx(
        {
            "served": 6.0,
            "unmet": 4.0,
            "utilisation": 0.3,
            "coverage": 0.6,
            "min_service_level": 0.25,
            "mean_service_level": mean,
            "max_service_level": 1.0,
            "service_level_variance": variance,
            "service_level_gini": differences / (2 * mean),
        }
    )


def test_more_than_the_demand_counts_in_the_level_but_not_in_the_coverage() -> None:
    problem = transportation([[1, 2]], [9], [2, 2], demand_rule="at-least")
    figures = summary_metrics(problem, np.array([4.0, 1]))
    assert (figures["max_service_level"], figures["coverage"], figures["unmet"]) == (2.0, 0.75, 1.0)


def test_figures_without_meaning_are_none() -> None:
    nothing = summary_metrics(fair([[1, 1]], [0], [0, 0]), np.zeros(2))
    assert nothing["served"] == 0 and nothing["unmet"] == 0
    assert nothing["utilisation"] is None
    assert nothing["coverage"] is None and nothing["service_level_gini"] is None
    unlimited = transportation([[1]], None, [3], supply_rule="none")
    assert summary_metrics(unlimited, np.array([3.0]))["utilisation"] is None


def test_nobody_served_is_even() -> None:
    figures = summary_metrics(fair([[1, 1]], [3], [1, 2]), np.zeros(2))
    assert (figures["service_level_gini"], figures["service_level_variance"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("problem", "decisions", "message"),
    [
        (transportation([[1]], [1], None, demand_rule="none"), [1.0], "need demand"),
        (linear([1], [[1]], [1]), [1.0], "no recipients"),
        (fair([[1, 1]], [1], [1, 1]), [1.0], "1 decisions, the problem 2"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(
    problem: object, decisions: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message) as refused:
        service_table(problem, np.array(decisions))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_a_solvers_dust_below_nothing_is_nothing_and_a_node_that_sends_has_no_gini() -> None:
    problem = fair([[1, 1]], [9], [5, 5])
    assert summary_metrics(problem, np.array([5.0, -1e-12]))["service_level_gini"] == 0.5
    backwards = summary_metrics(problem, np.array([5.0, -1.0]))
    assert backwards["service_level_gini"] is None and backwards["min_service_level"] == -0.2


def test_a_transfer_from_the_better_to_the_worse_served_lowers_gini_and_variance() -> None:
    problem = fair([[1, 1]], [9], [5, 5])
    before, after = (summary_metrics(problem, np.array(plan)) for plan in ([5.0, 1.0], [4.0, 2.0]))
    for figure in ("service_level_gini", "service_level_variance"):
        assert after[figure] < before[figure]  # type: ignore[operator]
