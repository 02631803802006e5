"""The samples in the plane of the two longest columns."""

from itertools import cycle
from typing import Any, Self

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from sklearn_prune.estimators import check_measurements
from sklearn_prune.inspection._steps import data_of_step, fitted_step

MARKERS = "o^sDvPX<>*"


class EmbeddingDisplay:
    """Samples in the plane of the two longest columns of a factor.

    Parameters
    ----------
    coordinates : array-like of shape (n, 2)
        Of each sample: ``u_jᵀ x_i + b_j`` for vectors, what a column adds to the prediction for
        matrices.
    y : array-like of shape (n,) or None, default=None
        The colour of each sample: numbers along a scale, or labels.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from sklearn_prune.inspection import EmbeddingDisplay
    >>> EmbeddingDisplay([[0.0, 1.0], [2.0, 3.0]]).coordinates.shape
    (2, 2)
    """

    def __init__(self, coordinates: Any, *, y: Any = None) -> None:
        self.coordinates = np.asarray(coordinates, dtype=float)
        if self.coordinates.ndim != 2 or self.coordinates.shape[1] != 2:
            raise ValueError(f"coordinates must be of shape (n, 2), got {self.coordinates.shape}.")
        self.y = None if y is None else column_or_1d(y)
        check_consistent_length(self.coordinates, self.y)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any = None, *, ax: Any = None) -> Self:
        """Draw samples in the plane of the two longest columns of a fitted model.

        Parameters
        ----------
        estimator : PrunedMatrixSensing, FineTuner, GroupLassoMatrixSensing, or Pipeline with a \
                step "tune"
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The samples. They need not be those of the fit: of a metric that was learnt from
            differences, pass the points themselves.
        y : array-like of shape (n,) or None, default=None
            The colour of each sample.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        ValueError
            If the model has fewer than two columns.
        """
        step = fitted_step(estimator, "tune", "fitted_factor_")
        fitted = step.fitted_factor_
        if np.count_nonzero(fitted.signs) < 2:
            raise ValueError(
                "an embedding in the plane needs a model with two columns that are not zero, got "
                f"{np.count_nonzero(fitted.signs)}."
            )
        rows = data_of_step(estimator, X, "sense")
        rows = check_measurements(rows, fitted.measurement, estimator=step, reset=False)
        longest = np.argsort(-fitted.column_norms, kind="stable")[:2]
        return cls(np.asarray(fitted.coordinates(rows))[:, longest], y=y).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            A new figure when None.

        Returns
        -------
        EmbeddingDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        if self.y is None:
            ax.scatter(*self.coordinates.T, s=12)
        elif self.y.dtype.kind == "f":
            points = ax.scatter(*self.coordinates.T, s=12, c=self.y)
            ax.figure.colorbar(points, ax=ax, label="y")
        else:
            # A marker each, so that the labels differ without colours too.
            for label, marker in zip(np.unique(self.y), cycle(MARKERS), strict=False):
                of_label = self.coordinates[self.y == label]
                ax.scatter(*of_label.T, s=12, marker=marker, label=str(label))
            ax.legend(title="y")
        # Distances in the plane are those of a learnt metric of rank 2.
        ax.set(xlabel="longest column", ylabel="second column", aspect="equal")
        self.ax_ = ax
        self.figure_ = ax.figure
        return self
