"""The coordinates of the factor in which a penalised problem is solved."""

from typing import Any

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing import SensingMap

# Samples for each row of the factor below which a fit works in principal axes. Penalised least
# squares of so few have several minima, and which one is found depends on the coordinates: those of
# a wide table and of its rows in an orthonormal basis of their span were up to 1.3 % apart (72 rows
# of 7128 Gaussian features), and are not with 2. Other values were not tried; larger ones make
# every pass of more fits dearer. `tests/test_coordinates.py` has a small such table.
FEW_SAMPLES = 2.0


def orthonormal_basis(sensing: SensingMap, weights: FloatArray, total_weight: float) -> Any:
    """A basis of what the measurements see, or None for the coordinates of the data.

    Everything counts the dimension of the span of the measurements; directions of the factor that
    no sample sees are left out. Weights have sum one.
    """
    basis = sensing.span(weights)
    if basis is None and total_weight < FEW_SAMPLES * sensing.dim:
        return sensing.principal_axes(weights)
    return basis
