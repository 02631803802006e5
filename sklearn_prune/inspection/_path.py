"""The pruning path in a picture."""

from typing import Any, Self

import numpy as np
from scipy.special import expit
from sklearn.metrics import d2_log_loss_score, r2_score
from sklearn.utils import column_or_1d

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators import PruningPath, check_measurements, pruning_path
from sklearn_prune.inspection._column_norms import NEGATIVE
from sklearn_prune.inspection._steps import data_of_step, step_of

RELATIVE_ALPHA = r"α / α$_{\max}$"


class PruningPathDisplay:
    """Column norms along α, with the rank and the held-out score on a second axis.

    Where a column counts negatively its marker is a triangle that points down.

    Parameters
    ----------
    path : PruningPath
        From `sklearn_prune.pruning_path`.
    scores : array-like of shape (n_alphas,) or None, default=None
        R² on held-out data, or D², the share of the deviance that is explained, of two classes.

    Attributes
    ----------
    axes_ : ndarray of Axes
        For the norms, and for rank and score.
    figure_ : Figure

    Examples
    --------
    >>> from sklearn_prune import pruning_path
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> from sklearn_prune.inspection import PruningPathDisplay
    >>> X, y, _ = make_matrix_sensing(300, 8, 2, measurement="matrix", random_state=0)
    >>> path = pruning_path(X[:200], y[:200], n_alphas=5, measurement="matrix")
    >>> display = PruningPathDisplay.from_path(path, X[200:], y[200:])
    >>> bool(display.scores[-1] > 0.99)
    True
    """

    def __init__(self, path: PruningPath, *, scores: Any = None) -> None:
        self.path = path
        self.scores = None if scores is None else np.asarray(scores)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        X_test: Any = None,
        y_test: Any = None,
        ax: Any = None,
        axes: Any = None,
    ) -> Self:
        """Fit the path of an estimator's settings and draw it.

        Parameters
        ----------
        estimator : GroupLassoMatrixSensing, PrunedMatrixSensing, or Pipeline with a step "sense"
            Need not be fitted, unless other steps come before; its alpha, beta, init, max_iter and
            tol play no part, and all samples count alike.
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        y : array-like of shape (n,)
        X_test, y_test : array-like or None, default=None
            Held-out data for the score.
        ax, axes
            See `plot`.

        Returns
        -------
        PruningPathDisplay
        """
        step = step_of(estimator, "sense")
        path = pruning_path(
            data_of_step(estimator, X, "sense"),
            y,
            n_components=step.n_components,
            measurement=step.measurement,
            fit_intercept=step.fit_intercept,
            fit_bias=step.fit_bias,
            positive=step.positive,
            loss=step.loss,
            delta=step.delta,
        )
        display = cls(path)
        if X_test is not None:
            display = cls.from_path(path, data_of_step(estimator, X_test, "sense"), y_test)
        return display.plot(ax, axes=axes)

    @classmethod
    def from_path(cls, path: PruningPath, X_test: Any, y_test: Any) -> Self:
        """A display of a path with the R² of each fit on held-out data, or D² of two classes.

        Parameters
        ----------
        path : PruningPath
        X_test : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            Measurements that the path was not fitted to.
        y_test : array-like of shape (n,)

        Returns
        -------
        PruningPathDisplay
        """
        X = check_measurements(X_test, path.measurement)
        y = column_or_1d(y_test)
        predictions = [path.fitted_factor(i).predict(X) for i in range(len(path.alphas))]
        if path.classes is None:
            return cls(path, scores=[r2_score(y, eta) for eta in predictions])
        classes = path.classes
        scores = [d2_log_loss_score(y, expit(eta), labels=classes) for eta in predictions]
        return cls(path, scores=scores)

    def plot(self, ax: Any = None, *, axes: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            For the norms alone.
        axes : sequence of two Axes or None, default=None
            For the norms, and for rank and score. A new figure when neither is given.

        Returns
        -------
        PruningPathDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is not None:
            axes = [ax]
        elif axes is None:
            _, axes = plt.subplots(2, 1, sharex=True, figsize=(6, 5.4), layout="constrained")
        axes = np.ravel(axes)
        path = self.path
        x = path.alphas / (path.alpha_max or path.alphas[0])
        most = max(1, int(path.ranks.max()))
        # One colour: the columns of a fit have no names, only an order by their norms.
        axes[0].plot(x, path.column_norms[:, :most], ".-", color="tab:blue")
        negative = np.where(path.signs < 0, path.column_norms, np.nan)[:, :most]
        if np.any(path.signs < 0):
            axes[0].plot(x, negative, "v", color=NEGATIVE)
        axes[0].set(xlabel=RELATIVE_ALPHA, ylabel="column norms  (√ unit of M)", xscale="log")
        self.axes_ = axes
        self.figure_ = axes[0].figure
        if len(axes) > 1:
            axes[0].set(xlabel="")
            self._plot_rank(axes[1], x, most)
        return self

    def _plot_rank(self, below: Any, x: FloatArray, most: int) -> None:
        path = self.path
        below.step(x, path.ranks, where="mid", color="0.4", label="rank")
        below.set(xlabel=RELATIVE_ALPHA, ylabel="rank", ylim=(0, 1.15 * most + 1))
        handles, labels = below.get_legend_handles_labels()
        if self.scores is not None:
            right = below.twinx()
            name = "held-out R²" if path.classes is None else "held-out D²"
            right.plot(x, self.scores, "s--", color="tab:orange", markersize=3, label=name)
            right.set(ylabel=name, ylim=(min(0.0, float(self.scores.min())), 1.05))
            more, names = right.get_legend_handles_labels()
            handles, labels = handles + more, labels + names
        # Beside the curves, which may be anywhere.
        below.legend(handles, labels, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
