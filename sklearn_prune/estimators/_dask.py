"""Validation of dask arrays, which are not converted and read as little as possible."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from sklearn_prune.sensing import load

if TYPE_CHECKING:
    from dask.array import Array

# The words are those that scikit-learn's checks look for.
MISSING_RESPONSES = "A fit requires y to be passed, but the target y is None."
# Types of rows that are kept as they are.
FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def check_dask_rows(
    X: "Array", *, estimator: BaseEstimator | None = None, reset: bool = True
) -> "Array":
    """X with rows of floats, whose chunks have known sizes and hold whole rows.

    The entries themselves are looked at in `check_dask_samples`, before a fit.
    """
    if X.ndim != 2:
        raise ValueError(f"X must be a 2D array of rows, got a dask array of shape {X.shape}.")
    if np.isnan(X.shape[0]) or any(np.isnan(n) for n in X.chunks[0]):
        raise ValueError(
            "X must have chunks of known sizes, got a dask array with unknown ones. Call "
            "X.compute_chunk_sizes() first."
        )
    if len(X.chunks[1]) > 1:
        raise ValueError(
            f"X must be chunked along the rows alone, got a dask array with {len(X.chunks[1])} "
            "chunks along the columns. Use X.rechunk({1: -1})."
        )
    if X.shape[0] < 1 or X.shape[1] < 1:
        raise ValueError(
            f"X must have at least one row and one column, got a dask array of shape {X.shape}."
        )
    if X.dtype.kind not in "biuf":
        raise ValueError(f"X must hold real numbers, got a dask array of dtype {X.dtype}.")
    if estimator is not None:
        validate_data(estimator, X, skip_check_array=True, reset=reset)
    return X if X.dtype in FLOATS else X.astype(np.float64)


def check_dask_samples(X: "Array", y: Any, sample_weight: Any) -> tuple["Array", "Array", "Array"]:
    """X, responses and weights with the same chunks, all finite and held by the workers."""
    import dask.array as da

    if y is None:
        raise ValueError(MISSING_RESPONSES)
    if sample_weight is None:
        sample_weight = da.ones(len(X), chunks=(X.chunks[0],))
    elif np.ndim(sample_weight) == 0:
        sample_weight = da.full(len(X), float(sample_weight), chunks=(X.chunks[0],))
    vectors = {"y": y, "sample_weight": sample_weight}
    arrays, ranges = load({"X": X, **{n: _vector(n, v, X) for n, v in vectors.items()}}, _range)
    for name, found in ranges.items():
        _check_finite(name, found, X.chunks[0])
    least = min(low for low, _ in ranges["sample_weight"])
    if least < 0:
        raise ValueError(f"sample_weight must not be negative, got {least}.")
    if all(high == 0 for _, high in ranges["sample_weight"]):
        raise ValueError("sample_weight must have a positive entry, got zeros alone.")
    X, y, weights = arrays.values()
    # A response of weight zero plays no part, whatever its size.
    return X, da.where(weights > 0, y, 0.0), weights


def _vector(name: str, values: Any, X: "Array") -> "Array":
    import dask
    import dask.array as da

    # A DataFrame or a Series in memory would stay one in every chunk.
    values = da.asarray(values) if dask.is_dask_collection(values) else np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got dtype {values.dtype}.")
    values = da.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if any(np.isnan(n) for n in values.shape):
        raise ValueError(
            f"{name} must have chunks of known sizes, got a dask array with unknown ones. Call "
            f"{name}.compute_chunk_sizes() first."
        )
    if values.ndim != 1 or values.shape[0] != X.shape[0]:
        raise ValueError(
            f"{name} must have one entry for each of the {X.shape[0]} rows of X, got shape "
            f"{values.shape}: inconsistent numbers of samples."
        )
    return values.rechunk((X.chunks[0],)).astype(np.float64)


def _range(chunk: np.ndarray) -> tuple[float, float]:
    """The least and the largest number of a chunk and a zero, which are NaN if there is a NaN."""
    if not isinstance(chunk, np.ndarray):
        raise TypeError(
            f"the chunks must be NumPy arrays, got {type(chunk).__name__}. Sparse rows are "
            "accepted in memory, as one array."
        )
    with np.errstate(invalid="ignore"):
        return float(chunk.min(initial=0.0)), float(chunk.max(initial=0.0))


def _check_finite(name: str, ranges: list[tuple[float, float]], sizes: tuple[int, ...]) -> None:
    finite = np.isfinite(ranges).all(axis=1)
    if not finite.all():
        place = int(np.argmin(finite))
        first = sum(sizes[:place])
        raise ValueError(
            f"{name} contains NaN or infinity in chunk {place + 1} of {len(sizes)}, rows {first} "
            f"to {first + sizes[place] - 1}."
        )
