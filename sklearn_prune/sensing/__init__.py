"""The linear maps ``M -> (<A_i, M>)_i``: what a row of the data means, and how it is read."""

from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_prune.sensing._base import LinearizationElsewhere, SecondOrder, SensingMap
from sklearn_prune.sensing._blocks import counted_reads, rows_read
from sklearn_prune.sensing._chunk_vector import numbers
from sklearn_prune.sensing._chunks import is_dask, load
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._dask import DaskMatrices, DaskVectors, dask_map
from sklearn_prune.sensing._matrix import MatrixMap
from sklearn_prune.sensing._operator import SymmetricOperator, about_mean, congruence, formed
from sklearn_prune.sensing._rank_one import COPIED_NUMBERS, RankOneMap
from sklearn_prune.sensing._rows import DenseRows, RowsWithOne
from sklearn_prune.sensing._sparse import (
    DENSE_PART,
    RowsOnDemand,
    SparseRankOneMap,
    SparseRows,
    canonical_rows,
)
from sklearn_prune.sensing._sparse_matrix import SparseMatrixMap
from sklearn_prune.sensing._svec import smat, svec

__all__ = [
    "MEASUREMENTS",
    "DenseRows",
    "LinearizationElsewhere",
    "MatrixMap",
    "RankOneMap",
    "Restricted",
    "RowsOnDemand",
    "RowsWithOne",
    "SecondOrder",
    "SensingMap",
    "SparseMatrixMap",
    "SparseRankOneMap",
    "SparseRows",
    "SymmetricOperator",
    "Whitened",
    "about_mean",
    "canonical_rows",
    "congruence",
    "counted_reads",
    "formed",
    "is_dask",
    "load",
    "numbers",
    "rows_read",
    "sensing_map",
    "smat",
    "svec",
]

# The accepted values of the parameter `measurement`.
MEASUREMENTS = ("rank-one", "matrix")


def sensing_map(
    X: Any, measurement: str, *, fit_bias: bool = False, most_formed: float | None = None
) -> SensingMap:
    """The map whose measurements are the rows of X: an array, sparse, or a dask array.

    With `most_formed` matrices of shape (d, d) are formed up to this d, instead of where that takes
    less time.
    """
    limits: Any = {} if most_formed is None else {"most_formed": most_formed}
    if is_dask(X):
        # Sums travel from the chunks, and they are formed.
        make = partial(sensing_map, measurement=measurement, fit_bias=fit_bias, most_formed=np.inf)
        return dask_map(X, make, DaskMatrices if measurement == "matrix" else DaskVectors)
    if issparse(X):
        X = canonical_rows(X)
        if X.nnz > DENSE_PART * X.shape[0] * X.shape[1]:
            # What is one block anyway is made dense once: of the time of a search with 14 samples,
            # half went into making blocks.
            X = X.toarray() if X.shape[0] * X.shape[1] <= COPIED_NUMBERS else RowsOnDemand(X)
        elif measurement == "matrix":
            return SparseMatrixMap.of_rows(X, **limits)
        else:
            return SparseRankOneMap(SparseRows(X, with_one=fit_bias), **limits)
    if measurement == "matrix":
        return MatrixMap(X)
    rows = DenseRows(X)
    return RankOneMap(RowsWithOne(rows) if fit_bias else rows, **limits)
