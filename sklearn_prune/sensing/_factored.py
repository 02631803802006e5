"""Measurements and a factor that travel together down a Pipeline."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class FactoredMeasurements:
    """An array-like of shape (n, k): what each column of a factor adds to each prediction.

    Entry (i, j) is ``<A_i, u_j u_jᵀ>``, worked out when asked for. A Pipeline hands a step only
    what the step before returned, and fine-tuning needs the measurements as well as the
    pruned factor: this carries both. `GroupLassoMatrixSensing.transform` makes it,
    `GreedyColumnPruner` keeps some of its columns, `FineTuner` starts from its factor.

    Parameters
    ----------
    measurements : ndarray of shape (n, n_features) or (n, side²)
        What was given to ``transform``.
    factor : ndarray of shape (n_features or side, k)
        U, without the row of biases.
    bias : ndarray of shape (k,)
        What is added to ``x_iᵀ u_j``; zeros where no bias was fitted.
    intercept : float
        The offset, in units of y; 0.0 where none was fitted.
    measurement : {"rank-one", "matrix"}
        What a row of ``measurements`` is.
    beta : float
        Smoothing of the group lasso that shaped the factor, in units of the squared norms.
    prune_threshold : float
        The explicit threshold for its columns, in units of their norms.
    fit_intercept, fit_bias : bool, default=False
        How the factor was fitted, and so how it is fine-tuned.
    feature_names : ndarray of shape (n_features,) or None, default=None
        Names of the columns of ``measurements``, where it came with any.

    Notes
    -----
    Immutable; the arrays are views of what was given, not copies.

    ``F[rows]``, ``F[rows, ...]`` and ``F[rows, :]`` are the `FactoredMeasurements` of those samples
    and ``F[:, columns]`` that of those columns; anything else, as ``F[0]`` or ``F + 1``, is or
    needs an ndarray, which ``numpy.asarray(F)`` gives.

    What stacks or converts its input, ``FeatureUnion`` and ``ColumnTransformer`` among them, makes
    a plain array of it: the numbers stay, the measurements and the factor are lost.

    It is no subclass of ndarray, because ``joblib.hash`` sees only the numbers of
    such a one: ``Pipeline(memory=…)`` could return the result of another factor.

    Raises
    ------
    ValueError
        For arrays whose shapes do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_prune import FactoredMeasurements
    >>> X = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0]])
    >>> F = FactoredMeasurements(
    ...     X, np.eye(2), np.zeros(2), 0.5, "rank-one", beta=0.1, prune_threshold=0.2
    ... )
    >>> np.asarray(F).tolist()
    [[1.0, 4.0], [0.0, 1.0], [9.0, 0.0]]
    >>> F[:, [0]].shape, F[1:].predict().tolist()
    ((3, 1), [1.5, 9.5])
    """

    measurements: np.ndarray
    factor: np.ndarray
    bias: np.ndarray
    intercept: float
    measurement: str
    beta: float
    prune_threshold: float
    fit_intercept: bool = False
    fit_bias: bool = False
    feature_names: np.ndarray | None = None

    def __post_init__(self):
        if self.measurement not in ("rank-one", "matrix"):
            raise ValueError(
                f"measurement must be 'rank-one' or 'matrix', got {self.measurement!r}."
            )
        for name in ("measurements", "factor", "bias"):
            view = np.asarray(getattr(self, name)).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)
        rows, k = np.shape(self.factor)
        width = rows if self.measurement == "rank-one" else rows**2
        if self.measurements.ndim != 2 or self.measurements.shape[1] != width:
            raise ValueError(
                f"measurements must be of shape (n, {width}) for a factor of {rows} rows, got "
                f"{self.measurements.shape}."
            )
        if self.bias.shape != (k,):
            raise ValueError(f"bias must be of shape ({k},), got {self.bias.shape}.")

    def __setstate__(self, state):
        for name, value in state.items():
            object.__setattr__(self, name, value)
        # A pickled array comes back writeable.
        self.__post_init__()

    @property
    def shape(self):
        return (self.measurements.shape[0], self.factor.shape[1])

    @property
    def ndim(self):
        return 2

    @property
    def dtype(self):
        return np.result_type(self.measurements, self.factor)

    @property
    def column_norms(self):
        """Norms of the factor's columns, biases included, shape (k,)."""
        return column_norms(np.vstack([self.factor, self.bias]))

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iter(np.asarray(self))

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("The entries of FactoredMeasurements are worked out, not stored.")
        if self.measurement == "rank-one":
            array = (self.measurements @ self.factor + self.bias) ** 2
        else:
            side, k = self.factor.shape
            products = np.einsum("aj,bj->abj", self.factor, self.factor)
            array = self.measurements @ products.reshape(side**2, k)
        return array.astype(dtype, copy=False) if dtype is not None else array

    def predict(self):
        """``Σ_j <A_i, u_j u_jᵀ>`` plus the offset.

        Returns
        -------
        ndarray of shape (n,)
        """
        if self.measurement == "rank-one":
            return np.asarray(self).sum(axis=1) + self.intercept
        return self.measurements @ (self.factor @ self.factor.T).ravel() + self.intercept

    def __getitem__(self, key):
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if _is_all(columns) and _is_selection(rows):
            return replace(self, measurements=self.measurements[rows])
        if _is_all(rows) and _is_selection(columns):
            return replace(self, factor=self.factor[:, columns], bias=self.bias[columns])
        return np.asarray(self)[key]

    def __repr__(self):
        return (
            f"<FactoredMeasurements of shape {self.shape}: {self.measurement} measurements, "
            f"width {self.measurements.shape[1]}>"
        )


def column_norms(U):
    """Norms of columns of any size, shape (k,)."""
    # Scaled first: the square of a small entry may be no number any more.
    largest = np.abs(U).max(axis=0, initial=0.0)
    return largest * np.linalg.norm(U / np.where(largest == 0, 1.0, largest), axis=0)


def _is_all(key):
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def _is_selection(key):
    return key is Ellipsis or isinstance(key, slice) or np.ndim(key) == 1
