"""Turning a factor, which changes its columns and not ``U Uᵀ``."""

import numpy as np


def turn(U):
    """``P Σ`` of the SVD ``U = P Σ Qᵀ``: orthogonal columns, the longest first.

    It never raises the objective: the loss sees only ``U Uᵀ``, and ψ is concave in
    the squared norms, which are majorised by the eigenvalues of ``U Uᵀ``. Each column's
    largest entry is made positive.
    """
    P, singular_values, _ = np.linalg.svd(U, full_matrices=False)
    U = P * singular_values
    largest = np.abs(U).argmax(axis=0)
    signs = np.sign(U[largest, np.arange(U.shape[1])])
    return U * np.where(signs == 0, 1.0, signs)
