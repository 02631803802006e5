"""How a fine-tuning converged."""

from typing import Any, Self

import numpy as np

from sklearn_prune.inspection._steps import fitted_step

# The least excess over the final loss, as a part of the first excess, that exceeds rounding.
RESOLVED = 1e-13


class ConvergenceDisplay:
    """The excess loss after each step, on a log axis, with the linear rate fitted to it.

    Parameters
    ----------
    loss_curve : array-like of shape (n_iter + 1,)
        One value a step, the start included, in the units of ``y²``.

    Attributes
    ----------
    excess : ndarray
        Loss less the last loss, where that is above rounding.
    rate : float
        What the distance to the optimum is multiplied by in one step: the root of that
        of the excess, over the second half of the steps. nan with fewer than five.
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from sklearn_prune.inspection import ConvergenceDisplay
    >>> display = ConvergenceDisplay([1.0 + 0.25**t for t in range(40)])
    >>> round(display.rate, 3)
    0.5
    """

    def __init__(self, loss_curve: Any) -> None:
        self.loss_curve = np.asarray(loss_curve, dtype=float)
        if self.loss_curve.ndim != 1 or not len(self.loss_curve):
            raise ValueError(f"loss_curve must be a list of numbers, got {loss_curve!r}.")
        excess = self.loss_curve - self.loss_curve[-1]
        floor = max(RESOLVED * excess[0], 1e-15 * self.loss_curve[0])
        self.excess = excess[excess > floor]
        tail = self.excess[len(self.excess) // 2 :]
        self.rate = np.nan
        if len(tail) > 2:
            slope = np.polyfit(np.arange(len(tail)), np.log(tail), 1)[0]
            self.rate = float(np.exp(slope / 2))

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, label: str | None = None) -> Self:
        """Draw the loss curve of a fitted model.

        Parameters
        ----------
        estimator : FineTuner, PrunedMatrixSensing, or Pipeline with a step "tune"
        ax : Axes or None, default=None
            Where to draw.
        label : str or None, default=None
            In the legend.

        Returns
        -------
        ConvergenceDisplay
        """
        return cls(fitted_step(estimator, "tune", "loss_curve_").loss_curve_).plot(ax, label=label)

    def plot(self, ax: Any = None, *, label: str | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            A new figure when None.
        label : str or None, default=None
            In the legend, before the rate.

        Returns
        -------
        ConvergenceDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        rate = "" if np.isnan(self.rate) else f"distance × {self.rate:.3f} a step"
        label = ", ".join(part for part in (label, rate) if part) or None
        ax.semilogy(np.arange(len(self.excess)), self.excess, label=label)
        if not len(self.excess):
            ax.text(0.5, 0.5, "converged at the start", transform=ax.transAxes, ha="center")
        ax.set(xlabel="step", ylabel="loss above its minimum  (unit of y²)")
        if label:
            ax.legend()
        self.ax_ = ax
        self.figure_ = ax.figure
        return self
