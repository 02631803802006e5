"""The linear maps ``M -> <A_i, M>``, their adjoints, and what a Pipeline carries of them."""

from sklearn_prune.sensing._factored import FactoredMeasurements, column_norms
from sklearn_prune.sensing._matrix import MatrixSensing, triangle
from sklearn_prune.sensing._rank_one import RankOneSensing

__all__ = [
    "FactoredMeasurements",
    "MatrixSensing",
    "RankOneSensing",
    "column_norms",
    "sensing_map",
    "triangle",
]


def sensing_map(X, measurement, *, fit_bias=False):
    """The map whose measurements are the rows of X."""
    if measurement == "matrix":
        return MatrixSensing(X)
    return RankOneSensing(X, fit_bias=fit_bias)
