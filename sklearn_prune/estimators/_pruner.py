"""Keeping the columns that matter."""

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy.sparse import diags_array, issparse
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_prune._typing import BoolArray, FloatArray
from sklearn_prune.estimators._base import KeepsOutputMixin, atomic_fit
from sklearn_prune.estimators._callbacks import CallbackSupportMixin, FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._parameters import check_count, check_number
from sklearn_prune.estimators._persistence import StoredWithoutDeadColumns
from sklearn_prune.estimators._samples import naming
from sklearn_prune.objective import norms_of_columns
from sklearn_prune.selection import widest_gap
from sklearn_prune.sensing import canonical_rows

# Norms that differ from the threshold by less than this part are at the threshold.
ROUNDING = 1e-14
_REFERENCES: dict[str, Callable[..., Any]] = {"mean": np.mean, "median": np.median, "max": np.max}


class GreedyColumnPruner(
    KeepsOutputMixin,
    CallbackSupportMixin,
    SelectorMixin,
    StoredWithoutDeadColumns,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    """Keep the columns of a factor that are at least as long as a threshold.

    Parameters
    ----------
    threshold : {"auto", "paper"}, float ≥ 0 or str, default="auto"
        Columns are kept if their norm is at least this and not zero.

        - "auto": the explicit threshold that came with the factor. For a plain array, a
          value inside the widest gap between the logarithms of the sorted column norms.
        - "paper": ``2 √β``, where β is the smoothing of the group lasso; not for a plain array.
        - A float: a norm, in the units of U.
        - "mean", "median" or "max" of the norms, or a multiple as in "0.1*max".
    min_columns : int, default=1
        When fewer columns reach the threshold, the longest are kept, with a warning.
    max_columns : int or None, default=None
        When more columns reach the threshold, the longest are kept.

    Attributes
    ----------
    column_norms_ : ndarray of shape (k,)
        ``||u_j||``, biases included; norms of the columns of the input for a plain array.
    threshold_ : float
        The threshold used.
    n_columns_ : int
        Columns kept.
    n_features_in_ : int
        The columns of the input, k.
    feature_names_in_ : ndarray of shape (k,)
        Names of the columns of a plain input, when it came with names that are all strings.

    Notes
    -----
    Given the `FactoredMeasurements` of `GroupLassoMatrixSensing`, the norms are those of the factor
    and the output is a `FactoredMeasurements` of fewer columns. ``set_output`` is
    accepted and changes nothing, so that a setting for a whole pipeline breaks nothing.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GreedyColumnPruner, GroupLassoMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> F = GroupLassoMatrixSensing().fit_transform(X, y)
    >>> GreedyColumnPruner().fit_transform(F)
    <FactoredMeasurements of shape (500, 2): rank-one measurements, width 20>
    """

    _by_column = ("column_norms_", "_support")

    def __init__(
        self,
        threshold: float | str = "auto",
        *,
        min_columns: int = 1,
        max_columns: int | None = None,
    ) -> None:
        self.threshold = threshold
        self.min_columns = min_columns
        self.max_columns = max_columns

    @atomic_fit
    def fit(self, X: Any, y: Any = None) -> Self:
        """Measure the columns and set the threshold.

        Parameters
        ----------
        X : FactoredMeasurements or array-like of shape (n, k)
        y : None
            Not used.

        Returns
        -------
        GreedyColumnPruner
            Itself.

        Raises
        ------
        ValueError, TypeError
            For a threshold that does not parse, and other bad parameters.
        """
        check_count("min_columns", self.min_columns)
        check_count("max_columns", self.max_columns, optional=True)
        if self.max_columns is not None and self.max_columns < self.min_columns:
            raise ValueError(
                "max_columns must be None or an integer ≥ min_columns "
                f"({self.min_columns}), got {self.max_columns}."
            )
        check_threshold(self.threshold)
        task = FitTask(self, parts=0, X=X, y=y)
        if isinstance(X, FactoredMeasurements):
            norms = X.column_norms
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            self.n_features_in_ = X.shape[1]
        else:
            with naming("X"):
                X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
            norms = _norms(X)
        threshold = self._threshold_for(X, norms)

        longest_first = np.argsort(-norms, kind="stable")
        # Equal norms have a mean that differs from them by rounding.
        reaches = norms >= threshold * (1.0 - ROUNDING)
        reaching = int(np.sum(reaches & (norms > 0)))
        kept = reaching if self.max_columns is None else min(reaching, self.max_columns)
        least = min(self.min_columns, len(norms))
        if kept < least:
            warnings.warn(
                f"Only {kept} of {len(norms)} columns reach the threshold {threshold:.3g}; of the "
                f"longest, {least} must be kept (min_columns={self.min_columns}). A lower "
                "threshold, or a smaller alpha before, keeps more."
                if norms.any()
                else _nothing_to_keep(X, least, self.min_columns),
                UserWarning,
            )
            kept = least
        support = np.zeros(len(norms), dtype=bool)
        support[longest_first[:kept]] = True

        self.column_norms_ = norms
        self.threshold_ = float(threshold)
        self.n_columns_ = kept
        self._support = support
        task.end()
        return self

    def transform(self, X: Any) -> Any:
        """Keep the columns.

        Parameters
        ----------
        X : FactoredMeasurements or array-like of shape (n, k)

        Returns
        -------
        FactoredMeasurements or ndarray, of shape (n, ``n_columns_``)
            The kind that was given.
        """
        if not isinstance(X, FactoredMeasurements):
            return super().transform(X)
        check_is_fitted(self)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} columns, but GreedyColumnPruner is expecting "
                f"{self.n_features_in_}."
            )
        return X[:, self._support]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _get_support_mask(self) -> BoolArray:
        check_is_fitted(self)
        return self._support

    def _threshold_for(self, X: Any, norms: FloatArray) -> float:
        factored = isinstance(X, FactoredMeasurements)
        if self.threshold == "auto":
            return X.prune_threshold if factored else widest_gap(norms)
        if self.threshold == "paper":
            if not factored:
                raise ValueError(
                    "threshold='paper' needs the FactoredMeasurements of "
                    "GroupLassoMatrixSensing, whose beta it is made of, got a plain array."
                )
            return 2.0 * np.sqrt(X.beta)
        if isinstance(self.threshold, str):
            factor, reference = _multiple(self.threshold)
            largest = float(np.finfo(float).max)
            with np.errstate(over="ignore"):
                return min(factor * float(reference(norms)), largest) if len(norms) else 0.0
        return float(self.threshold)


