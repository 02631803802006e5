"""Measurements and a factor that travel together down a Pipeline."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._parameters import check_choice, check_number
from sklearn_prune.losses import LOSSES
from sklearn_prune.objective import FittedFactor
from sklearn_prune.sensing import MEASUREMENTS, is_dask


@dataclass(frozen=True, eq=False, repr=False)
class FactoredMeasurements:
    """An array-like of shape (n, k): what each column of a factor adds to each prediction.

    Entry (i, j) is ``signs_j <A_i, u_j u_jᵀ>``, computed on demand. A Pipeline hands a step only
    what the step before returned, and fine-tuning needs the measurements as well as the pruned
    factor: this object carries both. `GroupLassoMatrixSensing.transform` returns it,
    `GreedyColumnPruner` keeps some of its columns, and `FineTuner` starts from its factor.

    Parameters
    ----------
    measurements : ndarray or CSR array of shape (n, n_features) or (n, side²)
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
        Names of the columns of ``measurements``, if it came with any.
    tuned : FittedFactor or None, default=None
        A factor that was fitted without a penalty while alpha was chosen. `FineTuner` starts from
        it if as many columns were kept.
    decided : bool, default=True
        False if ``alpha="auto"`` could not tell the rank and took a cross-validated alpha: an
        unpenalised fit would be worse than the penalised one, and `FineTuner` keeps the latter.
    positive : bool, default=True
        Whether no column may count negatively, neither here nor in fine-tuning.
    loss : {"squared_error", "huber", "log_loss"}, default="squared_error"
        What the predictions cost: with "log_loss" they are the log odds of two classes, which
        `FineTunerClassifier` fine-tunes.
    delta : float > 0, default=inf
        δ of the Huber loss, in the unit of y; ``inf`` for other losses.
    signs : ndarray of shape (k,) or None, default=None
        With which each column counts: 1, −1, or 0 for a column of zeros. None is 1 for all.

    Notes
    -----
    Immutable; the arrays are views of what was given, not copies.

    ``F[rows]``, ``F[rows, ...]`` and ``F[rows, :]`` are the `FactoredMeasurements` of those samples
    and ``F[:, columns]`` that of those columns; anything else, as ``F[0]`` or ``F + 1``, is or
    needs an ndarray, which ``numpy.asarray(F)`` gives.

    Tools that stack or convert their input, such as ``FeatureUnion`` and ``ColumnTransformer``,
    make a plain array of it: the numbers stay, the measurements and the factor are lost.

    It is not a subclass of ndarray, because ``joblib.hash`` would see only the numbers of it, and
    ``Pipeline(memory=…)`` could return the result of another factor.

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

    measurements: FloatArray
    factor: FloatArray
    bias: FloatArray
    intercept: float
    measurement: str
    beta: float
    prune_threshold: float
    fit_intercept: bool = False
    fit_bias: bool = False
    feature_names: np.ndarray | None = None
    tuned: FittedFactor | None = None
    decided: bool = True
    positive: bool = True
    loss: str = "squared_error"
    delta: float = np.inf
    signs: FloatArray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        check_choice("measurement", self.measurement, MEASUREMENTS)
        check_choice("loss", self.loss, LOSSES)
        check_number("beta", self.beta)
        check_number("prune_threshold", self.prune_threshold)
        if not isinstance(self.intercept, Real) or not np.isfinite(self.intercept):
            raise ValueError(f"intercept must be a finite number, got {self.intercept!r}.")
        if self.fit_bias and self.measurement == "matrix":
            raise ValueError("fit_bias=True needs measurement='rank-one', got 'matrix'.")
        if LOSSES[self.loss].has_delta:
            check_number("delta", self.delta, positive=True)
        if self.signs is None:
            object.__setattr__(self, "signs", np.ones(np.shape(self.factor)[-1:]))
        for name in ("measurements", "factor", "bias", "signs", "feature_names"):
            array = getattr(self, name)
            if is_dask(array) or (array is None and name == "feature_names"):
                # It is immutable, and not read before it must be.
                continue
            object.__setattr__(self, name, _read_only(array))
        if self.factor.ndim != 2:
            raise ValueError(f"factor must be of shape (d, k), got {self.factor.shape}.")
        if self.tuned is not None:
            arrays = ("factor", "bias", "signs")
            views = {name: _read_only(getattr(self.tuned, name)) for name in arrays}
            object.__setattr__(self, "tuned", replace(self.tuned, **views))
        rows, k = np.shape(self.factor)
        width = rows if self.measurement == "rank-one" else rows**2
        if self.measurements.ndim != 2 or self.measurements.shape[1] != width:
            raise ValueError(
                f"measurements must be of shape (n, {width}) for a factor of {rows} rows, got "
                f"{self.measurements.shape}."
            )
        for name in ("factor", "bias"):
            array = getattr(self, name)
            if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
                raise ValueError(f"{name} must be finite real numbers, got {array!r:.80}.")
        if self.bias.shape != (k,):
            raise ValueError(f"bias must be of shape ({k},), got {self.bias.shape}.")
        if np.any(self.bias) and not self.fit_bias:
            raise ValueError("bias must be zero with fit_bias=False.")
        if self.signs.shape != (k,) or not np.all(np.isin(self.signs, (-1, 0, 1))):
            raise ValueError(f"signs must be {k} numbers 1, -1 or 0, got {self.signs!r:.80}.")
        if self.positive and np.any(self.signs < 0):
            raise ValueError("signs must not be negative with positive=True.")

    def __getstate__(self) -> dict[str, Any]:
        if is_dask(self.measurements):
            # A cache would store the rows, or what stands for them in the memory of a cluster.
            raise TypeError(
                "FactoredMeasurements of a dask array cannot be pickled, hashed or cached: "
                "use memory=None for a Pipeline that is fitted to dask arrays."
            )
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        # A pickled array comes back writeable.
        self.__post_init__()

    @property
    def fitted_factor(self) -> FittedFactor:
        """The factor with its biases and offset."""
        return FittedFactor(self.factor, self.bias, self.intercept, self.measurement, self.signs)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.measurements.shape[0], self.factor.shape[1])

    @property
    def ndim(self) -> int:
        return 2

    @property
    def dtype(self) -> np.dtype:
        is_single = self.measurements.dtype == np.float32
        return np.dtype(np.float32) if is_single else np.result_type(self.measurements, self.factor)

    @property
    def column_norms(self) -> FloatArray:
        """Norms of the factor's columns, biases included, shape (k,)."""
        return self.fitted_factor.column_norms

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[FloatArray]:
        return iter(np.asarray(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("The entries of FactoredMeasurements are computed, not stored.")
        entries = np.asarray(self.fitted_factor.column_images(self.measurements))
        return entries if dtype is None else entries.astype(dtype, copy=False)

    def predict(self) -> FloatArray:
        """``Σ_j signs_j <A_i, u_j u_jᵀ>`` plus the offset.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.fitted_factor.predict(self.measurements)

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if _is_all(columns) and _is_selection(rows):
            return replace(self, measurements=self.measurements[rows])
        if _is_all(rows) and _is_selection(columns):
            return replace(
                self,
                factor=self.factor[:, columns],
                bias=self.bias[columns],
                signs=self.signs[columns],
            )
        return np.asarray(self)[key]

    def __repr__(self) -> str:
        return (
            f"<FactoredMeasurements of shape {self.shape}: {self.measurement} measurements, "
            f"width {self.measurements.shape[1]}>"
        )


def _read_only(array: Any) -> Any:
    """A view that cannot be written to, of an array or of a sparse one in CSR format."""
    if issparse(array):
        array = array.tocsr()
        parts = (_read_only(part) for part in (array.data, array.indices, array.indptr))
        return type(array)(tuple(parts), shape=array.shape, copy=False)
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _is_all(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def _is_selection(key: Any) -> bool:
    return key is Ellipsis or isinstance(key, slice) or np.ndim(key) == 1
