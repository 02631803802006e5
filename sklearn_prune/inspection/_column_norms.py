"""The column norms of a factor, before and after pruning."""

from typing import Any, Self

import numpy as np

from sklearn_prune.inspection._steps import fitted_step, innermost

# The colour of columns that count negatively.
NEGATIVE = "tab:purple"


class ColumnNormDisplay:
    """Sorted column norms and their histogram, with the threshold for pruning.

    Columns that count negatively have a colour of their own.

    Parameters
    ----------
    column_norms : array-like of shape (k,)
        ``||u_j||``, in the root of the units of M.
    threshold : float or None, default=None
        For pruning.
    kept_norms : array-like of shape (r,) or None, default=None
        Norms after pruning and fine-tuning.
    signs : array-like of shape (k,) or None, default=None
        With which the columns count, see
        `sklearn_prune.GroupLassoMatrixSensing`. None is positively.

    Attributes
    ----------
    signs : ndarray of shape (k,)
        In the order of the sorted norms.
    axes_ : ndarray of two Axes
    figure_ : Figure

    Examples
    --------
    >>> from sklearn_prune.inspection import ColumnNormDisplay
    >>> display = ColumnNormDisplay([2.0, 1.0, 0.0], threshold=0.5, kept_norms=[2.1, 1.1])
    >>> display.column_norms.tolist()
    [2.0, 1.0, 0.0]
    """

    def __init__(
        self,
        column_norms: Any,
        *,
        threshold: float | None = None,
        kept_norms: Any = None,
        signs: Any = None,
    ) -> None:
        norms = np.asarray(column_norms, dtype=float)
        order = np.argsort(-norms, kind="stable")
        self.column_norms = norms[order]
        self.signs = np.ones(len(norms)) if signs is None else np.asarray(signs)[order]
        self.threshold = threshold
        self.kept_norms = None if kept_norms is None else np.sort(np.asarray(kept_norms))[::-1]

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, axes: Any = None, label: str | None = None
    ) -> Self:
        """Draw the norms of a fitted model.

        Parameters
        ----------
        estimator : GroupLassoMatrixSensing, PrunedMatrixSensing, or Pipeline with the steps \
                "sense", "prune" and "tune"
        ax, axes
            See `plot`.
        label : str or None, default=None
            In the legend.

        Returns
        -------
        ColumnNormDisplay
        """
        estimator = innermost(estimator, "sense")
        sense = fitted_step(estimator, "sense", "prune_threshold_")
        threshold, kept = sense.prune_threshold_, None
        if sense is not estimator:
            prune, tune = (estimator.named_steps.get(name) for name in ("prune", "tune"))
            threshold = getattr(prune, "threshold_", threshold)
            if tune is not None:
                kept = tune.fitted_factor_.column_norms
        return cls(
            sense.column_norms_, threshold=threshold, kept_norms=kept, signs=sense.signs_
        ).plot(ax, axes=axes, label=label)

    def plot(self, ax: Any = None, *, axes: Any = None, label: str | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            For the sorted norms alone, without the histogram.
        axes : sequence of two Axes or None, default=None
            For both. A new figure when neither is given.
        label : str or None, default=None
            In the legend.

        Returns
        -------
        ColumnNormDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is not None:
            axes = [ax]
        elif axes is None:
            _, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        axes = np.ravel(axes)
        positions = np.arange(1, len(self.column_norms) + 1)
        (line,) = axes[0].plot(positions, self.column_norms, ".-", label=label or "before pruning")
        negative = self.signs < 0
        if np.any(negative):
            axes[0].plot(
                positions[negative],
                self.column_norms[negative],
                "v",
                color=NEGATIVE,
                label="counts negatively",
            )
        if self.kept_norms is not None:
            axes[0].plot(
                positions[: len(self.kept_norms)],
                self.kept_norms,
                "o",
                mfc="none",
                color=line.get_color(),
                label="after fine-tuning",
            )
        if self.threshold is not None:
            axes[0].axhline(self.threshold, color="tab:red", linestyle="--", label="threshold")
        axes[0].set(xlabel="column, the longest first", ylabel="norm  (√ unit of M)")
        axes[0].legend()
        if len(axes) > 1:
            # From zero, so that equal norms have a range too.
            largest = self.column_norms.max(initial=0.0) or 1.0
            parts = [(~negative, line.get_color())]
            parts += [(negative, NEGATIVE)] if np.any(negative) else []
            axes[1].hist(
                [self.column_norms[part] for part, _ in parts],
                bins=30,
                range=(0.0, largest),
                color=[color for _, color in parts],
                stacked=True,
                alpha=0.7,
            )
            if self.threshold is not None:
                axes[1].axvline(self.threshold, color="tab:red", linestyle="--")
            axes[1].set(xlabel="norm  (√ unit of M)", ylabel="columns")
        self.axes_ = axes
        self.figure_ = axes[0].figure
        return self