def check_threshold(threshold: Any) -> None:
    """A word, a number ≥ 0, or a multiple of a reference."""
    if not isinstance(threshold, str):
        check_number("threshold", threshold, words=("auto", "paper"))
    elif threshold not in ("auto", "paper"):
        _multiple(threshold)


def _multiple(threshold: str) -> tuple[float, Callable[..., Any]]:
    """The factor and the reference of a threshold like "0.1*max"."""
    factor, star, reference = threshold.rpartition("*")
    try:
        number = float(factor) if star else 1.0
    except ValueError:
        number = -1.0
    reference = reference.strip()
    if reference not in _REFERENCES or not np.isfinite(number) or number < 0:
        raise ValueError(
            "threshold must be 'auto', 'paper', a number ≥ 0, 'mean', 'median', 'max' or a "
            f"multiple of these as '0.1*max', got {threshold!r}."
        )
    return number, _REFERENCES[reference]


def _nothing_to_keep(X: Any, kept: int, min_columns: int) -> str:
    if not isinstance(X, FactoredMeasurements):
        return (
            f"All columns of X are zero; {kept} of zeros must be kept (min_columns={min_columns})."
        )
    return (
        "No signal was found: all columns of the factor are zero, and the fit is a constant. "
        "Either alpha is too large, or alpha='auto' found rank 0. A table of features needs "
        "fit_bias=True and positive=False; labels of pairs must be 0 for the same class and 1 for "
        "different ones, and what falls with a distance needs positive=False. Columns of zeros are "
        f"kept ({kept}, min_columns={min_columns})."
    )


def _norms(X: Any) -> FloatArray:
    """Norms of the columns of an array, or of a sparse one without making it dense."""
    if not issparse(X):
        return norms_of_columns(X)
    X = canonical_rows(X)
    largest = abs(X).max(axis=0).toarray().ravel()
    divided = X @ diags_array(1.0 / np.where(largest == 0, 1.0, largest))
    return largest * np.sqrt((divided * divided).sum(axis=0))
