"""Learners of scikit-learn as forecasters: one model of all series, directly for every step ahead."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...instances.errors import InputError
from ..extras import need
from .history import carried_forward, require_history
from .lag_table import usual_lags
from .maker_base import Fitted, Maker
from .pooled_table import features_at, training_table, units_of
from .seasons import season_length

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


class Learner(Maker):
    """A model of (y(t+h) − y(t)) / unit on lags, rolling means and calendar, the same for all series.

    The unit of a series is its mean change from row to row, as are its features' units, so that forecasts
    move and scale with the series, and large series do not decide alone.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2023-01-01", periods=120)
    >>> week = np.array([5.0, 6, 7, 7, 6, 2, 1])[np.arange(120) % 7]
    >>> panel = Panel(values=pd.DataFrame({"Hessen": week, "Bremen": 10 * week + 3}, index=days))
    >>> fitted = RandomForest(trees=20).fit(panel, horizon=3, seed=1)
    >>> fitted.forecast(panel, days[-1:])[0].round().tolist()
    [[6.0, 63.0], [7.0, 73.0], [7.0, 73.0]]
    """

    rows: int

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Fit one model of all series; refuse histories too short for its lags."""
        need("scikit-learn", "sklearn", self.name)
        # before threads are limited, which holds for the libraries that are loaded by then
        import sklearn.ensemble  # noqa: F401
        from threadpoolctl import threadpool_limits

        longest = max(usual_lags(season_length(panel.frequency)))
        require_history(panel, horizon, self.name)
        if len(panel.times) < longest + horizon + 1:
            raise InputError(
                f"{panel.name}: {len(panel.times)} rows, and {self.name} needs {longest + horizon + 1} "
                f"for its lags and {horizon} steps ahead; give a longer history"
            )
        units = units_of(panel.values.to_numpy())
        random = np.random.default_rng(seed)
        features, targets = training_table(panel, horizon, units, self.rows, random)
        if len(features) < 2:
            raise InputError(
                f"{panel.name}: no origin has all of the next {horizon} rows recorded, "
                f"from which {self.name} would learn; fill what is missing first"
            )
        # threads cost such small tables many times what they bring, above all beside other work
        with threadpool_limits(1):
            predict = self._learn(features, targets, int(random.integers(2**31)))

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            table = features_at(panel, rows, units)
            origins, series, count = table.shape
            with threadpool_limits(1):
                moves = predict(table.reshape(-1, count)).reshape(origins, series, horizon)
            now = carried_forward(panel.values.to_numpy())[rows]
            paths: FloatArray = now[:, None, :] + np.moveaxis(moves, 2, 1) * units.change
            return paths

        return Fitted(panel.series, horizon, ahead)

    @abstractmethod
    def _learn(self, features: FloatArray, targets: FloatArray, seed: int) -> Any:
        """Return a function from features to one column a step ahead."""


def _for_each_step(models: list[Any]) -> Any:
    return lambda features: np.stack([model.predict(features) for model in models], axis=1)


@dataclass(frozen=True)
class GradientBoosting(Learner):
    """Boosted histogram trees, one model a step ahead, fitted to the absolute error.

    Parameters
    ----------
    trees, leaves, rate
        Trees, leaves of each, and how much of each is added.
    rows
        The most cells (origin, series) that are learnt from; a sample of them where there are more.

    Examples
    --------
    >>> GradientBoosting(trees=50).name
    'gradient-boosting:trees=50'
    """

    kind: ClassVar[str] = "gradient-boosting"
    trees: int = 100
    leaves: int = 15
    rate: float = 0.08
    rows: int = 20_000

    def _learn(self, features: FloatArray, targets: FloatArray, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return _for_each_step(
            [
                HistGradientBoostingRegressor(
                    loss="absolute_error",
                    max_iter=self.trees,
                    max_leaf_nodes=self.leaves,
                    learning_rate=self.rate,
                    early_stopping=False,
                    random_state=seed,
                ).fit(features, target)
                for target in targets.T
            ]
        )


@dataclass(frozen=True)
class RandomForest(Learner):
    """Averaged trees on resampled cells, all steps ahead at once.

    Parameters
    ----------
    trees, smallest
        Trees, and the fewest cells in a leaf.
    rows
        The most cells (origin, series) that are learnt from; a sample of them where there are more.

    Examples
    --------
    >>> RandomForest().name
    'random-forest'
    """

    kind: ClassVar[str] = "random-forest"
    trees: int = 100
    smallest: int = 5
    rows: int = 10_000

    def _learn(self, features: FloatArray, targets: FloatArray, seed: int) -> Any:
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.smallest,
            max_features=1 / 3,
            n_jobs=-1,
            random_state=seed,
        ).fit(features, targets)
        # one predicting thread: sums in the order that threads end are not the same twice
        forest.n_jobs = 1
        return lambda table: forest.predict(table).reshape(len(table), -1)


@dataclass(frozen=True)
class SupportVectors(Learner):
    """Support vector regression with a Gaussian kernel on standardised features, one model a step ahead.

    Parameters
    ----------
    cost, tube
        Price of errors, and the error that costs nothing, in units of the series' mean change.
    rows
        The most cells (origin, series) that are learnt from; time grows with their square.

    Examples
    --------
    >>> SupportVectors().name
    'support-vectors'
    """

    kind: ClassVar[str] = "support-vectors"
    cost: float = 1.0
    tube: float = 0.1
    rows: int = 2_000

    def _learn(self, features: FloatArray, targets: FloatArray, seed: int) -> Any:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVR

        return _for_each_step(
            [
                make_pipeline(StandardScaler(), SVR(C=self.cost, epsilon=self.tube)).fit(features, target)
                for target in targets.T
            ]
        )


@dataclass(frozen=True)
class Perceptron(Learner):
    """A network of two hidden layers of rectified linear units, fitted by Adam, all steps ahead at once.

    Features and targets are standardised by what is learnt from.

    Parameters
    ----------
    units
        Of each of the two hidden layers.
    epochs
        Times that Adam goes through the cells, unless the loss stops falling.
    penalty
        Of squared weights.
    rows
        The most cells (origin, series) that are learnt from; a sample of them where there are more.

    Examples
    --------
    >>> Perceptron().units
    64
    """

    kind: ClassVar[str] = "perceptron"
    units: int = 64
    epochs: int = 60
    penalty: float = 1e-3
    rows: int = 20_000

    def _learn(self, features: FloatArray, targets: FloatArray, seed: int) -> Any:
        import warnings

        from sklearn.compose import TransformedTargetRegressor
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        network = MLPRegressor(
            hidden_layer_sizes=(self.units, self.units),
            activation="relu",
            solver="adam",
            alpha=self.penalty,
            max_iter=self.epochs,
            random_state=seed,
        )
        model = make_pipeline(StandardScaler(), network)
        scaled = TransformedTargetRegressor(model, transformer=StandardScaler())
        with warnings.catch_warnings():
            # the epochs are the setting, not a failure
            warnings.simplefilter("ignore", ConvergenceWarning)
            scaled.fit(features, targets)
        return lambda table: scaled.predict(table).reshape(len(table), -1)
