"""The linear maps ``M -> (<A_i, M>)_i``: what a row of the data means, and how it is read."""

from functools import partial

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing._base import (
    Linearization,
    LinearizationElsewhere,
    SecondOrder,
    SensingMap,
)
from sklearn_prune.sensing._blocks import counted_reads, rows_read
from sklearn_prune.sensing._chunks import ChunkError, is_dask
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._dask import DaskMap, DaskMatrices, DaskVectors, dask_map
from sklearn_prune.sensing._matrix import MatrixMap
from sklearn_prune.sensing._rank_one import RankOneMap
from sklearn_prune.sensing._rows import DenseRows, Rows, RowsWithOne
from sklearn_prune.sensing._svec import smat, svec

__all__ = [
    "MEASUREMENTS",
    "ChunkError",
    "DaskMap",
    "DenseRows",
    "Linearization",
    "LinearizationElsewhere",
    "MatrixMap",
    "RankOneMap",
    "Restricted",
    "Rows",
    "RowsWithOne",
    "SecondOrder",
    "SensingMap",
    "Whitened",
    "counted_reads",
    "is_dask",
    "rows_read",
    "sensing_map",
    "smat",
    "svec",
]

# The accepted values of the parameter `measurement`.
MEASUREMENTS = ("rank-one", "matrix")


def sensing_map(X: FloatArray, measurement: str, *, fit_bias: bool = False) -> SensingMap:
    """The map whose measurements are the rows of X."""
    if is_dask(X):
        make = partial(sensing_map, measurement=measurement, fit_bias=fit_bias)
        return dask_map(X, make, DaskMatrices if measurement == "matrix" else DaskVectors)
    if measurement == "matrix":
        return MatrixMap(X)
    rows = DenseRows(X)
    return RankOneMap(RowsWithOne(rows) if fit_bias else rows)
