"""The pruning path in a picture."""

import numpy as np

from sklearn_prune.sensing import FactoredMeasurements


class PruningPathDisplay:
    """Column norms along α, with the rank and the held-out score on a second axis.

    Parameters
    ----------
    path : PruningPath
        From `pruning_path`.
    scores : array-like of shape (n_alphas,) or None, default=None
        R² on held-out data.

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
    >>> display = PruningPathDisplay.with_scores(path, X[200:], y[200:], measurement="matrix")
    >>> bool(display.scores[-1] > 0.99)
    True
    """

    def __init__(self, path, *, scores=None):
        self.path = path
        self.scores = None if scores is None else np.asarray(scores)

    @classmethod
    def with_scores(cls, path, X, y, *, measurement="rank-one"):
        """A display with the R² of each fit on held-out data.

        Parameters
        ----------
        path : PruningPath
        X : array-like of shape (n, n_features) or (n, side²)
            Measurements that the path was not fitted to.
        y : array-like of shape (n,)
        measurement : {"rank-one", "matrix"}, default="rank-one"

        Returns
        -------
        PruningPathDisplay
        """
        X, y = np.asarray(X), np.asarray(y)
        total = np.sum((y - y.mean()) ** 2)
        scores = []
        for i in range(len(path.alphas)):
            F = FactoredMeasurements(
                X,
                path.factors[i],
                path.biases[i],
                path.intercepts[i],
                measurement,
                beta=0.0,
                prune_threshold=0.0,
            )
            scores.append(1.0 - np.sum((y - F.predict()) ** 2) / total)
        return cls(path, scores=scores)

    def plot(self, axes=None):
        """Draw.

        Parameters
        ----------
        axes : sequence of two Axes or None, default=None
            A new figure when None.

        Returns
        -------
        PruningPathDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if axes is None:
            _, axes = plt.subplots(2, 1, sharex=True, figsize=(6, 5.4), layout="constrained")
        norms, below = np.ravel(axes)
        path = self.path
        x = path.alphas / (path.alpha_max or path.alphas[0])
        most = max(1, int(path.ranks.max()))
        norms.plot(x, path.column_norms[:, :most], ".-")
        norms.set(ylabel="column norms  (√ unit of M)", xscale="log")
        below.step(x, path.ranks, where="mid", color="0.4", label="rank")
        below.set(xlabel="α / α_max", ylabel="rank", ylim=(0, 1.15 * most + 1))
        handles, labels = below.get_legend_handles_labels()
        if self.scores is not None:
            right = below.twinx()
            right.plot(x, self.scores, ".-", color="tab:green", label="held-out R²")
            right.set(ylabel="held-out R²", ylim=(min(0.0, float(self.scores.min())), 1.05))
            more, names = right.get_legend_handles_labels()
            handles, labels = handles + more, labels + names
        below.legend(handles, labels, loc="center left")
        self.axes_ = np.array([norms, below])
        self.figure_ = norms.figure
        return self
