"""What a stored estimator holds, whether pickle, joblib, skops or copy stores it."""

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_prune._version import __version__


class StoredWithoutDeadColumns(BaseEstimator):
    """An estimator whose state has no dead columns, and the version of the package.

    Zeros at the end of the last axis are left out, and are there again after loading.
    """

    # Fitted attributes with an entry a column, in the last axis.
    _by_column: ClassVar[tuple[str, ...]] = ()
    # Fitted attributes that are None after loading.
    _left_out: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__(), _sklearn_prune_version=__version__)
        for name in self._by_column:
            if name in state:
                state["_n_columns"] = state[name].shape[-1]
                state[name] = _without_dead(state[name])
        for name in self._left_out:
            if name in state:
                state[name] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        stored = state.pop("_sklearn_prune_version", "unknown")
        if stored != __version__:
            warnings.warn(
                f"this {type(self).__name__} was stored by sklearn_prune {stored}, and is read by "
                f"{__version__}: its predictions may differ, or fail.",
                UserWarning,
            )
        k = state.pop("_n_columns", None)
        for name in self._by_column:
            if name in state:
                state[name] = _with_columns(state[name], k)
        super().__setstate__(state)


def _without_dead(array: np.ndarray) -> np.ndarray:
    """The array without zeros at the end of its last axis; itself where there are none."""
    living = np.flatnonzero(np.any(array, axis=tuple(range(array.ndim - 1))))
    count = living[-1] + 1 if len(living) else 0
    return array if count == array.shape[-1] else array[..., :count].copy()


def _with_columns(array: np.ndarray, k: int) -> np.ndarray:
    """The array with zeros at the end of its last axis up to k columns."""
    missing = k - array.shape[-1]
    return array if missing == 0 else np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)])
