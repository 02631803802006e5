"""The canonical factor of columns of both signs whose rows have very different sizes."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models._factor import Factor
from sklearn_prune.models._positive import Positive

# Eigenvalues of M below this part of the largest are found in a later round. Their columns would
# have errors of eps over the root of this. 1e-2 to 1e-10 gave the same factors, with errors of
# 1e-11 at most relative to their rows, on 200 random factors whose rows were up to 1e40 apart.
LEADING = 1e-8
# The least ``|gᵀ D g|`` of a unit vector g that is told from zero.
LIGHTLIKE = 1e-14


def has_both_signs(factor: Factor) -> bool:
    """Whether some columns count positively and some negatively."""
    signs = factor.column_signs
    return bool(np.any(signs < 0) and np.any(signs > 0))


def spectrum(factor: Factor) -> tuple[FloatArray, FloatArray, FloatArray]:
    """T of ``U = Q T``, and eigenvalues, the largest in size first, and vectors of ``T D Tᵀ``."""
    T = np.asarray(np.linalg.qr(factor.U, mode="r"))
    values, W = np.linalg.eigh((T * factor.column_signs) @ T.T)
    order = np.argsort(-np.abs(values), kind="stable")
    return T, values[order], W[:, order]


def diagonalizing(
    factor: Factor, T: FloatArray, values: FloatArray, W: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """G with orthogonal columns of ``U G``, one for each eigenvalue given, and their signs.

    ``G = D Tᵀ W sign(Λ) / √|Λ|``. The rounding errors of ``U G`` are relative to each row of U,
    which may have very different sizes where features have; those of ``Q W √|Λ|`` are not.
    """
    signs = np.sign(values)
    return factor.column_signs[:, None] * (T.T @ W) * (signs / np.sqrt(np.abs(values))), signs


def canonicalize_graded(factor: Factor) -> Factor:
    """The canonical factor of linearly independent columns, none of which is lost.

    The eigenvalues of M may have ratios beyond rounding. Those near the largest are found from M;
    the others from what is left of it, ``U G' D' G'ᵀ Uᵀ`` with the columns G' that complete G,
    ``Gᵀ D G' = 0``. That part of M is formed without a difference of large numbers.
    """
    parts = []
    while factor.n_columns:
        if not has_both_signs(factor):
            canonical = Positive().canonicalize(factor)
            parts.append(Factor(canonical.U, factor.column_signs))
            break
        T, values, W = spectrum(factor)
        leading = np.abs(values) > LEADING * np.abs(values).max()
        if not leading.any():
            break
        G, signs = diagonalizing(factor, T, values[leading], W[:, leading])
        parts.append(Factor(factor.U @ G, signs))
        factor = _complement(factor, G)
    U = np.hstack([np.empty((len(factor.U), 0)), *(part.U for part in parts)])
    signs = np.concatenate([np.empty(0), *(part.column_signs for part in parts)])
    longest_first = np.argsort(-np.linalg.norm(U, axis=0), kind="stable")
    return Factor(U, signs).take(longest_first)


def _complement(factor: Factor, G: FloatArray) -> Factor:
    """``U G'`` with ``Gᵀ D G' = 0`` and ``G'ᵀ D G'`` a diagonal of signs, which are its signs."""
    along = factor.column_signs[:, None] * G
    Q = np.linalg.qr(along, mode="complete")[0][:, G.shape[1] :]
    values, W = np.linalg.eigh((Q.T * factor.column_signs) @ Q)
    kept = np.abs(values) > LIGHTLIKE
    values, W = values[kept], W[:, kept]
    return Factor(factor.U @ (Q @ W / np.sqrt(np.abs(values))), np.sign(values))
