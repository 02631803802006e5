"""Whitened coordinates that do not depend on how they were found."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.sensing import congruence, formed

# Sides of the matrix up to which whitened coordinates are rotated, which takes all eigenvectors of
# R. The limit was not tuned.
MOST_ROTATED = 600
# Eigenvalues that differ by less than this part of the largest are equal but for rounding.
EQUAL_EIGENVALUES = 1e-9
# Eigenvalues below this are rounding errors of zero, in normalised units. No other was tried.
ZERO_EIGENVALUE = 1e-12


def rotated_to_eigenvectors(
    T: Any, inverse: Any, R: Operator, axes_of_data: Callable[[FloatArray], FloatArray]
) -> tuple[Any, Any, Operator]:
    """Whitened coordinates whose axes are the eigenvectors of R at ``U = 0``, and R in them.

    Whitened coordinates are unique up to a rotation; these do not depend on which were found, nor
    do the random parts of new columns that are drawn in them.

    Parameters
    ----------
    T, inverse : ndarray or sparse array
        Coordinates in which all directions are seen equally well; sparse where d is large.
    R : ndarray or SymmetricOperator
        R at ``U = 0`` in the coordinates that T leads to.
    axes_of_data : callable
        Takes columns in the coordinates that T leads to into those of the data.

    Returns
    -------
    T, inverse, R
        T and its inverse are None where the axes are arbitrary. Where R is zero or d is large, T
        is returned as it came, not rotated.
    """
    R_within = congruence(R, T)
    if T.shape[1] > MOST_ROTATED or not isinstance(T, np.ndarray):
        return T, inverse, R_within
    values, Q = np.linalg.eigh(formed(R_within))
    top = np.abs(values).max()
    if top <= ZERO_EIGENVALUE:
        # A constant y leaves no residuals. Without whitening it was fitted with 2 or 3 columns for
        # one in 7 of the 42 draws with a bias that were tried.
        return T, inverse, R_within
    if np.any(np.diff(values) <= EQUAL_EIGENVALUES * top):
        # With as many samples as directions equal responses have equal eigenvalues, whose
        # eigenvectors are arbitrary: then the coordinates stay as they are.
        return None, None, R
    # The signs are fixed in the coordinates of the data.
    axes = axes_of_data(T @ Q)
    largest = np.abs(axes).argmax(axis=0)
    Q = Q * np.where(axes[largest, np.arange(len(values))] < 0, -1.0, 1.0)
    return T @ Q, Q.T @ inverse, np.diag(values)
